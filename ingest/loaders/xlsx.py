"""Workbooks: a section per sheet under its name; blocks of rows between empty ones become tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.loaders.containers import checked_container
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_MOST_CELLS = 5_000_000
_MOST_COLUMNS = 1_000
_WIDE = 3
"""Columns from which on a last row with a single cell is a note below the table."""
_CURRENCY = re.compile(r"[¥￥€$£]|\[\$([^\]-]+)")


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """Values as they were last calculated; hidden sheets are left out. Raises Unreadable beyond 5 million cells."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(checked_container(data), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise Unreadable("a damaged workbook") from error
    blocks: list[Block] = []
    budget = _MOST_CELLS
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            sheet.reset_dimensions()  # the declared size may be a lie of a billion cells
            sheet_blocks, used = _sheet(sheet, budget)
            budget -= used
            if sheet_blocks:
                blocks += [Block("heading", sheet.title, 1), *sheet_blocks]
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, EOFError) as error:
        raise Unreadable("a damaged workbook") from error
    finally:
        book.close()
    core = book.properties
    metadata = {key: str(value) for key, value in (("author", core.creator), ("created", core.created)) if value}
    return LoadedDocument("xlsx", tuple(blocks), core.title or "", metadata)


def _sheet(sheet: Any, budget: int) -> tuple[list[Block], int]:
    used = 0
    blocks: list[Block] = []
    rows: list[list[str]] = []
    for row in sheet.iter_rows():
        texts = [_text(cell) for cell in row[:_MOST_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        used += len(texts)
        if used > budget:
            raise Unreadable(f"more than {_MOST_CELLS:,} cells")
        if texts:
            rows.append(texts)
        elif rows:
            blocks += _area(rows)
            rows = []
    return [*blocks, *_area(rows)], used


def _area(rows: Sequence[list[str]]) -> Iterator[Block]:
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


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, getattr(cell, "number_format", "") or "")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value).strip()


def _number(value: float, number_format: str) -> str:
    """A number with its per cent sign or currency, because a limit of 0.15 and one of 15% read differently."""
    if number_format.rstrip('"').endswith("%"):
        return f"{value * 100:.10g}%"
    text = f"{value:.15g}"
    match = _CURRENCY.search(number_format)
    return f"{match[1] or match[0]}{text}" if match else text
