"""Runs (one ingestion, rebuild or training job each) and the quarantine of documents that could not be read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, insert, null, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.schema import quarantine, runs
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

RUNNING = "running"
DONE = "done"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One job; `report` is the JSON that it ended with, empty while it runs."""

    id: str
    kind: str
    state: str
    started_at: float
    finished_at: float | None = None
    message: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A file that could not become a document.

    `kept_as` names its copy in the quarantine folder, if there is one; `access` are the labels that it would have got,
    which it gets when it can be read after all (None: not told).
    """

    path: str
    reason: str
    source_root: str = ""
    content_hash: str = ""
    kept_as: str = ""
    at: float = 0.0
    access: frozenset[str] | None = None


class Runs:
    """The runs of a catalog."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def start(self, kind: str) -> str:
        """Note that a run begins; gives its id."""
        run_id = uuid.uuid4().hex[:12]
        with self._catalog.begin() as connection:
            connection.execute(
                insert(runs).values(
                    id=run_id, kind=kind, state=RUNNING, started_at=self._clock(), message="", report={}
                )
            )
        return run_id

    def note(self, run_id: str, report: Mapping[str, Any]) -> None:
        """Keep what a run has to say so far, for those who watch it; it is running again if it had stopped."""
        values = {"report": dict(report), "state": RUNNING, "message": "", "finished_at": None}
        with self._catalog.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def finish(self, run_id: str, report: Mapping[str, Any], *, state: str = DONE, message: str = "") -> None:
        """Note how a run ended. Raises NotFound."""
        values = {"state": state, "finished_at": self._clock(), "message": message, "report": dict(report)}
        with self._catalog.begin() as connection:
            if not connection.execute(update(runs).where(runs.c.id == run_id).values(values)).rowcount:
                raise NotFound(f"run {run_id!r}: not in the catalog")

    def get(self, run_id: str) -> Run | None:
        """The run, or None."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        return None if row is None else _run(row)

    def list(self, *, kind: str | None = None, limit: int = 50) -> Sequence[Run]:
        """The latest runs, newest first."""
        query = select(runs).order_by(runs.c.started_at.desc()).limit(limit)
        if kind is not None:
            query = query.where(runs.c.kind == kind)
        with self._catalog.connect() as connection:
            return [_run(row) for row in connection.execute(query)]


class Quarantine:
    """Files that could not be read, with the reason."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def put(
        self,
        path: str,
        reason: str,
        *,
        source_root: str = "",
        content_hash: str = "",
        kept_as: str = "",
        access: frozenset[str] | None = None,
    ) -> QuarantineEntry:
        """Add a file or renew its entry."""
        entry = QuarantineEntry(path, reason, source_root, content_hash, kept_as, self._clock(), access)
        values = {
            "source_root": source_root,
            "path": path,
            "reason": reason,
            "content_hash": content_hash,
            "kept_as": kept_as,
            "at": entry.at,
            "access": null() if access is None else sorted(access),
        }
        query = upsert(quarantine).values(values)
        with self._catalog.begin() as connection:
            connection.execute(query.on_conflict_do_update(index_elements=["source_root", "path"], set_=values))
        return entry

    def get(self, path: str, source_root: str = "") -> QuarantineEntry | None:
        """The entry of one file, or None."""
        key = (quarantine.c.path == path) & (quarantine.c.source_root == source_root)
        with self._catalog.connect() as connection:
            row = connection.execute(select(quarantine).where(key)).first()
        return None if row is None else _entry(row)

    def list(self, *, source_root: str | None = None) -> Sequence[QuarantineEntry]:
        """All entries, in order of their paths."""
        query = select(quarantine).order_by(quarantine.c.path, quarantine.c.source_root)
        if source_root is not None:
            query = query.where(quarantine.c.source_root == source_root)
        with self._catalog.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def remove(self, path: str, source_root: str | None = None) -> int:
        """Take a file out (under any root when none is named); gives how many entries there were."""
        key = quarantine.c.path == path
        if source_root is not None:
            key &= quarantine.c.source_root == source_root
        with self._catalog.begin() as connection:
            return int(connection.execute(delete(quarantine).where(key)).rowcount)


def _run(row: Row[Any]) -> Run:
    return Run(row.id, row.kind, row.state, row.started_at, row.finished_at, row.message, row.report)


def _entry(row: Row[Any]) -> QuarantineEntry:
    access = None if row.access is None else frozenset(row.access)
    return QuarantineEntry(row.path, row.reason, row.source_root, row.content_hash, row.kept_as, row.at, access)
