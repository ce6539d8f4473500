"""Stretches of Chinese text that could be names of persons: a surname with the one to three characters behind it.

All candidates of a text are worked out at once, in arrays, because a text may be nothing but names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray

from ingest.desensitize.names.cues import (
    ACTS,
    AGENTS,
    BOUNDS,
    FUNCTION_WORDS,
    MEASURES,
    NEVER_GIVEN,
    NUMERALS,
    PLACE_ENDS,
    PREPOSITIONS,
    RARELY_GIVEN,
    ROLES,
    SPACED_MEASURES,
    TITLES,
)
from ingest.desensitize.names.features import (
    AXES,
    CHANCES,
    EDGES,
    LEFTS,
    RIGHTS,
    SIZES,
    TAGS,
    Numbers,
)
from ingest.desensitize.names.lexicon import chinese_names, lines_of
from ingest.desensitize.names.words import Words, known_words

Flags = NDArray[np.bool_]

_LONGEST_GIVEN = 3
_SHORTEST_ROLE = 2
_PLANE = 0x10000
_NO_CHARACTER = 0xFFFF
_PADDING = 8
"""More places than any look behind the end of a text takes."""
_BLANKS = " \u3000\t"
_REACH_OF_BLANKS = 12
_BEFORE = {":": "label", "、": "list", "|": "bar"} | dict.fromkeys("\"'", "quote") | dict.fromkeys(",;", "comma")
_BEFORE |= dict.fromkeys("(<[《“", "open") | {"\n": "begin"}
_AFTER = {"、": "list", "|": "bar"} | dict.fromkeys(_BLANKS, "space") | dict.fromkeys(",;。!?", "comma")
_AFTER |= dict.fromkeys("<(", "open") | dict.fromkeys("\"'", "quote") | {"\n": "end"}
_TYPICAL, _POSSIBLE, _OTHER, _RARE = range(4)
_FUNCTION_WORD = 5
_TITLE, _ACT, _ROLE, _SURNAME, _BOUND = 1, 2, 4, 8, 16


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates in the order of their places; they overlap. `values` is a number on each of the axes for each."""

    start: Numbers
    end: Numbers
    values: dict[str, Numbers]


def find_candidates(text: str, heads: frozenset[int] = frozenset()) -> Candidates:
    """All candidates of a text. `heads` are the places of the cells of columns of names."""
    found = _Text(text)
    start, surname, given, group = found.stretches()
    order = np.lexsort((given, surname, start))
    start, surname, given, group = (one[order] for one in (start, surname, given, group))
    end = start + surname + given
    if not len(start):
        return Candidates(start, end, dict.fromkeys(AXES, start))
    words = Words(text)
    # No word has a mark in it; at the end of the text the last character stands alone
    goes_on = (end == len(text)) | ~_tables().marks[found.codes[end]]
    first, lengths = start + surname, given
    kinds = found.kinds[first]
    for place in range(1, _LONGEST_GIVEN):
        longer = lengths > place
        kinds = np.where(longer, 4 * kinds + found.kinds[first + place], kinds)
    values = {
        "size": _SIZE_OF[np.minimum(surname, 2), given],
        "group": group - 1,
        "kinds": _KINDS_BEFORE[lengths] + kinds,
        "cut": words.cuts(start, surname, end),
        "left": found.lefts(words, start),
        "right": found.rights(words, end),
        "doubled": ((lengths == 2) & (found.codes[first] == found.codes[first + 1])).astype(np.int64),  # noqa: PLR2004
        "start": np.where(surname > 1, len(CHANCES) - 1, found.chances[0][start]),
        "first": found.chances[1][first],
        "last": np.where(found.place_end[end - 1], len(CHANCES), found.chances[2][end - 1]),
        **known_words(text, goes_on, start, surname, given),
        "column": np.isin(start, np.fromiter(heads, dtype=np.int64, count=len(heads))).astype(np.int64),
    }
    return Candidates(start, end, values)


_KINDS_BEFORE = np.array([0, 0, 4, 20])
"""How many of KINDS are shorter than a length."""
_SIZE_OF = np.array([[SIZES.index(f"{a}{b}") if f"{a}{b}" in SIZES else -1 for b in range(4)] for a in range(3)])


_LEFT_TAG, _RIGHT_TAG = LEFTS.index(f"tag-{TAGS[0]}"), RIGHTS.index(f"tag-{TAGS[0]}")


