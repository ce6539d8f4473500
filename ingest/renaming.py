"""Finding a file again whose name held personal data: it is known under another one than it has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.sources import list_files

_MARK = "⟨"


def true_location(root: Path, path: str, rename: Callable[[str], str]) -> Path | None:
    """Where the file lies that is known as `path` under `root`; None when it is gone.

    `rename` gives the name under which a file is known. The folder is only gone through for names that were changed.
    """
    direct = root / path
    if direct.is_file():
        return direct
    if _MARK not in path or not root.is_dir():
        return None
    return next((file.location for file in list_files(root, root) if rename(file.path) == path), None)
