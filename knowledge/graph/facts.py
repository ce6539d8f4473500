"""`Facts`: what one revision states in its relations, with the time for which it holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.relations import specialisations
from knowledge.graph.texts import language_of
from knowledge.graph.types import Fact, Relation

if TYPE_CHECKING:
    from knowledge.graph.quads import Patch, Quads, Target

_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_SPEAKS_OF = frozenset(
    {
        words.STATEMENT_SUBJECT,
        words.STATEMENT_PREDICATE,
        words.STATEMENT_OBJECT,
        words.VALID_FROM,
        words.VALID_UNTIL,
    }
)


class Facts:
    """The facts of the declared relations. Never changes; safe from many threads."""

    def __init__(self, quads: Quads, relations: dict[str, Relation]) -> None:
        self._begin(quads, relations)
        statements = {quad.subject for quad in quads.about(words.TYPE, words.STATEMENT)}
        self._timed = _by_subject(self._statement(node) for node in statements)

    def _begin(self, quads: Quads, relations: dict[str, Relation]) -> None:
        self._quads = quads
        self._relations = relations
        self._outgoing_cache: dict[str, tuple[Fact, ...]] = {}
        self._incoming_cache: dict[str, tuple[Fact, ...]] = {}

    def after(self, quads: Quads, change: Patch, relations: dict[str, Relation]) -> Facts:
        """The facts of a later revision: `quads` is what holds after `change`."""
        if relations.keys() != self._relations.keys():
            return Facts(quads, relations)
        after: Facts = object.__new__(Facts)
        after._begin(quads, relations)
        nodes = {
            quad.subject
            for quad in change.added | change.removed
            if quad.predicate.value in _SPEAKS_OF
            or (isinstance(quad.object, NamedNode) and quad.object.value == words.STATEMENT)
        }
        about = {
            quad.object.value
            for here in (self._quads, quads)
            for node in nodes
            if isinstance(node, NamedNode | BlankNode)
            for quad in here.matching(node, NamedNode(words.STATEMENT_SUBJECT))
            if isinstance(quad.object, NamedNode)
        }
        after._timed = {one: facts for one, facts in self._timed.items() if one not in about}
        for one in about:
            telling = {quad.subject for quad in quads.about(words.STATEMENT_SUBJECT, one)}
            telling = {node for node in telling if quads.is_a(node, words.STATEMENT)}
            facts = _by_subject(after._statement(node) for node in telling).get(one)
            if facts:
                after._timed[one] = facts
        return after

    # --- asking ---------------------------------------------------------------------------------------------------

    def of(self, subject: str) -> tuple[Fact, ...]:
        """What is stated about a concept, sorted, past and future included."""
        found = self._outgoing_cache.get(subject)
        if found is None:
            quads = self._quads.matching(NamedNode(subject))
            found = self._outgoing_cache[subject] = self._facts(quads, self._timed.get(subject, ()))
        return found

    def about(self, target: str) -> tuple[Fact, ...]:
        """The facts that have a concept as their object, sorted."""
        found = self._incoming_cache.get(target)
        if found is None:
            quads = self._quads.matching(None, None, NamedNode(target))
            timed = [fact for fact in self._timed_objects.get(target, ()) if not fact.literal]
            found = self._incoming_cache[target] = self._facts(quads, timed)
        return found

    def within(self, relation_id: str) -> Iterator[Fact]:
        """All plain facts of one relation, in no order."""
        for quad in self._quads.about(relation_id):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                fact = self._fact(quad.subject.value, relation_id, quad.object, None, None)
                if fact is not None:
                    yield fact

    def roles(self, target: str) -> frozenset[str]:
        """The relations in which a plain statement has a thing as its object."""
        quads = self._quads.matching(None, None, NamedNode(target))
        found = {quad.predicate.value for quad in quads if isinstance(quad.subject, NamedNode)}
        return frozenset(found & self._relations.keys())

    def values(self, subject: str, relation_id: str, day: date) -> tuple[Fact, ...]:
        """The facts that hold on a day for subject and relation, those entailed by inverses and sub-relations included.

        Transitive relations are not followed; see `reaches`.
        """
        found: dict[tuple[str, bool], Fact] = {}
        for name in self._special.get(relation_id, ()):
            relation = self._relations[name]
            for fact in self.of(subject):
                if fact.relation == name and fact.holds(day):
                    found.setdefault((fact.object, fact.literal), fact)
            backwards = {one for one in relation.inverse if one in self._relations}
            backwards |= {name} if relation.symmetric else set()
            for fact in self.about(subject) if backwards else ():
                if fact.relation in backwards and fact.holds(day):
                    found.setdefault((fact.subject, False), Fact(subject, name, fact.subject))
        return tuple(found[key] for key in sorted(found))

    def reaches(self, subject: str, relation_id: str, target: str, day: date, steps: int) -> bool:
        """Whether facts that hold on a day lead from subject to target, over up to `steps` if it is transitive."""
        relation = self._relations.get(relation_id)
        if relation is None:
            return False
        here, seen = {subject}, {subject}
        for _ in range(steps if relation.transitive else 1):
            ahead = {fact.object for one in sorted(here) for fact in self.values(one, relation_id, day)}
            if target in ahead:
                return True
            here = ahead - seen
            seen |= ahead
        return False

    @cached_property
    def _special(self) -> dict[str, list[str]]:
        return specialisations(self._relations)

    # --- reading --------------------------------------------------------------------------------------------------

    def _statement(self, node: object) -> Fact | None:
        """What a reified statement says that bounds a fact in time."""
        if not isinstance(node, NamedNode | BlankNode):
            return None
        parts: dict[str, Target] = {}
        for quad in sorted(self._quads.matching(node), key=str):
            if isinstance(quad.object, NamedNode | BlankNode | Literal):
                parts[quad.predicate.value] = quad.object
        subject, predicate = parts.get(words.STATEMENT_SUBJECT), parts.get(words.STATEMENT_PREDICATE)
        target = parts.get(words.STATEMENT_OBJECT)
        if not (isinstance(subject, NamedNode) and isinstance(predicate, NamedNode)) or target is None:
            return None
        since, until = _day(parts.get(words.VALID_FROM), late=False), _day(parts.get(words.VALID_UNTIL), late=True)
        return self._fact(subject.value, predicate.value, target, since, until)

    @cached_property
    def _timed_objects(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = defaultdict(list)
        for subject in sorted(self._timed):
            for fact in self._timed[subject]:
                found[fact.object].append(fact)
        return found

    def _facts(self, quads: Iterable[Quad], timed: Iterable[Fact]) -> tuple[Fact, ...]:
        found: dict[tuple[str, str, str], Fact] = {}
        for quad in quads:
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                fact = self._fact(quad.subject.value, quad.predicate.value, quad.object, None, None)
                if fact is not None:
                    found[fact.subject, fact.relation, fact.object] = fact
        for fact in timed:
            # What is said about the time of a plain statement bounds it
            found[fact.subject, fact.relation, fact.object] = fact
        return tuple(found[key] for key in sorted(found))

    def _fact(
        self, subject: str, predicate: str, target: Target, since: date | None, until: date | None
    ) -> Fact | None:
        if predicate not in self._relations or isinstance(target, BlankNode):
            return None
        if isinstance(target, Literal):
            language = language_of(target.language, target.value) if target.language else None
            return Fact(subject, predicate, target.value, True, target.datatype.value, language, since, until)
        return Fact(subject, predicate, target.value, since=since, until=until)


def _by_subject(facts: Iterable[Fact | None]) -> dict[str, tuple[Fact, ...]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact is not None:
            found[fact.subject].append(fact)
    # In one order, whatever the store's: of two times for one statement the later line counts
    return {subject: tuple(sorted(some, key=repr)) for subject, some in found.items()}


def _day(value: Target | None, *, late: bool) -> date | None:
    """The first (or, `late`, the last) day that a year, month, date or time names."""
    match = _DATE.match(value.value) if isinstance(value, Literal) else None
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or (12 if late else 1)), match[3]
    try:
        if day:
            return date(year, month, int(day))
        if not late:
            return date(year, month, 1)
        return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    except ValueError as error:
        raise InvalidInput(f"term graph: {match[0]!r} is no date (plb:validFrom, plb:validUntil)") from error