class _Text:
    """The characters of a text, and the cue words in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
        self.codes = np.concatenate((np.minimum(codes, _NO_CHARACTER), np.zeros(_PADDING, dtype=np.int64)))
        tables = _tables()
        self.kinds = tables.kinds[self.codes]
        self.allowed = tables.allowed[self.codes]
        self.han = _is_han(self.codes)
        self.chances = tables.chances[:, self.codes]
        self.place_end = tables.place_end[self.codes]
        self.cue_starts, self.cue_ends, self.cue_kinds = _cues(text)

    def stretches(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Of all candidates: start, characters of surname and given name, group of the surname."""
        groups = _tables().groups[self.codes]
        single = np.flatnonzero((groups[:-_PADDING] > 0) & self.han[1 : len(groups) - _PADDING + 1])
        before = self.codes[single - 1]  # of the first place: the padding
        further = np.where(before == ord(" "), self.codes[single - 2], before)
        counts = (_among(self.codes[single], MEASURES) & _among(before, NUMERALS)) | (
            _among(self.codes[single], SPACED_MEASURES) & _among(further, NUMERALS)
        )
        single = single[(before != self.codes[single]) & ~counts]  # a row of equal characters; a number of weeks
        compound = [(start, end) for start, end in self._compounds() if self.han[end]]
        starts = np.concatenate((single, np.array([start for start, _ in compound], dtype=np.int64)))
        lengths = np.concatenate(
            (np.ones(len(single), dtype=np.int64), np.array([end - start for start, end in compound], dtype=np.int64))
        )
        known = chinese_names().surnames
        several = [known[self.text[start:end]] for start, end in compound]
        group = np.concatenate((groups[single], np.array(several, dtype=np.int64)))
        titles = self._titles()
        found = []
        fits = ~self._bounds()[starts + lengths]
        for given in range(1, _LONGEST_GIVEN + 1):
            first = starts + lengths
            fits &= self.allowed[first + given - 1] & ~titles[given][first]
            fits &= (given < _LONGEST_GIVEN) | (lengths > 1)
            found.append((starts[fits], lengths[fits], np.full(int(fits.sum()), given), group[fits]))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        return columns[0], columns[1], columns[2], columns[3]

    def _compounds(self) -> list[tuple[int, int]]:
        """Start and end of the surnames of several characters that a character follows, of one place the longest."""
        chosen = (self.cue_kinds & _SURNAME) > 0
        followed = chosen & self.han[self.cue_ends]
        starts, ends = self.cue_starts[followed].tolist(), self.cue_ends[followed].tolist()
        return sorted(dict(sorted(zip(starts, ends, strict=True))).items())

    def _bounds(self) -> Flags:
        """Where a word begins that bounds an amount."""
        mark = np.zeros(len(self.codes), dtype=bool)
        mark[self.cue_starts[(self.cue_kinds & _BOUND) > 0]] = True
        return mark

    def _titles(self) -> list[Flags]:
        """For each length where a title begins that has it."""
        lengths = self.cue_ends - self.cue_starts
        marks = []
        for length in range(_LONGEST_GIVEN + 1):
            mark = np.zeros(len(self.codes), dtype=bool)
            mark[self.cue_starts[((self.cue_kinds & _TITLE) > 0) & (lengths == length)]] = True
            marks.append(mark)
        return marks

    def lefts(self, words: Words, starts: Numbers) -> Numbers:
        """What stands before each of the places: numbers of LEFTS."""
        count = len(self.text)
        before = self.codes[:count]
        word = words.at
        sides = np.zeros(count + 1, dtype=np.int64)
        alone = (words.starts[word] == np.arange(count)) & _among(before, PREPOSITIONS)
        prepositions = np.where(words.ends[word] == np.arange(count) + 1, _PREP, _PREP_SPLIT)
        in_text = np.where(alone, prepositions, _LEFT_TAG + words.tags[word])
        sides[1:] = np.where(self.han[:count], in_text, _tables().before[before])
        agents = _among(before, AGENTS) & np.concatenate(([False], self.han[: count - 1]))
        sides[1:][agents] = _AGENT_SIDE
        role = ((self.cue_kinds & _ROLE) > 0) & (self.cue_ends - self.cue_starts >= _SHORTEST_ROLE)
        sides[self.cue_ends[role]] = _ROLE_SIDE
        sides[0] = LEFTS.index("begin")
        for start in np.unique(starts[_among(self.codes[starts - 1], _BLANKS)]).tolist():  # before 0: the padding
            last = self.text[max(0, start - _REACH_OF_BLANKS) : start].rstrip(_BLANKS)[-1:]
            sides[start] = LEFTS.index(
                "begin" if last in {"", "\n"} else "label" if last in {":", "|", ","} else "space"
            )
        self._beyond(sides, 1, LEFTS)
        return sides[starts]

    def rights(self, words: Words, ends: Numbers) -> Numbers:
        """What stands behind each of the places: numbers of RIGHTS."""
        count = len(self.text)
        sides = np.zeros(count + 1, dtype=np.int64)
        after = self.codes[:count]
        sides[:count] = np.where(self.han[:count], _RIGHT_TAG + words.tags[words.at], _tables().after[after])
        # The longest cue wins; a title before an act of the same length
        for length in range(1, _LONGEST_GIVEN + 1):
            fits = self.cue_ends - self.cue_starts == length
            sides[self.cue_starts[fits & ((self.cue_kinds & _ACT) > 0)]] = _ACT_SIDE
            sides[self.cue_starts[fits & ((self.cue_kinds & _TITLE) > 0)]] = _TITLE_SIDE
        self._beyond(sides, 0, RIGHTS)
        sides[count] = RIGHTS.index("end")
        return sides[ends]

    def _beyond(self, sides: Numbers, shift: int, names: tuple[str, ...]) -> None:
        """Characters beyond the tables: rare Han ones are letters, pictures are marks."""
        for place in np.flatnonzero(self.codes[: len(self.text)] == _NO_CHARACTER).tolist():
            sides[place + shift] = names.index("digit" if self.text[place].isalnum() else "mark")


