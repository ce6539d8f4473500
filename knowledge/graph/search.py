"""Finding concepts by a piece of one of their labels, as somebody types."""

from __future__ import annotations

import heapq
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from knowledge.garbage import uncollected
from knowledge.graph.grams import Grams
from knowledge.graph.normal import fold, normalize
from knowledge.graph.pinyin import all_spellings, spellings
from knowledge.graph.types import ConceptMatch, How
from knowledge.types import LabelKind, User

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph

_SCORES: dict[How, float] = {"exact": 1.0, "prefix": 0.9, "word": 0.8, "pinyin": 0.7, "inside": 0.6, "fuzzy": 0.5}
_WAYS: tuple[How, ...] = ("exact", "prefix", "word", *("pinyin",) * 5, "inside")
"""How a label fits, by the step in which `_Piece.containing` finds it."""

_KINDS: dict[LabelKind, int] = {"preferred": 0, "alternative": 1, "hidden": 2, "deprecated": 3, "forbidden": 4}
_HAN = r"[㐀-䶿一-鿿豈-﫿]"
_BLANK_BY_HAN = re.compile(rf"(?<={_HAN}) +| +(?={_HAN})")
_HAS_HAN = re.compile(_HAN)
_TYPED = re.compile(r"(?=.*[a-z])[a-z0-9]{2,}")
_WORD = re.compile(r"[a-z0-9]{4,}")
_MANY = 2000
"""Of so many texts with the same beginning, the shortest are found sooner by a scan than by sorting."""

Entry = tuple[int, str, bool, int, str, str]
"""A label in the order in which equally good ones are shown: length, normal form, out of use, kind, text, concept."""


class LabelSearch:
    """An index over all labels of a graph. Built at once, then safe from many threads.

    After a small change the index of the graph before is used on, without the concepts whose labels changed, beside a
    small one of these.
    """

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._pieces: tuple[_Piece, ...] = (_Piece(graph, graph.concepts()),)
        self._changed: frozenset[str] = frozenset()

    def after(self, graph: TermGraph, changed: frozenset[str]) -> LabelSearch:
        """The index of a graph in which only the labels of the concepts `changed` differ from those of this one's."""
        after: LabelSearch = object.__new__(LabelSearch)
        after._graph = graph
        after._changed = self._changed | changed
        after._pieces = (self._pieces[0], _Piece(graph, sorted(after._changed)))
        return after

    def prepare(self) -> None:
        """Make what is otherwise made when somebody first types letters wrong."""
        for piece in self._pieces:
            piece.prepare()

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

    def _best(self, hits: Iterable[tuple[Entry, How, float]], user: User | None, limit: int) -> list[ConceptMatch]:
        """The first `limit` concepts of hits that come best first."""
        found: dict[str, ConceptMatch] = {}
        hidden: set[str] = set()
        for (*_, label, concept), how, score in hits:
            if concept in found or concept in hidden:
                continue
            if not self._graph.visible(concept, user):
                hidden.add(concept)
                continue
            found[concept] = ConceptMatch(self._graph.concept(concept), label, score, how)
            if len(found) == limit:
                break
        return list(found.values())

    def _containing(self, wanted: str) -> Iterator[tuple[Entry, How, float]]:
        """Labels, best first; a label comes again where it fits in several ways."""
        base = self._pieces[0].containing(wanted)
        if not self._changed:
            hits = base
        else:
            kept = ((way, entry) for way, entry in base if entry[-1] not in self._changed)
            hits = heapq.merge(kept, self._pieces[1].containing(wanted))
        return ((entry, _WAYS[way], _SCORES[_WAYS[way]]) for way, entry in hits)

    # --- with letters wrong ---------------------------------------------------------------------------------------

    def _resembling(self, wanted: str) -> Iterator[tuple[Entry, How, float]]:
        near = sorted(
            (distance, entry)
            for place, piece in enumerate(self._pieces)
            for distance, entry in piece.near(wanted)
            if place or entry[-1] not in self._changed
        )
        for distance, entry in near:
            yield entry, "fuzzy", _SCORES["fuzzy"] * (1 - distance / (len(wanted) + 1))
        corrected = wanted if near else _WORD.sub(self._corrected, wanted)
        if corrected != wanted:
            for entry, _, score in self._containing(corrected):
                yield entry, "fuzzy", _SCORES["fuzzy"] * score / 2

    def _corrected(self, word: re.Match[str]) -> str:
        near = sorted(
            (distance, len(other), other) for piece in self._pieces for distance, other in piece.near_words(word[0])
        )
        # A word that only changed labels held is none any more
        kept = (other for *_, other in near if not self._changed or any(True for _ in self._containing(other)))
        return next(kept, word[0])


