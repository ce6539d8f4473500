"""Files that survive a crash, and their checksums."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Wait until the file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries are on the disk: a file that is synced alone may still lose its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def whole_folder(target: Path, prefix: str = ".") -> Iterator[Path]:
    """A new hidden folder beside `target` to write into, whose name begins with `prefix` and the target's.

    It becomes `target` when all went well and everything in it is on the disk, and goes when not. The caller sees to it
    that `target` is free; a kill leaves the hidden folder behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = target.with_name(f"{prefix}{target.name}.{secrets.token_hex(4)}")
    hidden.mkdir()
    try:
        yield hidden
        for path in [*hidden.rglob("*"), hidden]:
            if path.is_dir():
                sync_folder(path)
            else:
                sync_file(path)
        hidden.rename(target)
        sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def link_or_copy(source: Path, target: Path) -> None:
    """`target` with the bytes of `source`; no bytes are written where the file system has hard links."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)
