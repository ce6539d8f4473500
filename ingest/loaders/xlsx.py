"""Workbooks: a section per sheet under its name; blocks of rows between empty ones become tables."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from ingest.loaders.containers import checked_container
from ingest.loaders.sheets import area_blocks, areas
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_MOST_CELLS = 5_000_000
_MOST_COLUMNS = 1_000
_CURRENCY = re.compile(r"[¥￥€$£]|\[\$([^\]-]+)")


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """Values as they were last calculated; hidden sheets are left out. Raises Unreadable beyond 5 million cells."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(checked_container(data), read_only=True, data_only=True, keep_links=False)
    except OSError as error:  # openpyxl's word for an archive in which no part is a workbook that it knows
        raise Unreadable("no workbook that can be read; save a binary one (.xlsb) as .xlsx") from error
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
    rows: list[list[str]] = []
    for row in sheet.iter_rows():
        texts = [_text(cell) for cell in row[:_MOST_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        used += len(texts)
        if used > budget:
            raise Unreadable(f"more than {_MOST_CELLS:,} cells")
        if texts or (rows and rows[-1]):  # a million empty rows are one
            rows.append(texts)
    return [block for area in areas(rows) for block in area_blocks(area)], used


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(value, getattr(cell, "number_format", "") or "")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value).strip()


def number_text(value: float, number_format: str) -> str:
    """A number with its per cent sign or currency, because a limit of 0.15 and one of 15% read differently."""
    if number_format.rstrip('"').endswith("%"):
        return f"{value * 100:.10g}%"
    text = f"{value:.15g}"
    match = _CURRENCY.search(number_format)
    return f"{match[1] or match[0]}{text}" if match else text
