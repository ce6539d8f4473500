"""Finding concepts by a piece of one of their labels, as somebody types."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from knowledge.graph.normal import normalize
from knowledge.graph.types import ConceptMatch
from knowledge.types import User

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph

_EXACT, _PREFIX, _WORD, _INSIDE, _SIMILAR = 1.0, 0.9, 0.8, 0.6, 0.5
_MIN_RESEMBLANCE = 0.72
_FUZZY_CANDIDATES = 400


class LabelSearch:
    """An index over all labels of a graph: whole, prefix, inside and, if nothing else is found, resembling."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._entries = [
            (normalize(label.text), label.text, concept)
            for concept in graph.concepts()
            for label in graph.labels_of(concept)
        ]
        self._grams: dict[str, list[int]] = defaultdict(list)
        for number, (text, _, _) in enumerate(self._entries):
            for gram in _grams(text):
                self._grams[gram].append(number)

    def find(self, text: str, user: User | None, limit: int) -> list[ConceptMatch]:
        """Concepts that the user may see, best first; equal scores by length of the label, then its text."""
        wanted = normalize(" ".join(text.split()))
        if not wanted or limit <= 0:
            return []
        found = self._rank(self._containing(wanted), user)
        if not found:
            found = self._rank(self._resembling(wanted), user)
        return found[:limit]

    def _containing(self, wanted: str) -> list[tuple[float, int]]:
        lists = sorted((self._grams.get(gram, []) for gram in _grams(wanted)), key=len)
        numbers = set(lists[0]) if lists else set()
        for numbers_of_gram in lists[1:]:
            numbers &= set(numbers_of_gram)
        return [(score, number) for number in numbers if (score := _score(self._entries[number][0], wanted))]

    def _resembling(self, wanted: str) -> list[tuple[float, int]]:
        shared: dict[int, int] = defaultdict(int)
        for gram in _grams(wanted):
            for number in self._grams.get(gram, ()):
                shared[number] += 1

        def likelihood(number: int) -> float:
            return shared[number] / (len(self._entries[number][0]) + len(wanted))

        scored: list[tuple[float, int]] = []
        for number in sorted(shared, key=lambda number: (-likelihood(number), number))[:_FUZZY_CANDIDATES]:
            likeness = SequenceMatcher(None, self._entries[number][0], wanted, autojunk=False).ratio()
            if likeness >= _MIN_RESEMBLANCE:
                scored.append((_SIMILAR * likeness, number))
        return scored

    def _rank(self, scored: list[tuple[float, int]], user: User | None) -> list[ConceptMatch]:
        best: dict[str, tuple[float, str]] = {}
        for score, number in scored:
            _, label, concept = self._entries[number]
            if not self._graph.visible(concept, user):
                continue
            known = best.get(concept)
            if known is None or (-score, len(label), label) < (-known[0], len(known[1]), known[1]):
                best[concept] = (score, label)
        ordered = sorted(best.items(), key=lambda item: (-item[1][0], len(item[1][1]), item[1][1], item[0]))
        return [ConceptMatch(self._graph.concept(concept), label, score) for concept, (score, label) in ordered]


def _score(text: str, wanted: str) -> float:
    if text == wanted:
        return _EXACT
    if text.startswith(wanted):
        return _PREFIX
    if f" {wanted}" in text:
        return _WORD
    return _INSIDE if wanted in text else 0.0


def _grams(text: str) -> set[str]:
    """Letters and pairs of letters: one letter must find something, and pairs narrow down quickly."""
    return set(text) | {text[i : i + 2] for i in range(len(text) - 1)}
