"""`Names`: all ways in which the labels of a graph may be written, looked for in a text at once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from knowledge.graph.boundaries import HAN, SAFE_HAN, forms
from knowledge.graph.grams import Grams
from knowledge.types import LabelKind, Language

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph

KIND_ORDER: dict[LabelKind, int] = {"preferred": 0, "alternative": 1, "hidden": 2, "deprecated": 3, "forbidden": 4}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a mention: as this concept, by that kind of label."""

    concept: str
    label: str
    kind: LabelKind
    language: Language | None
    exact: frozenset[str] = frozenset()
    """In what the label admits no variant: "case", "number", "spacing"."""


Readings = tuple[Reading, ...]


class Names:
    """The names of one graph. Never change; safe from many threads.

    The automaton over a million of them takes half a minute to build. After a small change the one of the graph before
    is used on, without the concepts whose names changed, beside a small one of these: what is found is the same.
    """

    def __init__(self, graph: TermGraph) -> None:
        self._most = _Automaton(_patterns(graph, graph.concepts()))
        self._few = _Automaton({})
        self._changed: frozenset[str] = frozenset()
        self._cutter = _Cutter(self._short())

    def after(self, graph: TermGraph, changed: frozenset[str]) -> Names:
        """The names of a graph in which only those of the concepts `changed` differ from these."""
        after: Names = object.__new__(Names)
        after._changed = self._changed | changed
        after._most = self._most
        after._few = _Automaton(_patterns(graph, sorted(after._changed)))
        short = after._short()
        after._cutter = self._cutter if short == self._cutter.words else _Cutter(short)
        return after

    @property
    def lying(self) -> int:
        """How many concepts' names are kept apart from the large automaton."""
        return len(self._changed)

    def found_in(self, normal: str) -> Iterator[tuple[Readings, int, int]]:
        """Every place where a name stands in a text in normal form, overlapping ones too: by end, then start."""
        if not self._changed:
            return self._most.found_in(normal)
        found: dict[tuple[int, int], Readings] = {}
        for readings, start, end in self._most.found_in(normal):
            kept = self._kept(readings)
            if kept:
                found[end, start] = kept
        for readings, start, end in self._few.found_in(normal):
            found[end, start] = _together(found.get((end, start), ()), readings)
        return ((found[place], place[1], place[0]) for place in sorted(found))

    def cuts(self, text: str) -> list[int]:
        """Where words begin and end, for a cutter that knows the graph's short names."""
        return self._cutter.cuts(text)

    def _kept(self, readings: Readings) -> Readings:
        return tuple(one for one in readings if one.concept not in self._changed)

    def _short(self) -> list[str]:
        """The Chinese names that are so short that they may stand across two words, sorted."""
        kept = self._most.short
        if self._changed:
            kept = [one for one in kept if any(each.concept not in self._changed for each in self._most.entries[one])]
        return sorted({*kept, *self._few.short}) if self._few.short else kept

    # --- with letters wrong ---------------------------------------------------------------------------------------

    def near(self, piece: str) -> list[tuple[int, int]]:
        """Distances and numbers of names that differ by few letters, nearest first."""
        return self._grams.near(piece)

    def readings(self, number: int) -> Readings:
        """What the name of that number may mean."""
        return self._all[self._grams.texts[number]]

    @cached_property
    def han_ends(self) -> frozenset[str]:
        """The first and last two characters of Chinese names."""
        names = [pattern for pattern in self._all if len(pattern) >= SAFE_HAN and HAN.search(pattern)]
        return frozenset({name[:2] for name in names} | {name[-2:] for name in names})

    @cached_property
    def _grams(self) -> Grams:
        return Grams(list(self._all))

    @cached_property
    def _all(self) -> dict[str, Readings]:
        if not self._changed:
            return self._most.entries
        found = {name: kept for name, readings in self._most.entries.items() if (kept := self._kept(readings))}
        for name, readings in self._few.entries.items():
            found[name] = _together(found.get(name, ()), readings)
        return dict(sorted(found.items()))


class _Automaton:
    """Some names, found by one pass over a text. Built when first needed."""

    def __init__(self, entries: dict[str, Readings]) -> None:
        self.entries = entries
        self.short = [name for name in entries if len(name) < SAFE_HAN and HAN.search(name)]
        self._readings = list(entries.values())
        self._lock = threading.Lock()

    def found_in(self, normal: str) -> Iterator[tuple[Readings, int, int]]:
        """What is found, with start and end, in the order of ends, the longer first."""
        if not self._readings:
            return iter(())
        matches = self._built.find_matches_as_indexes(normal, overlapping=True)
        return ((self._readings[index], start, end) for index, start, end in matches)

    @property
    def _built(self) -> Any:
        with self._lock:
            return self._automaton

    @cached_property
    def _automaton(self) -> Any:
        from ahocorasick_rs import AhoCorasick

        return AhoCorasick(list(self.entries))


class _Cutter:
    """Cuts Chinese text into words, among them the given ones. Built when first needed."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._lock = threading.Lock()

    def cuts(self, text: str) -> list[int]:
        """Where words begin and end."""
        cuts, place = [0], 0
        for word in self._built.cut(text):
            place += len(word)
            cuts.append(place)
        return cuts

    @property
    def _built(self) -> Any:
        with self._lock:
            return self._cutter

    @cached_property
    def _cutter(self) -> Any:
        import rjieba

        cutter = rjieba.Jieba()
        for word in self.words:
            cutter.add_word(word, None, None)
        return cutter


def _patterns(graph: TermGraph, concepts: Iterable[str]) -> dict[str, Readings]:
    """What to look for, in normal form, with what it may mean."""
    found: dict[str, dict[Reading, None]] = defaultdict(dict)
    for concept in concepts:
        for label in graph.labels_of(concept):
            exact = graph.exactness(concept, label.text)
            for form in forms(label, exact):
                found[form].setdefault(Reading(concept, label.text, label.kind, label.language, exact))
    return {form: tuple(sorted(readings, key=_reading_order)) for form, readings in sorted(found.items())}


def _together(some: Readings, others: Readings) -> Readings:
    return tuple(sorted((*some, *others), key=_reading_order)) if some else others


def _reading_order(reading: Reading) -> tuple[str, int, str, str]:
    return reading.concept, KIND_ORDER[reading.kind], reading.language or "", reading.label
