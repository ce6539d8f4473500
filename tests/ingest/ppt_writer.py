"""Small PowerPoint 97 files for tests: real records ([MS-PPT]) in a real OLE container."""

import struct

from ole_writer import Tree, ole_bytes

TITLE, BODY, NOTES, OTHER = 0, 1, 2, 4
PLAIN_TOKEN, LOCKED_TOKEN = 0xE391C05F, 0xF3D1C4DF


def record(kind: int, *parts: bytes, instance: int = 0) -> bytes:
    """A container of records."""
    return header(kind, b"".join(parts), instance, version=0xF)


def atom(kind: int, data: bytes = b"", instance: int = 0) -> bytes:
    return header(kind, data, instance, version=0)


def header(kind: int, data: bytes, instance: int, version: int) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def text_atoms(kind: int, text: str) -> bytes:
    """A text header and the characters: narrow where each fits a byte, as PowerPoint does it."""
    head = atom(0x0F9F, struct.pack("<I", kind))
    if all(ord(letter) < 256 for letter in text):
        return head + atom(0x0FA8, text.encode("latin-1"))
    return head + atom(0x0FA0, text.encode("utf-16-le"))


def shape(
    *content: bytes, at: tuple[int, int] = (0, 0), inner: bool = False, placeholder: int = 0, kind: int = 1
) -> bytes:
    """A shape at (top, left) with a text box of `content`; `inner` ones stand in a group."""
    top, left = at
    anchor = (
        atom(0xF00F, struct.pack("<4i", left, top, left + 9, top + 9))
        if inner
        else atom(0xF010, struct.pack("<4h", top, left, left + 9, top + 9))
    )
    data = record(0xF011, atom(0x0BC3, struct.pack("<iBBH", 0, placeholder, 0, 0))) if placeholder else b""
    box = record(0xF00D, *content) if content else b""
    return record(0xF004, atom(0xF00A, struct.pack("<II", 1, 0), instance=kind), anchor, data, box)


def options(shape_bytes: bytes, values: dict[int, "int | bytes"]) -> bytes:
    """The shape with drawing properties in front of what it has."""
    table = b"".join(
        struct.pack("<HI", 0x8000 | code, len(value)) if isinstance(value, bytes) else struct.pack("<HI", code, value)
        for code, value in values.items()
    )
    behind = b"".join(value for value in values.values() if isinstance(value, bytes))
    return record(0xF004, atom(0xF00B, table + behind, instance=len(values)), shape_bytes[8:])


def group(*shapes: bytes) -> bytes:
    return record(0xF003, *shapes)


def drawing(*shapes: bytes) -> bytes:
    return record(0x040C, record(0xF002, group(shape(), *shapes)))


def slide(*shapes: bytes, notes: int = 0, hidden: bool = False) -> bytes:
    show = atom(0x03F9, struct.pack("<iIBBHI", 0, 0, 0, 0, 4 if hidden else 0, 0))
    return record(0x03EE, atom(0x03EF, struct.pack("<I8sIIHH", 0, b"", 0, notes, 0, 0)), show, drawing(*shapes))


def notes_page(*shapes: bytes) -> bytes:
    return record(0x03F0, atom(0x03F1, struct.pack("<IHH", 0, 0, 0)), drawing(*shapes))


def listed(number: int, identity: int, *texts: bytes) -> bytes:
    """A slide in a list of slides: object number, identity, texts of its outline."""
    return atom(0x03F3, struct.pack("<IIiII", number, 0, len(texts), identity, 0)) + b"".join(texts)


def document(slides: bytes, notes: bytes = b"") -> bytes:
    masters = record(0x0FF0, listed(90, 0x80000000, text_atoms(TITLE, "Click to edit Master title style")), instance=1)
    return record(0x03E8, masters, record(0x0FF0, slides), record(0x0FF0, notes, instance=2))


class Deck:
    """The stream of a presentation, saved one or more times; each time only what changed is appended."""

    def __init__(self) -> None:
        self.stream = b""
        self.edit_at = 0

    def save(self, objects: dict[int, bytes], locked: bool = False) -> "Deck":
        places = {}
        for number, data in objects.items():
            places[number] = len(self.stream)
            self.stream += data
        directory_at = len(self.stream)
        entries = b"".join(struct.pack("<II", 1 << 20 | number, place) for number, place in places.items())
        self.stream += atom(0x1772, entries)
        edit_at = len(self.stream)
        fields = struct.pack("<IIIIIIHH", 0, 0x03000000, self.edit_at, directory_at, 1, 99, 0, 0)
        self.stream += atom(0x0FF5, fields + (struct.pack("<I", 7) if locked else b""))
        self.edit_at = edit_at
        return self

    def file(self, token: int = PLAIN_TOKEN, current_user: bool = True) -> bytes:
        """The whole file; without the stream that says where the newest edit is, if asked."""
        tree: Tree = {"PowerPoint Document": self.stream}
        if current_user:
            user = struct.pack("<IIIHHBBH", 20, token, self.edit_at, 0, 0x03F4, 3, 0, 0)
            tree["Current User"] = atom(0x0FF6, user)
        return ole_bytes(tree)
