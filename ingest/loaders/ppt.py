"""PowerPoint 97 to 2003: slides with titles, texts, tables, WordArt and speaker notes, read after [MS-PPT].

The `Current User` stream says where the last saving is recorded, that where the document and each slide lie now. The
document lists the slides in order, with the texts of their outline; a slide's shapes hold their text or point to it.
"""

from __future__ import annotations

import io
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.loaders.ole import summary_of
from ingest.loaders.ppt_records import (
    NO_EDIT,
    Encrypted,
    Record,
    child,
    children,
    last_edit,
    paragraph_levels,
    persisted,
    record_at,
    shape_properties,
)
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_STREAM, _CURRENT_USER, _DUAL = "PowerPoint Document", "Current User", "PP97_DUALSTORAGE"
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_DOCUMENT, _SLIDE, _NOTES = 0x03E8, 0x03EE, 0x03F0
_SLIDE_LIST, _SLIDE_PERSIST, _SLIDE_ATOM, _SLIDE_SHOW = 0x0FF0, 0x03F3, 0x03EF, 0x03F9
_LIST_OF_SLIDES, _LIST_OF_NOTES = 0, 2
_HIDDEN_SLIDE = 0x04
_DRAWING, _DRAWING_PART, _GROUP, _SHAPE = 0x040C, 0xF002, 0xF003, 0xF004
_SHAPE_ATOM, _TEXT_BOX, _CLIENT_DATA, _CHILD_ANCHOR, _ANCHOR = 0xF00A, 0xF00D, 0xF011, 0xF00F, 0xF010
_PLACEHOLDER, _LATER_PLACEHOLDER = 0x0BC3, 0x0420
_RUNNING_HEADS = frozenset({7, 8, 9, 10})
"""Placeholders for date, slide number, footer and header."""
_TEXT_HEADER, _CHARACTERS, _BYTES, _OUTLINE_REFERENCE = 0x0F9F, 0x0FA0, 0x0FA8, 0x0F9E
_STYLE = 0x0FA1
_FIELDS = frozenset({0x0FD8, 0x0FF7, 0x0FF8, 0x0FF9, 0x0FFA, 0x1015})
"""Slide number, dates, header and footer, each shown in place of one `*` of the text."""
_TITLES, _NOTE, _OTHER, _TABLE = frozenset({0, 6}), 2, 4, -1
_WORD_ART, _TABLE_FLAGS, _GROUP_FLAGS = 0x00C0, 0x039F, 0x03BF
_IS_TABLE = 0x03
"""A table, or a table in a placeholder."""
_IS_HIDDEN = 0x0002_0002
"""The flag and the one that says that it counts."""
_SMALL_ANCHOR = 8
_LINE = 20
_DEEPEST_GROUP = 20
_DEEPEST_LEVEL = 4
_ROW = 288
"""Half an inch in the slide's units; shapes about as high as each other count as one row."""
_MOST_CELLS = 20_000
_MOST_GROWTH = 8
"""Characters that come from a byte of an honest file at most: a small file cannot name a large text many times over."""
_SECTION = 2


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The slides in order, their numbers as pages; hidden slides, headers, footers and comments are left out."""
    try:
        stream, current, title, metadata = _streams(data)
        edit_at = _edit_at(current) or last_edit(stream)
        presentation = _Presentation.of(stream, *persisted(stream, edit_at))
        slides = presentation.slides[: limits.max_pages]
        blocks: list[Block] = []
        room = _MOST_GROWTH * len(stream)
        for number, slide in enumerate(slides, start=1):
            found = list(presentation.blocks(slide, number))
            blocks += found
            room -= sum(len(block.text) for block in found)
            if room < 0:
                raise Unreadable("a damaged presentation: the same text over and over")
    except Encrypted as error:
        raise Unreadable("encrypted, it needs a password") from error
    except (struct.error, IndexError, OSError, ValueError, OverflowError) as error:
        raise Unreadable("a damaged presentation") from error
    if len(slides) < len(presentation.slides):
        metadata["pages left out"] = str(len(presentation.slides) - len(slides))
    return LoadedDocument("ppt", tuple(blocks), title, metadata, pages=len(slides))


def _streams(data: bytes) -> tuple[bytes, bytes, str, dict[str, str]]:
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as file:
        # A file for PowerPoint 95 and 97 alike has the form that is read here in a storage of its own
        folder = [_DUAL] if file.exists([_DUAL, _STREAM]) else []
        stream = file.openstream([*folder, _STREAM]).read()
        user = [*folder, _CURRENT_USER]
        current = file.openstream(user).read() if file.exists(user) else b""
        return stream, current, *summary_of(file)


def _edit_at(current: bytes) -> int:
    """Where the newest user edit is; NO_EDIT if the stream that says so is missing or cut off."""
    if len(current) < struct.calcsize("<8xIII"):
        return NO_EDIT
    _, token, place = struct.unpack_from("<8xIII", current)
    if token == _ENCRYPTED_TOKEN:
        raise Encrypted
    return int(place)


@dataclass(slots=True)
class _Text:
    """A text: what it is for (title, body, note; `_TABLE` for Markdown), its characters, the places of its fields, and
    from which place on paragraphs have which level of indent.
    """

    kind: int
    characters: str = ""
    fields: list[int] = field(default_factory=list)
    levels: list[tuple[int, int]] = field(default_factory=list)

    def items(self) -> list[tuple[int, str]]:
        """The paragraphs with their levels; blank ones are left out."""
        letters = list(self.characters)
        for place in self.fields:
            if place < len(letters) and letters[place] == "*":
                letters[place] = " "
        found: list[tuple[int, str]] = []
        begin, runs = 0, deque(self.levels)
        level = 0
        for line in "".join(letters).split("\r"):
            while runs and runs[0][0] <= begin:
                level = min(runs.popleft()[1], _DEEPEST_LEVEL)
            begin += len(line) + 1
            if shown := " ".join(line.split()):
                found.append((level, shown))
        return found

    def paragraphs(self) -> list[str]:
        return [line for _, line in self.items()]


@dataclass(frozen=True, slots=True)
class _Slide:
    """A slide (or page of notes) as the document lists it: the object's number, its identity, its outline."""

    object: int
    identity: int
    outline: list[_Text]


