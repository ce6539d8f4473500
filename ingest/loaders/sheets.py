"""Rows of a sheet as blocks: what stands between empty rows is one table, lone cells around it are titles and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ingest.loaders.tables import markdown_table
from ingest.types import Block

_WIDE = 3
"""Columns from which on a last row with a single cell is a note below the table."""


def areas(rows: Iterable[Sequence[str]]) -> Iterator[list[list[str]]]:
    """The runs of rows that have something in them."""
    run: list[list[str]] = []
    for row in rows:
        if any(row):
            run.append(list(row))
        elif run:
            yield run
            run = []
    if run:
        yield run


def area_blocks(rows: Sequence[list[str]]) -> Iterator[Block]:
    """Rows between empty rows: lines of a single cell are titles and notes, the rest is a table."""
    table: list[list[str]] = []
    for row in rows:
        filled = [text for text in row if text]
        if len(filled) == 1 and not table:
            yield Block("text", filled[0])
        else:
            table.append(row)
    trailing: list[Block] = []
    while len(table) > 1 and len([text for text in table[-1] if text]) == 1 and max(map(len, table)) >= _WIDE:
        trailing.insert(0, Block("text", next(text for text in table.pop() if text)))
    if table:
        yield Block("table", markdown_table(table))
    yield from trailing
