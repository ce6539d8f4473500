"""How the concepts of one revision are found by browsing: below one another, and in order of their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode

from knowledge.graph import vocabulary as words
from knowledge.graph.store import TermGraph
from knowledge.types import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Shelf:
    """By language, in the order of names there: `narrower` lists the concepts below each, `tops` those below none,
    `ordered` all. Those out of use come last in `narrower` and `tops`.
    """

    narrower: dict[Language, dict[str, tuple[str, ...]]]
    tops: dict[Language, tuple[str, ...]]
    ordered: dict[Language, tuple[str, ...]]


def shelve(graph: TermGraph) -> Shelf:
    """The browsing order of a graph."""
    under: dict[str, set[str]] = defaultdict(set)
    for predicate, downward in ((words.BROADER, False), (words.NARROWER, True)):
        for quad in graph.statements(predicate=NamedNode(predicate)):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                one, other = quad.subject.value, quad.object.value
                under[one if downward else other].add(other if downward else one)
    ordered = {language: tuple(sorted(graph.concepts(), key=_key(graph, language))) for language in LANGUAGES}
    placed = {concept for parent, concepts in under.items() if parent in graph for concept in concepts}
    narrower: dict[Language, dict[str, tuple[str, ...]]] = {}
    tops: dict[Language, tuple[str, ...]] = {}
    for language, names in ordered.items():
        shown = in_use_first(graph, names)
        place = {concept: number for number, concept in enumerate(shown)}
        narrower[language] = {
            parent: tuple(sorted((each for each in concepts if each in place), key=place.__getitem__))
            for parent, concepts in under.items()
        }
        tops[language] = tuple(each for each in shown if each not in placed)
    return Shelf(narrower, tops, ordered)


def in_use_first(graph: TermGraph, concepts: Iterable[str]) -> list[str]:
    """The same concepts, those out of use last."""
    return sorted(concepts, key=graph.deprecated)


def below(graph: TermGraph, concept: str) -> list[str]:
    """The concepts directly below one, by id."""
    node = NamedNode(concept)
    up = graph.statements(target=node, predicate=NamedNode(words.BROADER))
    found = {quad.subject.value for quad in up if isinstance(quad.subject, NamedNode)}
    down = graph.statements(node, NamedNode(words.NARROWER))
    return sorted(found | {quad.object.value for quad in down if isinstance(quad.object, NamedNode)})


def _key(graph: TermGraph, language: Language) -> Callable[[str], tuple[bytes, str]]:
    def key(concept: str) -> tuple[bytes, str]:
        # The common Chinese characters stand in the order of their pinyin in this encoding
        return graph.label(concept, language).casefold().encode("gb18030", "replace"), concept

    return key
