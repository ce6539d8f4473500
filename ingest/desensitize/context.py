"""A text as recognizers see it: full-width forms mapped to plain ones, and what stands around a place."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ingest.desensitize.pseudonyms import PLACEHOLDER

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PLAIN |= {0x3000: 0x20, 0x00A0: 0x20, 0x2010: 0x2D, 0x2011: 0x2D, 0x2012: 0x2D, 0x2013: 0x2D, 0x2212: 0x2D}
_BLANKED = "\ue000"
_TABLE = re.compile(r"(?m)^[ \t]*\|.*\|[ \t]*\n[ \t]*\|(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t]*(?:\n[ \t]*\|.*\|[ \t]*)*")
_SEPARATED = re.compile(
    r"(?m)^(?P<heads>[^\n,;|\t]{1,40}(?P<mark>[,;|\t])[^\n,;|\t]{1,40}(?:(?P=mark)[^\n,;|\t]{0,40}){0,30})$"
)
_LONGEST_HEAD = 30
_NUMBER = re.compile(r"\d(?:[ .()+/-]{0,4}+\d){5,}+")
"""Six digits and more, with the marks between them that numbers are written with."""
_AROUND_NUMBERS = 40
HAN = re.compile("[\u4e00-\u9fff]")
_CELL_END = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class _Table:
    start: int
    end: int
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Lines of cells between marks, without the line of heads before them."""

    start: int
    end: int
    mark: str
    heads: tuple[str, ...]


