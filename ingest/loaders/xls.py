"""Workbooks of Excel 97 to 2003: a section per visible sheet under its name, values as they were last calculated."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import time
from typing import Any

from ingest.loaders.sheets import area_blocks, areas
from ingest.loaders.xlsx import number_text
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_MOST_CELLS = 5_000_000
_MOST_COLUMNS = 1_000
_VISIBLE = 0


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The visible sheets. Raises Unreadable when it is locked or damaged, or beyond 5 million cells."""
    import xlrd
    from xlrd.compdoc import CompDocError

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=_NoLog())
    except (xlrd.XLRDError, CompDocError) as error:
        if "encrypt" in str(error).lower() or "password" in str(error).lower():
            raise Unreadable("encrypted, it needs a password") from error
        raise Unreadable("a damaged workbook") from error
    except (struct.error, IndexError, KeyError, ValueError, AssertionError, TypeError, AttributeError) as error:
        raise Unreadable("a damaged workbook") from error
    blocks: list[Block] = []
    budget = _MOST_CELLS
    for sheet in book.sheets():
        if sheet.visibility != _VISIBLE:
            continue
        budget -= sheet.nrows * min(sheet.ncols, _MOST_COLUMNS)
        if budget < 0:
            raise Unreadable(f"more than {_MOST_CELLS:,} cells")
        found = [block for area in areas(_rows(book, sheet)) for block in area_blocks(area)]
        if found:
            blocks += [Block("heading", sheet.name, 1), *found]
    metadata = {"author": book.user_name} if book.user_name else {}
    return LoadedDocument("xls", tuple(blocks), metadata=metadata)


class _NoLog:
    """xlrd writes its remarks about odd files somewhere; nobody reads them."""

    def write(self, text: str) -> int:
        """Nothing is kept."""
        return len(text)

    def flush(self) -> None:
        """Nothing is held."""


def _rows(book: Any, sheet: Any) -> Iterator[list[str]]:
    merged = {
        (row, column): (top, left)
        for top, bottom, left, right in sheet.merged_cells
        for row in range(top, min(bottom, top + 1000))
        for column in range(left, min(right, left + 100))
    }
    for row in range(sheet.nrows):
        texts = []
        for column in range(min(sheet.row_len(row), _MOST_COLUMNS)):
            place = merged.get((row, column), (row, column))
            texts.append(_text(book, sheet.cell(*place)))
        while texts and not texts[-1]:
            texts.pop()
        yield texts


def _text(book: Any, cell: Any) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(cell.value, book.datemode)
        except (ValueError, OverflowError):
            return f"{cell.value:.15g}"
        return moment.isoformat(" ", "minutes") if moment.time() != time() else str(moment.date().isoformat())
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if cell.value else "FALSE"
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        style = book.xf_list[cell.xf_index] if cell.xf_index is not None else None
        known = book.format_map.get(style.format_key) if style is not None else None
        return number_text(cell.value, known.format_str if known is not None else "")
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, ""))
    return str(cell.value).strip()
