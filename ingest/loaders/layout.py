"""Lines of laid-out pages made into text again: running heads dropped, paragraphs joined, headings told by size."""

# ruff: noqa: PLR2004 - proportions of a printed page, each said where it stands

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.cleaning import join_lines
from ingest.loaders.headings import heading_level
from ingest.loaders.tables import markdown_table
from ingest.types import Block

_NUMBER = re.compile(r"\d{1,6}")
_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:第\s*)?(?:page\s*|seite\s*|p\.\s*)?\d{1,4}(?:\s*(?:/|of|von|页\s*[,，/]?\s*共|页)\s*\d{0,4})?(?:\s*页)?[-–—\s]*",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\s*(?:[-*•·●○▪■◆–—\uf0b7\uf0d8\uf06c]\s*|\(?\d{1,3}[.)、）]\s?|[（(][一二三四五六七八九十\da-z]{1,3}[）)]|[a-z][.)]\s)\S"
)
_BULLET = re.compile(r"\s*[•·●○▪■◆\uf0b7\uf0d8\uf06c]\s*")
_SENTENCE_END = re.compile(r"[。！？.!?：:；;][”’」』）)\"']*$")
_LARGER = 1.12
_SMALLER = 0.92
_LONGEST_HEADING = 120
_ROW_GAP = 3.5
_FEWEST_ROWS = 3
_FILLED = 0.6


