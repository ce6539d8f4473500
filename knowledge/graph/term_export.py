"""Concepts as a table, one row each, in columns that an import understands by itself; and a template to start from."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from typing import IO

from pyoxigraph import Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.mapping import OWN_SEPARATOR
from knowledge.graph.store import TermGraph
from knowledge.language import detect_language

TABLE_FORMATS = ("csv", "tsv", "xlsx")
_KINDS = {
    "preferred": "preferred label", "alternative": "alternative labels", "hidden": "hidden labels",
    "deprecated": "deprecated labels", "forbidden": "forbidden labels",
}  # fmt: skip
_TEXTS = {words.DEFINITION: "definition", words.SKOS + "note": "note", words.SKOS + "example": "example"}
_LINKS = {
    words.BROADER: "broader", words.NARROWER: "narrower", words.RELATED: "related", words.REPLACED_BY: "replaced by",
    words.ACCESS: "access",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@")
_XLSX_ILLEGAL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
_TEMPLATE_COLUMNS = (
    "id", "preferred label (zh)", "preferred label (en)", "alternative labels (zh)", "alternative labels (en)",
    "deprecated labels (zh)", "deprecated labels (en)", "forbidden labels (zh)", "forbidden labels (en)",
    "definition (zh)", "definition (en)", "broader", "related", "status", "replaced by", "access",
)  # fmt: skip
_TEMPLATE_ROWS = (
    {
        "id": "travel-platform", "preferred label (zh)": "差旅平台", "preferred label (en)": "Travel Platform",
        "alternative labels (zh)": "差旅系统|出差平台", "alternative labels (en)": "TP",
        "deprecated labels (zh)": "差旅通", "definition (zh)": "预订和报销出差的系统。",
        "definition (en)": "The system for booking and settling business trips.", "broader": "company-systems",
        "status": "active",
    },
    {
        "id": "company-systems", "preferred label (zh)": "公司系统", "preferred label (en)": "Company Systems",
        "definition (zh)": "公司内部使用的各类系统。", "definition (en)": "Systems used within the company.",
        "status": "active",
    },
)  # fmt: skip


def write_table(quads: Iterable[Quad], stream: IO[bytes], format: str) -> None:  # noqa: A002
    """All concepts, sorted by id. Statements that have no column (about other things, unknown ones) are not written."""
    graph = TermGraph(quads)
    rows = [_row(graph, concept) for concept in graph.concepts()]
    found = {column for row in rows for column in row}
    _write(sorted(found | {"id"}, key=_place), rows, stream, format)


def template(format: str) -> bytes:  # noqa: A002
    """A table with the usual columns and two example rows; "csv", "tsv" or "xlsx"."""
    stream = io.BytesIO()
    _write(
        list(_TEMPLATE_COLUMNS),
        [{key: [*text.split("|")] for key, text in row.items()} for row in _TEMPLATE_ROWS],
        stream,
        format,
    )
    return stream.getvalue()


def _row(graph: TermGraph, concept: str) -> dict[str, list[str]]:
    row: dict[str, list[str]] = defaultdict(list)
    row["id"] = [concept]
    for quad in sorted(graph.statements(NamedNode(concept), None, None), key=str):
        predicate, value = quad.predicate.value, quad.object
        if not isinstance(value, NamedNode | Literal):
            continue
        kind = words.LABEL_KINDS.get(predicate)
        if isinstance(value, Literal) and (kind is not None or predicate in _TEXTS):
            name = _KINDS[kind] if kind else _TEXTS[predicate]
            row[f"{name} ({value.language or detect_language(value.value)})"].append(value.value)
        elif predicate in _LINKS:
            row[_LINKS[predicate]].append(value.value)
        elif predicate == words.TYPE and value != NamedNode(words.CONCEPT):
            row["type"].append(value.value)
        elif graph.relation(predicate) is not None:
            row[f"relation: {predicate}"].append(value.value)
    row["status"] = ["deprecated" if graph.deprecated(concept) else "active"]
    return row


def _place(column: str) -> tuple[int, str]:
    order = ("id", "type", "status", *_KINDS.values(), *_TEXTS.values(), *_LINKS.values())
    name = column.partition(" (")[0]
    return (order.index(name) if name in order else len(order)), column


def _write(columns: list[str], rows: list[dict[str, list[str]]], stream: IO[bytes], format: str) -> None:  # noqa: A002
    cells = ([_cell(column, row.get(column, [])) for column in columns] for row in rows)
    if format == "xlsx":
        _write_workbook(columns, cells, stream)
    elif format in TABLE_FORMATS:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter="\t" if format == "tsv" else ",")
        writer.writerow(columns)
        writer.writerows([[_harmless(cell) for cell in row] for row in cells])
        # The mark at the beginning makes spreadsheets take it for UTF-8
        stream.write(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))
    else:
        raise InvalidInput(f"table format {format!r} is not known; known: {', '.join(TABLE_FORMATS)}")


def _cell(column: str, values: list[str]) -> str:
    name = column.partition(" (")[0]
    if name in _TEXTS.values():
        return "\n".join(values)
    return OWN_SEPARATOR.join(
        value.replace("\\", "\\\\").replace(OWN_SEPARATOR, f"\\{OWN_SEPARATOR}") for value in values
    )


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: labels are data."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _write_workbook(columns: list[str], rows: Iterable[list[str]], stream: IO[bytes]) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("terms")
    sheet.append(columns)
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, text.translate(_XLSX_ILLEGAL))
            cell.data_type = "s"  # text, whatever it looks like
            cells.append(cell)
        sheet.append(cells)
    book.save(stream)
