"""Reading what commands are given: text from a file or stdin, and rows from a JSON Lines file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knowledge.errors import InvalidInput

STDIN = Path("-")


def read_text(source: Path | None, what: str) -> str:
    """The text of a file, or of stdin for `-` and None. `what` names it when there is nothing to read."""
    if source is None or source == STDIN:
        if source is None and sys.stdin.isatty():
            raise InvalidInput(f"{what}: name a FILE, or - to type it (end with Ctrl-D)")
        return _decoded(sys.stdin.buffer.read(), "stdin")
    return _decoded(_content(source), str(source))


def read_rows(source: Path, required: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file (`-`: stdin); all are checked before the first is used.

    Raises InvalidInput with the line for what is no object or lacks a required key with text; `id` may be a number.
    """
    text = read_text(source, "rows")
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            rows.append(_row(line, f"{source}:{number}", required))
    return rows


def _row(line: str, place: str, required: Sequence[str]) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{place}: not JSON: {error.msg} at character {error.pos + 1}; one object a line") from error
    if not isinstance(row, dict):
        raise InvalidInput(f"{place}: found {type(row).__name__}; each line must be an object")
    for key in required:
        value = row.get(key)
        if not isinstance(value, str) and not (key == "id" and isinstance(value, int)):
            raise InvalidInput(f"{place}: {key!r} is missing or no text; needed are {', '.join(required)}")
    return row


def _content(source: Path) -> bytes:
    if source.is_dir():
        raise InvalidInput(f"{source}: is a folder; name a file")
    try:
        return source.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(f"{source}: no such file; check the path") from error


def _decoded(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{place}: not UTF-8 at byte {error.start}; convert it first") from error
