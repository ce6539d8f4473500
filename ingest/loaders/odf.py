"""OpenDocument: texts, workbooks and presentations, read from their XML after the OASIS specification."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ingest.loaders.containers import checked_container
from ingest.loaders.safe_xml import local_name, parse_xml
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_NS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TEXT, _TABLE = _NS % "office", _NS % "text", _NS % "table"
_DRAW, _STYLE, _PRESENTATION = _NS % "drawing", _NS % "style", _NS % "presentation"
_META = {
    "initial-creator": "author",
    "creator": "author",
    "creation-date": "created",
    "date": "modified",
    "subject": "subject",
    "keyword": "keywords",
}
_DROPPED = frozenset({"tracked-changes", "annotation", "sequence-decls", "forms", "note-citation", "desc", "image"})
_DEEPEST_HEADING = 6
_MOST_REPEATED = 200
_MOST_CELLS = 1_000_000


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """Headings, paragraphs, lists, tables, notes; sheets and slides as sections. What is hidden is left out."""
    try:
        with zipfile.ZipFile(checked_container(data)) as archive:
            manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive.namelist() else b""
            if b"encryption-data" in manifest:
                raise Unreadable("encrypted, it needs a password")
            content = parse_xml(archive.read("content.xml"))
            meta = parse_xml(archive.read("meta.xml")) if "meta.xml" in archive.namelist() else None
    except KeyError as error:
        raise Unreadable("a damaged OpenDocument file") from error
    return document_of(content, meta)


def document_of(content: Element, meta: Element | None) -> LoadedDocument:
    """The document in a parsed `content.xml` (or flat OpenDocument file) with the metadata in `meta`."""
    body = content.find(f"{_OFFICE}body")
    kinds = [] if body is None else list(body)
    if not kinds:
        raise Unreadable("a damaged OpenDocument file")
    writer = _Writer(_hiding_styles(content))
    kind = local_name(kinds[0])
    if kind == "spreadsheet":
        writer.workbook(kinds[0])
    elif kind == "presentation":
        writer.presentation(kinds[0])
    else:
        writer.walk(kinds[0])
    title, metadata = _metadata(meta)
    pages = writer.slides or None
    return LoadedDocument("odf", tuple(writer.finished()), title, metadata, pages=pages)


def _metadata(meta: Element | None) -> tuple[str, dict[str, str]]:
    found: dict[str, str] = {}
    title = ""
    for element in () if meta is None else meta.iter():
        name, text = local_name(element), (element.text or "").strip()
        if name == "title":
            title = title or text
        elif text and name in _META:
            found.setdefault(_META[name], text)
    return title, found


def _hiding_styles(content: Element) -> frozenset[str]:
    """Names of the automatic styles whose text, sheet or slide a reader does not see."""
    hiding = set()
    for style in content.iter(f"{_STYLE}style"):
        for properties in style:
            hidden_text = properties.get(f"{_TEXT}display") == "none"
            hidden_table = properties.get(f"{_TABLE}display") == "false"
            hidden_slide = properties.get(f"{_PRESENTATION}visibility") == "hidden"
            if hidden_text or hidden_table or hidden_slide:
                hiding.add(style.get(f"{_STYLE}name") or "")
    return frozenset(hiding)


@dataclass(slots=True)
class _Writer:
    """Collects blocks. `page` is the slide's number in a presentation."""

    hiding: frozenset[str]
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    slides: int = 0
    _page: int | None = None
    _cells: int = 0

    def walk(self, parent: Element) -> None:
        """The text under an element, block by block."""
        for element in parent:
            name = local_name(element)
            if name in _DROPPED or self._hidden(element):
                continue
            if name == "h":
                level = element.get(f"{_TEXT}outline-level") or "1"
                self._add(
                    "heading", self._inline(element), min(int(level) if level.isdecimal() else 1, _DEEPEST_HEADING)
                )
            elif name == "p":
                self._paragraph(element)
            elif name == "list":
                self._add("list", "\n".join(self._items(element, 0)))
            elif name == "table":
                self._add("table", markdown_table(self._rows(element)))
            else:
                self.walk(element)

    def _paragraph(self, element: Element) -> None:
        self._add("text", self._inline(element))
        for box in element.iter():
            if local_name(box) == "text-box":
                self.walk(box)

    def workbook(self, body: Element) -> None:
        """A section per sheet, blocks of rows between empty ones as tables."""
        from ingest.loaders.sheets import area_blocks, areas

        for sheet in body.iter(f"{_TABLE}table"):
            if self._hidden(sheet):
                continue
            found = [block for area in areas(self._rows(sheet)) for block in area_blocks(area)]
            if found:
                self.blocks += [Block("heading", sheet.get(f"{_TABLE}name") or "", 1), *found]

    def presentation(self, body: Element) -> None:
        """A section per slide under its title, then its texts, tables and notes."""
        for slide in body.iter(f"{_DRAW}page"):
            self.slides += 1
            if self._hidden(slide):
                continue
            self._page = self.slides
            for frame in sorted(slide, key=lambda one: one.get(f"{_PRESENTATION}class") != "title"):
                if frame.get(f"{_PRESENTATION}class") == "title":
                    text = " ".join(self._inline(part) for part in frame.iter(f"{_TEXT}p")).strip()
                    self._add("heading", text, 2)
                else:
                    self.walk(frame if local_name(frame) != "frame" else _wrapped(frame))
        self._page = None

    def finished(self) -> list[Block]:
        """The blocks with foot- and endnotes as a list at the end."""
        notes = [Block("list", "\n".join(f"- {note}" for note in self.notes))] if self.notes else []
        return [*self.blocks, *notes]

    def _add(self, kind: str, text: str, level: int = 0) -> None:
        if text.strip():
            self.blocks.append(Block(kind, text.strip(), level, self._page))  # type: ignore[arg-type] # one of the kinds

    def _hidden(self, element: Element) -> bool:
        for attribute in (f"{_TEXT}style-name", f"{_TABLE}style-name", f"{_DRAW}style-name"):
            if element.get(attribute) in self.hiding:
                return True
        return element.get(f"{_TEXT}display") == "none" or element.get(f"{_TABLE}visibility") in {"collapse", "filter"}

    def _inline(self, element: Element) -> str:
        return "".join(self._pieces(element)).strip()

    def _pieces(self, element: Element) -> Iterator[str]:
        yield element.text or ""
        for child in element:
            name = local_name(child)
            if name == "s":
                count = child.get(f"{_TEXT}c") or "1"
                yield " " * min(int(count) if count.isdecimal() else 1, 100)
            elif name == "tab":
                yield "\t"
            elif name == "line-break":
                yield "\n"
            elif name == "note":
                body = next((part for part in child if local_name(part) == "note-body"), None)
                if body is not None:
                    self.notes.append(" ".join(self._inline(part) for part in body.iter(f"{_TEXT}p")))
            elif name not in _DROPPED and name not in {"frame", "text-box"} and not self._hidden(child):
                yield from self._pieces(child)
            yield child.tail or ""

    def _items(self, listing: Element, depth: int) -> Iterator[str]:
        for item in listing:
            if local_name(item) not in {"list-item", "list-header"}:
                continue
            for part in item:
                if local_name(part) == "list":
                    yield from self._items(part, depth + 1)
                elif text := re.sub(r"\s+", " ", self._inline(part)):
                    yield f"{'  ' * min(depth, 8)}- {text}"

    def _rows(self, table: Element) -> list[list[str]]:
        rows: list[list[str]] = []
        for element in table:
            name = local_name(element)
            if name in {"table-rows", "table-header-rows", "table-row-group"}:
                rows += self._rows(element)
            elif name == "table-row" and not self._hidden(element):
                row = self._row(element)
                repeated = element.get(f"{_TABLE}number-rows-repeated") or "1"
                # An empty row "repeated" a million times fills the sheet to its end
                times = min(int(repeated) if repeated.isdecimal() else 1, _MOST_REPEATED) if any(row) else 1
                rows += [row] * times
        return rows

    def _row(self, row: Element) -> list[str]:
        cells: list[str] = []
        for cell in row:
            if local_name(cell) not in {"table-cell", "covered-table-cell"}:
                continue
            paragraphs = [self._inline(part) for part in cell if local_name(part) == "p"]
            paragraphs += ["\n".join(self._items(part, 0)) for part in cell if local_name(part) == "list"]
            repeated = cell.get(f"{_TABLE}number-columns-repeated") or "1"
            times = min(int(repeated) if repeated.isdecimal() else 1, _MOST_REPEATED)
            cells += ["\n".join(paragraphs)] * times
        while cells and not cells[-1]:
            cells.pop()
        self._cells += len(cells)
        if self._cells > _MOST_CELLS:
            raise Unreadable(f"more than {_MOST_CELLS:,} cells")
        return cells


def _wrapped(frame: Element) -> Element:
    wrapper = Element("frame")
    wrapper.append(frame)
    return wrapper
