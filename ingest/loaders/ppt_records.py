"""The stream of a PowerPoint 97 to 2003 file as records, after [MS-PPT] 2.3.1 and [MS-ODRAW] 2.2.

Records are places in the stream, not copies of it. One that does not fit into its container raises ValueError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = 8
_USER_EDIT, _PERSIST_DIRECTORY = 0x0FF5, 0x1772
_ENCRYPTED_EDIT = 0x20
"""Length of a user edit that names the key of an encrypted file, which is the only thing behind its fixed part."""
_OPTIONS = frozenset({0xF00B, 0xF121, 0xF122})
_COMPLEX, _PROPERTY = 0x8000, 0x3FFF
NO_EDIT = 0
_RUN = struct.Struct("<IHI")
_FORMATS = (
    (0x0000000F, 2),  # bullet's switches
    (0x00000080, 2),  # its character, font, size and colour
    (0x00000010, 2),
    (0x00000040, 2),
    (0x00000020, 4),
    (0x00000800, 2),  # alignment
    (0x00001000, 2),  # spacing of lines, before and after
    (0x00002000, 2),
    (0x00004000, 2),
    (0x00000100, 2),  # margin and indent
    (0x00000400, 2),
    (0x00008000, 2),  # default tabulator
)
_TABULATORS = 0x00100000
_FORMATS_BEHIND = ((0x00010000, 2), (0x000E0000, 2), (0x00200000, 2))  # alignment of letters, wrapping, direction
"""Bits of a paragraph format that announce fields, in the order of the fields, with their bytes ([MS-PPT] 2.9.20)."""


class Encrypted(ValueError):
    """The records cannot be read without a password."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record's type and instance, and where its content begins and ends."""

    kind: int
    instance: int
    start: int
    end: int


def record_at(data: bytes, place: int, end: int) -> Record:
    """The record whose header is at `place`; raises ValueError when it does not end before `end`."""
    if not 0 <= place <= end - _HEADER:
        raise ValueError("no record there")
    coded, kind, length = struct.unpack_from("<HHI", data, place)
    if length > end - place - _HEADER:
        raise ValueError("a record longer than what holds it")
    return Record(kind, coded >> 4, place + _HEADER, place + _HEADER + length)


def children(data: bytes, record: Record) -> Iterator[Record]:
    """The records in a container, in order."""
    place = record.start
    while place <= record.end - _HEADER:
        child = record_at(data, place, record.end)
        yield child
        place = child.end


def child(data: bytes, record: Record, *kinds: int) -> Record | None:
    """What is found by going down one level for each kind; of several the first."""
    found: Record | None = record
    for kind in kinds:
        found = None if found is None else next((one for one in children(data, found) if one.kind == kind), None)
    return found


def last_edit(data: bytes) -> int:
    """Where the newest user edit is in a stream that nothing points into; NO_EDIT if there is none."""
    edits = (one for one in children(data, Record(0, 0, 0, len(data))) if one.kind == _USER_EDIT)
    return max((edit.start - _HEADER for edit in edits), default=NO_EDIT)


def persisted(data: bytes, edit_at: int) -> tuple[dict[int, int], int]:
    """Where the newest version of each object lies, by its number, and the number of the document itself.

    Each saving of a file may append only what changed, with a directory of that; the edits are a list from the newest
    to the oldest. Raises ValueError for a damaged list, Encrypted where the newest edit names a key.
    """
    places: dict[int, int] = {}
    document = 0
    seen: set[int] = set()
    while edit_at != NO_EDIT:
        edit = record_at(data, edit_at, len(data))
        if edit.kind != _USER_EDIT or edit_at in seen:
            raise ValueError("the list of edits is damaged")
        if edit.end - edit.start >= _ENCRYPTED_EDIT:
            raise Encrypted
        previous, directory_at, root = struct.unpack_from("<III", data, edit.start + 8)
        document = document or root
        seen.add(edit_at)
        if directory_at not in seen:
            seen.add(directory_at)
            _add_directory(data, directory_at, places)
        edit_at = previous
    return places, document


def _add_directory(data: bytes, place: int, places: dict[int, int]) -> None:
    directory = record_at(data, place, len(data))
    if directory.kind != _PERSIST_DIRECTORY:
        raise ValueError("the directory of objects is damaged")
    place = directory.start
    while place <= directory.end - 4:
        (coded,) = struct.unpack_from("<I", data, place)
        first, count = coded & 0xFFFFF, coded >> 20
        if place + 4 + 4 * count > directory.end:
            raise ValueError("the directory of objects is damaged")
        for number, offset in enumerate(struct.unpack_from(f"<{count}I", data, place + 4), start=first):
            places.setdefault(number, offset)
        place += 4 + 4 * count


def shape_properties(data: bytes, shape: Record) -> dict[int, int | bytes]:
    """The drawing properties of a shape: numbers, and bytes where the value lies behind the table."""
    found: dict[int, int | bytes] = {}
    for options in children(data, shape):
        if options.kind not in _OPTIONS:
            continue
        behind = options.start + 6 * options.instance
        if behind > options.end:
            raise ValueError("a table of properties longer than its record")
        for number in range(options.instance):
            code, value = struct.unpack_from("<HI", data, options.start + 6 * number)
            if code & _COMPLEX:
                found[code & _PROPERTY] = data[behind : min(behind + value, options.end)]
                behind += value
            else:
                found[code & _PROPERTY] = value
    return found


def paragraph_levels(data: bytes, style: Record, characters: int) -> list[tuple[int, int]]:
    """Runs of paragraphs of one level of indent, as where they begin in a text of `characters` and the level.

    [] where the runs do not cover the text, as they must.
    """
    runs: list[tuple[int, int]] = []
    covered, place = 0, style.start
    while covered <= characters and place <= style.end - _RUN.size:
        count, level, announced = _RUN.unpack_from(data, place)
        place += _RUN.size + _size(_FORMATS, announced)
        if announced & _TABULATORS:
            place += 2 + 4 * struct.unpack_from("<H", data, place)[0]
        place += _size(_FORMATS_BEHIND, announced)
        runs.append((covered, level))
        covered += count
    return runs if covered == characters + 1 and place <= style.end else []


def _size(fields: tuple[tuple[int, int], ...], announced: int) -> int:
    return sum(size for bit, size in fields if announced & bit)
