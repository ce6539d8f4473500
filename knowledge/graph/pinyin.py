"""How Chinese names are typed on a Latin keyboard: the syllables of a text without tones."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from itertools import product

_LONGEST_PHRASE = 4
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

    short = {phrase: spelled for phrase, spelled in phrases_dict.items() if len(phrase) <= _LONGEST_PHRASE}
    return frozenset(phrase[:2] for phrase in short), short
