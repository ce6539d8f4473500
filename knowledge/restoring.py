"""Restoring a workspace from a backup: made whole beside the live state, then put in its place in one step.

Whoever reads goes on reading: the backup's indexes are built first, from the backup's catalog and without embedding;
then the live catalog takes the backup's content in one transaction. What was there is kept in a folder of its own.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DatabaseError

from knowledge.catalog import Catalog
from knowledge.catalog.audit import audit
from knowledge.catalog.backup import CATALOG, BackupInfo, Begin, integrity_problem, unpack
from knowledge.catalog.counters import CHANGES, REPEATS_SEEN
from knowledge.catalog.database import copy_file
from knowledge.catalog.schema import counters, generations, leases
from knowledge.errors import Damaged, InvalidInput, NotFound, Unavailable
from knowledge.files import sync_folder
from knowledge.index_store import WRITER, IndexStore

INDEX = "index"
_STAGE = ".restoring"
_LOGS = ("-wal", "-shm")
_BEYOND = 1_000_000
"""Added to the backup's counters where those of the live catalog cannot be read."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and where that which was there before lies now (None: there was nothing)."""

    info: BackupInfo
    aside: Path | None


def restore(backup: Path, workspace: Path, begin: Begin, *, force: bool = False, wait: float = 10.0) -> Restored:
    """Bring the workspace to what `backup` holds; others may go on reading it.

    Nothing is touched before the whole backup was checked. Raises InvalidInput when the workspace has a catalog (unless
    `force`, which moves it aside), as `knowledge.catalog.backup.read_info` for an unusable backup, and Unavailable when
    another process writes for longer than `wait` seconds or the disk is full.
    """
    live = workspace / CATALOG
    if live.exists() and not force:
        raise InvalidInput(f"{live}: exists already, nothing was changed; --force moves it aside and restores")
    stage = workspace / _STAGE
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        info = unpack(backup, stage, begin("unpacking the backup"))
        with _writing(live, wait) as sound:
            _prepare(stage, live if sound else None, workspace / INDEX)
            aside = _keep(workspace, stage, live, sound=sound)
            _put_in_place(workspace, stage, live, info, begin, sound=sound)
    except OSError as error:
        raise Unavailable(
            f"{workspace}: cannot be restored: {error.strerror or error}; make room or mend the folder, and try again"
        ) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return Restored(info, aside)


@contextmanager
def _writing(live: Path, wait: float) -> Iterator[bool]:
    """Hold the writer's lease of the live catalog; gives whether there is one that is sound."""
    if not _sound(live):
        yield False
        return
    with Catalog.open(live) as catalog, catalog.leases.hold(WRITER, wait):
        yield True


def _sound(live: Path) -> bool:
    try:
        if not live.is_file() or integrity_problem(live):
            return False
        Catalog.open(live).close()
    except (sqlite3.DatabaseError, DatabaseError, Damaged, NotFound) as error:
        _log.warning("catalog_damaged", error=str(error))
        return False
    return True


def _prepare(stage: Path, live: Path | None, index: Path) -> None:
    """Make the unpacked catalog ready to follow the live one, and build its indexes."""
    with Catalog.open(stage / CATALOG) as catalog:
        numbers, later = _numbers_of(live, index)
        with catalog.begin() as connection:
            connection.execute(delete(leases))
            connection.execute(delete(generations))
            known = {row.name: row.value for row in connection.execute(select(counters))}
            connection.execute(delete(counters))
            # No number may name two things: readers still hold those of the live catalog in memory
            for name in {*known, *numbers, CHANGES, "generation"} - {REPEATS_SEEN}:
                value = max(known.get(name, 0), numbers.get(name, 0)) + (0 if live else _BEYOND) + 1
                connection.execute(insert(counters).values(name=name, value=value))
            # The audit log is the one thing that must not go back: what followed in the live one follows here
            last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
            seq, digest = (0, "") if last is None else (int(last.seq), str(last.hash))
            if later and (seq == 0 or any(row["seq"] == seq and row["hash"] == digest for row in later)):
                connection.execute(insert(audit), [row for row in later if row["seq"] > seq] or [])
        IndexStore(stage / INDEX, catalog).rebuild()
        catalog.checkpoint()


def _numbers_of(live: Path | None, index: Path) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """The counters of the live catalog (at least what lies in the index folder) and its audit log."""
    folders = [int(path.name[:8]) for path in index.glob("[0-9]" * 8 + "*")] if index.is_dir() else []
    numbers = {"generation": max(folders, default=0)}
    if live is None:
        return numbers, []
    with Catalog.open(live) as catalog, catalog.connect() as connection:
        for name, value in connection.execute(select(counters.c.name, counters.c.value)):
            numbers[name] = max(value, numbers.get(name, 0))
        rows = [dict(row._mapping) for row in connection.execute(select(audit).order_by(audit.c.seq))]  # noqa: SLF001 - SQLAlchemy's public name
    return numbers, rows


def _keep(workspace: Path, stage: Path, live: Path, *, sound: bool) -> Path | None:
    """Move what will be replaced into a folder of its own; a sound catalog is copied, it stays in use."""
    others = [workspace / path.relative_to(stage) for path in _other_files(stage)]
    present = [path for path in (live, *_logs_of(live), *others) if path.exists()]
    if not present:
        return None
    aside = workspace / f"before-restore-{time.strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while aside.exists():
        number += 1
        aside = workspace / f"before-restore-{time.strftime('%Y%m%d-%H%M%S')}-{number}"
    aside.mkdir(mode=0o700)
    if sound:
        copy_file(live, aside / CATALOG)
    else:
        for path in (live, *_logs_of(live)):
            if path.exists():
                shutil.copy2(path, aside / path.name)
    for path in others:
        if path.exists():
            place = aside / path.relative_to(workspace)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
    sync_folder(aside)
    return aside


def _put_in_place(workspace: Path, stage: Path, live: Path, info: BackupInfo, begin: Begin, *, sound: bool) -> None:
    (workspace / INDEX).mkdir(exist_ok=True)
    for generation in (stage / INDEX).iterdir():
        generation.rename(workspace / INDEX / generation.name)
    sync_folder(workspace / INDEX)
    for path in _other_files(stage):
        place = workspace / path.relative_to(stage)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    if sound:
        copy_file(stage / CATALOG, live, begin(f"restoring {info.documents} documents"))
    else:
        # The log files belong to the damaged catalog, of which a copy is kept
        for path in _logs_of(live):
            path.unlink(missing_ok=True)
        (stage / CATALOG).replace(live)
    sync_folder(workspace)


def _other_files(stage: Path) -> list[Path]:
    """What was unpacked besides the catalog."""
    ours = {stage / CATALOG, *_logs_of(stage / CATALOG)}
    files = (path for path in sorted(stage.rglob("*")) if path.is_file() and path not in ours)
    return [path for path in files if path.relative_to(stage).parts[0] != INDEX and not _is_copy(path)]


def _is_copy(path: Path) -> bool:
    """A copy that an upgrade of the unpacked catalog left."""
    return path.name.startswith(f"{Path(CATALOG).stem}-before-")


def _logs_of(catalog: Path) -> list[Path]:
    return [catalog.with_name(f"{catalog.name}{suffix}") for suffix in _LOGS]
