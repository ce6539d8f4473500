"""Word 97 to 2003: text, headings, lists, tables and notes, read after [MS-DOC].

The `WordDocument` stream holds a header (FIB) and the characters; the table stream says where the pieces of text lie
(piece table), and pages of formatting say which paragraphs are headings or cells and which characters are hidden.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.loaders.headings import heading_level
from ingest.loaders.ole import summary_of
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_MAGIC = 0xA5EC
_WORD_97 = 0x00C1
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_FIB_FLAGS, _FIB_COUNTS = 0x0A, 0x4C
_FC_CHPX, _FC_PAPX, _FC_CLX = 0xFA, 0x102, 0x1A2
_PAGE = 512
_MOST_CHARACTERS = 50_000_000
_DEEPEST_HEADING = 6
_HEADING_STYLES = range(1, 10)
_SPRM_HIDDEN, _SPRM_DELETED = 0x083C, 0x0800
_SPRM_IN_TABLE, _SPRM_ROW_END, _SPRM_OUTLINE, _SPRM_LIST = 0x2416, 0x2417, 0x2640, 0x460B
_SPRM_DEFINE_TABLE = 0xD608
_OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_CELL, _PARAGRAPH, _PAGE_BREAK = "\x07", "\r", "\x0c"
_FIELD_BEGIN, _FIELD_RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_PLAIN = {
    "\x0b": "\n",
    "\x1e": "-",
    "\x1f": "",
    "\xa0": " ",
    "\x01": "",
    "\x02": "",
    "\x05": "",
    "\x08": "",
    "\x0e": "\n",
}
_VARIABLE = 6
"""The kind of modifiers whose operand says its own length."""
_STYLE_BYTES = 2
_LONGEST_BOLD = 60


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The main text, text boxes, foot- and endnotes; headers, comments, hidden and deleted text are left out."""
    try:
        word, table, title, metadata = _streams(data)
        blocks = list(_blocks(word, table))
    except (struct.error, IndexError, OSError, ValueError, OverflowError) as error:
        raise Unreadable("a damaged Word document") from error
    return LoadedDocument("doc", tuple(blocks), title, metadata)


