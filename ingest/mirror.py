"""The mirror of a source: files in the workspace that follow what the source holds, with no byte fetched twice."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.access import FILE_NAME
from ingest.connectors.base import Connector, Fetched, Item, ItemGone, ItemUnavailable
from ingest.sources import printable
from knowledge.catalog.source_runs import RunPhase
from knowledge.catalog.sources import SourceItem
from knowledge.errors import Unavailable

_NOTED_AT_ONCE = 50
"""Items between two notes in the catalog: what a crash costs is fetched again."""
_LONGEST_NAME = 180
"""Bytes of one name; file systems take 255, and a mark may be added."""
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_BAD = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\\\ud800-\udfff]")

Note = Callable[[str], None]


@dataclass(slots=True)
class FetchReport:
    """What following the source took: numbers of items, and bytes that were fetched."""

    listed: int = 0
    fetched: int = 0
    unchanged: int = 0
    removed: int = 0
    left_out: int = 0
    failed: int = 0
    bytes: int = 0

    def to_json(self) -> dict[str, int]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Stopped(Exception):
    """Whoever runs this wants it to end; the next run goes on where it stopped."""


@dataclass(slots=True)
class Mirror:
    """One pass over a source. `wanted` says whether the file at a path is taken, `noted` keeps items in the catalog.

    `known` are the items of the pass before, by path. `own_rules`: an access file in the source is its owners' word;
    elsewhere whoever puts a file there must not decide who reads the others.
    """

    connector: Connector
    files: Path
    known: dict[str, SourceItem]
    wanted: Callable[[Item], bool]
    noted: Callable[[list[SourceItem], list[str]], None]
    note: Note
    max_bytes: int
    own_rules: bool = False
    told: Callable[[RunPhase, int, int], None] = lambda *_: None
    report: FetchReport = field(default_factory=FetchReport)
    _waiting: list[SourceItem] = field(default_factory=list)

    def follow(self, *, allow_empty: bool = False) -> FetchReport:
        """Make the folder hold what the source holds. Raises Unavailable, and removes nothing, when it is not reached.

        A source in which nothing is left although there was something before is taken for one that is not connected,
        unless `allow_empty`.
        """
        listed = self._listed()
        if not listed and self.known and not allow_empty:
            raise Unavailable(
                f"the source is empty now, {len(self.known)} items were there before; nothing was removed: check it, "
                "or run with --allow-empty if that is right"
            )
        self.files.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        gone = set(self.known) - set(listed)
        try:
            for number, (path, item) in enumerate(listed.items(), start=1):
                if not self._keep_up(path, item):
                    gone.add(path)
                self.told("fetching", number, len(listed))
        finally:
            self._note_waiting()
            self._partial.unlink(missing_ok=True)
        self._remove(sorted(gone & set(self.known)))
        if FILE_NAME in listed and not (self.files / FILE_NAME).is_file():
            raise Unavailable(f"{FILE_NAME}: says who may read what, and cannot be fetched; nothing was read")
        return self.report

    @property
    def _partial(self) -> Path:
        """Where an item lies until it is whole."""
        return self.files.parent / "fetching"

    def _listed(self) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for item in self.connector.items():
            self.report.listed += 1
            self.told("listing", self.report.listed, 0)
            path = safe_path(item.path)
            if path is None or (path == FILE_NAME and not self.own_rules):
                self.note(f"left out: {printable(item.path)!r}: not a name that is taken from this source")
                self.report.left_out += 1
            elif not self.wanted(item):
                self.report.left_out += 1
            else:
                found[path if path not in found else marked(path, item.path)] = item
        # What is both a file and a folder there cannot be both here
        folders = {parent for path in found for parent in _parents(path)}
        return {(marked(path, item.path) if path in folders else path): item for path, item in found.items()}

    def _keep_up(self, path: str, item: Item) -> bool:
        """Fetch an item unless it is unchanged; False when there is none any more."""
        before, target = self.known.get(path), self.files / path
        here = before is not None and target.is_file()
        access = None if item.readers is None else tuple(sorted(item.readers))
        if before is not None and here and item.version and item.version == before.version:
            self.report.unchanged += 1
            if access != before.access:
                self._noted(before.model_copy(update={"access": access}))
            return True
        if item.bytes is not None and item.bytes > self.max_bytes:
            return self._refused(path, f"{item.bytes} bytes, more than max_file_mb allows", here=False)
        try:
            fetched = self.connector.fetch(item, before.version if before is not None and here else "")
            if fetched is None:
                self.report.unchanged += 1
                if before is not None and access != before.access:
                    self._noted(before.model_copy(update={"access": access}))
                return True
            size = self._write(target, fetched, item)
        except ItemGone:
            return False
        except ItemUnavailable as error:
            return self._refused(path, str(error), here=here)
        self.report.fetched += 1
        self._noted(SourceItem(path=path, version=fetched.version, bytes=size, access=access))
        return True

    def _refused(self, path: str, reason: str, *, here: bool) -> bool:
        self.report.failed += 1
        self.note(f"not fetched: {path}: {reason}{'; the earlier version stays' if here else ''}")
        return here

    def _write(self, target: Path, fetched: Fetched, item: Item) -> int:
        """The content in its place, whole or not at all; gives its size."""
        _make_folders(self.files, target.parent)
        size = 0
        handle = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            for piece in fetched.pieces:
                size += len(piece)
                if size > self.max_bytes:
                    raise ItemUnavailable(f"more than {self.max_bytes} bytes, which max_file_mb allows")
                file.write(piece)
        modified = fetched.modified_at if fetched.modified_at is not None else item.modified_at
        if modified is not None and modified > 0:
            os.utime(self._partial, (modified, modified))
        if target.is_dir():  # it was a folder before
            _remove_tree(target)
        self._partial.replace(target)
        self.report.bytes += size
        return size

    def _noted(self, item: SourceItem) -> None:
        self._waiting.append(item)
        if len(self._waiting) >= _NOTED_AT_ONCE:
            self._note_waiting()

    def _note_waiting(self) -> None:
        if self._waiting:
            self.noted(self._waiting, [])
            self._waiting = []

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            target = self.files / path
            if target.is_file():
                target.unlink()
            _remove_empty(self.files, target.parent)
        self.report.removed += len(paths)
        if paths:
            self.noted([], paths)


def safe_path(path: str) -> str | None:
    """`path` as one that stays inside the mirror and is a name on every system; None when nothing is left of it.

    Names that climb (`..`) or mean the same folder are refused, not mended: two keys must not become one by chance.
    """
    parts = [part for part in path.split("/") if part]
    if not parts or any(part in {".", ".."} for part in parts):
        return None
    return "/".join(_safe_name(part) for part in parts)


def _safe_name(name: str) -> str:
    clean = _BAD.sub("_", name).strip().rstrip(".") or "_"
    encoded = clean.encode("utf-8", "surrogateescape")
    if clean == name and len(encoded) <= _LONGEST_NAME:
        return name
    stem, dot, suffix = clean.rpartition(".")
    if not dot or len(suffix) > 10 or not stem:  # noqa: PLR2004 - longer than any suffix that names a format
        stem, suffix = clean, ""
    short = stem.encode("utf-8", "surrogateescape")[: _LONGEST_NAME - 40].decode("utf-8", "ignore")
    return f"{short}~{_digest(name)}{f'.{suffix}' if suffix else ''}"


def marked(path: str, key: str) -> str:
    """`path` with a mark that only this key gives it."""
    folder, slash, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    marked_name = f"{stem}~{_digest(key)}.{suffix}" if dot and stem else f"{name}~{_digest(key)}"
    return f"{folder}{slash}{marked_name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _make_folders(root: Path, folder: Path) -> None:
    """`folder` and those above it; a file that stood in the way, because it was one before, goes."""
    for part in [*reversed(folder.relative_to(root).parents), folder.relative_to(root)]:
        place = root / part
        if place.is_file() or place.is_symlink():
            place.unlink()
        place.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _remove_tree(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)
