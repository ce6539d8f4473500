"""Proves that known originals stand nowhere in a workspace: in no file, row, log, index or cache, in no writing.

Every file is read as bytes and searched for each original in all forms that programs write text in. Rows of SQLite
files are read too, because a value may lie in pieces on its pages; compressed streams and archives are unpacked; word
indexes are asked for the words, because their dictionaries store shared beginnings only once.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from knowledge.errors import InvalidInput

_PIECE = 32 * 1024 * 1024
_SHORTEST = 2
_FEWEST_DIGITS = 6
_SEPARATORS = bytes.maketrans(b"", b"")
_DROPPED = b" -.()\t/"
_ALIGNMENTS = 3
_SQLITE = b"SQLite format 3\x00"
_AS_RECEIVED = frozenset({"sources", "uploads"})
"""Folders with files as they were received: they are the originals' own place."""
_LARGEST_UNPACKED = 512 * 1024 * 1024
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """An original that was found: its line in the list, the form it stood in, and where. It is not repeated itself."""

    line: int
    form: str
    place: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"line": self.line, "form": self.form, "place": self.place}


@dataclass(frozen=True, slots=True)
class Report:
    """What was searched, and what was found in it."""

    originals: int
    files: int
    rows: int
    leaks: tuple[Leak, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        leaks = [leak.to_json() for leak in self.leaks]
        return {"originals": self.originals, "files": self.files, "rows": self.rows, "leaks": leaks}


def read_originals(text: str, place: str) -> list[tuple[int, str]]:
    """Line number and original of each line that holds one; `place` is where the text comes from.

    Raises InvalidInput when there is none, or one that is too short to look for.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        original = line.strip()
        if original and len(original) < _SHORTEST:
            raise InvalidInput(f"{place}:{number}: one character would be found everywhere; write whole values")
        if original:
            found.append((number, original))
    if not found:
        raise InvalidInput(f"{place}: holds no originals; write one on each line")
    return found


def forms(original: str) -> Iterator[tuple[str, bytes]]:
    """The writings of an original, with their names."""
    utf8 = original.encode("utf-8")
    texts = {"as it is": original, "JSON": json.dumps(original)[1:-1], "JSON, capitals": _json_capitals(original)}
    for name, text in texts.items():
        yield f"UTF-8 {name}", text.encode("utf-8")
        yield f"UTF-16LE {name}", text.encode("utf-16-le")
        yield f"UTF-16BE {name}", text.encode("utf-16-be")
    for encoding in ("gb18030", "big5", "latin-1"):
        try:
            yield encoding.upper(), original.encode(encoding)
        except UnicodeEncodeError:
            continue  # this encoding cannot write it, so it cannot stand anywhere in it
    yield "hexadecimal", utf8.hex().encode("ascii")
    yield "HEXADECIMAL", utf8.hex().upper().encode("ascii")
    yield "percent", quote(original, safe="").encode("ascii")
    yield "percent, small", re.sub("%..", lambda match: match.group().lower(), quote(original, safe="")).encode("ascii")
    yield "percent, all", "".join(f"%{byte:02X}" for byte in utf8).encode("ascii")
    yield from _base64_forms("base64", utf8)
    yield from _base64_forms("base64 of UTF-16LE", original.encode("utf-16-le"))
    wide = original.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    if wide != original:
        yield "full width", wide.encode("utf-8")


def _json_capitals(original: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: f"\\u{match[1].upper()}", json.dumps(original)[1:-1])


def _base64_forms(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The middle of the content in base64, for each of the three places that it can begin at."""
    for shift in range(_ALIGNMENTS):
        coded = base64.b64encode(bytes(shift) + content)
        # The first and last group also hold bits of what stands beside it
        begin = 0 if shift == 0 else 4
        middle = coded[begin : len(coded) - 4 if (shift + len(content)) % 3 else len(coded)]
        if len(middle) >= 8:  # noqa: PLR2004 - shorter pieces stand in any base64 text by chance
            yield f"{name}, shifted by {shift}", middle
            yield f"{name} for URLs, shifted by {shift}", middle.replace(b"+", b"-").replace(b"/", b"_")


class _Search:
    """All forms of all originals, searched for at once."""

    def __init__(self, originals: Sequence[tuple[int, str]]) -> None:
        from ahocorasick_rs import BytesAhoCorasick

        self._names: list[tuple[int, str]] = []
        patterns: dict[bytes, None] = {}
        for line, original in originals:
            for name, pattern in forms(original):
                if pattern not in patterns:
                    patterns[pattern] = None
                    self._names.append((line, name))
        self._automaton = BytesAhoCorasick(list(patterns))
        self._longest = max(map(len, patterns))
        plain = ((line, unicodedata.normalize("NFKC", original)) for line, original in originals)
        digits = {
            re.sub(r"[^0-9]", "", original): line
            for line, original in plain
            if re.fullmatch(r"[0-9\s().+/-]+", original)
        }
        self._digits = {value.encode("ascii"): line for value, line in digits.items() if len(value) >= _FEWEST_DIGITS}
        self._digit_automaton = BytesAhoCorasick(list(self._digits)) if self._digits else None

    @property
    def overlap(self) -> int:
        """How many bytes of one piece must be looked at again with the next."""
        return 2 * self._longest + 64

    def found_in(self, content: bytes) -> set[tuple[int, str]]:
        """Line and form of what stands in these bytes."""
        found = {
            self._names[index] for index, _, _ in self._automaton.find_matches_as_indexes(content, overlapping=True)
        }
        if self._digit_automaton is not None:
            plain = content.translate(_SEPARATORS, _DROPPED)
            values = list(self._digits.values())
            for index, start, end in self._digit_automaton.find_matches_as_indexes(plain, overlapping=True):
                # Inside a longer number it is another number
                if not plain[start - 1 : start].isdigit() and not plain[end : end + 1].isdigit():
                    found.add((values[index], "digits without separators"))
        return found


def scan(folder: Path, originals: Sequence[tuple[int, str]]) -> Report:
    """Search every file under `folder`, and every row of the SQLite files among them.

    Files as they were received, in `sources/` and `uploads/`, are not searched.
    """
    search = _Search(originals)
    leaks: dict[Leak, None] = {}
    files = rows = 0
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        if file.relative_to(folder).parts[0] in _AS_RECEIVED:
            continue
        files += 1
        name = file.relative_to(folder).as_posix()
        _note(leaks, search.found_in(name.encode("utf-8", "surrogateescape")), f"the name of {name!r}")
        head = _head(file)
        for found in _in_file(file, search):
            _note(leaks, found, name)
        for place, content in _unpacked(name, file, head):
            _note(leaks, search.found_in(content), place)
        if head == _SQLITE:
            for place, content in _rows(file, name):
                rows += place.rpartition(", row ")[2].isdigit()  # not what a value unpacks to
                _note(leaks, search.found_in(content), place)
    for line, original in originals:
        for place in _in_word_indexes(folder, original):
            leaks[Leak(line, "word of the index", place)] = None
    return Report(len(originals), files, rows, tuple(leaks))


def _note(leaks: dict[Leak, None], found: set[tuple[int, str]], place: str) -> None:
    for line, form in sorted(found):
        leaks[Leak(line, form, place)] = None


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE))


