"""Folders derived from a model's weights: made once, aside, and used only when they are whole."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path

_MARKER = "made-from.json"


def derived_folder(folder: Path, fingerprint: str, make: Callable[[Path], None]) -> Path:
    """`folder`, made by `make(empty folder)` when it is not there whole or was made from other weights.

    An interrupted making leaves nothing that is mistaken for whole: the marker is written last. Processes that need
    the same folder wait for one another. The marker holds the sizes of the files, so that a cut-off one is made anew.
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
            sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
            (folder / _MARKER).write_text(json.dumps({"fingerprint": fingerprint, "sizes": sizes}), encoding="utf-8")
    return folder


def _is_whole(folder: Path, fingerprint: str) -> bool:
    try:
        made = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        return bool(made["fingerprint"] == fingerprint) and all(
            (folder / name).stat().st_size == size for name, size in made["sizes"].items()
        )
    except (OSError, ValueError, KeyError):
        return False
