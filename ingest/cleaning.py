"""Text as people meant it: no invisible characters, no broken lines, no runs of blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.types import Block, LoadedDocument

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff9-\ufffc\U0001d173-\U0001d17a\U000e0000-\U000e007f\ud800-\udfff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f]+")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_HAN_OR_MARK = re.compile(f"[{_HAN}\u3001-\u301f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”‘’—…]")
_HYPHENATED = re.compile(r"[A-Za-z]{2,}-$")
_CHAR_BLANKS = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}](?: |$))")


def without_invisible(text: str) -> str:
    r"""`text` without zero-width, direction, tag and control characters; line ends become `\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _CONTROL.sub("", _INVISIBLE.sub("", text).replace("\x0c", "\n"))


def join_lines(lines: Sequence[str]) -> str:
    """Lines of one paragraph as one line: a hyphenated word is joined, Chinese is joined without a blank."""
    joined = ""
    for line in lines:
        if not joined or not line:
            joined += line
        elif _HYPHENATED.search(joined) and line[0].islower():
            joined = joined[:-1] + line
        elif _HAN_OR_MARK.match(joined[-1]) and _HAN_OR_MARK.match(line[0]):
            joined += line
        else:
            joined += f" {line}"
    return joined


def clean_prose(text: str) -> str:
    """A text block with single blanks and at most one empty line in a row."""
    lines = [_BLANKS.sub(" ", line).rstrip() for line in without_invisible(text).split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def clean_line(text: str) -> str:
    """A title or heading on one line."""
    return " ".join(clean_prose(text).split())


def clean(document: LoadedDocument) -> LoadedDocument:
    """The document with every block cleaned and empty ones dropped; of code only what is invisible goes."""
    blocks = []
    for block in document.blocks:
        text = _clean_block(block)
        if text.strip():
            blocks.append(replace(block, text=text))
    metadata = {key: clean_line(value) for key, value in document.metadata.items() if value.strip()}
    return replace(document, blocks=tuple(blocks), title=clean_line(document.title), metadata=metadata)


def _clean_block(block: Block) -> str:
    if block.kind == "code":
        return without_invisible(block.text).strip("\n").rstrip()
    if block.kind == "heading":
        return clean_line(block.text)
    if block.kind == "list":
        return "\n".join(line.rstrip() for line in without_invisible(block.text).split("\n")).strip("\n")
    return clean_prose(block.text)
