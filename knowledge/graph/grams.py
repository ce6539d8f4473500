"""Texts that differ from another one by a few letters, found among very many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIKELY = 200
_SHORTEST = 3
_WRONG_LETTERS = ((4, 1), (8, 2), (1 << 30, 3))
"""How many letters may be wrong in a text of up to so many."""


class Grams:
    """An index over the pairs of letters of texts. Never changes; safe from many threads."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        lengths = np.fromiter(map(len, texts), np.int32, len(texts))
        # Texts are numbered by length here: those of fitting lengths are then one stretch of a pair's list
        self._order = np.argsort(lengths, kind="stable")
        self._lengths = lengths[self._order]
        letters = _letters("\n" + "\n".join(texts[number] for number in self._order) + "\n")
        ends = letters == ord("\n")
        pairs = (letters[:-1] << np.uint64(32)) | letters[1:]
        # A line's end and the next letter are a pair of the line that begins; pairs that end a line tell nothing
        numbers = (np.cumsum(ends[:-1]) - 1).astype(np.int32)
        wanted = ~ends[1:]
        pairs, numbers = pairs[wanted], numbers[wanted]
        order = np.argsort(pairs, kind="stable")
        self._numbers = numbers[order]
        self._pairs, starts = np.unique(pairs[order], return_index=True)
        self._ends = np.append(starts, len(numbers))

    def near(self, text: str) -> list[tuple[int, int]]:
        """Distances and numbers of the texts that differ by few letters, nearest first.

        A letter left out, put in or exchanged counts one, two neighbours exchanged as well (optimal string alignment).
        One letter may be wrong in up to four, two in up to eight, else three; in less than three none.
        """
        from rapidfuzz.distance import OSA

        wrong = next(wrong for length, wrong in _WRONG_LETTERS if len(text) <= length)
        if len(text) < _SHORTEST or not self.texts:
            return []
        found = []
        for number in self._likely(text, wrong):
            distance = OSA.distance(text, self.texts[number], score_cutoff=wrong)
            if distance <= wrong:
                found.append((distance, int(number)))
        return sorted(found)

    def _likely(self, text: str, wrong: int) -> NDArray[np.intp]:
        """The numbers of those that share most pairs for their length, in no order; other lengths are none."""
        first, end = np.searchsorted(self._lengths, (len(text) - wrong, len(text) + wrong + 1))
        letters = _letters("\n" + text)
        pairs = np.unique((letters[:-1] << np.uint64(32)) | letters[1:])
        places = np.searchsorted(self._pairs, pairs)
        known = places < len(self._pairs)
        places = places[known][self._pairs[places[known]] == pairs[known]]
        stretches = [self._numbers[self._ends[place] : self._ends[place + 1]] for place in places]
        fitting = [one[slice(*np.searchsorted(one, (first, end)))] for one in stretches]
        if not fitting:
            return np.empty(0, np.intp)
        shared = np.bincount(np.concatenate(fitting) - first, minlength=end - first).astype(np.float32)
        shared /= self._lengths[first:end] + np.float32(len(text))
        some = min(_LIKELY, len(shared))
        best = np.argpartition(shared, -some)[-some:] if some else np.empty(0, np.intp)
        likely: NDArray[np.intp] = self._order[best[shared[best] > 0] + first]
        return likely


def one_letter_apart(text: str, other: str) -> bool:
    """Whether two texts differ by one letter left out, put in or exchanged, or by two neighbours exchanged."""
    from rapidfuzz.distance import OSA

    return OSA.distance(text, other, score_cutoff=1) == 1


def _letters(text: str) -> NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
