"""Text made comparable, character by character, so that every offset stays what it was."""

from __future__ import annotations

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


def fold(text: str) -> str:
    """`text` with full-width forms, blanks, dashes, quotes and dots made alike; same length, case kept."""
    return text.translate(_SAME)


def normalize(text: str) -> str:
    """`fold` and lower case; same length as `text` (letters whose lower case is longer stay)."""
    folded = fold(text)
    lowered = folded.lower()
    if len(lowered) == len(folded):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)
