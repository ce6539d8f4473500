"""What of the graph's history somebody may see: statements as N-Quads lines, without those about hidden things.

A thing is hidden from whoever has none of its access labels (`plb:accessLabel`). What was said while it was restricted,
and before it was, stays with those who might see it then: for a line of revision n all label sets that have been in
force since n - 1 count, so that neither deleting a concept nor restricting it later gives its past away.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from knowledge.graph import vocabulary as words
from knowledge.graph.reading import read_lines
from knowledge.types import User

if TYPE_CHECKING:
    from knowledge.catalog.revisions import Revision, Revisions

_NODE = re.compile(r"<[^>]*>|_:[\w.-]+")
_ACCESS = f"<{words.ACCESS}>"
_LEADS_TO_PARTS = tuple(f"<{name}>" for name in words.XL_LABEL_KINDS)
_SPEAKS_OF = tuple(f"<{name}>" for name in (words.STATEMENT_SUBJECT, words.STATEMENT_PREDICATE, words.STATEMENT_OBJECT))

Period = tuple[int, frozenset[str]]
"""From which revision on which access labels were in force."""


class AccessHistory:
    """Which things of the graph were restricted to whom, from which revision on."""

    def __init__(self, revisions: Iterable[Revision]) -> None:
        """`revisions` are those whose statements say something about access, oldest first."""
        now: dict[str, set[str]] = defaultdict(set)
        self._periods: dict[str, list[Period]] = defaultdict(list)
        for revision in revisions:
            changed: set[str] = set()
            for lines, coming in ((revision.removed, False), (revision.added, True)):
                for thing, label in _access_lines(lines):
                    (now[thing].add if coming else now[thing].discard)(label)
                    changed.add(thing)
            for thing in changed:
                self._periods[thing].append((revision.number, frozenset(now[thing])))

    @classmethod
    def of(cls, revisions: Revisions) -> AccessHistory:
        """The access history of a catalog's graph."""
        return cls(reversed(revisions.mentioning(_ACCESS)))

    @classmethod
    def of_lines(cls, added: str, removed: str) -> AccessHistory:
        """What a change that is no revision yet says about access; what it takes away counts as in force before."""
        from knowledge.catalog.revisions import Revision

        before = Revision(0, "", "", "", "", 0.0, removed, "")
        return cls((before, Revision(1, "", "", "", "", 0.0, added, removed)))

    def hidden(self, user: User | None, since: int) -> frozenset[str]:
        """What `user` (None: whoever works at the machine) may not see of statements from revision `since` on."""
        if user is None:
            return frozenset()
        return frozenset(
            thing
            for thing, periods in self._periods.items()
            if any(labels and labels.isdisjoint(user.groups) for labels in _in_force(periods, since))
        )


def _access_lines(lines: str) -> Iterator[tuple[str, str]]:
    for line in lines.splitlines():
        if _ACCESS in line:
            for quad in read_lines(line):
                is_access = quad.predicate.value == words.ACCESS
                if is_access and isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    yield quad.subject.value, quad.object.value


def _in_force(periods: Sequence[Period], since: int) -> Iterator[frozenset[str]]:
    """The label sets in force just before revision `since` or at any time after."""
    before = [labels for number, labels in periods if number < since]
    yield from before[-1:]
    yield from (labels for number, labels in periods if number >= since)


class Veil:
    """Hides things, and the nameless nodes that speak of them."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        self._hidden = {f"<{thing}>" for thing in hidden}
        self._names = frozenset(name[1:-1] for name in self._hidden)

    def __bool__(self) -> bool:
        return bool(self._hidden)

    @property
    def hidden(self) -> list[str]:
        """All that is hidden, as it stands in N-Quads, sorted."""
        return sorted(self._hidden)

    def hides(self, thing: str) -> bool:
        """Whether a thing of that id is hidden."""
        return thing in self._names

    def learn(self, *texts: str) -> None:
        """Find the nodes that speak of hidden things in these lines: SKOS-XL labels, statements about statements."""
        lines = [line for text in texts if self._touches(text) for line in text.splitlines()]
        while True:
            more = {node for line in lines for node in self._implied(line)} - self._hidden
            if not more:
                return
            self._hidden |= more

    def _touches(self, text: str) -> bool:
        return any(name in text for name in self._hidden)

    def _implied(self, line: str) -> Iterator[str]:
        nodes = _NODE.findall(line)
        if self._hidden.isdisjoint(nodes):
            return
        yield from (node for node in nodes if node.startswith("_:"))
        subject, predicate, *rest = nodes if len(nodes) > 1 else (*nodes, "", "")
        if predicate in _LEADS_TO_PARTS and subject in self._hidden:
            yield from rest[:1]
        if predicate in _SPEAKS_OF and not self._hidden.isdisjoint(rest[:1]):
            yield subject

    def seen(self, text: str) -> list[str]:
        """The lines that speak of nothing hidden, in order."""
        lines = text.splitlines()
        if not self._hidden or not self._touches(text):
            return lines
        return [line for line in lines if self._hidden.isdisjoint(_NODE.findall(line))]
