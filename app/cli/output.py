"""Printing results: JSON, tables and text on stdout. Logs, progress and remarks go to stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.types import Result

_KEPT = "\n\t"


def write(text: str) -> None:
    """Text on stdout as it is, without an end of line."""
    sys.stdout.write(text)


def print_json(value: Any) -> None:
    """One JSON value: on one line, or laid out for reading on a terminal."""
    write(f"{json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)}\n")


def print_result(result: Result) -> None:
    """A result as its JSON."""
    print_json(result.to_json())


def print_json_line(value: Any) -> None:
    """One JSON value on a line of its own, at once: whoever reads a batch gets each row when it is done."""
    write(f"{json.dumps(value, ensure_ascii=False)}\n")
    sys.stdout.flush()


def print_text(text: str = "") -> None:
    """Text for people, without control characters that could steer a terminal."""
    write(f"{plain(text)}\n")


def remark(text: str) -> None:
    """A line for people that is no result, on stderr."""
    sys.stderr.write(f"{plain(text)}\n")
    sys.stderr.flush()


def plain(text: str) -> str:
    """Text whose control and direction characters are gone; line ends and tabs stay."""
    return "".join(letter for letter in text if letter in _KEPT or unicodedata.category(letter) not in {"Cc", "Cf"})


def print_table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on a terminal; otherwise lines with tabs between the cells and no heads, for other programs."""
    cells = [[one_line("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            write("\t".join(row) + "\n")
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for header in headers:
        # Folded, never cut: ids and paths are there to be copied
        table.add_column(header, overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def one_line(text: str) -> str:
    """Text on one line without control characters."""
    return " ".join(plain(text).split())


def shortened(text: str, length: int) -> str:
    """The beginning of a text on one line, at most `length` characters."""
    line = one_line(text)
    return line if len(line) <= length else f"{line[: length - 1]}…"