@dataclass(slots=True)
class _Presentation:
    """The stream, where its objects lie, the slides in order and the pages of notes by identity."""

    data: bytes
    places: dict[int, int]
    slides: list[_Slide]
    notes: dict[int, _Slide]

    @classmethod
    def of(cls, data: bytes, places: dict[int, int], document: int) -> _Presentation:
        """Raises ValueError when there is no document."""
        root = record_at(data, places.get(document, -1), len(data))
        if root.kind != _DOCUMENT:
            raise ValueError("no document where it should be")
        lists: dict[int, list[_Slide]] = {}
        for record in children(data, root):
            if record.kind == _SLIDE_LIST:
                lists.setdefault(record.instance, []).extend(_listed(data, record))
        notes = {page.identity: page for page in lists.get(_LIST_OF_NOTES, [])}
        return cls(data, places, lists.get(_LIST_OF_SLIDES, []), notes)

    def blocks(self, slide: _Slide, number: int) -> Iterator[Block]:
        """A section under the slide's title, else its number: the texts from top to bottom, then the notes."""
        record = self._object(slide, _SLIDE)
        if record is not None and self._is_hidden(record):
            return
        drawn = _Drawing(self.data, list(slide.outline))
        texts = drawn.texts(record) if record is not None else []
        shown = {tuple(text.paragraphs()) for text in texts}
        texts += [text for text in drawn.unused() if tuple(text.paragraphs()) not in shown]
        title = next((text for text in texts if text.kind in _TITLES and text.paragraphs()), None)
        body = [block for text in texts if text is not title for block in _blocks(text, number)]
        body += [block for text in self._notes_of(record) for block in _blocks(text, number)]
        if title is not None:
            yield Block("heading", " ".join(title.paragraphs()), _SECTION, number)
        elif body:
            yield Block("heading", str(number), _SECTION, number)
        yield from body

    def _object(self, slide: _Slide, kind: int) -> Record | None:
        place = self.places.get(slide.object)
        record = None if place is None else record_at(self.data, place, len(self.data))
        return record if record is not None and record.kind == kind else None

    def _is_hidden(self, record: Record) -> bool:
        show = child(self.data, record, _SLIDE_SHOW)
        return show is not None and bool(struct.unpack_from("<H", self.data, show.start + 10)[0] & _HIDDEN_SLIDE)

    def _notes_of(self, record: Record | None) -> list[_Text]:
        """The text of the slide's page of notes, without its date, header and numbers."""
        atom = None if record is None else child(self.data, record, _SLIDE_ATOM)
        identity = 0 if atom is None else struct.unpack_from("<I", self.data, atom.start + 16)[0]
        page = self.notes.pop(identity, None)
        notes = None if page is None else self._object(page, _NOTES)
        if page is None or notes is None:
            return []
        return [text for text in _Drawing(self.data, list(page.outline)).texts(notes) if text.kind == _NOTE]


