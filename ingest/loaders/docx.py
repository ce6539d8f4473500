"""Word documents: headings, paragraphs, lists, tables, text boxes and footnotes, without what is hidden or deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.loaders.containers import checked_container
from ingest.loaders.headings import heading_level
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING_STYLE = re.compile(r"(?:heading|标题|berschrift|titre)\s*([1-9])$", re.IGNORECASE)
_TITLE_STYLES = frozenset({"title", "标题"})
_LIST_STYLE = re.compile(r"list|列表|项目符号", re.IGNORECASE)
_DROPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText", _MC_FALLBACK})
_DEEPEST_HEADING = 6
_INVISIBLE_HALF_POINTS = 2
_CORE = {"author": "author", "created": "created", "modified": "modified", "subject": "subject", "keywords": "keywords"}


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The body of the document; page headers and footers, comments and deleted text are left out."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    try:
        document = docx.Document(checked_container(data))
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, XMLSyntaxError) as error:
        raise Unreadable("a damaged Word document") from error
    styles = {style.style_id: style.name or "" for style in document.styles if hasattr(style, "style_id")}
    blocks = list(_blocks(document.element.body, styles))
    core = document.core_properties
    metadata = {key: str(getattr(core, field)) for key, field in _CORE.items() if getattr(core, field, None)}
    notes = _footnotes(document)
    if notes:
        blocks.append(Block("list", "\n".join(f"- {note}" for note in notes)))
    return LoadedDocument("docx", tuple(_with_items_joined(blocks)), core.title or "", metadata)


def _blocks(body: Any, styles: dict[str, str]) -> Iterator[Block]:
    for element in body:
        if element.tag == f"{_W}p":
            yield from _paragraph(element, styles)
        elif element.tag == f"{_W}tbl":
            yield from _table(element, styles)
        elif element.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"}:
            yield from _blocks(element, styles)


def _paragraph(element: Any, styles: dict[str, str]) -> Iterator[Block]:
    text = _text(element).strip()
    if text:
        yield _text_block(element, text, styles)
    for box in element.iter(f"{_W}txbxContent"):
        if not any(parent.tag == _MC_FALLBACK for parent in box.iterancestors()):
            yield from _blocks(box, styles)


def _text_block(element: Any, text: str, styles: dict[str, str]) -> Block:
    properties = element.find(f"{_W}pPr")
    style = styles.get(_value(properties, "pStyle"), _value(properties, "pStyle"))
    level = _heading_level(properties, style)
    if level is not None:
        return Block("heading", text, level)
    if (properties is not None and properties.find(f"{_W}numPr") is not None) or _LIST_STYLE.search(style):
        depth = int(_value(None if properties is None else properties.find(f"{_W}numPr"), "ilvl") or 0)
        return Block("list", f"{'  ' * min(depth, 8)}- {text}")
    if _is_bold(element) and (level := heading_level(text)) is not None:
        return Block("heading", text, level)
    return Block("text", text)


def _heading_level(properties: Any, style: str) -> int | None:
    if match := _HEADING_STYLE.search(style):
        return min(int(match[1]), _DEEPEST_HEADING)
    if style.lower() in _TITLE_STYLES:
        return 1
    outline = _value(properties, "outlineLvl")
    return int(outline) + 1 if outline.isdecimal() and int(outline) < _DEEPEST_HEADING else None


def _value(parent: Any, name: str) -> str:
    child = None if parent is None else parent.find(f"{_W}{name}")
    return "" if child is None else str(child.get(f"{_W}val") or "")


def _is_bold(element: Any) -> bool:
    runs = [run for run in element.iter(f"{_W}r") if run.find(f"{_W}t") is not None]
    return bool(runs) and all(run.find(f"{_W}rPr/{_W}b") is not None for run in runs)


def _text(element: Any) -> str:
    """The visible text of a paragraph or cell: inserted text counts, deleted and hidden text does not."""
    pieces: list[str] = []
    waiting = [element]
    while waiting:
        current = waiting.pop()
        if current.tag in _DROPPED or (current.tag == f"{_W}r" and _is_hidden(current)):
            continue
        if current.tag == f"{_W}txbxContent":
            continue
        if current.tag == f"{_W}t":
            pieces.append(current.text or "")
        elif current.tag == f"{_W}tab":
            pieces.append("\t" if current.getparent().tag == f"{_W}r" else "")
        elif current.tag in {f"{_W}br", f"{_W}cr"}:
            pieces.append("\n")
        elif current.tag == f"{_W}noBreakHyphen":
            pieces.append("-")
        if current.tag == f"{_W}p" and pieces and current is not element:
            pieces.append("\n")
        waiting.extend(reversed(current))
    return "".join(pieces)


def _is_hidden(run: Any) -> bool:
    """Hidden by its own property, or in letters of at most one point."""
    properties = run.find(f"{_W}rPr")
    if properties is None:
        return False
    vanish = properties.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val") not in {"0", "false"}:
        return True
    half_points = _value(properties, "sz")
    return half_points.isdecimal() and int(half_points) <= _INVISIBLE_HALF_POINTS


def _table(table: Any, styles: dict[str, str]) -> Iterator[Block]:
    """A table of data as one block; a frame of a single cell as what is in it."""
    rows: list[list[str]] = []
    above: dict[int, str] = {}
    nested: list[Any] = []
    for row in table.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not table:
            continue
        cells: list[str] = []
        for cell in _cells(row):
            properties = cell.find(f"{_W}tcPr")
            merge = None if properties is None else properties.find(f"{_W}vMerge")
            text = _cell_text(cell)
            if merge is not None and merge.get(f"{_W}val") != "restart":
                text = above.get(len(cells), text)
            nested += cell.findall(f"{_W}tbl")
            for _ in range(_grid_span(properties)):
                above[len(cells)] = text
                cells.append(text)
        rows.append(cells)
    if len(rows) == 1 and len(rows[0]) == 1:
        only = next(table.iter(f"{_W}tc"))
        yield from _blocks(only, styles)
        return
    yield Block("table", markdown_table(rows))
    for inner in nested:
        yield from _table(inner, styles)


def _cells(row: Any) -> Iterator[Any]:
    for element in row:
        if element.tag == f"{_W}tc":
            yield element
        elif element.tag in {f"{_W}sdt", f"{_W}sdtContent"}:
            yield from _cells(element)


def _cell_text(cell: Any) -> str:
    paragraphs = [_text(element) for element in cell if element.tag != f"{_W}tbl"]
    return "\n".join(text for text in paragraphs if text.strip())


def _grid_span(properties: Any) -> int:
    span = _value(properties, "gridSpan")
    return min(int(span), 100) if span.isdecimal() and int(span) > 0 else 1


def _footnotes(document: Any) -> list[str]:
    from defusedxml.ElementTree import fromstring

    notes = []
    for part in document.part.package.iter_parts():
        if str(part.partname) in {"/word/footnotes.xml", "/word/endnotes.xml"}:
            for note in fromstring(part.blob):
                text = "".join(piece.text or "" for piece in note.iter(f"{_W}t")).strip()
                if text and note.get(f"{_W}type") is None:
                    notes.append(text)
    return notes


def _with_items_joined(blocks: list[Block]) -> list[Block]:
    """Neighbouring list items as one list."""
    joined: list[Block] = []
    for block in blocks:
        if block.kind == "list" and joined and joined[-1].kind == "list":
            joined[-1] = Block("list", f"{joined[-1].text}\n{block.text}")
        else:
            joined.append(block)
    return joined