def _streams(data: bytes) -> tuple[bytes, bytes, str, dict[str, str]]:
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as file:
        word = file.openstream("WordDocument").read()
        magic, version = struct.unpack_from("<HH", word)
        (flags,) = struct.unpack_from("<H", word, _FIB_FLAGS)
        if magic != _MAGIC:
            raise Unreadable("a damaged Word document")
        if flags & _ENCRYPTED:
            raise Unreadable("encrypted, it needs a password")
        if version < _WORD_97:
            raise Unreadable("a Word document from before 1997; save it as .docx")
        table = file.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
        title, metadata = summary_of(file)
    return word, table, title, metadata


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of characters: positions `start` to `end` lie at byte `offset`, two bytes each or (`narrow`) one."""

    start: int
    end: int
    offset: int
    narrow: bool


@dataclass(frozen=True, slots=True)
class _Look:
    """What the formatting says about a paragraph."""

    heading: int = 0
    listed: bool = False
    in_table: bool = False
    ends_row: bool = False


def _pieces(word: bytes, table: bytes) -> list[_Piece]:
    start, size = struct.unpack_from("<II", word, _FC_CLX)
    clx = table[start : start + size]
    place = 0
    while clx[place] == 1:  # property modifiers stand before the piece table
        place += 3 + struct.unpack_from("<H", clx, place + 1)[0]
    (length,) = struct.unpack_from("<I", clx, place + 1)
    plc = clx[place + 5 : place + 5 + length]
    count = (len(plc) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}I", plc)
    pieces = []
    for number in range(count):
        (coded,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        narrow = bool(coded & 0x40000000)
        offset = (coded & 0x3FFFFFFF) // 2 if narrow else coded & 0x3FFFFFFF
        pieces.append(_Piece(positions[number], positions[number + 1], offset, narrow))
    return pieces


def _blocks(word: bytes, table: bytes) -> Iterator[Block]:
    counts = struct.unpack_from("<8i", word, _FIB_COUNTS)
    main, notes, headers, macros, comments, endnotes, boxes, _ = (max(0, count) for count in counts)
    if main > _MOST_CHARACTERS:
        raise Unreadable("a damaged Word document")
    looks = _Formatting.of(word, table, _FC_PAPX)
    letters = _Formatting.of(word, table, _FC_CHPX)
    text = _Text(word, _pieces(word, table), looks, letters)
    writer = _Writer()
    for paragraph in text.paragraphs(0, main):
        writer.paragraph(*paragraph)
    begin_boxes = main + notes + headers + macros + comments + endnotes
    for paragraph in text.paragraphs(begin_boxes, begin_boxes + boxes):
        writer.paragraph(*paragraph)
    writer.end_table()
    yield from writer.blocks
    begin_endnotes = main + notes + headers + macros + comments
    ranges = ((main, main + notes), (begin_endnotes, begin_endnotes + endnotes))
    found = [one.strip() for start, end in ranges for one, _, _ in text.paragraphs(start, end) if one.strip()]
    if found:
        yield Block("list", "\n".join(f"- {note}" for note in found))


@dataclass(frozen=True, slots=True)
class _Formatting:
    """Runs of formatting by byte offset: run `n` begins at `starts[n]` and has the properties `runs[n]`."""

    starts: list[int]
    runs: list[bytes]

    @classmethod
    def of(cls, word: bytes, table: bytes, place: int) -> _Formatting:
        """The runs of paragraphs (their properties begin with the style's number) or of characters."""
        start, size = struct.unpack_from("<II", word, place)
        plc = table[start : start + size]
        count = max(0, (len(plc) - 4) // 8)
        pages = struct.unpack_from(f"<{count}I", plc, 4 * (count + 1)) if count else ()
        of_paragraphs = place == _FC_PAPX
        starts: list[int] = []
        runs: list[bytes] = []
        for number in pages:
            page = word[(number & 0x3FFFFF) * _PAGE :][:_PAGE]
            if len(page) < _PAGE:
                continue
            entries = page[_PAGE - 1]
            width = 13 if of_paragraphs else 1
            for entry in range(entries):
                starts.append(struct.unpack_from("<I", page, 4 * entry)[0])
                offset = 2 * page[4 * (entries + 1) + width * entry]
                runs.append(_properties(page, offset, of_paragraphs=of_paragraphs) if offset else b"")
            if entries:  # what lies behind the page's last run is not said here
                starts.append(struct.unpack_from("<I", page, 4 * entries)[0])
                runs.append(b"")
        order = sorted(range(len(starts)), key=lambda number: (starts[number], bool(runs[number])))
        return cls([starts[number] for number in order], [runs[number] for number in order])

    def at(self, offset: int) -> bytes:
        """The properties of the run that holds the byte at `offset`; empty if there are none."""
        place = bisect_right(self.starts, offset) - 1
        return self.runs[place] if place >= 0 else b""


def _properties(page: bytes, offset: int, *, of_paragraphs: bool) -> bytes:
    """The bytes of a run's properties: their length stands before them, in words for paragraphs, which may be 0."""
    size = page[offset]
    if not of_paragraphs:
        return page[offset + 1 : offset + 1 + size]
    if size:
        return page[offset + 1 : offset + 2 * size]
    return page[offset + 2 : offset + 2 + 2 * page[offset + 1]]


def _modifiers(properties: bytes) -> Iterator[tuple[int, int]]:
    """Pairs of a modifier's code and the first byte of its operand (the outline level, a switch, a style)."""
    place = 0
    while place + 3 <= len(properties):
        (code,) = struct.unpack_from("<H", properties, place)
        place += 2
        yield code, properties[place]
        kind = code >> 13
        if kind != _VARIABLE:
            place += _OPERAND_BYTES[kind]
        elif code == _SPRM_DEFINE_TABLE:
            if place + 2 > len(properties):
                return
            place += 1 + struct.unpack_from("<H", properties, place)[0]
        else:
            place += 1 + properties[place]


def _look(properties: bytes) -> _Look:
    if len(properties) < _STYLE_BYTES:
        return _Look()
    style = struct.unpack_from("<H", properties)[0]
    heading = min(style, _DEEPEST_HEADING) if style in _HEADING_STYLES else 0
    listed = in_table = ends_row = False
    for code, operand in _modifiers(properties[2:]):
        if code == _SPRM_OUTLINE:
            heading = operand + 1 if operand < _DEEPEST_HEADING else 0
        elif code == _SPRM_LIST:
            listed = operand != 0
        elif code == _SPRM_IN_TABLE:
            in_table = operand != 0
        elif code == _SPRM_ROW_END:
            ends_row = operand != 0
    return _Look(heading, listed, in_table, ends_row)


def _is_hidden(properties: bytes) -> bool:
    return any(
        code in {_SPRM_HIDDEN, _SPRM_DELETED} and operand in {1, 0x81} for code, operand in _modifiers(properties)
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """The characters of the file with their formatting."""

    word: bytes
    pieces: list[_Piece]
    looks: _Formatting
    letters: _Formatting

    def paragraphs(self, start: int, end: int) -> Iterator[tuple[str, _Look, str]]:
        """Text, look and end mark of each paragraph between two character positions; codes of fields are left out."""
        text: list[str] = []
        fields: list[bool] = []
        for content, offset, width in self._runs(start, end):
            for place, character in enumerate(content):
                if character == _FIELD_BEGIN:
                    fields.append(False)
                elif character == _FIELD_RESULT:
                    fields[-1:] = [True]
                elif character == _FIELD_END:
                    fields[-1:] = []
                elif character in {_PARAGRAPH, _CELL, _PAGE_BREAK}:
                    yield "".join(text), _look(self.looks.at(offset + place * width)), character
                    text = []
                elif all(fields):
                    text.append(_PLAIN.get(character, character))
        if text:
            yield "".join(text), _Look(), _PARAGRAPH

    def _runs(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Visible text, with the byte offset of its first character and the bytes of each."""
        for piece in self.pieces:
            first, last = max(start, piece.start), min(end, piece.end)
            if first >= last:
                continue
            width = 1 if piece.narrow else 2
            begin = piece.offset + (first - piece.start) * width
            stop = begin + (last - first) * width
            yield from self._visible(begin, min(stop, len(self.word)), width)

    def _visible(self, begin: int, stop: int, width: int) -> Iterator[tuple[str, int, int]]:
        starts = self.letters.starts
        place = begin
        while place < stop:
            following = bisect_right(starts, place)
            border = min(starts[following], stop) if following < len(starts) else stop
            border = max(border - (border - begin) % width, place + width)
            raw = self.word[place:border]
            text = raw.decode("cp1252" if width == 1 else "utf-16-le", "replace")
            if _is_hidden(self.letters.at(place)):
                text = "".join(mark for mark in text if mark in {_CELL, _FIELD_BEGIN, _FIELD_RESULT, _FIELD_END})
                if text:
                    yield text, place, 0
            else:
                yield text, place, width
            place = border


@dataclass(slots=True)
class _Writer:
    """Collects paragraphs into blocks, rows of cells into tables, items into lists."""

    blocks: list[Block] = field(default_factory=list)
    _cell: list[str] = field(default_factory=list)
    _cells: list[str] = field(default_factory=list)
    _rows: list[list[str]] = field(default_factory=list)

    def paragraph(self, text: str, look: _Look, end: str) -> None:
        """The next paragraph, cell or end of a row."""
        if end == _CELL or look.in_table:
            self._in_table(text, look, end)
            return
        self.end_table()
        text = text.strip()
        if not text:
            return
        level = look.heading or (heading_level(text) or 0 if len(text) <= _LONGEST_BOLD and not look.listed else 0)
        if level:
            self.blocks.append(Block("heading", text, level))
        elif look.listed and self.blocks and self.blocks[-1].kind == "list":
            self.blocks[-1] = Block("list", f"{self.blocks[-1].text}\n- {text}")
        else:
            self.blocks.append(Block("list", f"- {text}") if look.listed else Block("text", text))

    def _in_table(self, text: str, look: _Look, end: str) -> None:
        if look.ends_row:
            self._rows.append(self._cells)
            self._cells, self._cell = [], []
            return
        self._cell.append(text)
        if end == _CELL:
            self._cells.append("\n".join(self._cell).strip())
            self._cell = []

    def end_table(self) -> None:
        """The table ends, if there is one."""
        if any(self._cells):
            self._rows.append(self._cells)
        if self._rows:
            table = markdown_table(self._rows)
            if table:
                self.blocks.append(Block("table", table))
        self._rows, self._cells = [], []
