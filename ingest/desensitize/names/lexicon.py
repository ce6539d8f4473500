"""The word lists that names are recognized by; each is read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

_DATA = "ingest.desensitize.data"


def lines_of(name: str) -> list[str]:
    """The lines of a data file, without comments and empty ones."""
    text = (resources.files(_DATA) / name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


@dataclass(frozen=True, slots=True)
class ChineseNames:
    """Surnames with their group (1 frequent, 2 rarer, 3 also everyday words, 4 compound, 6 Japanese), given names.

    5 is left for those that are mostly function words, which the candidates tell.
    """

    surnames: dict[str, int]
    typical: frozenset[str]
    """Characters that are typical of given names."""
    possible: frozenset[str]
    """Characters that given names share with other words."""
    no_names: frozenset[str]
    """Words that look like names."""


@cache
def chinese_names() -> ChineseNames:
    """The Chinese lists."""
    surnames: dict[str, int] = {}
    for group, characters in enumerate(lines_of("zh_surnames.txt"), start=1):
        for character in characters:
            surnames.setdefault(character, group)
    chinese, japanese = lines_of("zh_compound_surnames.txt")
    surnames |= dict.fromkeys(japanese.split(), 6) | dict.fromkeys(chinese.split(), 4)
    typical, possible = map(frozenset, lines_of("zh_given_characters.txt"))
    no_names = frozenset(word for line in lines_of("zh_not_names.txt") for word in line.split())
    return ChineseNames(surnames, typical, possible, no_names)


@dataclass(frozen=True, slots=True)
class EnglishNames:
    """How much a word in lower case says for being a given name and a surname, in natural logarithms."""

    weights: dict[str, tuple[float, float]]
    ordinary: frozenset[str]
    """Frequent words that are no names."""


@cache
def english_names() -> EnglishNames:
    """The English list, which holds names of many languages in Latin letters."""
    weights = {}
    for line in lines_of("en_names.tsv"):
        word, given, surname = line.split("\t")
        weights[word] = (int(given) / 10, int(surname) / 10)
    return EnglishNames(weights, frozenset(lines_of("en_words.txt")))
