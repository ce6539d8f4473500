"""Two columns of running text that were written line by line across the page, read one after the other.

Most programs write a column to its end before they begin the next. Those that do not make lines that look like rows of
a table with two cells. They are taken for columns of text only when both sides are: at fixed edges, full lines nearly
everywhere, and sentences that run on from line to line. A table whose cells are words or numbers is none of that.
"""

# ruff: noqa: PLR2004 - proportions of a printed page, each said where it stands

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.loaders.layout import Line

_FEWEST_ROWS = 8
_HAN = re.compile(r"[㐀-鿿]")
_SENTENCE_END = re.compile(r"[。！？.!?；;][”’」』）)\"']*$")
_LONGEST_AT_LEAST = 24
"""Letters of the longest line of a column; a Han character counts as two."""
_GAP = 3.5
"""Letter heights between two lines beyond which a region ends."""


def by_column(lines: list[Line]) -> list[Line]:
    """The lines of a page in reading order; those of a region of two columns parted and put below each other."""
    edges = _edges(lines)
    if edges is None:
        return lines
    result: list[Line] = []
    region: list[Line] = []
    for line in lines:
        if _fits(line, edges) and (not region or _below(region[-1], line)):
            region.append(line)
            continue
        result += _read(region, edges)
        region = [line] if _fits(line, edges) else []
        result += [] if region else [line]
    return result + _read(region, edges)


_Edges = tuple[float, float]
"""Where the left and the right column begin."""


def _edges(lines: Sequence[Line]) -> _Edges | None:
    """Those that most lines of two cells share; None when too few do."""
    pairs = [line for line in lines if len(line.cells) == 2]
    if len(pairs) < _FEWEST_ROWS:
        return None

    def common(side: int) -> float:
        places = [line.cells[side][0] for line in pairs]
        return max(places, key=lambda place: sum(abs(place - other) <= 2 for other in places))

    return common(0), common(1)


def _fits(line: Line, edges: _Edges) -> bool:
    """Whether a line lies in the columns: in both, or in one of them alone."""
    left, right = edges
    indent = 3 * line.size
    if len(line.cells) == 2:
        first, second = line.cells[0][0], line.cells[1][0]
        return -2 <= first - left <= indent and -2 <= second - right <= indent
    return len(line.cells) == 1 and (
        -2 <= line.left - right <= indent or (-2 <= line.left - left <= indent and line.right < right - line.size)
    )


def _below(above: Line, line: Line) -> bool:
    return -0.5 * line.size < above.bottom - line.bottom < _GAP * line.size


def _read(region: list[Line], edges: _Edges) -> list[Line]:
    """The region column by column, when it is running text in two columns."""
    pairs = [line for line in region if len(line.cells) == 2]
    if len(pairs) < _FEWEST_ROWS or len(pairs) < 0.6 * len(region):
        return region
    columns: tuple[list[Line], list[Line]] = ([], [])
    for line in region:
        for place, text in line.cells:
            if text:
                side = int(place >= edges[1] - 2)
                columns[side].append(_cut(line, place, text, edges, side))
    if not all(_is_running([line.text for line in column]) for column in columns):
        return region
    return [*columns[0], *columns[1]]


def _cut(line: Line, place: float, text: str, edges: _Edges, side: int) -> Line:
    """The part of a line in one column. Where the left one ends is told by the gap that every line leaves."""
    ends = (
        line.right if side or len(line.cells) == 1 else min(place + _width(text) * line.size / 2, edges[1] - line.size)
    )
    return replace(line, text=text, left=place, right=ends, cells=((place, text),))


def _is_running(texts: Sequence[str]) -> bool:
    """Whether these lines are full nearly everywhere and go on from one to the next."""
    widths = [_width(text) for text in texts]
    longest = max(widths)
    full = sum(width >= 0.7 * longest for width in widths)
    if longest < _LONGEST_AT_LEAST or full < 0.65 * len(texts):
        return False
    if any(sum(map(str.isalpha, text)) < 0.5 * len(text.replace(" ", "")) for text in texts if len(text) > 8):
        return False
    # Sentences that go on: no mark at the line's end, and what follows does not begin like a cell
    goes_on = sum(
        not _SENTENCE_END.search(one) and (other[:1].islower() or bool(_HAN.match(other)))
        for one, other in pairwise(texts)
    )
    return goes_on >= 0.45 * (len(texts) - 1)


def _width(text: str) -> int:
    return len(text) + len(_HAN.findall(text))
