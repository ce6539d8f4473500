"""Finding concepts by a piece of one of their labels, as somebody types."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from knowledge.graph.grams import Grams
from knowledge.graph.normal import normalize
from knowledge.graph.pinyin import spellings
from knowledge.graph.types import ConceptMatch, How
from knowledge.types import LabelKind, User

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph

_SCORES: dict[How, float] = {"exact": 1.0, "prefix": 0.9, "word": 0.8, "pinyin": 0.7, "inside": 0.6, "fuzzy": 0.5}
_KINDS: dict[LabelKind, int] = {"preferred": 0, "alternative": 1, "hidden": 2, "deprecated": 3, "forbidden": 4}
_HAN = r"[㐀-䶿一-鿿豈-﫿]"
_BLANK_BY_HAN = re.compile(rf"(?<={_HAN}) +| +(?={_HAN})")
_HAS_HAN = re.compile(_HAN)
_TYPED = re.compile(r"(?=.*[a-z])[a-z0-9]{2,}")
_WORD = re.compile(r"[a-z0-9]{4,}")
_MANY = 2000
"""Of so many texts with the same beginning, the shortest are found sooner by a scan than by sorting."""


class LabelSearch:
    """An index over all labels of a graph. Built at once, then safe from many threads.

    Labels stand in one long text, shortest first, so that looking for a piece is one scan by the C library and the
    best hits come first.
    """

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        entries = sorted(
            (
                len(name := _searchable(label.text)),
                name,
                graph.deprecated(concept),
                _KINDS[label.kind],
                label.text,
                concept,
            )
            for concept in graph.concepts()
            for label in graph.labels_of(concept)
        )
        self._names = [entry[1] for entry in entries]
        self._labels = [(entry[4], entry[5]) for entry in entries]
        self._lines = _Lines(self._names)
        spelled = [
            (number, way) for number, name in enumerate(self._names) if _HAS_HAN.search(name) for way in spellings(name)
        ]
        self._spelled_numbers = [number for number, _ in spelled]
        self._spelled = _Lines(["".join(way) for _, way in spelled])
        self._initials = _Lines(["".join(syllable[:1] for syllable in way) for _, way in spelled])

    def find(self, text: str, user: User | None, limit: int) -> list[ConceptMatch]:
        """Concepts that the user may see, best first; equal scores by length of the label, then its text.

        Labels that are `text`, begin with it, have a word that does, sound so in pinyin or contain it; only where there
        is none, those that differ from it by a few letters.
        """
        wanted = _searchable(" ".join(text.split()))
        if not wanted or limit <= 0:
            return []
        found = self._best(self._containing(wanted), user, limit)
        return found or self._best(self._resembling(wanted), user, limit)

    def _best(self, hits: Iterable[tuple[int, How, float]], user: User | None, limit: int) -> list[ConceptMatch]:
        """The first `limit` concepts of hits that come best first."""
        found: dict[str, ConceptMatch] = {}
        hidden: set[str] = set()
        for number, how, score in hits:
            label, concept = self._labels[number]
            if concept in found or concept in hidden:
                continue
            if not self._graph.visible(concept, user):
                hidden.add(concept)
                continue
            found[concept] = ConceptMatch(self._graph.concept(concept), label, score, how)
            if len(found) == limit:
                break
        return list(found.values())

    def _containing(self, wanted: str) -> Iterator[tuple[int, How, float]]:
        """Label numbers, best first; a label comes again where it fits in several ways."""

        def scored(numbers: Iterable[int], how: How) -> Iterator[tuple[int, How, float]]:
            return ((number, how, _SCORES[how]) for number in numbers)

        yield from scored(self._lines.whole(wanted), "exact")
        yield from scored(self._lines.beginning(wanted), "prefix")
        yield from scored(self._lines.holding(f" {wanted}"), "word")
        typed = re.sub(r"[ ']", "", wanted)
        if _TYPED.fullmatch(typed):
            yield from scored(self._sounding(typed), "pinyin")
        yield from scored(self._lines.holding(wanted), "inside")

    def _sounding(self, typed: str) -> Iterator[int]:
        """Chinese labels that are typed so, in full or by initials, whole ones first, then from any syllable on."""
        ways = chain(
            self._initials.whole(typed),
            self._spelled.whole(typed),
            self._initials.beginning(typed),
            self._spelled.beginning(typed),
            self._from_syllable(typed),
        )
        return (self._spelled_numbers[place] for place in ways)

    def _from_syllable(self, typed: str) -> Iterator[int]:
        for place in self._spelled.holding(typed):
            for way in spellings(self._names[self._spelled_numbers[place]]):
                starts = (len("".join(way[:count])) for count in range(len(way)))
                if any("".join(way).startswith(typed, start) for start in starts):
                    yield place
                    break

    # --- with letters wrong ---------------------------------------------------------------------------------------

    def _resembling(self, wanted: str) -> Iterator[tuple[int, How, float]]:
        near = self._grams.near(wanted)
        for distance, number in near:
            yield number, "fuzzy", _SCORES["fuzzy"] * (1 - distance / (len(wanted) + 1))
        corrected = wanted if near else _WORD.sub(self._corrected, wanted)
        if corrected != wanted:
            for number, _, score in self._containing(corrected):
                yield number, "fuzzy", _SCORES["fuzzy"] * score / 2

    def _corrected(self, word: re.Match[str]) -> str:
        near = self._word_grams.near(word[0])
        return self._word_grams.texts[near[0][1]] if near else word[0]

    @cached_property
    def _grams(self) -> Grams:
        return Grams(self._names)

    @cached_property
    def _word_grams(self) -> Grams:
        words = {word for name in self._names for word in _WORD.findall(name)}
        return Grams(sorted(words, key=lambda word: (len(word), word)))


class _Lines:
    """Many short texts in one, to be searched by `str.find`; answers are their numbers in order, each once."""

    def __init__(self, texts: list[str]) -> None:
        self._text = "\n" + "\n".join(texts) + "\n"
        self._starts = [1]
        for text in texts:
            self._starts.append(self._starts[-1] + len(text) + 1)
        self._numbers = sorted(range(len(texts)), key=texts.__getitem__)
        self._ordered = [texts[number] for number in self._numbers]

    def whole(self, wanted: str) -> Iterator[int]:
        first, end = bisect_left(self._ordered, wanted), bisect_right(self._ordered, wanted)
        return iter(sorted(self._numbers[first:end]))

    def beginning(self, wanted: str) -> Iterator[int]:
        first = bisect_left(self._ordered, wanted)
        end = bisect_left(self._ordered, wanted + chr(sys.maxunicode), first)
        if end - first < _MANY:
            return iter(sorted(self._numbers[first:end]))
        return self._scan(f"\n{wanted}", 1)

    def holding(self, wanted: str) -> Iterator[int]:
        return self._scan(wanted, 0)

    def _scan(self, pattern: str, lead: int) -> Iterator[int]:
        place = self._text.find(pattern)
        while place >= 0:
            number = bisect_right(self._starts, place + lead) - 1
            if number >= len(self._starts) - 1:
                return
            yield number
            place = self._text.find(pattern, self._starts[number + 1] - 1)


def _searchable(text: str) -> str:
    """A text in normal form, without blanks beside Chinese characters."""
    return _BLANK_BY_HAN.sub("", normalize(text)).replace("\n", " ")
