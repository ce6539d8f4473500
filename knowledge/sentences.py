"""Sentences of Chinese and English text, with offsets, so that everybody cuts alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = re.compile(
    r"""(?:
        [。！？；!?]+[”’」』）)\]"']*               # Chinese ends, and marks that end anywhere
      | (?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|No|vs))(?<!\b(?:Mrs|Inc|Ltd|e\.g|i\.e|etc|Fig))(?<!^\d)(?<!^\d\d)
        \.+[”’)\]"']*(?=\s|$|\[\d)                # a full stop before a blank, not after an abbreviation or list number
      | \n+                                       # a line is a unit of its own: list items, table rows, headings
    )(?:\s*\[\d{1,2}\])*                          # citation markers belong to the sentence before them
    """,
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its place: `text == source[start:end]`, without blanks around it."""

    start: int
    end: int
    text: str


def split_sentences(text: str) -> list[Sentence]:
    """The sentences, list items and table rows of `text` in order; offsets count characters. Blank text gives []."""
    sentences: list[Sentence] = []
    begin = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        piece = text[begin:end]
        stripped = piece.strip()
        if stripped:
            start = begin + len(piece) - len(piece.lstrip())
            sentences.append(Sentence(start, start + len(stripped), stripped))
        begin = end
    return sentences
