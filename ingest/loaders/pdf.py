"""PDF: lines with their place and size, made into headings, paragraphs and tables, page by page."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from typing import Any

from ingest.loaders import heartbeat, ocr, pdf_attachments
from ingest.loaders.gutters import by_column
from ingest.loaders.layout import Line, blocks_of_pages, without_running_heads
from ingest.loaders.pdf_scans import ScanReader, is_garbled
from ingest.loaders.unpacking import RawMember
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_TABLE_SHARE = 0.5
"""Part of the time for one file that may go into finding tables; the rest of the pages keep theirs as lines of text."""
_FEWEST_LETTERS = 3
_PLACEHOLDERS = frozenset(
    {"anonymous", "(anonymous)", "unspecified", "(unspecified)", "untitled", "title", "无标题", "未命名"}
)
_FILE_NAMES = (".doc", ".docx", ".tex", ".dvi", ".pptx", ".ppt", ".indd", ".txt", ".xlsx", ".wps", ".html")
_PROGRAM_TITLES = ("microsoft word -", "microsoft powerpoint -", "untitled", "幻灯片", "powerpoint")
_LINE_END = frozenset({0x0A, 0x0D})
_HYPHEN = frozenset({0x02, 0xFFFE})
"""pdfium's marks for a hyphen at a line's end; it leaves out the line end then."""
_NO_CHARACTER = frozenset({0, *range(0xD800, 0xE000)})
_SIZE_SAMPLES = 12
_PAGES_PER_BEAT = 50
_BOLD = 600
_MARGIN = 0.09
"""Share of the page's height at its top and bottom where running heads stand: an inch of A4 is 0.085."""
_CELL_GAP = 1.6
"""Letter sizes between two words beyond which they stand in different columns."""
_METADATA = {"Author": "author", "CreationDate": "created", "Subject": "subject", "Keywords": "keywords"}


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The text layer, of scanned and garbled pages what OCR reads.

    Raises Unreadable when it is locked, damaged, or has neither a text layer nor, without tesseract, a readable page.
    """
    import pypdfium2 as pdfium

    from ingest.loaders.pdf_tables import TableFinder

    document = _opened(data)
    try:
        count = min(len(document), limits.max_pages)
        finder = TableFinder(data, deadline=time.monotonic() + limits.seconds * _TABLE_SHARE)
        scans = ScanReader(limits.max_ocr_pages)
        pages: list[list[Line]] = []
        tables: list[list[Any]] = []
        for number in range(count):
            page = document[number]
            try:
                lines = scans.lines(page, number + 1, page_lines(page, number + 1))
                found, lines = finder.take_tables(page, number, lines)
            finally:
                page.close()
            pages.append(lines if found else by_column(lines))
            tables.append(found)
            if number % _PAGES_PER_BEAT == _PAGES_PER_BEAT - 1:
                heartbeat.beat()
        finder.close()
        _check_text(pages, scans)
        blocks = list(blocks_of_pages(without_running_heads(pages), tables))
        if attached := pdf_attachments.names(document):
            blocks.append(Block("text", f"Attachments: {', '.join(attached)}"))
        metadata = {key: _useful(document.get_metadata_value(field)) for field, key in _METADATA.items()}
        metadata["created"] = _date(metadata["created"])
        metadata |= scans.metadata()
        if count < len(document):
            metadata["pages left out"] = str(len(document) - count)
        return LoadedDocument("pdf", tuple(blocks), _title(document.get_metadata_value("Title")), metadata, count)
    except pdfium.PdfiumError as error:
        raise Unreadable("a damaged PDF") from error
    finally:
        document.close()


def members(data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:  # noqa: ARG001 - every container's signature
    """The files embedded in it. Raises Unreadable as `load` does, and where they expand beyond the limits."""
    document = _opened(data)
    try:
        yield from pdf_attachments.members(document, len(data), limits)
    finally:
        document.close()


def _opened(data: bytes) -> Any:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("encrypted, it needs a password") from error
        raise Unreadable("no PDF, or a damaged one") from error
    if not len(document):
        document.close()
        raise Unreadable("a PDF without pages")
    return document


def page_lines(page: Any, number: int) -> list[Line]:
    """The lines of a page in the order in which they were written, with place, letter size and weight."""
    import ctypes

    from pypdfium2 import raw

    text_page = page.get_textpage()
    try:
        handle = text_page.raw
        box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        lines: list[Line] = []
        margins = _margins(page)
        line = _LineBuilder(number, margins)
        for place in range(text_page.count_chars()):
            code = raw.FPDFText_GetUnicode(handle, place)
            if code in _LINE_END or code in _HYPHEN:
                line.add_text("-" if code in _HYPHEN else "")
                lines += line.finish()
                line = _LineBuilder(number, margins)
                continue
            character = "\ufffd" if code in _NO_CHARACTER else chr(code)
            if not character.isspace() and raw.FPDFText_GetLooseCharBox(handle, place, ctypes.byref(box)):
                if line.wants_size():
                    # The letters' size is the font's, scaled by the matrix that the text was written under
                    scale = raw.FPDFText_GetMatrix(handle, place, ctypes.byref(matrix))
                    height = math.hypot(matrix.b, matrix.d) if scale else 1.0
                    line.add_size(
                        raw.FPDFText_GetFontSize(handle, place) * height, raw.FPDFText_GetFontWeight(handle, place)
                    )
                line.add_box(box.left, box.bottom, box.right, box.top)
            line.add_text(character)
        return lines + line.finish()
    finally:
        text_page.close()


def _margins(page: Any) -> tuple[float, float]:
    """Below the first and above the second height a line stands in a margin; on a turned page none does."""
    _, bottom, _, top = page.get_mediabox()
    if page.get_rotation():
        return -math.inf, math.inf
    return bottom + _MARGIN * (top - bottom), top - _MARGIN * (top - bottom)


class _LineBuilder:
    """Collects the characters of one line; a wide gap between two of them begins another cell."""

    def __init__(self, page: int, margins: tuple[float, float]) -> None:
        self._page = page
        self._margins = margins
        self._cells: list[tuple[float, list[str]]] = []
        self._box: tuple[float, float, float, float] | None = None
        self._sizes: list[float] = []
        self._bold = 0

    def wants_size(self) -> bool:
        """A few samples tell the size of a line; each costs two calls."""
        return len(self._sizes) < _SIZE_SAMPLES

    def add_size(self, size: float, weight: int) -> None:
        self._sizes.append(size)
        self._bold += weight >= _BOLD

    def add_box(self, left: float, bottom: float, right: float, top: float) -> None:
        if self._box is None:
            self._box = (left, bottom, right, top)
            self._cells.append((left, []))
            return
        x0, y0, x1, y1 = self._box
        if left - x1 > _CELL_GAP * self._sizes[-1]:
            self._cells.append((left, []))
        self._box = (min(x0, left), min(y0, bottom), max(x1, right), max(y1, top))

    def add_text(self, text: str) -> None:
        if self._cells:
            self._cells[-1][1].append(text)

    def finish(self) -> list[Line]:
        """The line; none if it is blank."""
        cells = tuple((left, "".join(text).strip()) for left, text in self._cells)
        text = " ".join(text for _, text in cells if text)
        if not text or self._box is None:
            return []
        size = sorted(self._sizes)[len(self._sizes) // 2]
        middle = (self._box[1] + self._box[3]) / 2
        in_margin = not self._margins[0] < middle < self._margins[1]
        bold = self._bold * 2 > len(self._sizes)
        return [Line(text, self._page, *self._box, max(size, 1.0), bold, in_margin, cells)]


def _check_text(pages: list[list[Line]], scans: ScanReader) -> None:
    if scans.read:
        return
    letters = [character for lines in pages for line in lines for character in line.text if not character.isspace()]
    way_out = ocr.ABSENT if ocr.engine() is None else "OCR found no text in them either"
    if not letters:
        raise Unreadable(f"no text found: pages without a text layer; {way_out}")
    if len(letters) < _FEWEST_LETTERS * len(pages) and len(pages) > 1:
        raise Unreadable(f"almost no text found on its pages, probably a scan; {way_out}")
    if is_garbled(letters):
        raise Unreadable(f"its text layer is garbled (fonts without a character map); {way_out}")


def _date(text: str) -> str:
    match = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", text)
    return "-".join(match.groups()) if match else text


def _useful(value: str) -> str:
    """A metadata value, empty where the program that wrote the file put its own placeholder."""
    return "" if value.strip().lower() in _PLACEHOLDERS else value.strip()


def _title(value: str) -> str:
    """The title that the metadata states, unless it is the name of a file or program."""
    title = _useful(value)
    is_file = title.lower().endswith(_FILE_NAMES) or title.lower().startswith(_PROGRAM_TITLES)
    return "" if is_file else title