def _in_file(file: Path, search: _Search) -> Iterator[set[tuple[int, str]]]:
    with file.open("rb") as opened:
        rest = b""
        while piece := opened.read(_PIECE):
            content = rest + piece
            yield search.found_in(content)
            rest = content[-search.overlap :]


def _unpacked(name: str, file: Path, head: bytes) -> Iterator[tuple[str, bytes]]:
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")):
        yield from _inside(name, file.read_bytes(), 0)


def _inside(name: str, content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """What archives and compressed streams hold, theirs included."""
    if depth > _DEEPEST:
        return
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for entry in archive.infolist():
                    if entry.file_size <= _LARGEST_UNPACKED and not entry.flag_bits & 1:
                        member = archive.read(entry)
                        yield f"{name}!/{entry.filename}", member
                        yield from _inside(f"{name}!/{entry.filename}", member, depth + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            return  # not an archive after all; its bytes have been searched
    elif content.startswith(b"\x1f\x8b"):
        try:
            yield f"{name} (unpacked)", gzip.decompress(content)
        except (gzip.BadGzipFile, zlib.error, EOFError):
            return
    elif content.startswith((b"\x78\x01", b"\x78\x9c", b"\x78\xda")):
        try:
            yield f"{name} (unpacked)", zlib.decompressobj().decompress(content, _LARGEST_UNPACKED)
        except zlib.error:
            return


def _rows(file: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, its values with a byte between that no text holds."""
    database = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)
    database.text_factory = bytes
    try:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            title = table.decode("utf-8")
            quoted = title.replace('"', '""')  # a name out of the file itself
            for number, row in enumerate(database.execute(f'SELECT * FROM "{quoted}"'), start=1):  # noqa: S608
                place = f"{name}, table {title}, row {number}"
                values = [
                    value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None
                ]
                yield place, b"\xff".join(values)
                for value in values:
                    yield from _inside(place, value, 0)
    except sqlite3.DatabaseError as error:
        raise InvalidInput(
            f"{file}: cannot be read row by row: {error}; `plumbline doctor` says what is wrong"
        ) from error
    finally:
        database.close()


def _in_word_indexes(folder: Path, original: str) -> Iterator[str]:
    from knowledge.keyword_index import KeywordIndex

    for metadata in sorted((folder / "index").rglob("meta.json")):
        if KeywordIndex.load(metadata.parent).holds(original):
            yield metadata.parent.relative_to(folder).as_posix()
