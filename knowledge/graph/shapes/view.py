"""A term graph read concept by concept, also as it would be after a change that is not made yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.normal import normalize
from knowledge.graph.store import TermGraph
from knowledge.graph.texts import clean_label
from knowledge.graph.types import Fact, Relation
from knowledge.types import LabelKind

_TRUE = frozenset({"true", "1"})
_HIERARCHY = frozenset({words.BROADER, words.NARROWER})
_TOP = frozenset({words.SKOS + "topConceptOf"})
_HAS_TOP = words.SKOS + "hasTopConcept"
_MEMBER = words.SKOS + "member"
_DECLARING = frozenset({
    words.TYPE, words.PHRASE, words.DOMAIN, words.RANGE, words.INVERSE_OF, words.SUB_PROPERTY_OF, words.COMPLETE,
    words.UNIT, words.RDFS_LABEL,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A label as written: `tag` is its language tag in lower case ("": none), `primary` the tag's first part.

    `quad` states it; for a SKOS-XL label it is the statement that leads to the label.
    """

    text: str
    kind: LabelKind
    tag: str
    quad: Quad
    xl: bool = False

    @property
    def primary(self) -> str:
        """The language without script and region."""
        return self.tag.split("-")[0]

    @property
    def key(self) -> tuple[str, str]:
        """What makes two labels the same name in a language."""
        return normalize(self.text), self.primary


@dataclass(frozen=True, slots=True)
class Card:
    """One concept with what the rules ask of it. `placed`: something joins it to another concept, or it is a top.

    `facts` are its statements in declared relations.
    """

    id: str
    names: tuple[Name, ...]
    empty: tuple[Quad, ...]
    broader: frozenset[str]
    related: frozenset[str]
    replaced_by: frozenset[str]
    types: frozenset[str]
    deprecated: bool
    defined: bool
    placed: bool
    facts: tuple[tuple[Quad, Relation], ...]