def _listed(data: bytes, slides: Record) -> list[_Slide]:
    """The slides of a list, each with the texts that follow it."""
    found: list[tuple[Record, list[Record]]] = []
    for record in children(data, slides):
        if record.kind == _SLIDE_PERSIST:
            found.append((record, []))
        elif found:
            found[-1][1].append(record)
    pairs = ((struct.unpack_from("<I8xI", data, record.start), texts) for record, texts in found)
    return [_Slide(number, identity, _texts(data, texts)) for (number, identity), texts in pairs]


def _texts(data: bytes, records: Iterable[Record]) -> list[_Text]:
    """The texts in a row of records, also empty ones: outlines are counted."""
    found: list[_Text] = []
    for record in records:
        if record.kind == _TEXT_HEADER:
            found.append(_Text(struct.unpack_from("<I", data, record.start)[0]))
        elif record.kind in {_CHARACTERS, _BYTES}:
            found = found or [_Text(_OTHER)]
            coding = "utf-16-le" if record.kind == _CHARACTERS else "latin-1"
            found[-1].characters = data[record.start : record.end].decode(coding, "replace")
        elif record.kind == _STYLE and found:
            # Places count units of UTF-16; where a text has characters of two, the runs do not fit and are left out
            found[-1].levels = paragraph_levels(data, record, len(found[-1].characters))
        elif record.kind in _FIELDS and found:
            found[-1].fields.append(struct.unpack_from("<I", data, record.start)[0])
    return found


def _blocks(text: _Text, number: int) -> Iterator[Block]:
    paragraphs = text.paragraphs()
    if text.kind == _TABLE:
        yield Block("table", text.characters, page=number)
    elif len(paragraphs) == 1 or text.kind == _NOTE:
        yield from (Block("text", paragraph, page=number) for paragraph in paragraphs)
    elif paragraphs:
        yield Block("list", "\n".join(f"{'  ' * level}- {line}" for level, line in text.items()), page=number)


