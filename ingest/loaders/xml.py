"""XML of any kind: titles as headings, records as tables, running text as paragraphs, other values as `name: text`."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree.ElementTree import Element

from ingest.cleaning import join_lines
from ingest.loaders.safe_xml import local_name, parse_xml
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_TITLES = frozenset({"title", "heading", "head", "caption", "h1", "h2", "h3"})
_SECTIONS = frozenset({"section", "chapter", "part", "article", "book", "topic", "appendix", "item", "entry"})
_DROPPED = frozenset({"script", "style"})
_MOST_DEPTH = 200
_LONGEST_CELL = 300
_LONGEST_VALUE = 80


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The text content; a flat OpenDocument file is read as such. Raises Unreadable for entities and damage."""
    from ingest.loaders import odf

    root = parse_xml(data)
    if local_name(root) == "document" and "opendocument" in root.tag:
        return odf.document_of(root, root)
    writer = _Writer()
    writer.walk(root, 1, 0)
    title = next((" ".join("".join(child.itertext()).split()) for child in root if local_name(child) == "title"), "")
    return LoadedDocument("xml", tuple(writer.blocks), title)


class _Writer:
    """Collects blocks; neighbouring single values become one block of lines."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def walk(self, element: Element, level: int, depth: int) -> None:
        """The blocks of an element and of what is in it."""
        if depth > _MOST_DEPTH:
            raise Unreadable(f"elements nested more than {_MOST_DEPTH} deep")
        name = local_name(element)
        if not name or name in _DROPPED:
            return
        children = [child for child in element if local_name(child)]
        if not children:
            self._leaf(element, name, level)
        elif _is_mixed(element):
            self._add("text", _running_text(element))
        elif (records := _records(children)) is not None:
            rest = [child for child in children if child not in records]
            for child in rest:
                self.walk(child, level, depth + 1)
            self._add("table", _table(records))
        else:
            self._attributes(element)
            inner = level + 1 if name.lower() in _SECTIONS else level
            for child in children:
                self.walk(child, inner, depth + 1)

    def _leaf(self, element: Element, name: str, level: int) -> None:
        text = _running_text(element)
        if name.lower() in _TITLES and text:
            self._add("heading", text, min(max(level - 1, 1), 6))
        elif len(text) > _LONGEST_VALUE or name.lower() in {"p", "para", "text", "tspan"}:
            self._add("text", text)
        elif text:
            self._line(f"{name}: {text}")
        self._attributes(element)

    def _attributes(self, element: Element) -> None:
        """Attributes that hold words, not only numbers and references."""
        for key, value in element.attrib.items():
            short = key.rpartition("}")[2]
            if (
                value.strip()
                and re.search(r"\s|[\u3400-\u9fff]", value.strip())
                and not key.startswith("{http://www.w3.org")
            ):
                self._line(f"{short}: {' '.join(value.split())}")

    def _line(self, text: str) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last is not None and last.kind == "list":
            self.blocks[-1] = Block("list", f"{last.text}\n- {text}")
        else:
            self._add("list", f"- {text}")

    def _add(self, kind: str, text: str, level: int = 0) -> None:
        if text.strip():
            self.blocks.append(Block(kind, text, level))  # type: ignore[arg-type] # one of the kinds


def _is_mixed(element: Element) -> bool:
    """Whether text stands between its children, as in a paragraph with emphasis."""
    own = [element.text, *(child.tail for child in element)]
    return any(piece and piece.strip() for piece in own)


def _running_text(element: Element) -> str:
    lines = [" ".join(line.split()) for line in "".join(element.itertext()).split("\n")]
    return join_lines([line for line in lines if line])


def _records(children: list[Element]) -> list[Element] | None:
    """The children that are rows of one table: at least two of one name, flat, whose fields mostly agree."""
    name, count = Counter(local_name(child) for child in children).most_common(1)[0]
    if count <= 1:
        return None
    rows = [child for child in children if local_name(child) == name]
    if not all(_is_flat(row) for row in rows):
        return None
    fields = {key for row in rows for key in _fields(row)}
    filled = sum(len(_fields(row)) for row in rows)
    return rows if len(fields) > 1 and filled >= 0.6 * len(fields) * count else None


def _is_flat(row: Element) -> bool:
    cells = list(row)
    names = [local_name(cell) for cell in cells]
    return (
        len(cells) + len(row.attrib) > 1
        and len(set(names)) == len(names)
        and not any(len(cell) or len(cell.text or "") > _LONGEST_CELL for cell in cells)
    )


def _fields(row: Element) -> dict[str, str]:
    attributes = {key.rpartition("}")[2]: value for key, value in row.attrib.items()}
    return attributes | {local_name(cell): _running_text(cell) for cell in row}


def _table(rows: list[Element]) -> str:
    records = [_fields(row) for row in rows]
    keys = list(dict.fromkeys(key for record in records for key in record))
    return markdown_table([keys, *([record.get(key, "") for key in keys] for record in records)])
