"""Where a name may begin and end in a text, and in which forms people write it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.graph.normal import normalize, spread

if TYPE_CHECKING:
    from knowledge.graph.types import Label

HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_HAN_LATIN = re.compile(r"(?<=[㐀-鿿豈-﫿]) ?(?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) ?(?=[㐀-鿿豈-﫿])")
_HAN_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_LATIN_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’-]*")
SAFE_HAN = 4
"""Han labels of that many characters hardly ever occur by chance across word boundaries."""

_ACRONYM = 5
_MIN_PLURAL = 3
_PLURALS = ("s", "es")
_MOST_BLANKS = 4
_SHORTEST_FUZZY = 5


def forms(label: Label, exact: frozenset[str]) -> set[str]:
    """How a label may be written, in normal form; empty for what is no name."""
    written = spread(label.text)
    text = normalize(written.text if written else label.text)
    if len(text) < 2 or not re.search(r"\w", text) or text.isdigit():  # noqa: PLR2004 - one letter is no name
        return set()
    forms = {text}
    if HAN.search(text):
        if "spacing" not in exact:
            forms |= _spacings(text)
    elif "number" not in exact and re.search(r"[^aeiou\W]y$", text):
        forms.add(text[:-1] + "ies")
    return forms


def _spacings(text: str) -> set[str]:
    """People write 鼎信ERP系统 with blanks around ERP and without, or with only one of them."""
    pieces = _HAN_LATIN.split(text)
    if len(pieces) > _MOST_BLANKS:
        return {"".join(pieces), " ".join(pieces)}
    ways = {pieces[0]}
    for piece in pieces[1:]:
        ways = {way + blank + piece for way in ways for blank in ("", " ")}
    return ways


def ends_at(text: str, start: int, end: int) -> int | None:
    """Where the mention ends, a plural ending included; None when it does not stand on Latin word boundaries."""
    if _latin(text[start]) and not _opens(text, start):
        return None
    if not _latin(text[end - 1]) or _closes(text, end):
        return end
    if end - start >= _MIN_PLURAL and text[end - 1].isalpha():
        for plural in _PLURALS:
            after = end + len(plural)
            if text.startswith(plural, end) and (after == len(text) or _closes(text, after)):
                return after
    return None


def _latin(char: str) -> bool:
    return char.isalnum() and not HAN.match(char)


def _opens(text: str, start: int) -> bool:
    before = text[start - 1] if start else " "
    if _latin(before) or before in "_@#":
        return False
    # "X-ray" holds no "ray", and "a.b" no "b"
    return not (before in "-./" and start > 1 and _latin(text[start - 2]) and before != "/")


def _closes(text: str, end: int) -> bool:
    after = text[end] if end < len(text) else " "
    if _latin(after) or after == "_":
        return False
    return not (
        after in "-.@"
        and end + 1 < len(text)
        and (text[end + 1].isdigit() or (after in ".@" and _latin(text[end + 1])))
    )


def needs_segmentation(text: str, start: int, end: int) -> bool:
    """Whether a hit is so short a Chinese name that it must stand on the cuts between words."""
    return end - start < SAFE_HAN and bool(HAN.match(text[start]) or HAN.match(text[end - 1]))


def on_cuts(cuts: list[int], text: str, start: int, end: int) -> bool:
    """Whether the Chinese ends of a hit stand on cuts between words."""

    def cut(place: int) -> bool:
        at = bisect_left(cuts, place)
        return at < len(cuts) and cuts[at] == place

    return (not HAN.match(text[start]) or cut(start)) and (not HAN.match(text[end - 1]) or cut(end))


def case_fit(label: str, surface: str) -> str:
    """How well the capitals agree: "firm", "weak" or "no"."""
    letters = [char for char in label if char.isalpha() and not HAN.match(char)]
    if not letters or not any(char.isupper() for char in letters):
        return "firm"
    if not any(char.isupper() for char in surface):
        if " " not in label and len(label) <= _ACRONYM and all(char.isupper() for char in letters):
            return "no"
        words = re.findall(r"[^\W\d_]+", label)
        capitalised = all(word[:1].isupper() and word[1:].islower() for word in words if len(word) > _MIN_PLURAL)
        return "weak" if capitalised and not HAN.search(label) else "firm"
    if len(label) <= _ACRONYM and " " not in label and all(char.isupper() for char in letters):
        return "firm" if sum(map(str.isupper, surface)) == len(letters) else "no"
    return "firm"


def stands_in(name: str, text: str) -> bool:
    """Whether a name stands in a text, both in normal form, not within a longer Latin word."""
    if not name:
        return False
    if HAN.search(name):
        return name in text
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def latin_windows(text: str) -> Iterator[tuple[int, int]]:
    """One to three words that may be a name, longer ones first."""
    words = [match.span() for match in _LATIN_WORD.finditer(text)]
    for count in (3, 2, 1):
        for first in range(len(words) - count + 1):
            start, end = words[first][0], words[first + count - 1][1]
            gaps = (text[words[n][1] : words[n + 1][0]] for n in range(first, first + count - 1))
            if end - start >= _SHORTEST_FUZZY and all(gap == " " for gap in gaps):
                yield start, end


def han_windows(text: str, ends: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Chinese characters, four to eight, that begin or end as a name does."""
    for run in _HAN_RUN.finditer(text):
        for start in range(run.start(), run.end() - SAFE_HAN + 1):
            for end in range(start + SAFE_HAN, min(run.end(), start + 2 * SAFE_HAN) + 1):
                if text[start : start + 2] in ends or text[end - 2 : end] in ends:
                    yield start, end