@dataclass(slots=True)
class _Drawing:
    """The shapes of one slide. Each text of `outline` is given once, to the first shape that points to it."""

    data: bytes
    outline: list[_Text]
    _given: set[int] = field(default_factory=set)

    def texts(self, slide: Record) -> list[_Text]:
        """What the shapes say, from top to bottom and left to right, shapes in a group together."""
        part = child(self.data, slide, _DRAWING, _DRAWING_PART)
        groups = [] if part is None else [one for one in children(self.data, part) if one.kind == _GROUP]
        return [text for group in groups for text in self._group(group, 0)]

    def unused(self) -> list[_Text]:
        """The texts of the outline that no shape points to."""
        return [text for place, text in enumerate(self.outline) if place not in self._given]

    def _group(self, group: Record, depth: int) -> list[_Text]:
        found: list[tuple[int, int, int, list[_Text]]] = []
        for place, one in enumerate(children(self.data, group)):
            own: Record | None = one
            texts: list[_Text] = []
            if one.kind == _SHAPE:
                texts = self._shape(one)
            elif one.kind == _GROUP and depth < _DEEPEST_GROUP:
                own = child(self.data, one, _SHAPE)
                texts = self._table(one, own) or self._group(one, depth + 1)
            if texts and own is not None:
                top, left = self._corner(own)
                found.append((top // _ROW, left, place, texts))
        return [text for *_, texts in sorted(found, key=lambda entry: entry[:3]) for text in texts]

    def _shape(self, shape: Record) -> list[_Text]:
        properties = shape_properties(self.data, shape)
        flags = properties.get(_GROUP_FLAGS, 0)
        if (isinstance(flags, int) and flags & _IS_HIDDEN == _IS_HIDDEN) or self._is_running_head(shape):
            return []
        art = properties.get(_WORD_ART)
        if isinstance(art, bytes):
            return [_Text(_OTHER, art.decode("utf-16-le", "replace").partition("\0")[0])]
        box = child(self.data, shape, _TEXT_BOX)
        if box is None:
            return []
        records = list(children(self.data, box))
        texts = [text for text in _texts(self.data, records) if text.characters]
        return texts or [text for one in records if one.kind == _OUTLINE_REFERENCE for text in self._outlined(one)]

    def _outlined(self, reference: Record) -> list[_Text]:
        (place,) = struct.unpack_from("<I", self.data, reference.start)
        if place in self._given or place >= len(self.outline):
            return []
        self._given.add(place)
        return [self.outline[place]]

    def _is_running_head(self, shape: Record) -> bool:
        kept = child(self.data, shape, _CLIENT_DATA)
        for record in children(self.data, kept) if kept is not None else ():
            if record.kind == _PLACEHOLDER and self.data[record.start + 4] in _RUNNING_HEADS:
                return True
            if record.kind == _LATER_PLACEHOLDER and self.data[record.start] in _RUNNING_HEADS:
                return True
        return False

    def _corner(self, shape: Record) -> tuple[int, int]:
        """Top and left; of a shape in a group in the group's own units, like those of its neighbours."""
        anchor = child(self.data, shape, _ANCHOR)
        if anchor is not None:
            wide = anchor.end - anchor.start > _SMALL_ANCHOR
            top, left = struct.unpack_from("<ii" if wide else "<hh", self.data, anchor.start)
            return top, left
        anchor = child(self.data, shape, _CHILD_ANCHOR)
        left, top = (0, 0) if anchor is None else struct.unpack_from("<ii", self.data, anchor.start)
        return top, left

    def _table(self, group: Record, own: Record | None) -> list[_Text]:
        """A group that says that it is a table, its cells set into rows and columns by their corners."""
        flags = 0 if own is None else shape_properties(self.data, own).get(_TABLE_FLAGS, 0)
        if not isinstance(flags, int) or not flags & _IS_TABLE:
            return []
        cells: dict[tuple[int, int], str] = {}
        for shape in children(self.data, group):
            atom = child(self.data, shape, _SHAPE_ATOM) if shape.kind == _SHAPE and shape != own else None
            if atom is not None and atom.instance != _LINE:
                lines = [line for text in self._shape(shape) for line in text.paragraphs()]
                cells[self._corner(shape)] = "\n".join(lines)
        tops = sorted({top for top, _ in cells})
        lefts = sorted({left for _, left in cells})
        if len(tops) * len(lefts) > _MOST_CELLS:
            return [_Text(_OTHER, "\r".join(cells[corner] for corner in sorted(cells)))]
        table = markdown_table([[cells.get((top, left), "") for left in lefts] for top in tops])
        return [_Text(_TABLE, table)] if table else []
