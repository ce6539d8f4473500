"""How Chinese names are typed on a Latin keyboard: the syllables of a text without tones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Any

_LONGEST_PHRASE = 4
_PHRASES_FROM = 0xF0000
"""Private characters from here on stand for phrases while many names are spelled."""
_PRIVATE = re.compile("[\U000f0000-\U0010ffff]")
_DOUBTFUL = 2
"""For so many characters per name a second reading is tried: each doubles what has to be searched."""


def spellings(text: str) -> list[list[str]]:
    """The ways to type a text, the likeliest first, each with one entry per character, blanks left out.

    An entry is a syllable for a Chinese character ("lv" for 绿), else the character itself. A character with several
    readings is read as in the longest known word that it stands in (重庆: chong qing), else in its first two readings
    (差旅: cha lv, chai lv).
    """
    openings, phrases = _words()
    readings = _READINGS
    found: list[tuple[str, ...]] = []
    place, end = 0, len(text)
    while place < end:
        taken = 1
        spelled = None
        if text[place : place + 2] in openings:
            for length in range(min(_LONGEST_PHRASE, end - place), 1, -1):
                spelled = phrases.get(text[place : place + length])
                if spelled is not None:
                    found.extend((_plain(one[0]),) for one in spelled)
                    taken = length
                    break
        if spelled is None:
            one = readings[text[place]]
            if one:
                found.append(one)
        place += taken
    doubtful = [number for number, readings in enumerate(found) if len(readings) > 1][:_DOUBTFUL]
    first = [readings[0] for readings in found]
    if not doubtful:
        return [first]
    ways = []
    for choice in product(*(found[number] for number in doubtful)):
        way = first.copy()
        for number, reading in zip(doubtful, choice, strict=True):
            way[number] = reading
        ways.append(way)
    return ways


class _Readings(dict[str, tuple[str, ...]]):
    """The first two readings of a character that differ without tones; itself if not Chinese, nothing for a blank."""

    def __missing__(self, char: str) -> tuple[str, ...]:
        from pypinyin.pinyin_dict import pinyin_dict

        told = pinyin_dict.get(ord(char))
        if told:
            found = tuple(dict.fromkeys(_plain(one) for one in told.split(",")))[:2]
        else:
            found = () if char.isspace() else (char,)
        self[char] = found
        return found


_READINGS = _Readings()


@lru_cache(maxsize=4096)
def _plain(syllable: str) -> str:
    """A syllable without its tone, ü as v."""
    apart = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(char for char in apart if not unicodedata.combining(char))


@cache
def _words() -> tuple[frozenset[str], dict[str, list[list[str]]]]:
    """The first two characters of all words of known reading, and the words."""
    from pypinyin.phrases_dict import phrases_dict

    short = {phrase: spelled for phrase, spelled in phrases_dict.items() if 1 < len(phrase) <= _LONGEST_PHRASE}
    return frozenset(phrase[:2] for phrase in short), short


# --- many at once -------------------------------------------------------------------------------------------------


def all_spellings(names: Sequence[str]) -> list[tuple[int, str, str]]:
    """The ways of `spellings` for many names that hold no line break: number, syllables in one, initials in one.

    Words of known reading become one private character each, in one pass of an automaton over all names; what has one
    reading is turned by `str.translate` in all of them at once. Only characters with two are looked at name by name.
    """
    if not names:
        return []
    phrases = _phrases()
    text = _PRIVATE.sub("\ufffd", "\n".join(names))
    pieces: list[str] = []
    place = 0
    for number, start, end in phrases.automaton.find_matches_as_indexes(text):
        pieces += (text[place:start], chr(_PHRASES_FROM + number))
        place = end
    pieces.append(text[place:])
    text = "".join(pieces)
    both = {
        char: tuple((reading, reading[0]) for reading in _READINGS[char])
        for char in set(text)
        if ord(char) < _PHRASES_FROM and len(_READINGS[char]) > 1
    }
    whole, initials = _Spelled(phrases.spelled, both, whole=True), _Spelled(phrases.spelled, both, whole=False)
    lines = zip(text.translate(whole).split("\n"), text.translate(initials).split("\n"), strict=True)
    if not both:
        return [(number, line, begins) for number, (line, begins) in enumerate(lines)]
    split = re.compile(f"([{''.join(map(re.escape, both))}])").split
    # What of the doubtful characters is not tried both ways
    rest = {ord(char): readings[0][0] for char, readings in both.items()}
    rest_begins = {ord(char): readings[0][1] for char, readings in both.items()}
    found: list[tuple[int, str, str]] = []
    for number, (line, begins) in enumerate(lines):
        parts = split(line, _DOUBTFUL)
        if len(parts) == 1:
            found.append((number, line, begins))
            continue
        heads = split(begins, _DOUBTFUL)
        if len(parts) == 3:  # noqa: PLR2004 - one doubtful character between two pieces
            before, char, after = parts
            head, _, tail = heads
            found += [(number, before + one + after, head + first + tail) for one, first in both[char]]
            continue
        before, char, between, other, after = parts
        head, _, middle, _, tail = heads
        after, tail = after.translate(rest), tail.translate(rest_begins)
        found += [
            (number, before + one + between + two + after, head + first + middle + second + tail)
            for one, first in both[char]
            for two, second in both[other]
        ]
    return found


class _Spelled(dict[int, str]):
    """What `str.translate` asks: the syllable of a character, or (not `whole`) how it begins; doubtful ones stay."""

    def __init__(self, phrases: Sequence[Sequence[str]], doubtful: Iterable[str], *, whole: bool) -> None:
        super().__init__({ord(char): char for char in doubtful})
        self._whole = whole
        self[ord("\n")] = "\n"
        for number, syllables in enumerate(phrases):
            self[_PHRASES_FROM + number] = "".join(one if whole else one[0] for one in syllables)

    def __missing__(self, code: int) -> str:
        readings = _READINGS[chr(code)]
        found = "" if not readings else readings[0] if self._whole else readings[0][0]
        self[code] = found
        return found


class _Phrases:
    """All words of known reading as an automaton, and their syllables."""

    def __init__(self) -> None:
        from ahocorasick_rs import AhoCorasick, MatchKind

        _, phrases = _words()
        self.spelled = [[_plain(one[0]) for one in syllables] for syllables in phrases.values()]
        self.automaton: Any = AhoCorasick(list(phrases), matchkind=MatchKind.LeftmostLongest)


@cache
def _phrases() -> _Phrases:
    return _Phrases()
