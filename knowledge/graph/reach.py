"""`Reach`: for which languages and concept schemes somebody may change the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.quads import Node, Patch
from knowledge.graph.statements import Statements
from knowledge.graph.store import TermGraph

TEXTS = frozenset(
    {
        *words.LABEL_KINDS,
        words.LITERAL_FORM,
        words.RDFS_LABEL,
        words.PHRASE,
        *(words.SKOS + name for name in ("definition", "note", "example", "scopeNote", "editorialNote")),
    }
)
"""Properties whose values are written in some language, also where a tag is missing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What of the graph somebody may change; an empty set limits nothing.

    `languages` are language ranges ("zh" takes in "zh-Hant"): texts in others may not be changed, while what has no
    language (places, facts, whether it is in use) may. `schemes` are ids of concept schemes: only what is said about
    the concepts in one of them may be changed, and no relation.
    """

    languages: frozenset[str] = frozenset()
    schemes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.languages or self.schemes)

    def speaks(self, tag: str) -> bool:
        """Whether texts with a language tag may be changed."""
        tag = tag.lower()
        return not self.languages or any(tag == one or tag.startswith(f"{one}-") for one in self.languages)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A changed statement that lies outside of somebody's reach. `language` is its tag where that is the reason."""

    thing: str
    language: str | None = None


def beyond(reach: Reach, graph: TermGraph, patch: Patch) -> Beyond | None:
    """The first statement of a change, by name and language, that lies outside of a reach; None: all lies within."""
    if not reach:
        return None
    judged = _Judged(reach, graph, patch)
    found = [one for quad in (*patch.added, *patch.removed) for one in judged.beyond(quad, quad in patch.added)]
    return min(found, key=lambda one: (one.thing, one.language or ""), default=None)


def schemes(graph: TermGraph) -> tuple[str, ...]:
    """The ids of all concept schemes, declared or only used, sorted."""
    declared = graph.statements(None, NamedNode(words.TYPE), NamedNode(words.CONCEPT_SCHEME))
    used = (each.object for name in _LEADING for each in graph.statements(None, NamedNode(name)))
    found: Iterable[object] = [*(each.subject for each in declared), *used]
    return tuple(sorted({each.value for each in found if isinstance(each, NamedNode)}))


_LEADING = (words.IN_SCHEME, words.TOP_CONCEPT_OF)


class _Judged:
    def __init__(self, reach: Reach, graph: TermGraph, patch: Patch) -> None:
        self._reach = reach
        self._before = Statements(graph)
        self._after = Statements(graph)
        self._after.change(patch.added, patch.removed)
        self._within: dict[str, bool] = {}
        self._owners: dict[object, str] = {}

    def beyond(self, quad: Quad, added: bool) -> Iterator[Beyond]:
        """Why a statement lies outside, if it does."""
        owner = self._owner(quad.subject)
        if isinstance(quad.object, Literal):
            tag = quad.object.language
            unspoken = tag is None and quad.predicate.value in TEXTS
            if (tag is not None or unspoken) and not self._reach.speaks(tag or ""):
                yield Beyond(owner, tag or "")
        if not self._reach.schemes:
            return
        things = [owner]
        if isinstance(quad.object, NamedNode):
            if quad.predicate.value in _LEADING and added and quad.object.value not in self._reach.schemes:
                yield Beyond(quad.object.value)
            if quad.predicate.value in (words.NARROWER, words.HAS_TOP_CONCEPT):
                # It says where its object stands
                things.append(quad.object.value)
        yield from (Beyond(thing) for thing in things if not self._in_schemes(thing))

    def _in_schemes(self, thing: str) -> bool:
        if thing not in self._within:
            self._within[thing] = thing in self._reach.schemes or self._concept_in_schemes(thing)
        return self._within[thing]

    def _concept_in_schemes(self, thing: str) -> bool:
        if not thing or self._after.is_relation(thing) or self._before.is_relation(thing):
            return False
        # What was there before is judged as it was: nobody draws others' concepts into their own scheme
        statements = self._before if self._before.exists(thing) else self._after
        return not self._reach.schemes.isdisjoint(_schemes_of(statements, thing))

    def _owner(self, node: object) -> str:
        """The named thing that a statement is about: of a SKOS-XL label or a dated fact that which it belongs to."""
        start, seen = node, set[object]()
        if start not in self._owners:
            while isinstance(node, NamedNode | BlankNode) and node not in seen:
                seen.add(node)
                above = self._above(node)
                if above is None:
                    break
                node = above
            self._owners[start] = node.value if isinstance(node, NamedNode) else ""
        return self._owners[start]

    def _above(self, node: Node) -> Node | None:
        """What a node is a part of. What stands for itself is no part, whatever a change says that leads to it."""
        if isinstance(node, NamedNode) and self._stands_for_itself(node):
            return None
        known = bool(self._before.about(node))
        statements = self._before if known else self._after
        for quad in statements.of(node, words.STATEMENT_SUBJECT):
            if isinstance(quad.object, NamedNode):
                return quad.object
        leading = [
            quad.subject
            for quad in statements.to(node)
            if isinstance(node, BlankNode) or quad.predicate.value in words.XL_LABEL_KINDS
        ]
        return min((one for one in leading if isinstance(one, NamedNode | BlankNode)), key=str, default=None)

    def _stands_for_itself(self, node: NamedNode) -> bool:
        if node.value in self._before.graph or self._after.is_relation(node.value):
            return True
        return any(
            quad.predicate.value in words.LABEL_KINDS or quad.object == NamedNode(words.CONCEPT)
            for quad in self._after.about(node)
        )


def _schemes_of(statements: Statements, concept: str) -> set[str]:
    node = NamedNode(concept)
    found = {quad.object for name in _LEADING for quad in statements.of(node, name)}
    found |= {quad.subject for quad in statements.to(node) if quad.predicate.value == words.HAS_TOP_CONCEPT}
    return {each.value for each in found if isinstance(each, NamedNode)}
