"""CSV and TSV: one table, in whatever encoding and with whatever separator it was written."""

from __future__ import annotations

import csv
import io
from statistics import mode

from ingest.loaders.encoding import decode
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_SEPARATORS = ",;\t|"
_LONGEST_CELL = 1_000_000
_SAMPLE_LINES = 50


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The file's rows as one table whose header is the first row. Formulas are text like any other."""
    text, encoding = decode(data)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator(text)))
    except csv.Error as error:
        raise Unreadable("a damaged table: a cell does not end, or is longer than 1 MB") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    blocks = [Block("table", markdown_table(rows))]
    if rows and max(map(len, rows)) == 1:
        blocks = [Block("text", "\n".join(row[0].strip() for row in rows))]
    return LoadedDocument("csv", tuple(blocks), metadata={"encoding": encoding})


def separator(text: str) -> str:
    """The separator that gives most sample lines the same number of cells, more than one."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])

    def fitness(candidate: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate) if row]
        except csv.Error:
            return (0.0, 0)
        usual = mode(widths) if widths else 1
        return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 0)

    return max(_SEPARATORS, key=fitness)
