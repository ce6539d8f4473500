"""Folders derived from a model's weights: made once, aside, and used only when they are whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

MARKER = "made-from.json"
"""Lies in every derived folder."""


def derived_folder(folder: Path, fingerprint: str, make: Callable[[Path], None]) -> Path:
    """`folder`, made by `make(empty folder)` when it is not there whole or was made from other weights.

    An interrupted making leaves nothing that is mistaken for whole: the marker is written last, when all files are on
    the disk. Processes that need the same folder wait for one another. The marker holds the sizes of the files, so that
    a cut-off one is made anew, and their hashes for `damaged_files`.
    """
    if _is_whole(folder, fingerprint):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(folder, fingerprint):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            _mark(folder, fingerprint)
            _remove_older(folder)
    return folder


def damaged_files(folder: Path) -> list[Path]:
    """Files of a derived folder that no longer hold what was written, after reading all their bytes."""
    made = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    return [folder / name for name, value in made.get("sha256", {}).items() if _hash(folder / name) != value]


def _remove_older(folder: Path) -> None:
    """Remove what earlier versions of the program made in place of `folder`; the number at its end is its layout."""
    stem, _, layout = folder.name.rpartition("-")
    for other in folder.parent.glob(f"{stem}-*"):
        number = other.name.removeprefix(f"{stem}-")
        if number.isdecimal() and layout.isdecimal() and int(number) < int(layout):
            shutil.rmtree(other)


def _mark(folder: Path, fingerprint: str) -> None:
    made = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes, hashes = {}, {}
    for path in made:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        name = path.relative_to(folder).as_posix()
        sizes[name], hashes[name] = path.stat().st_size, _hash(path)
    (folder / MARKER).write_text(
        json.dumps({"fingerprint": fingerprint, "sizes": sizes, "sha256": hashes}), encoding="utf-8"
    )


def _hash(path: Path) -> str:
    """SHA-256 of a file's bytes; empty when it is not there."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_whole(folder: Path, fingerprint: str) -> bool:
    try:
        made = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return bool(made["fingerprint"] == fingerprint) and all(
            (folder / name).stat().st_size == size for name, size in made["sizes"].items()
        )
    except (OSError, ValueError, KeyError):
        return False
