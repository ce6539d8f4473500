"""Plain text: paragraphs by blank lines, numbered or underlined headings, hard-wrapped lines joined."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from ingest.cleaning import join_lines, without_invisible
from ingest.loaders.encoding import decode
from ingest.loaders.headings import heading_level
from ingest.types import Block, Limits, LoadedDocument

_ITEM = re.compile(r"\s*(?:[-*+•·●○▪–—]|\(?\d{1,3}[.)、）]|[（(][一二三四五六七八九十\da-z]{1,3}[）)]|[a-z][.)])\s*\S")
_UNDERLINE = re.compile(r"(=|-){3,}\s*")
_MARKED = re.compile(r"(#{1,6})\s+(\S.*)")
_NO_TITLE = re.compile(r"[。；，！？!?,;]|\.\s|[.:：]$|[:：].*\d")
_PAIR = re.compile(r"[^:：]{1,20}[:：]\s*\S")
_COMPLETE = re.compile(r"[。！？；：.!?;:…][”’」』）)\"']*$")
_LONGEST_TITLE = 60
_WRAPPED_AT = 60
"""Columns; shorter lines were ended by their writer, not by a margin."""


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """A text in whatever encoding it is."""
    text, encoding = decode(data)
    return LoadedDocument("text", tuple(blocks_of(text)), metadata={"encoding": encoding})


def blocks_of(text: str) -> list[Block]:
    """The paragraphs and headings of a plain text."""
    blocks: list[Block] = []
    paragraphs = re.split(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+", without_invisible(text).strip("\n"))
    for number, paragraph in enumerate(paragraphs):
        lines = [line.rstrip() for line in paragraph.split("\n") if line.strip()]
        if number == 0 and len(paragraphs) > 1 and _has_title(lines):
            blocks.append(Block("heading", lines[0].strip(), 1))
            lines = lines[1:]
        while lines:
            heading, used = _heading(lines, alone=len(lines) == 1)
            if heading is None:
                break
            blocks.append(heading)
            lines = lines[used:]
        if lines:
            blocks.append(Block("text", "\n".join(unwrapped(lines))))
    return blocks


def _has_title(lines: list[str]) -> bool:
    """Whether a text begins with a short line that is no sentence, alone or above `key: value` lines."""
    title = lines[0].strip() if lines else ""
    return (
        1 < len(title) <= _LONGEST_TITLE
        and not _NO_TITLE.search(title)
        and not _ITEM.match(title)
        and all(_PAIR.match(line) for line in lines[1:])
    )


def _heading(lines: list[str], *, alone: bool) -> tuple[Block | None, int]:
    """A heading at the beginning of a paragraph, and how many lines it takes."""
    if match := _MARKED.fullmatch(lines[0].strip()):
        return Block("heading", match[2].rstrip("# "), len(match[1])), 1
    if len(lines) > 1 and (line := _UNDERLINE.fullmatch(lines[1])) and len(lines[0]) <= 2 * _LONGEST_TITLE:
        return Block("heading", lines[0].strip(), 1 if line[1] == "=" else 2), 2
    level = heading_level(lines[0])
    if level is not None and (alone or not _ITEM.match(lines[1] if len(lines) > 1 else "")):
        return Block("heading", lines[0].strip(), level), 1
    return None, 0


def unwrapped(lines: list[str]) -> list[str]:
    """Lines with those joined that only the margin parted; list items and short lines stay on their own."""
    widest = max(width(line) for line in lines)
    joined: list[list[str]] = []
    full = False
    for line in lines:
        if joined and full and not _ITEM.match(line) and not line.startswith(("\t", "    ", "　　")):
            joined[-1].append(line.strip())
        else:
            joined.append([line.strip()])
        full = widest >= _WRAPPED_AT and width(line) >= 0.75 * widest and _COMPLETE.search(line) is None
    return [join_lines(run) for run in joined]


def width(line: str) -> int:
    """Columns of a line in a fixed-width font, Chinese characters two each."""
    return len(line) + sum(1 for character in line if character > "\u02ff" and east_asian_width(character) in "WF")