class View:
    """The graph with `added` and without `removed`. Reads what it is asked for and keeps it; for one thread.

    `whole`: all of it will be asked for.
    """

    def __init__(
        self,
        graph: TermGraph,
        added: Collection[Quad] = frozenset(),
        removed: Collection[Quad] = frozenset(),
        *,
        whole: bool = False,
    ) -> None:
        self.graph = graph
        self._whole = whole
        self._removed = frozenset(removed)
        self._about: dict[str, list[Quad]] = defaultdict(list)
        self._to: dict[str, list[Quad]] = defaultdict(list)
        self._changed = {*added, *removed}
        for quad in added:
            self._about[_key(quad.subject)].append(quad)
            self._to[_key(quad.object)].append(quad)
        self._touched = {quad.subject.value for quad in self._changed if isinstance(quad.subject, NamedNode)}
        self._cards: dict[str, Card] = {}

    def about(self, subject: NamedNode | BlankNode) -> list[Quad]:
        """Every statement about a subject."""
        found = self.graph.statements(subject, None, None)
        if not self._changed:
            return list(found)
        own = self._about.get(_key(subject), [])
        return [*dict.fromkeys([quad for quad in found if quad not in self._removed] + own)]

    def to(self, target: NamedNode) -> list[Quad]:
        """Every statement whose object is `target`."""
        found = self.graph.statements(None, None, target)
        if not self._changed:
            return list(found)
        return [*dict.fromkeys([quad for quad in found if quad not in self._removed] + self._to.get(target.value, []))]

    def is_concept(self, name: str) -> bool:
        """Whether there is a concept of that id."""
        if name not in self._touched:
            return name in self.graph
        return name not in self.relations and any(_makes_concept(quad) for quad in self.about(NamedNode(name)))

    @cached_property
    def concepts(self) -> tuple[str, ...]:
        """The ids of all concepts, sorted."""
        if not self._changed:
            return self.graph.concepts()
        kept = [name for name in self.graph.concepts() if name not in self._touched]
        return tuple(sorted([*kept, *(name for name in self._touched if self.is_concept(name))]))

    def card(self, name: str) -> Card:
        """The concept of that id; one without anything for an id that is no concept's."""
        found = self._cards.get(name)
        if found is None:
            found = self._cards[name] = self._read(name)
        return found

    def _read(self, name: str) -> Card:
        node = NamedNode(name)
        names: list[Name] = []
        empty: list[Quad] = []
        nodes: dict[str, set[str]] = defaultdict(set)
        facts: list[tuple[Quad, Relation]] = []
        deprecated = defined = placed = False
        for quad in self.about(node):
            predicate, value = quad.predicate.value, quad.object
            kind = words.LABEL_KINDS.get(predicate) or words.XL_LABEL_KINDS.get(predicate)
            if kind is not None:
                names.extend(self._names(quad, kind, empty))
                continue
            relation = self.relations.get(predicate)
            if relation is not None and not isinstance(value, BlankNode):
                facts.append((quad, relation))
            if isinstance(value, NamedNode):
                nodes[predicate].add(value.value)
                placed = placed or predicate in _TOP
            elif isinstance(value, Literal):
                deprecated = deprecated or (predicate == words.DEPRECATED and value.value in _TRUE)
                defined = defined or (predicate == words.DEFINITION and bool(value.value.strip()))
            elif isinstance(value, BlankNode):
                defined = defined or predicate == words.DEFINITION
        for quad in self.to(node):
            predicate = quad.predicate.value
            placed = placed or predicate in _HIERARCHY or predicate in {words.RELATED, _HAS_TOP, _MEMBER}
            placed = placed or predicate in self.relations
            if predicate == words.NARROWER and isinstance(quad.subject, NamedNode):
                nodes[words.BROADER].add(quad.subject.value)
        placed = placed or bool(facts) or any(nodes.get(word) for word in (*_HIERARCHY, words.RELATED))
        return Card(
            id=name,
            names=tuple(sorted(names, key=lambda one: (one.kind, one.tag, one.text))),
            empty=tuple(empty),
            broader=frozenset(nodes.get(words.BROADER, ())),
            related=frozenset(nodes.get(words.RELATED, ())),
            replaced_by=frozenset(nodes.get(words.REPLACED_BY, ())),
            types=self.with_parents(nodes.get(words.TYPE, set()) - {words.CONCEPT}),
            deprecated=deprecated,
            defined=defined,
            placed=placed,
            facts=tuple(facts),
        )

    def _names(self, quad: Quad, kind: LabelKind, empty: list[Quad]) -> Iterator[Name]:
        xl = quad.predicate.value in words.XL_LABEL_KINDS
        if not xl:
            forms = [quad.object]
        elif isinstance(quad.object, NamedNode | BlankNode):
            said = self.about(quad.object)
            forms = [form.object for form in said if form.predicate.value == words.LITERAL_FORM]
        else:
            forms = []
        for form in forms:
            if isinstance(form, Literal):
                text = clean_label(form.value)
                if text:
                    yield Name(text, kind, (form.language or "").lower(), quad, xl)
                else:
                    empty.append(quad)

    # --- order ----------------------------------------------------------------------------------------------------

    def above(self, name: str) -> set[str]:
        """All broader concepts of a concept, over others too; it is itself among them only in a circle."""
        seen: set[str] = set()
        ahead = [name]
        while ahead:
            for broader in self.card(ahead.pop()).broader:
                if broader not in seen:
                    seen.add(broader)
                    ahead.append(broader)
        return seen

    def in_cycle(self, name: str) -> bool:
        """Whether a concept is broader than itself."""
        return (not self._whole or name in self._tangled) and name in self.above(name)

    @cached_property
    def _tangled(self) -> set[str]:
        """Concepts in a circle or below one: what is left when those without a broader one are taken away,
        as often as there are any.

        It spares the walk up from each of many concepts.
        """
        waiting = {name: len(self.card(name).broader) for name in self.concepts}
        narrower: dict[str, list[str]] = defaultdict(list)
        for name in self.concepts:
            for broader in self.card(name).broader:
                if broader in waiting:
                    narrower[broader].append(name)
                else:
                    waiting[name] -= 1
        free = [name for name, count in waiting.items() if not count]
        while free:
            for name in narrower[free.pop()]:
                waiting[name] -= 1
                if not waiting[name]:
                    free.append(name)
        return {name for name, count in waiting.items() if count}

    # --- names and classes ----------------------------------------------------------------------------------------

    def sharing(self, name: Name, concept: str) -> Iterator[tuple[str, Name]]:
        """Other concepts in use with a label that reads the same in the same language, with that label."""
        for other in sorted({*self.graph.named(name.text), *self._touched} - {concept}):
            card = self.card(other)
            if not card.deprecated and self.is_concept(other):
                yield from ((other, theirs) for theirs in card.names if _same_name(name, theirs))

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """All declared relations by id."""
        known = {relation.id: relation for relation in self.graph.relations()}
        touched = {_key(quad.subject) for quad in self._changed if quad.predicate.value in _DECLARING}
        if not touched:
            return known
        declared = [quad for name in {*known, *touched} if ":" in name for quad in self.about(NamedNode(name))]
        return {relation.id: relation for relation in TermGraph(declared).relations()}

    @cached_property
    def _class_parents(self) -> dict[str, set[str]]:
        parents: dict[str, set[str]] = defaultdict(set)
        said = set(self.graph.statements(None, NamedNode(words.SUB_CLASS_OF), None)) - self._removed
        for quad in said | {quad for quads in self._about.values() for quad in quads}:
            if quad.predicate.value == words.SUB_CLASS_OF and isinstance(quad.object, NamedNode):
                parents[_key(quad.subject)].add(quad.object.value)
        return parents

    def with_parents(self, classes: set[str]) -> frozenset[str]:
        """The classes with all their superclasses."""
        found, ahead = set(classes), list(classes)
        while ahead:
            for parent in self._class_parents.get(ahead.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    ahead.append(parent)
        return frozenset(found)

    @cached_property
    def bilingual(self) -> bool:
        """Whether concepts are named in Chinese and in English at all."""
        return self.graph.languages >= {"zh", "en"}

    @cached_property
    def specialisations(self) -> dict[str, list[Relation]]:
        """For each relation itself and those that imply it."""
        found: dict[str, list[Relation]] = {name: [one] for name, one in self.relations.items()}
        for relation in self.relations.values():
            ahead, seen = list(relation.parents), {relation.id}
            while ahead:
                parent = ahead.pop()
                if parent not in seen and parent in found:
                    seen.add(parent)
                    found[parent].append(relation)
                    ahead.extend(self.relations[parent].parents)
        return found

    def timed(self, subject: str) -> dict[tuple[str, str], Fact]:
        """Facts of a subject that reified statements bound in time, by relation and object."""
        nodes = {
            quad.subject for quad in self.to(NamedNode(subject)) if quad.predicate.value == words.STATEMENT_SUBJECT
        }
        told = [quad for node in nodes if isinstance(node, NamedNode | BlankNode) for quad in self.about(node)]
        if not told:
            return {}
        declared = [quad for name in self.relations for quad in self.about(NamedNode(name))]
        return {(fact.relation, fact.object): fact for fact in TermGraph([*told, *declared]).facts(subject)}


def _makes_concept(quad: Quad) -> bool:
    predicate = quad.predicate.value
    if predicate == words.TYPE:
        return quad.object == NamedNode(words.CONCEPT)
    return predicate in words.LABEL_KINDS or predicate in words.XL_LABEL_KINDS


def _same_name(one: Name, other: Name) -> bool:
    return normalize(one.text) == normalize(other.text) and (
        one.primary == other.primary or not one.primary or not other.primary
    )


def _key(term: object) -> str:
    return term.value if isinstance(term, NamedNode | BlankNode) else str(term)
