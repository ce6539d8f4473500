"""Text made comparable, character by character, so that every offset stays what it was or is kept beside."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

_SAME = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
    0x3000: " ",
    0x00A0: " ",
    0x202F: " ",
    0x2007: " ",
    0x2009: " ",
    **dict.fromkeys(map(ord, "‘’ʼ′"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—−"), "-"),
    **dict.fromkeys(map(ord, "•・‧∙⋅"), "·"),
    **dict.fromkeys(map(ord, "“”"), '"'),
}
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
_COMPATIBLE = ((0x00A8, 0x3400), (0xF900, 0xFFF0))


class _Table(dict[int, str | int]):
    """What `str.translate` asks: filled with the characters that texts hold, since a miss costs it ten times a hit."""

    def __missing__(self, code: int) -> int:
        self[code] = code
        return code


@cache
def _table() -> _Table:
    """Letters that are only written otherwise: compatibility forms of one letter, traditional Chinese characters."""
    from opencc import OpenCC

    table = _Table()
    for first, end in _COMPATIBLE:
        for code in range(first, end):
            plain = unicodedata.normalize("NFKC", char := chr(code))
            # Not digits: m² is not m2 for whoever reads quantities
            if plain != char and len(plain) == 1 and unicodedata.category(char).startswith("L"):
                table[code] = plain
    chars = [chr(code) for first, end in _HAN for code in range(first, end)]
    # One character a line, so that each is turned by itself and none by the word it stands in
    simplified = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    for char, simple in zip(chars, simplified, strict=True):
        if simple != char and len(simple) == 1:
            table[ord(char)] = simple
    table.update(_SAME)
    return table


def fold(text: str) -> str:
    """`text` with full-width forms, traditional characters, blanks, dashes, quotes and dots made alike; same length.

    Capitals stay. Characters are turned one by one (乾 becomes 干 in every word), so this is for comparing,
    not for showing.
    """
    return text.translate(_table())


def normalize(text: str) -> str:
    """`fold` and lower case; same length as `text` (letters whose lower case is longer stay)."""
    folded = fold(text)
    lowered = folded.lower()
    if len(lowered) == len(folded):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)


@dataclass(frozen=True, slots=True)
class Spread:
    """A text in NFKC, with the piece of the original that each of its characters comes from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a span stands in the original; None when it cuts a character of it in two."""
        if start > 0 and self.starts[start] == self.starts[start - 1]:
            return None
        if end < len(self.text) and self.ends[end - 1] == self.ends[end]:
            return None
        return self.starts[start], self.ends[end - 1]


class _Alone(dict[str, str]):
    """Each character in NFKC by itself, filled with those that texts hold; "" for one that joins the one before it."""

    def __missing__(self, char: str) -> str:
        plain = self[char] = "" if _joins(char) else unicodedata.normalize("NFKC", char)
        return plain


_ALONE = _Alone()


def _joins(char: str) -> bool:
    """Whether a character is written onto the one before it."""
    return bool(unicodedata.combining(char)) or char in "ﾞﾟ"


def spread(text: str) -> Spread | None:
    """The text in NFKC (ﬁ as fi, Ⅳ as IV, ₂ as 2, e with a combining accent as é); None for one that is so already."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return None
    alone = [_ALONE[char] for char in text]
    together = "".join(alone)
    if len(together) == len(text) and all(alone):
        # Full-width marks and the like, as in nearly every Chinese text: one character for one
        return Spread(together, tuple(range(len(text))), tuple(range(1, len(text) + 1)))
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    while place < len(text):
        after = place + 1
        while after < len(text) and not alone[after]:
            after += 1
        plain = alone[place] if after == place + 1 else ""
        plain = plain or unicodedata.normalize("NFKC", text[place:after])
        parts.append(plain)
        starts.extend([place] * len(plain))
        ends.extend([after] * len(plain))
        place = after
    return Spread("".join(parts), tuple(starts), tuple(ends))
