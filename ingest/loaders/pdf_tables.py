"""Tables with drawn lines on PDF pages."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ingest.loaders.layout import Line
from ingest.loaders.tables import markdown_table

_FEWEST_PATHS = 4
_PARSER_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    ArithmeticError,
)
"""What pdfminer raises on a page that pdfium can read but it cannot; the page keeps its text as lines then."""


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table as Markdown and where its lines stood: it belongs before line number `place` of its page."""

    markdown: str
    place: int


class TableFinder:
    """Finds tables with pdfplumber, which is slow, only on pages that have drawn lines, and only until the deadline."""

    def __init__(self, data: bytes, deadline: float) -> None:
        self._data = data
        self._deadline = deadline
        self._pages: list[Any] | None = None
        self._file: Any = None

    def take_tables(self, page: Any, index: int, lines: list[Line]) -> tuple[list[PageTable], list[Line]]:
        """The tables of a page and the lines that are not part of one."""
        if not lines or time.monotonic() > self._deadline or page.get_rotation() or not _has_ruling(page):
            return [], lines
        plumbed = self._page(index)
        if plumbed is None:
            return [], lines
        try:
            found = [(table.bbox, table.extract()) for table in plumbed.find_tables()]
            left, bottom, _, _ = page.get_mediabox()
            height = float(plumbed.height)
        except _PARSER_ERRORS:
            return [], lines
        finally:
            plumbed.close()
        tables: list[PageTable] = []
        for (x0, top, x1, below), rows in sorted(found, key=lambda pair: pair[0][1]):
            if not _is_data(rows):
                continue
            y0, y1 = bottom + height - below, bottom + height - top
            inside = {place for place, line in enumerate(lines) if line.within(left + x0, y0, left + x1, y1)}
            if not inside:
                continue
            place = min(inside)
            tables.append(PageTable(markdown_table(rows), place))
            lines = [line for number, line in enumerate(lines) if number not in inside]
        return tables, lines

    def _page(self, index: int) -> Any:
        import pdfplumber
        from pdfminer.pdfexceptions import PDFException
        from pdfminer.psexceptions import PSException
        from pdfplumber.utils.exceptions import PdfminerException

        if self._pages is None:
            try:
                self._file = pdfplumber.open(io.BytesIO(self._data))
                self._pages = self._file.pages
            except (PDFException, PSException, PdfminerException, *_PARSER_ERRORS):
                self._pages = []
        return self._pages[index] if index < len(self._pages) else None

    def close(self) -> None:
        """Free what pdfplumber holds."""
        if self._file is not None:
            self._file.close()


def _has_ruling(page: Any) -> bool:
    from pypdfium2 import raw

    paths = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=2)
    return len(list(islice(paths, _FEWEST_PATHS))) == _FEWEST_PATHS


def _is_data(rows: list[list[str | None]]) -> bool:
    """At least two rows and columns with something in them, and cells no longer than cells are."""
    filled = [[cell for cell in row if cell and cell.strip()] for row in rows]
    return len([row for row in filled if row]) > 1 and max(map(len, filled)) > 1