class Placed(Protocol):
    """A table with its place among the lines of its page."""

    @property
    def markdown(self) -> str:
        """The table."""
        ...

    @property
    def place(self) -> int:
        """The number of the line before which it belongs."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text on a page; coordinates in points from the lower left, `size` is that of its letters in points."""

    text: str
    page: int
    left: float
    bottom: float
    right: float
    top: float
    size: float
    bold: bool
    in_margin: bool = False
    """Whether it stands where running heads do, in the outermost part of the page."""
    cells: tuple[tuple[float, str], ...] = ()
    """The left edge and text of the parts between wide gaps; more than one in a row of a table or form."""

    def within(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether the middle of the line lies in the box."""
        return x0 <= (self.left + self.right) / 2 <= x1 and y0 - 1 <= (self.bottom + self.top) / 2 <= y1 + 1


def without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without page numbers and without the lines that most of them share at the top or bottom."""
    repeated = _repeated(pages)
    body = _body_size(pages)
    return [_without_edges(lines, repeated, body) for lines in pages]


_HeadKey = tuple[str, int]


def _repeated(pages: list[list[Line]]) -> set[_HeadKey]:
    """Lines in the margins of half the pages, at one height, with one text but for a number that counts pages."""
    seen: dict[_HeadKey, list[tuple[int, list[int]]]] = {}
    for number, lines in enumerate(pages):
        for line in lines:
            if not line.in_margin:
                continue
            numbers = [int(digits) for digits in _NUMBER.findall(line.text)]
            seen.setdefault(_key(line), []).append((number, numbers))
    needed = max(2, len(pages) * 0.5)
    return {key for key, found in seen.items() if len({page for page, _ in found}) >= needed and _counts_pages(found)}


def _key(line: Line) -> _HeadKey:
    """What makes two running heads alike: their text with all numbers alike, and their height on the page."""
    return _NUMBER.sub("#", re.sub(r"\s+", "", line.text)), round(line.top / 6)


def _counts_pages(found: list[tuple[int, list[int]]]) -> bool:
    """Whether each number in the lines stays the same or grows with the page; others are of chapters or clauses."""
    columns = zip(*([(page, number) for number in numbers] for page, numbers in found), strict=True)
    return all(
        len({number for _, number in column}) == 1 or len({number - page for page, number in column}) == 1
        for column in columns
    )


def _without_edges(lines: list[Line], repeated: set[_HeadKey], body: float) -> list[Line]:
    by_height = sorted(lines, key=lambda line: line.top)
    outermost = {id(line) for line in (*by_height[:1], *by_height[-1:])}

    def runs(line: Line) -> bool:
        if line.in_margin and _key(line) in repeated:
            return True
        if id(line) not in outermost or len(lines) == 1:
            return False
        # In smaller letters than the text and with the page's number at its end: a running line on a single page
        small = line.size < _SMALLER * body and re.search(rf"(?<!\d){line.page}\s*$", line.text) is not None
        return small or _PAGE_NUMBER.fullmatch(line.text) is not None

    return [_blank(line) if runs(line) else line for line in lines]


def _blank(line: Line) -> Line:
    """A dropped line keeps its number, by which tables find their place."""
    return Line("", line.page, line.left, line.bottom, line.right, line.top, line.size, bold=False)


def blocks_of_pages(pages: list[list[Line]], tables: Sequence[Sequence[Placed]]) -> list[Block]:
    """The blocks of all pages; a paragraph that runs over a page's end is joined."""
    body = _body_size(pages)
    levels = _heading_sizes(pages, body)
    blocks: list[Block] = []
    for number, (lines, found) in enumerate(zip(pages, tables, strict=True), start=1):
        fresh = _page_blocks(lines, found, number, body, levels)
        if blocks and fresh and _runs_on(blocks[-1], fresh[0]):
            blocks[-1] = Block("text", join_lines([blocks[-1].text, fresh[0].text]), page=blocks[-1].page)
            fresh = fresh[1:]
        blocks += fresh
    return blocks


def _runs_on(before: Block, after: Block) -> bool:
    return (
        before.kind == after.kind == "text"
        and not _SENTENCE_END.search(before.text)
        and not _ITEM.match(after.text)
        and (len(before.text) > _LONGEST_HEADING or after.text[:1].islower())
    )


def _body_size(pages: list[list[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _heading_sizes(pages: list[list[Line]], body: float) -> dict[float, int]:
    """The level of each letter size that is clearly larger than the body's, at most four of them."""
    sizes = {
        round(line.size * 2) / 2
        for lines in pages
        for line in lines
        if line.size > body * _LARGER and 1 < len(line.text.strip()) <= _LONGEST_HEADING
    }
    return {size: min(level, 4) for level, size in enumerate(sorted(sizes, reverse=True), start=1)}


def _page_blocks(
    lines: list[Line], tables: Sequence[Placed], page: int, body: float, levels: dict[float, int]
) -> list[Block]:
    """The blocks of one page, its tables at the place of the lines that they took."""
    writer = _PageWriter(page, body, levels)
    unruled = _unruled_tables(lines)
    waiting = sorted(tables, key=lambda table: table.place)
    for place, line in enumerate(lines):
        while waiting and waiting[0].place <= place:
            writer.table(waiting.pop(0).markdown)
        if place not in unruled:
            writer.line(line)
        elif unruled[place]:
            writer.table(unruled[place])
    writer.flush()
    for table in waiting:
        writer.table(table.markdown)
    return _lists_joined(writer.blocks)


class _PageWriter:
    """Collects the lines of a heading or paragraph until the next one begins."""

    def __init__(self, page: int, body: float, levels: dict[float, int]) -> None:
        self.blocks: list[Block] = []
        self._page = page
        self._body = body
        self._levels = levels
        self._paragraph: list[Line] = []
        self._heading: list[Line] = []

    def line(self, line: Line) -> None:
        """The next line; blank ones are skipped."""
        if not line.text.strip():
            return
        if _level(line, self._body, self._levels) is None:
            if self._heading or (self._paragraph and _new_paragraph(line, self._paragraph)):
                self.flush()
            self._paragraph.append(line)
            return
        if self._paragraph or (self._heading and not _same_heading(self._heading, line)):
            self.flush()
        self._heading.append(line)

    def table(self, markdown: str) -> None:
        """A table after what was collected."""
        self.flush()
        self.blocks.append(Block("table", markdown, page=self._page))

    def flush(self) -> None:
        """End the heading or paragraph."""
        if self._heading:
            text = join_lines([line.text.strip() for line in self._heading])
            level = _level(self._heading[0], self._body, self._levels) or 1
            self.blocks.append(Block("heading", text, level, self._page))
        if self._paragraph:
            self.blocks.append(_paragraph(self._paragraph, self._page))
        self._heading, self._paragraph = [], []


def _same_heading(heading: list[Line], line: Line) -> bool:
    """Whether a line goes on with a heading: of the same size and right below."""
    return abs(heading[0].size - line.size) <= 0.6 and _gap(heading[-1], line) <= 1.8


def _level(line: Line, body: float, levels: dict[float, int]) -> int | None:
    text = line.text.strip()
    if (
        not 1 < len(text) <= _LONGEST_HEADING
        or len(line.cells) > 2
        or _PAGE_NUMBER.fullmatch(text)
        or not any(map(str.isalpha, text))
    ):
        return None
    if line.size > body * _LARGER:
        level = levels.get(round(line.size * 2) / 2)
        if level is not None and not text.endswith(("。", "；", "，", ",", ";")):
            return level
    numbered = heading_level(text)
    if numbered is not None and (line.bold or re.match(r"第.{1,4}[编篇部章节]", text)):
        return min(numbered + len(levels), 6)
    if line.bold and len(text) <= 60 and not _SENTENCE_END.search(text) and not _ITEM.match(text) and line.size >= body:
        return min(len(levels) + 1, 6)
    return None


def _unruled_tables(lines: list[Line]) -> dict[int, str]:
    """Tables without drawn lines: runs of at least three lines of two or more cells that stand below each other.

    The number of a run's first line gives the table as Markdown, those of its other lines give empty text.
    """
    found: dict[int, str] = {}
    run: list[int] = []
    for place in range(len(lines) + 1):
        line = lines[place] if place < len(lines) else None
        if line is not None and len(line.cells) > 1 and (not run or _gap(lines[run[-1]], line) < _ROW_GAP):
            run.append(place)
            continue
        if len(run) >= _FEWEST_ROWS and (table := _aligned([lines[number] for number in run])):
            found |= dict.fromkeys(run, "")
            found[run[0]] = table
        run = [place] if line is not None and len(line.cells) > 1 else []
    return found


def _aligned(rows: list[Line]) -> str:
    """The rows as a Markdown table; empty unless most rows have a cell in most columns."""
    widest = max(rows, key=lambda row: len(row.cells))
    columns = [left for left, _ in widest.cells]
    table = []
    for row in rows:
        cells = [""] * len(columns)
        for left, text in row.cells:
            nearest = min(range(len(columns)), key=lambda column: abs(columns[column] - left))
            cells[nearest] = f"{cells[nearest]} {text}".strip()
        table.append(cells)
    filled = sum(1 for cells in table for text in cells if text)
    return markdown_table(table) if filled >= _FILLED * len(columns) * len(rows) else ""


def _gap(above: Line, below: Line) -> float:
    """The distance between two lines in letter heights, from bottom to bottom; large when the order jumps."""
    distance = above.bottom - below.bottom
    return abs(distance) / max(above.size, 1.0)


def _new_paragraph(line: Line, paragraph: list[Line]) -> bool:
    """Whether a line begins a new paragraph, by its mark, size, weight, distance and indentation."""
    before = paragraph[-1]
    if _ITEM.match(line.text) and not _continues_number(before, line):
        return True
    if abs(before.size - line.size) > 1.5 or before.bold != line.bold:
        return True
    distance = before.bottom - line.bottom
    if distance < -before.size:  # the next column
        return bool(_SENTENCE_END.search(before.text))
    if distance > 1.9 * before.size:
        return True
    column = _columns(paragraph)[-1]
    widest = max(one.right for one in column)
    ends_early = before.right < widest - 2.5 * before.size or (len(paragraph) == 1 and before.right - before.left < 60)
    indented = line.left > min(one.left for one in column) + 1.2 * line.size
    return (ends_early and bool(_SENTENCE_END.search(before.text))) or (
        indented and bool(_SENTENCE_END.search(before.text))
    )


def _continues_number(before: Line, line: Line) -> bool:
    r"""A line that begins with a number only because the sentence was broken there ("… within\n30. days")."""
    return (
        bool(re.match(r"\s*\d", line.text))
        and not _SENTENCE_END.search(before.text)
        and before.text.rstrip()[-1:].islower()
    )


def _paragraph(lines: list[Line], page: int) -> Block:
    text = _lines_text(lines)
    if _BULLET.match(text):
        return Block("list", f"- {_BULLET.sub('', text, count=1)}", page=page)
    return Block("text", text, page=page)


def _lines_text(lines: list[Line]) -> str:
    """Full lines joined; lines that stop early (addresses, form fields) kept apart."""
    joined: list[list[str]] = []
    full = False
    for column in _columns(lines):
        widest = max(line.right for line in column)
        narrow = widest - min(line.left for line in column) < 12 * column[0].size
        for line in column:
            if joined and full and len(line.cells) < 3:
                joined[-1].append(line.text.strip())
            else:
                joined.append([line.text.strip()])
            full = (not narrow and line.right > widest - 6 * line.size) or line is column[-1] or line.text.endswith("-")
    return "\n".join(join_lines(run) for run in joined)


def _columns(lines: list[Line]) -> list[list[Line]]:
    """The lines of a paragraph parted where it jumps up to the next column."""
    columns: list[list[Line]] = [[]]
    for line in lines:
        if columns[-1] and line.bottom > columns[-1][-1].bottom + line.size:
            columns.append([])
        columns[-1].append(line)
    return columns


def _lists_joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in blocks:
        if block.kind == "list" and joined and joined[-1].kind == "list":
            joined[-1] = Block("list", f"{joined[-1].text}\n{block.text}", page=block.page)
        else:
            joined.append(block)
    return joined
