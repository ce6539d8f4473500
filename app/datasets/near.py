"""Rows that say the same: equal ones, nearly equal ones, and such that answer one question in two ways."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from knowledge.likeness import ALIKE, shingles_of

_NUMBER = re.compile(r"\d+(?:[.,:\-/]\d+)*")
_SILENT = re.compile(r"[\W_]+")

T = TypeVar("T", bound=Hashable)


def normalized(text: str) -> str:
    """What a text says, without spacing, punctuation and letter case."""
    return _SILENT.sub("", unicodedata.normalize("NFKC", text).casefold())


def numbers(text: str) -> frozenset[str]:
    """The numbers in a text, without thousands separators."""
    return frozenset(re.sub(r",(?=\d{3}\b)", "", each) for each in _NUMBER.findall(text))


def near_pairs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Places (earlier, later) of texts that share `ALIKE` of their shingles, by Jaccard's measure.

    Exact: two sets of which the shares of common members is t have one in common among the |x| - ⌈t·|x|⌉ + 1 rarest
    members of each (prefix filtering, Chaudhuri et al. 2006). Texts of under four words have no shingles and are not
    compared.
    """
    sets = [shingles_of(text) for text in texts]
    often = Counter(shingle for each in sets for shingle in each)
    met: dict[int, list[int]] = defaultdict(list)
    for place, own in enumerate(sets):
        rarest = sorted(own, key=lambda shingle: (often[shingle], shingle))
        prefix = rarest[: len(own) - math.ceil(ALIKE * len(own)) + 1] if own else []
        for other in sorted({each for shingle in prefix for each in met[shingle]}):
            common = len(own & sets[other])
            if common >= ALIKE * (len(own) + len(sets[other]) - common):
                yield other, place
        for shingle in prefix:
            met[shingle].append(place)


def components(members: Sequence[Sequence[T]], more: Sequence[Sequence[T]] = ()) -> Callable[[T], T]:
    """A function that gives, for each member, the smallest of all that it is joined with; each sequence joins its own.

    `more` joins too. A member that nothing joins gives itself.
    """
    root: dict[T, T] = {}

    def find(member: T) -> T:
        while root.get(member, member) != member:
            root[member] = root.get(root[member], root[member])
            member = root[member]
        return member

    for group in (*members, *more):
        for other in group[1:]:
            one, two = sorted((find(group[0]), find(other)), key=str)
            root[two] = one
    return find
