"""ZIP and TAR archives, the latter also packed with gzip, bzip2 or xz; single files packed with these too.

Nothing is extracted to disk. An archive with a name that leads out of it is refused whole: no honest program makes one.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from ingest.loaders.containers import check_sizes
from ingest.loaders.encoding import decode
from ingest.loaders.unpacking import RawMember
from ingest.sources import printable
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_MIB = 1024 * 1024
_MOST_MIB = 200
_MOST_RATIO = 100
_RATIO_MATTERS_MIB = 10
_MOST_MEMBERS = 10_000
_LISTED = 500
_PACKERS = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\x00": ".xz"}
_OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_LINK = 0o12
"""The kind of file in the upper four bits of a Unix mode."""
_LEFT_OUT = (".*", "~$*", "__MACOSX", "Thumbs.db", "desktop.ini")
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError, OSError)


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The list of the archive's files; what is in them is for `members`."""
    kind, names = "gzip", [_inner_name(data, name)]
    if data.startswith(b"PK"):
        kind, names = "zip", [shown for shown, _ in _zip_entries(data)]
    elif (tar := _as_tar(unpacked(data))) is not None:
        with tar:
            kind, names = "tar", [shown for shown, _ in _tar_entries(tar)]
    lines = [f"- {printable(one)}" for one in names[:_LISTED]]
    if len(names) > _LISTED:
        lines.append(f"- … ({len(names) - _LISTED:,} more)")
    return LoadedDocument(kind, (Block("list", "\n".join(lines)),) if lines else (Block("text", name),))


def members(data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:
    """The archive's files in its own order."""
    if data.startswith(b"PK"):
        yield from _zip_members(data, limits)
        return
    content = unpacked(data)
    tar = _as_tar(content)
    if tar is None:
        yield RawMember(_inner_name(data, name), content)
        return
    with tar:
        yield from _tar_members(tar, limits)


def unpacked(data: bytes) -> bytes:
    """The content of a gzip, bzip2 or xz file; other data as it is. Raises Unreadable for damaged ones and bombs."""
    packer = next((magic for magic in _PACKERS if data.startswith(magic)), None)
    if packer is None:
        return data
    pieces: list[bytes] = []
    size = 0
    try:
        with _OPENERS[packer](io.BytesIO(data)) as opened:
            while piece := opened.read(_MIB):
                pieces.append(piece)
                size += len(piece)
                _check_growth(size, len(data))
    except _DAMAGED as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("a damaged or truncated archive") from error
    return b"".join(pieces)


def _check_growth(size: int, packed: int) -> None:
    if size > _MOST_MIB * _MIB:
        raise Unreadable(f"would expand to more than {_MOST_MIB} MiB (a zip bomb?)")
    if size > _RATIO_MATTERS_MIB * _MIB and size > _MOST_RATIO * packed:
        raise Unreadable(f"would expand more than {_MOST_RATIO}-fold (a zip bomb?)")


def _inner_name(data: bytes, name: str) -> str:
    """What a packed single file is called without the packing."""
    suffix = next((suffix for magic, suffix in _PACKERS.items() if data.startswith(magic)), "")
    stem = PurePosixPath(name).name
    return stem[: -len(suffix)] if suffix and stem.lower().endswith(suffix) and len(stem) > len(suffix) else stem


# --- zip ------------------------------------------------------------------------------------------------------------


def _zip_entries(data: bytes) -> list[tuple[str, zipfile.ZipInfo]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
    except _DAMAGED as error:
        raise Unreadable("a damaged or truncated archive") from error
    check_sizes(found, len(data))
    entries = [(_inside(_zip_name(entry)), entry) for entry in found if not entry.is_dir()]
    return [(name, entry) for name, entry in entries if not _left_out(name) and not _is_link(entry)]


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the mark for UTF-8 it is in the code page of whoever packed it."""
    if entry.flag_bits & _UTF8_NAME or entry.filename.isascii():
        return entry.filename
    try:
        return decode(entry.orig_filename.encode("cp437"))[0]
    except (UnicodeEncodeError, Unreadable):
        return entry.filename


def _is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry is a symbolic link, as zip programs of Unix mark it."""
    return (entry.external_attr >> 28) == _LINK


def _zip_members(data: bytes, limits: Limits) -> Iterator[RawMember]:
    entries = _zip_entries(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name, entry in entries:
            if entry.flag_bits & _ENCRYPTED:
                yield RawMember(name, None, "encrypted, it needs a password")
            elif entry.file_size > limits.max_file_mb * _MIB:
                yield RawMember(name, None, f"more than max_file_mb = {limits.max_file_mb:g}")
            else:
                yield _zip_member(archive, name, entry)


def _zip_member(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> RawMember:
    try:
        return RawMember(name, archive.read(entry))
    except RuntimeError:  # zipfile's word for an encrypted member whose flag lies
        return RawMember(name, None, "encrypted, or packed in a way that cannot be read")
    except _DAMAGED:
        return RawMember(name, None, "damaged inside the archive, or packed in a way that cannot be read")


# --- tar ------------------------------------------------------------------------------------------------------------


def _as_tar(content: bytes) -> tarfile.TarFile | None:
    try:
        return tarfile.open(fileobj=io.BytesIO(content), mode="r:")
    except (tarfile.TarError, ValueError, EOFError, OSError):
        return None


def _tar_entries(tar: tarfile.TarFile) -> list[tuple[str, tarfile.TarInfo]]:
    found: list[tuple[str, tarfile.TarInfo]] = []
    total = 0
    try:
        for entry in tar:
            name = _inside(entry.name)
            if not entry.isfile() or _left_out(name):
                continue  # folders, and links and devices, which are followed nowhere
            total += entry.size
            if total > _MOST_MIB * _MIB:
                raise Unreadable(f"would expand to more than {_MOST_MIB} MiB (a zip bomb?)")
            if len(found) >= _MOST_MEMBERS:
                raise Unreadable(f"holds more than {_MOST_MEMBERS:,} files")
            found.append((name, entry))
    except (tarfile.TarError, EOFError, OverflowError, UnicodeError) as error:
        raise Unreadable("a damaged or truncated archive") from error
    return found


def _tar_members(tar: tarfile.TarFile, limits: Limits) -> Iterator[RawMember]:
    for name, entry in _tar_entries(tar):
        if entry.size > limits.max_file_mb * _MIB:
            yield RawMember(name, None, f"more than max_file_mb = {limits.max_file_mb:g}")
            continue
        try:
            file = tar.extractfile(entry)
            content = file.read() if file is not None else b""
        except (tarfile.TarError, EOFError, OSError, KeyError):
            yield RawMember(name, None, "damaged inside the archive")
            continue
        if len(content) == entry.size:
            yield RawMember(name, content)
        else:
            yield RawMember(name, None, "cut off inside the archive")


# --- names ----------------------------------------------------------------------------------------------------------


def _inside(name: str) -> str:
    """The name with forward slashes, printable. Raises Unreadable when it leads out of the archive."""
    name = name.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or (len(parts[0]) > 1 and parts[0][1] == ":"):
        raise Unreadable("a file whose name leads out of the archive")
    return printable("/".join(part for part in parts if part not in {"", "."}) or "unnamed")


def _left_out(name: str) -> bool:
    return any(fnmatchcase(part, pattern) for part in name.split("/") for pattern in _LEFT_OUT)
