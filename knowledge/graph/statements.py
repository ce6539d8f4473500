"""`Statements`: a graph's statements with changes laid over it, without copying the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.quads import Node, Patch
from knowledge.graph.store import TermGraph


class Statements:
    """The statements of a graph as they would be after some changes. Not for use from several threads at once."""

    def __init__(self, graph: TermGraph) -> None:
        self.graph = graph
        self._added: set[Quad] = set()
        self._removed: set[Quad] = set()

    def patch(self) -> Patch:
        """All changes together, compared with the graph underneath."""
        return Patch(frozenset(self._added), frozenset(self._removed))

    def change(self, added: Iterable[Quad], removed: Iterable[Quad]) -> None:
        """Lay a change over what is there: first what goes, then what comes."""
        for quad in removed:
            if quad in self._added:
                self._added.discard(quad)
            elif self._in_graph(quad):
                self._removed.add(quad)
        for quad in added:
            if quad in self._removed:
                self._removed.discard(quad)
            elif not self._in_graph(quad):
                self._added.add(quad)

    def _in_graph(self, quad: Quad) -> bool:
        return self.graph.holds(quad)

    def about(self, node: Node) -> set[Quad]:
        """What is said about a node."""
        kept = set(self.graph.statements(node)) - self._removed
        return kept | {quad for quad in self._added if quad.subject == node}

    def to(self, node: Node) -> set[Quad]:
        """What leads to a node."""
        kept = set(self.graph.statements(target=node)) - self._removed
        return kept | {quad for quad in self._added if quad.object == node}

    def using(self, predicate: NamedNode) -> set[Quad]:
        """What is said with a property."""
        kept = set(self.graph.statements(predicate=predicate)) - self._removed
        return kept | {quad for quad in self._added if quad.predicate == predicate}

    def of(self, node: Node, predicate: str) -> set[Quad]:
        """What is said about a node with one property."""
        return {quad for quad in self.about(node) if quad.predicate.value == predicate}

    def exists(self, name: str) -> bool:
        """Whether anything is said about a thing of that id."""
        return bool(name) and any(True for _ in self._first(NamedNode(name)))

    def _first(self, node: NamedNode) -> Iterator[Quad]:
        for quad in self.graph.statements(node):
            if quad not in self._removed:
                yield quad
                return
        yield from (quad for quad in self._added if quad.subject == node)

    def is_relation(self, name: str) -> bool:
        """Whether the id is that of a declared relation."""
        kinds = self.of(NamedNode(name), words.TYPE)
        return any(
            isinstance(quad.object, NamedNode) and quad.object.value in words.PROPERTY_TYPES for quad in kinds
        ) or bool(self.of(NamedNode(name), words.PHRASE))

    def reified(self, subject: NamedNode) -> list[tuple[Node, set[Quad]]]:
        """The statements about statements whose subject this is: each node with all that is said about it."""
        nodes = {quad.subject for quad in self.to(subject) if quad.predicate.value == words.STATEMENT_SUBJECT}
        found = [(node, self.about(node)) for node in nodes if isinstance(node, NamedNode | BlankNode)]
        return sorted(found, key=lambda pair: str(pair[0]))

    def hanging(self, gone: Iterable[Quad]) -> set[Quad]:
        """What is said about blank nodes that nothing leads to any more when `gone` is gone."""
        gone = set(gone)
        found: set[Quad] = set()
        ahead = [quad.object for quad in gone if isinstance(quad.object, BlankNode)]
        while ahead:
            node = ahead.pop()
            if not isinstance(node, BlankNode) or self.to(node) - gone - found:
                continue
            new = self.about(node) - gone - found
            found |= new
            ahead.extend(quad.object for quad in new if isinstance(quad.object, BlankNode))
        return found
