"""Rows of cells as a Markdown table, the one form in which tables travel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest.cleaning import join_lines

_BLANK = re.compile(r"[ \t\r\f\v\u00a0\u3000]+")


def cell(text: str | None) -> str:
    """One cell on one line, with `|` escaped so that it does not end the cell."""
    if not text:
        return ""
    lines = (_BLANK.sub(" ", line).strip() for line in text.splitlines())
    return join_lines([line for line in lines if line]).replace("|", "\\|")


def markdown_table(rows: Iterable[Sequence[str | None]]) -> str:
    """A Markdown table whose header is the first row; empty rows and columns are left out. No cells: empty text."""
    cells = [[cell(text) for text in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return ""
    width = max(len(row) for row in cells)
    cells = [row + [""] * (width - len(row)) for row in cells]
    used = [column for column in range(width) if any(row[column] for row in cells)]
    lines = [_line([row[column] for column in used]) for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(used), *lines[1:]])


def _line(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"


def split_row(line: str) -> list[str]:
    """The cells of one Markdown table row, blanks stripped, escapes kept."""
    body = line.strip().removeprefix("|")
    body = body[:-1] if body.endswith("|") and not body.endswith("\\|") else body
    return [text.strip() for text in re.split(r"(?<!\\)\|", body)]
