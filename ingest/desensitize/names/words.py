"""The words of a Chinese text and of its dictionary, as they lie to the candidates for names."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.desensitize.names.features import CUTS, FREQUENT, OTHER_TAG, TAGS, WORD_CLASSES, Numbers

Flags = NDArray[np.bool_]


def known_word(word: str) -> bool:
    """Whether the dictionary holds the word, and not as a name of a person."""
    import rjieba

    return bool(rjieba.has_word(word)) and not _is_name(word)


@lru_cache(maxsize=100_000)
def _is_name(word: str) -> bool:
    import rjieba

    return bool(rjieba.tag(word)[0][1].startswith("nr"))


def known_words(text: str, goes_on: Flags, start: Numbers, surname: Numbers, given: Numbers) -> dict[str, Numbers]:
    """What words these are: given name, whole, first two of three, from the last character on, up to the first.

    `goes_on` tells for each candidate whether a word could go on behind it.
    Most are two or three characters at places that many candidates share, so each of those is looked up once.
    """
    first, end, count = start + surname, start + surname + given, len(text)
    last = end - 1
    two, three = np.zeros(count + 1, dtype=bool), np.zeros(count + 1, dtype=bool)
    size = surname + given
    two[last[goes_on]] = two[start[start > 0] - 1] = two[start[size <= _THREE]] = two[first[given == _TWO]] = True
    pairs = _known_from(text, two, _TWO)
    three[last[goes_on & (pairs[last] == 0)]] = three[start[size == _THREE]] = three[first[given == _THREE]] = True
    triples = _known_from(text, three, _THREE)
    whole = np.where(size == _TWO, pairs[start], np.where(size == _THREE, triples[start], 0))
    for place in np.flatnonzero(size > _THREE).tolist():
        whole[place] = _word_kind(text[start[place] : end[place]])
    given_word = np.where(given == _TWO, pairs[first], np.where(given == _THREE, triples[first], 0))
    for place in np.flatnonzero(given == 1).tolist():
        given_word[place] = _word_kind(text[first[place]])
    begin = np.where((size == _THREE) & (surname == 1), pairs[start], 0)
    tail = np.where(goes_on, np.where(pairs[last] > 0, pairs[last], triples[last]), 0)
    head = np.where(start > 0, pairs[start - 1], 0)
    return {"given": given_word, "word": whole, "begin": begin, "tail": tail, "head": head}


_TWO, _THREE = 2, 3


@lru_cache(maxsize=200_000)
def _word_kind(word: str) -> int:
    """Number of WORDS."""
    import rjieba

    if not rjieba.has_word(word):
        return 0
    # Of a word that the dictionary holds this is how frequent it is, and one more
    times = rjieba.suggest_freq(word)
    often = sum(times > edge for edge in FREQUENT)
    return 1 + _CLASS_OF.get(rjieba.tag(word)[0][1][:2], _CLASS_OF_REST) * (len(FREQUENT) + 1) + often


_TAGS_OF = {
    "name": ("nr",),
    "place": ("ns", "nt", "nz"),
    "noun": ("n", "ng", "j"),
    "act": ("v", "vn", "vd", "vg", "vi", "d", "a", "ad", "an", "p", "c"),
}
_CLASS_OF = {tag: WORD_CLASSES.index(kind) for kind, tags in _TAGS_OF.items() for tag in tags}
_CLASS_OF_REST = WORD_CLASSES.index("rest")


def _known_from(text: str, places: Flags, length: int) -> Numbers:
    """What words, of the places that are asked for, begin there with a length."""
    import rjieba

    has = rjieba.has_word
    asked = np.flatnonzero(places)
    kinds = np.zeros(len(places), dtype=np.int64)
    # Nearly all are no words; those fill no cache
    hits = [has(text[start : start + length]) for start in asked.tolist()]
    for start in asked[np.array(hits, dtype=bool)].tolist():
        kinds[start] = _word_kind(text[start : start + length])
    return kinds


class Words:
    """A text cut into words: where each begins and ends, and its class."""

    def __init__(self, text: str) -> None:
        import rjieba

        tagged = rjieba.tag(text)
        self.words = [word for word, _ in tagged]
        tags = [tag for _, tag in tagged]
        classes = {tag: _TAG_OF.get(tag[:2], len(TAGS) - 1) for tag in set(tags)}
        names = {tag: tag.startswith("nr") for tag in classes}
        lengths = np.fromiter(map(len, self.words), dtype=np.int64, count=len(tagged))
        self.ends = np.cumsum(lengths)
        self.starts = self.ends - lengths
        self.at = np.repeat(np.arange(len(tagged)), lengths)
        """The number of the word that holds a place."""
        self.tags = np.fromiter(map(classes.__getitem__, tags), dtype=np.int64, count=len(tagged))
        self.named = np.fromiter(map(names.__getitem__, tags), dtype=bool, count=len(tagged))

    def cuts(self, start: Numbers, surname: Numbers, end: Numbers) -> Numbers:
        """How the words lie to candidates: numbers of CUTS."""
        first, last = self.at[start], self.at[end - 1]
        left, right = self.starts[first] < start, self.ends[last] > end
        one = (first == last) & ~left & ~right
        known = np.zeros(len(self.words), dtype=bool)
        for number in np.unique(np.concatenate((first[left | one], last[right]))).tolist():
            known[number] = known_word(self.words[number])
        across = 3 * np.where(left, np.where(known[first], 1, 2), 0) + np.where(right, np.where(known[last], 1, 2), 0)
        alone = _ONE + np.where(self.named[first], 0, np.where(known[first], 1, 2))
        named_before = np.concatenate(([0], np.cumsum(self.named)))
        named = named_before[last + 1] > named_before[first]
        whole = self.ends[first] == start + surname
        several = _SEVERAL + np.where(whole, 0, 12) + 2 * (last - first - 1) + named
        return np.where(left | right, across, np.where(one, alone, several))


_ONE = CUTS.index("one-name")
_SEVERAL = CUTS.index("s2")
_TAG_OF = {tag: number for number, tag in enumerate(TAGS) if tag != OTHER_TAG}
