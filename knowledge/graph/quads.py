"""`Quads`: the statements of one revision, in a store that nobody changes, under what later revisions changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from knowledge.graph import vocabulary as words
from knowledge.graph.reading import write_lines

Node = NamedNode | BlankNode
Target = NamedNode | BlankNode | Literal


@dataclass(frozen=True, slots=True)
class Patch:
    """Statements that a change adds and removes; none is in both."""

    added: frozenset[Quad] = frozenset()
    removed: frozenset[Quad] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def lines(self) -> tuple[str, str]:
        """What is added and what is removed, as sorted N-Quads."""
        return write_lines(self.added), write_lines(self.removed)


class Quads:
    """Statements, looked up by their parts. Never changes; safe from many threads.

    Copying a store of a million statements takes seconds, so a revision that says little new shares the store of the
    one before it: `change` holds what is added to and removed from `store`.
    """

    def __init__(self, store: Store, change: Patch | None = None) -> None:
        self._store = store
        self._added = change.added if change else frozenset()
        self._removed = change.removed if change else frozenset()
        changed = self._added | self._removed
        self._subjects = frozenset(quad.subject for quad in changed)
        self._predicates = frozenset(quad.predicate for quad in changed)
        self._targets = frozenset(quad.object for quad in changed)
        self._more = Store()
        self._more.bulk_extend(self._added)

    @property
    def changes(self) -> int:
        """How many statements differ from the store."""
        return len(self._added) + len(self._removed)

    def __contains__(self, quad: Quad) -> bool:
        return quad in self._added or (quad not in self._removed and quad in self._store)

    def matching(
        self, subject: Node | None = None, predicate: NamedNode | None = None, target: Target | None = None
    ) -> Iterator[Quad]:
        """The statements that fit, in no order; None fits anything."""
        found = self._store.quads_for_pattern(subject, predicate, target, None)
        if not self._touches(subject, predicate, target):
            return found
        kept = (quad for quad in found if quad not in self._removed)
        return chain(kept, self._more.quads_for_pattern(subject, predicate, target, None))

    def _touches(self, subject: Node | None, predicate: NamedNode | None, target: Target | None) -> bool:
        return (
            bool(self._subjects)
            and (subject is None or subject in self._subjects)
            and (predicate is None or predicate in self._predicates)
            and (target is None or target in self._targets)
        )

    def with_change(self, change: Patch) -> Quads:
        """These statements without those removed, and then with those added."""
        added, removed = set(self._added), set(self._removed)
        for quad in change.removed:
            if quad in added:
                added.remove(quad)
            elif quad in self._store:
                removed.add(quad)
        for quad in change.added:
            if quad in removed:
                removed.remove(quad)
            elif quad not in self._store:
                added.add(quad)
        return Quads(self._store, Patch(frozenset(added), frozenset(removed)))

    # --- by name, for what is read most ---------------------------------------------------------------------------

    def about(self, predicate: str, target: str | None = None) -> Iterator[Quad]:
        """The statements with a predicate and, where given, a node as their object."""
        return self.matching(None, NamedNode(predicate), None if target is None else NamedNode(target))

    def is_a(self, node: object, kind: str) -> bool:
        """Whether a thing is declared to be of a class, itself."""
        if not isinstance(node, NamedNode | BlankNode):
            return False
        return next(self.matching(node, NamedNode(words.TYPE), NamedNode(kind)), None) is not None

    def nodes(self, subject: str, predicate: str) -> tuple[str, ...]:
        """The named things that a property of something leads to, sorted."""
        found = self.matching(NamedNode(subject), NamedNode(predicate))
        return tuple(sorted({quad.object.value for quad in found if isinstance(quad.object, NamedNode)}))

    def literals(self, subject: str, predicate: str) -> list[Literal]:
        """The texts and values of a property of something, in no order."""
        found = self.matching(NamedNode(subject), NamedNode(predicate))
        return [quad.object for quad in found if isinstance(quad.object, Literal)]

    def pointing(self, target: str, predicate: str) -> list[str]:
        """The named things whose property leads to a thing, in no order."""
        found = self.about(predicate, target)
        return [quad.subject.value for quad in found if isinstance(quad.subject, NamedNode)]

    def pairs(self, predicate: str) -> dict[str, tuple[str, ...]]:
        """Which named things a property leads to, by subject."""
        found: dict[str, set[str]] = {}
        for quad in self.about(predicate):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                found.setdefault(quad.subject.value, set()).add(quad.object.value)
        return {name: tuple(sorted(others)) for name, others in found.items()}


def subjects_in(quads: Iterable[Quad], predicates: Mapping[str, object] | frozenset[str]) -> set[str]:
    """The named subjects of the statements with one of these predicates."""
    return {
        quad.subject.value
        for quad in quads
        if quad.predicate.value in predicates and isinstance(quad.subject, NamedNode)
    }
