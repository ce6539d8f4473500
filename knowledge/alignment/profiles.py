"""What kinds of things stand on either side of each relation: as declared, or else as the facts show."""

from __future__ import annotations

from functools import lru_cache

from knowledge.alignment.draft import Slot
from knowledge.alignment.quantities import Quantity, bare_year
from knowledge.alignment.values import true_quantities
from knowledge.alignment.wording import is_direction, tokens
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Relation

_TIME = frozenset({"time", "months", "business days"})
_MONEY = frozenset({"CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "CHF"})
_HEAT = frozenset({"temperature", "kelvin", "fahrenheit"})
_CONTAINING = frozenset(
    "part locat locate region state city county country within contain province district area belong "
    "属于 隶属 隶属于 位于 所在 所在地 国家 省 城市 地区 上级 上级部门".split()
)


class Profiles:
    """The sides of every relation of one graph. Built once per revision; safe from many threads."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self.bare = {
            relation.id
            for relation in graph.relations()
            if any(not content_of(phrase.text) for phrase in relation.phrases)
        }
        self.measuring = self.bare | {
            relation.id for relation in graph.relations() if relation.literal and relation.unit
        }
        self._seen = lru_cache(maxsize=1 << 14)(self._read_seen)
        self._companions = lru_cache(maxsize=1 << 14)(self._read_companions)
        self._literal = frozenset(relation.id for relation in graph.relations() if relation.literal)
        self.containing = frozenset(relation.id for relation in graph.relations() if _contains(relation))

    def fits(self, relation: Relation, subject: str, target: Slot) -> bool:
        """Whether subject and target may be the two sides of the relation."""
        if not self._in_domain(relation, subject):
            return False
        if target.link is not None:
            if relation.literal:
                return False
            return any(concept != subject and self._in_range(relation, concept) for concept in target.concepts)
        return relation.literal and target.quantity is not None and self._measures(relation, subject, target.quantity)

    def swappable(self, relation: Relation, subject: str, target: str) -> bool:
        """Whether the two could just as well stand the other way round."""
        return not relation.literal and self._in_domain(relation, target) and self._in_range(relation, subject)

    def gauges(self, relation: Relation, subject: str, said: Quantity) -> bool:
        """Whether the graph has a quantity of the same kind in this relation of the subject."""
        return relation.literal and any(
            _same_family(said, value) and value.unit is not None
            for value in true_quantities(self._graph, relation, subject)
        )

    def known_object(self, relation: Relation, concept: str) -> bool:
        """Whether the graph has the concept as object of the relation, for whatever subject."""
        return concept in self._seen(relation.id)[1]

    # --- sides ----------------------------------------------------------------------------------------------------

    def _in_domain(self, relation: Relation, subject: str) -> bool:
        if relation.domain:
            return self._graph.fits(subject, relation.domain)
        subjects = self._seen(relation.id)[2]
        types = self._seen(relation.id)[3]
        return subject in subjects or not self._graph.types_of(subject).isdisjoint(types)

    def _in_range(self, relation: Relation, concept: str) -> bool:
        types, objects, _, _ = self._seen(relation.id)
        own = self._graph.types_of(concept)
        if concept in objects or (own and not own.isdisjoint(relation.range or types)):
            return True
        if own and relation.range:
            return False
        # Classes do not tell: whatever is the object of other facts must keep company with objects of this relation
        roles = self._roles(concept)
        return not roles or not roles.isdisjoint(self._companions(relation.id))

    def _roles(self, concept: str) -> frozenset[str]:
        """The relations of which a concept is the object in some fact."""
        return self._graph.roles(concept) - self._literal

    def _read_companions(self, relation: str) -> frozenset[str]:
        return frozenset(role for concept in self._seen(relation)[1] for role in self._roles(concept))

    def _read_seen(self, relation: str) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
        graph = self._graph
        facts = list(graph.facts_in(relation))
        objects = {fact.object for fact in facts if not fact.literal}
        subjects = {fact.subject for fact in facts}
        return (
            frozenset(kind for concept in objects for kind in graph.types_of(concept)),
            frozenset(objects),
            frozenset(subjects),
            frozenset(kind for concept in subjects for kind in graph.types_of(concept)),
        )

    def _measures(self, relation: Relation, subject: str, said: Quantity) -> bool:
        values = true_quantities(self._graph, relation, subject)
        return not values or any(_same_family(said, value) for value in values)


def _contains(relation: Relation) -> bool:
    named = {word for label in relation.labels for word in tokens(label.text)}
    return relation.transitive or not named.isdisjoint(_CONTAINING)


def _same_family(said: Quantity, true: Quantity) -> bool:
    """Whether a quantity may be a wrong way to state another: days for months, dollars for yuan, 1996 for a date."""
    if true.is_date:
        return said.is_date or bare_year(said) is not None
    if said.is_date:
        return true.unit is None and bare_year(true) is not None
    if said.unit is None or true.unit is None:
        return True
    both = {said.unit.dimension, true.unit.dimension}
    return len(both) == 1 or any(both <= family for family in (_TIME, _MONEY, _HEAT))


def content_of(phrase: str) -> list[str]:
    """The words of a phrase that carry content."""
    bare = phrase.replace("{subject}", " ").replace("{object}", " ")
    return [word for word in tokens(bare) if not is_direction(word)]
