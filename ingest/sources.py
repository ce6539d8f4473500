"""The files of a source, found and read so that nothing odd in a folder can hold up or mislead a run."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.types import Unreadable
from knowledge.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source: `path` is relative to `root`, with forward slashes and printable whatever the name holds.

    `problem` says why it cannot be read at all; a folder stands here only with one.
    """

    root: Path
    location: Path
    path: str
    bytes: int
    modified_at: float
    problem: str = ""


def list_files(place: Path, root: Path, exclude: Sequence[str] = ()) -> Iterator[SourceFile]:
    """The files at or under `place`, with paths relative to `root`, folder by folder in order of names.

    Symbolic links are not followed, but for `place` itself. Whatever is neither file nor folder (pipes, sockets,
    devices) and folders that may not be opened come with `problem` set. Names that match a pattern of `exclude` are
    left out, folders with all that is in them. Raises InvalidInput when there is nothing at `place`.
    """
    try:
        status = place.stat()
    except OSError as error:
        raise InvalidInput(f"{printable(str(place))}: no such file or folder, or no permission to see it") from error
    if stat.S_ISDIR(status.st_mode):
        yield from _walk(root, place, exclude)
    else:
        yield _source_file(root, place, status)


def _walk(root: Path, folder: Path, exclude: Sequence[str]) -> Iterator[SourceFile]:
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _problem(root, current, f"the folder cannot be opened: {error.strerror}")
            continue
        folders = []
        for entry in found:
            if any(fnmatchcase(entry.name, pattern) for pattern in exclude) or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
                continue
            try:
                yield _source_file(root, Path(entry.path), entry.stat(follow_symlinks=False))
            except OSError as error:
                yield _problem(root, Path(entry.path), f"cannot be read: {error.strerror}")
        waiting.extend(reversed(folders))


def _source_file(root: Path, location: Path, status: os.stat_result) -> SourceFile:
    problem = "" if stat.S_ISREG(status.st_mode) else "not a regular file (a pipe, socket or device)"
    return SourceFile(root, location, _relative(root, location), status.st_size, status.st_mtime, problem)


def _problem(root: Path, location: Path, reason: str) -> SourceFile:
    return SourceFile(root, location, _relative(root, location) or ".", 0, 0.0, reason)


def _relative(root: Path, location: Path) -> str:
    return printable("/".join(location.relative_to(root).parts))


def printable(text: str) -> str:
    """`text` with line breaks, control and direction characters and undecodable bytes written as escapes.

    One to one: a backslash is doubled where anything was escaped, so that two different names stay different.
    """
    if text.isprintable():
        return text
    text = text.replace("\\", "\\\\")
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8, as os.fsdecode hands it out
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}"


def read_regular_file(path: Path, max_mb: float) -> bytes:
    """The bytes of a regular file of at most `max_mb` MiB, read once.

    Raises Unreadable for anything else, links included, and for a file that changes meanwhile.
    """
    limit = int(max_mb * 1024 * 1024)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}", passing=True) from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file (a pipe, socket or device)")
        if status.st_size > limit:
            raise Unreadable(f"{status.st_size / 1024 / 1024:.0f} MiB, more than max_file_mb = {max_mb:g}")
        try:
            data = file.read(limit + 1)
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}", passing=True) from error
        after = os.fstat(file.fileno())
    if len(data) != status.st_size or after.st_mtime_ns != status.st_mtime_ns:
        raise Unreadable("changed while it was read; it is tried again in the next run", passing=True)
    return data


def content_hash(data: bytes) -> str:
    """SHA-256 of a file's bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