class TextView:
    """A text made ready for matching: `plain` has full-width forms mapped to plain ones, `lower` is it in lower case.

    A placeholder is one blank character in it: it is never matched again, and what stands around it stays as near as
    it was to the value. `text` is the text itself with the same blanks, so that offsets hold in all three; `place`
    tells where they are in the text that was given.
    """

    def __init__(self, text: str) -> None:
        self._blanks: list[int] = []
        self._shifts = [0]
        self.text = self._blanked(text) if "⟨" in text else text
        self.plain = self.text.translate(_PLAIN)

    def _blanked(self, text: str) -> str:
        pieces, end = [], 0
        for match in PLACEHOLDER.finditer(text):
            pieces.append(text[end : match.start()])
            end = match.end()
            self._blanks.append(match.start() - self._shifts[-1])
            self._shifts.append(self._shifts[-1] + end - match.start() - 1)
        return _BLANKED.join([*pieces, text[end:]])

    def place(self, offset: int) -> int:
        """Where an offset of `plain` is in the text that was given."""
        return offset + self._shifts[bisect_left(self._blanks, offset)]

    @cached_property
    def lower(self) -> str:
        """`plain` in lower case, of the same length."""
        lowered = self.plain.lower()
        # A few letters (İ) have a longer lower case; then only ASCII is lowered, so that offsets hold
        return lowered if len(lowered) == len(self.plain) else re.sub("[A-Z]+", lambda m: m.group().lower(), self.plain)

    def matches(self, pattern: re.Pattern[str], *, near_numbers: bool = False) -> Iterator[re.Match[str]]:
        """The matches of a pattern in `plain`; with `near_numbers` only in the stretches of `numbers`."""
        for start, end in self.numbers if near_numbers else ((0, len(self.plain)),):
            yield from pattern.finditer(self.plain, start, end)

    @cached_property
    def numbers(self) -> list[tuple[int, int]]:
        """Start and end of the stretches 40 characters around numbers of six and more digits, apart and in order."""
        found: list[tuple[int, int]] = []
        for match in _NUMBER.finditer(self.plain):
            start, end = max(0, match.start() - _AROUND_NUMBERS), match.end() + _AROUND_NUMBERS
            if found and start <= found[-1][1]:
                start = found.pop()[0]
            found.append((start, end))
        return found

    @cached_property
    def has_han(self) -> bool:
        """Whether a Chinese character stands in it."""
        return HAN.search(self.plain) is not None

    def has_any(self, words: Iterable[str]) -> bool:
        """Whether one of these words, in lower case, stands in it, inside of others too."""
        return any(word in self.lower for word in words)

    def before(self, start: int, reach: int = 20) -> str:
        """What stands before a place on its line, in lower case, with the head of its table column in front."""
        begin = max(0, start - reach)
        line = self.lower.rfind("\n", begin, start)
        near = self.lower[begin if line < 0 else line + 1 : start]
        head, mark = self._head_of(start)
        return f"{head}\n{near.rpartition(mark)[2]}" if head else near

    def after(self, end: int, reach: int = 12) -> str:
        """What stands after a place on its line, in lower case."""
        return self.lower[end : end + reach].partition("\n")[0]

    def _head_of(self, place: int) -> tuple[str, str]:
        """The head and the mark that parts the cells: of a Markdown table, or of lines with commas and the like."""
        line = self.lower.rfind("\n", 0, place) + 1
        table = self._table_at(place)
        if table is not None:
            column = len(_CELL_END.findall(self.lower, line, place)) - 1
            return (table.heads[column] if line > table.start and 0 <= column < len(table.heads) else ""), "|"
        starts, outer = self._outermost
        rows = outer[bisect_right(starts, place) - 1] if starts and place >= starts[0] else None
        if rows is not None and place < rows.end:
            return rows.heads[self.lower.count(rows.mark, line, place)].strip(), rows.mark
        return "", ""

    def cells(self, head: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Start and end of the cells, blanks stripped, of all Markdown table columns whose head `head` is found in."""
        for table in self._tables[1]:
            columns = {column for column, text in enumerate(table.heads) if head.search(text)}
            if not columns:
                continue
            line_start = self.plain.find("\n", self.plain.find("\n", table.start) + 1) + 1
            while 0 < line_start < table.end:
                line_end = self.plain.find("\n", line_start)
                line_end = table.end if line_end < 0 else min(line_end, table.end)
                yield from self._line_cells(line_start, line_end, columns)
                line_start = line_end + 1

    def columns(self, head: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """As `cells`, also for text separated by commas, semicolons, bars or tabs under a line with heads."""
        yield from self.cells(head)
        for rows in self._separated:
            wanted = [
                at for at, text in enumerate(rows.heads) if len(text) < _LONGEST_HEAD and head.search(text.strip())
            ]
            line_start = rows.start
            while wanted and line_start < rows.end:
                line_end = self.plain.find("\n", line_start)
                line_end = len(self.plain) if line_end < 0 else line_end
                cells = self.plain[line_start:line_end].split(rows.mark)
                for column in wanted:
                    begin = line_start + sum(len(cell) + 1 for cell in cells[:column])
                    cell = cells[column].strip(' "')
                    if cell:
                        begin += self.plain[begin:line_end].index(cell)
                        yield begin, begin + len(cell)
                line_start = line_end + 1

    @cached_property
    def _separated(self) -> list[_Rows]:
        """Lines with as many cells as a line of heads, which holds no digits, right before them.

        A line without digits within them may be one of heads too; then both are listed, with the same end.
        """
        found: list[_Rows] = []
        for match in _SEPARATED.finditer(self.lower):
            mark, heads = match["mark"], match["heads"]
            if self._table_at(match.start()) is not None or any(map(str.isdigit, heads)):
                continue
            start = end = match.end("heads") + 1
            if found and start <= found[-1].end:
                end = found[-1].end
            while end < len(self.lower):
                line_end = self.lower.find("\n", end)
                line_end = len(self.lower) if line_end < 0 else line_end
                if self.lower.count(mark, end, line_end) != heads.count(mark):
                    break
                end = line_end + 1
            if end > start:
                found.append(_Rows(start, end, mark, tuple(heads.split(mark))))
        return found

    @cached_property
    def _outermost(self) -> tuple[list[int], list[_Rows]]:
        """Those of `_separated` that stand within no other, with their starts."""
        found: list[_Rows] = []
        for rows in self._separated:
            if not found or rows.start >= found[-1].end:
                found.append(rows)
        return [rows.start for rows in found], found

    def _line_cells(self, start: int, end: int, columns: set[int]) -> Iterator[tuple[int, int]]:
        bars = [match.start() for match in _CELL_END.finditer(self.plain, start, end)]
        for column, (left, right) in enumerate(pairwise(bars)):
            if column in columns:
                cell = self.plain[left + 1 : right]
                stripped = cell.strip()
                if stripped:
                    begin = left + 1 + len(cell) - len(cell.lstrip())
                    yield begin, begin + len(stripped)

    def _table_at(self, place: int) -> _Table | None:
        starts, tables = self._tables
        position = bisect_right(starts, place) - 1
        return tables[position] if position >= 0 and place < tables[position].end else None

    @cached_property
    def _tables(self) -> tuple[list[int], list[_Table]]:
        tables = []
        if "| ---" in self.lower or "|---" in self.lower or "|:--" in self.lower:
            for match in _TABLE.finditer(self.lower):
                head = match.group().partition("\n")[0].strip().strip("|")
                tables.append(_Table(match.start(), match.end(), tuple(text.strip() for text in _CELL_END.split(head))))
        return [table.start for table in tables], tables