class _Piece:
    """The labels of some concepts of a graph.

    They stand in one long text, shortest first, so that looking for a piece is one scan by the C library and the best
    hits come first.
    """

    def __init__(self, graph: TermGraph, concepts: Iterable[str]) -> None:
        with uncollected():
            self._build(graph, concepts)

    def _build(self, graph: TermGraph, concepts: Iterable[str]) -> None:
        labels = [(label, concept) for concept in concepts for label in graph.labels_of(concept)]
        names = _all_searchable([label.text for label, _ in labels])
        self.entries: list[Entry] = sorted(
            (len(name), name, graph.deprecated(concept), _KINDS[label.kind], label.text, concept)
            for name, (label, concept) in zip(names, labels, strict=True)
        )
        self._names = [entry[1] for entry in self.entries]
        self._lines = _Lines(self._names)
        han = [number for number, name in enumerate(self._names) if _HAS_HAN.search(name)]
        spelled = list(all_spellings([self._names[number] for number in han]))
        self._spelled_numbers = [han[place] for place, _, _ in spelled]
        self._spelled = _Lines([way for _, way, _ in spelled])
        self._initials = _Lines([letters for _, _, letters in spelled])

    def containing(self, wanted: str) -> Iterator[tuple[int, Entry]]:
        """Labels with the place in `_WAYS` of how they fit, in that order; one comes again if it fits in several."""
        yield from self._as(0, self._lines.whole(wanted))
        yield from self._as(1, self._lines.beginning(wanted))
        yield from self._as(2, self._lines.holding(f" {wanted}"))
        typed = re.sub(r"[ ']", "", wanted)
        if _TYPED.fullmatch(typed):
            # Chinese labels that are typed so, in full or by initials, whole ones first, then from any syllable on
            yield from self._as(3, self._spoken(self._initials.whole(typed)))
            yield from self._as(4, self._spoken(self._spelled.whole(typed)))
            yield from self._as(5, self._spoken(self._initials.beginning(typed)))
            yield from self._as(6, self._spoken(self._spelled.beginning(typed)))
            yield from self._as(7, self._spoken(self._from_syllable(typed)))
        yield from self._as(8, self._lines.holding(wanted))

    def _as(self, way: int, numbers: Iterable[int]) -> Iterator[tuple[int, Entry]]:
        return ((way, self.entries[number]) for number in numbers)

    def _spoken(self, places: Iterable[int]) -> Iterator[int]:
        return (self._spelled_numbers[place] for place in places)

    def _from_syllable(self, typed: str) -> Iterator[int]:
        for place in self._spelled.holding(typed):
            for way in spellings(self._names[self._spelled_numbers[place]]):
                starts = (len("".join(way[:count])) for count in range(len(way)))
                if any("".join(way).startswith(typed, start) for start in starts):
                    yield place
                    break

    def near(self, wanted: str) -> list[tuple[int, Entry]]:
        """Labels that differ from a text by few letters, with how many."""
        return [(distance, self.entries[number]) for distance, number in self._grams.near(wanted)]

    def near_words(self, word: str) -> list[tuple[int, str]]:
        """Words of labels that differ from a word by few letters, with how many."""
        return [(distance, self._word_grams.texts[number]) for distance, number in self._word_grams.near(word)]

    @cached_property
    def _grams(self) -> Grams:
        return Grams(self._names)

    @cached_property
    def _word_grams(self) -> Grams:
        words = {word for name in self._names for word in _WORD.findall(name)}
        return Grams(sorted(words, key=lambda word: (len(word), word)))

    def prepare(self) -> None:
        """Make what is otherwise made when somebody first types letters wrong."""
        self._grams, self._word_grams  # noqa: B018 - reading them makes them


class _Lines:
    """Many short texts in one, to be searched by `str.find`; answers are their numbers in order, each once."""

    def __init__(self, texts: list[str]) -> None:
        self._text = "\n" + "\n".join(texts) + "\n"
        self._starts = list(accumulate(map(len, texts), lambda start, length: start + length + 1, initial=1))
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


def _all_searchable(texts: list[str]) -> list[str]:
    """`_searchable` of many texts, in one pass over all of them where that gives the same."""
    joined = fold("\n".join(texts))
    lowered = joined.lower()
    # Not where a letter becomes two, or a text holds a line break
    if len(lowered) != len(joined) or lowered.count("\n") != len(texts) - 1:
        return [_searchable(text) for text in texts]
    return _BLANK_BY_HAN.sub("", lowered).split("\n")
