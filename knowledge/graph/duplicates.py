"""Concepts that may be one: whose names are the same but for the way they are written, or for one letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from knowledge.graph import vocabulary as words
from knowledge.graph.grams import one_letter_apart
from knowledge.graph.normal import normalize

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph

_LATIN = re.compile(r"[a-z0-9]+")
_DIGITS = re.compile(r"\d+")
_SIGNS = re.compile(r"[\W_]+")
_SHORTEST = 8
"""In shorter Latin names, and in Chinese ones, one letter more often makes another thing than a slip."""
_MOST_ALIKE = 20
"""A name that so many concepts share tells nothing of any two."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Two concepts with the names by which they look like one; `same`: these differ in how they are written only."""

    first: str
    second: str
    first_label: str
    second_label: str
    same: bool


def duplicates(graph: TermGraph, seen: Callable[[str], bool]) -> list[Alike]:
    """Pairs of concepts in use that may be one, of those that are `seen`; each once, the surest first.

    Preferred and alternative names count. They are compared without capitals, blanks, signs, width and plural; Latin
    ones of eight letters or more may differ by one letter too, numbers in them never. Pairs that the graph tells apart
    (`owl:differentFrom`, in either direction) are none.
    """
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for concept in graph.concepts():
        if not graph.deprecated(concept) and seen(concept):
            for label in graph.labels_of(concept):
                if label.kind in ("preferred", "alternative"):
                    labels[_key(label.text)].setdefault(concept, label.text)
    labels.pop("", None)
    found: dict[tuple[str, str], Alike] = {}
    for first, second, same in (*_same(labels), *_near(labels)):
        if len(labels[first]) + len(labels[second]) > _MOST_ALIKE:
            continue
        for one, text in labels[first].items():
            for other, other_text in labels[second].items():
                if one != other:
                    ends = sorted([(one, text), (other, other_text)])
                    pair = ends[0][0], ends[1][0]
                    found.setdefault(pair, Alike(*pair, ends[0][1], ends[1][1], same))
    pairs = (found[pair] for pair in found.keys() - _told_apart(graph))
    return sorted(pairs, key=lambda pair: (not pair.same, pair.first_label.casefold(), pair.first, pair.second))


def _told_apart(graph: TermGraph) -> set[tuple[str, str]]:
    pairs = set()
    for quad in graph.statements(predicate=NamedNode(words.DIFFERENT_FROM)):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            one, other = quad.subject.value, quad.object.value
            pairs.add((min(one, other), max(one, other)))
    return pairs


def _key(text: str) -> str:
    """What names share that are written differently."""
    plain = _SIGNS.sub("", normalize(text))
    return plain[:-1] if _LATIN.fullmatch(plain) and len(plain) > _SHORTEST and plain.endswith("s") else plain


def _same(labels: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, bool]]:
    return ((key, key, True) for key, concepts in labels.items() if len(concepts) > 1)


def _near(labels: dict[str, dict[str, str]]) -> Iterator[tuple[str, str, bool]]:
    """Names that differ by one letter: they share what is left when one letter is taken out of each."""
    left: dict[str, list[str]] = defaultdict(list)
    for key in labels:
        if len(key) >= _SHORTEST and _LATIN.fullmatch(key):
            for rest in {key, *(key[:place] + key[place + 1 :] for place in range(len(key)))}:
                left[rest].append(key)
    for keys in left.values():
        if 1 < len(keys) <= _MOST_ALIKE:
            for one, other in combinations(keys, 2):
                if _DIGITS.findall(one) == _DIGITS.findall(other) and one_letter_apart(one, other):
                    yield one, other, False