_PREP, _PREP_SPLIT, _ROLE_SIDE = LEFTS.index("prep"), LEFTS.index("prep-split"), LEFTS.index("role")
_AGENT_SIDE = LEFTS.index("agent")
_TITLE_SIDE, _ACT_SIDE = RIGHTS.index("title"), RIGHTS.index("act")


def _is_han(codes: Numbers) -> Flags:
    return (codes >= 0x4E00) & (codes <= 0x9FFF)  # noqa: PLR2004 - the block of unified ideographs


def _among(codes: Numbers, characters: frozenset[str] | str) -> Flags:
    table = np.zeros(_PLANE, dtype=bool)
    table[[ord(character) for character in characters]] = True
    found: Flags = table[codes]
    return found


@dataclass(frozen=True, slots=True)
class _Tables:
    """What each character of the basic plane is."""

    groups: Numbers
    """Group of the surname of one character; 0: none."""
    kinds: Numbers
    allowed: Flags
    """Whether a given name may hold it."""
    before: Numbers
    after: Numbers
    marks: Flags
    """Marks that stand in no word."""
    chances: Numbers
    """What each character says for being a surname, and the first and the last one of a given name: classes."""
    place_end: Flags
    """Whether names of places end in it, and given names seldom."""


@cache
def _tables() -> _Tables:
    names = chinese_names()
    groups = np.zeros(_PLANE, dtype=np.int64)
    for surname, group in names.surnames.items():
        if len(surname) == 1:
            groups[ord(surname)] = group
    groups[[ord(one) for one in FUNCTION_WORDS]] = _FUNCTION_WORD
    kinds = np.full(_PLANE, _OTHER, dtype=np.int64)
    kinds[[ord(one) for one in names.possible]] = _POSSIBLE
    kinds[[ord(one) for one in names.typical]] = _TYPICAL
    kinds[[ord(one) for one in RARELY_GIVEN]] = _RARE
    codes = np.arange(_PLANE)
    allowed = _is_han(codes) & ~_among(codes, NEVER_GIVEN)
    sides = []
    for marks, numbers in ((_BEFORE, LEFTS), (_AFTER, RIGHTS)):
        names_of = (marks.get(chr(code), "digit" if chr(code).isalnum() else "mark") for code in range(_PLANE))
        number_of = {name: number for number, name in enumerate(numbers)}
        sides.append(np.fromiter((number_of[name] for name in names_of), dtype=np.int64, count=_PLANE))
    return _Tables(
        groups,
        kinds,
        allowed,
        sides[0],
        sides[1],
        _among(codes, "".join(_AFTER)),
        _chances(),
        _among(codes, PLACE_ENDS),
    )


def _chances() -> Numbers:
    classes = np.full((3, _PLANE), np.searchsorted(EDGES, 0), dtype=np.int64)
    for line in lines_of("zh_characters.tsv"):
        character, *tenths = line.split("\t")
        classes[:, ord(character)] = np.searchsorted(EDGES, np.array(tenths, dtype=np.int64), side="right")
    return classes


def _cues(text: str) -> tuple[Numbers, Numbers, Numbers]:
    """Start, end and kinds of all cue words and compound surnames of a text."""
    automaton, kinds = _cue_words()
    hits = automaton.find_matches_as_indexes(text, overlapping=True)
    flat = np.fromiter(chain.from_iterable(hits), dtype=np.int64, count=3 * len(hits)).reshape(-1, 3)
    return flat[:, 1], flat[:, 2], kinds[flat[:, 0]]


@cache
def _cue_words() -> tuple[AhoCorasick, Numbers]:
    kinds: dict[str, int] = {}
    compound = [name for name in chinese_names().surnames if len(name) > 1]
    for kind, words in ((_TITLE, TITLES), (_ACT, ACTS), (_ROLE, ROLES), (_SURNAME, compound), (_BOUND, BOUNDS)):
        for word in words:
            kinds[word] = kinds.get(word, 0) | kind
    return AhoCorasick(list(kinds)), np.array(list(kinds.values()), dtype=np.int64)
