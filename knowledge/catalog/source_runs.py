"""Runs of sources: state, live progress, log and report of each, readable by every process while it goes on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import sqlalchemy as sa
from pydantic import Field

from knowledge.catalog.schema import metadata
from knowledge.catalog.sources import sources
from knowledge.errors import NotFound
from knowledge.types import Result

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

RunState = Literal["running", "done", "failed", "postponed", "interrupted"]
RunPhase = Literal["", "listing", "fetching", "waiting", "reading", "publishing"]
Trigger = Literal["manual", "schedule", "watch"]
RUNNING: Final = "running"
FAILED: Final = "failed"
POSTPONED: Final = "postponed"
INTERRUPTED: Final = "interrupted"
_KEPT = 200
"""Runs kept of each source; older ones are forgotten with their logs."""

source_runs = sa.Table(
    "source_runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("trigger", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("phase", sa.String, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False, index=True),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
)

source_run_lines = sa.Table(
    "source_run_lines",
    metadata,
    sa.Column("run_id", sa.ForeignKey("source_runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)


class SourceRun(Result):
    """One run of a source. `done` of `total` count the items of its `phase`, `chunks` those committed so far.

    `message` is one line for people: why it failed, or what it waits for. `report`, when it is done, holds `fetched`
    (counts of listed, fetched, unchanged, removed, left_out and failed items, and bytes) and `ingested` (as of
    `plumbline ingest --json`). A run whose process has died is "interrupted"; the next one goes on where it stopped.
    """

    id: str
    source_id: str
    source: str = ""
    trigger: Trigger = "manual"
    state: RunState = "running"
    phase: RunPhase = ""
    done: int = 0
    total: int = 0
    chunks: int = 0
    started_at: float = 0.0
    changed_at: float = 0.0
    finished_at: float | None = None
    message: str = ""
    report: dict[str, Any] = Field(default_factory=dict)


class RunLine(Result):
    """One line of a run's log; `level` is "info" or "warning". Numbers count from 1."""

    number: int
    at: float
    level: str
    text: str


def lease_of(source_id: str) -> str:
    """The name of the lease that a run of this source holds."""
    return f"source:{source_id}"


class SourceRuns:
    """The runs of a catalog's sources."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def start(self, source_id: str, trigger: Trigger) -> str:
        """Note that a run begins, by who holds the source's lease; gives its id. Others that never ended are dead."""
        run_id, now = uuid.uuid4().hex[:12], self._clock()
        this = source_runs.c.source_id == source_id
        with self._catalog.begin() as connection:
            dead = sa.update(source_runs).where(this, source_runs.c.state == RUNNING)
            connection.execute(dead.values(state=INTERRUPTED, finished_at=source_runs.c.changed_at, phase=""))
            kept = sa.select(source_runs.c.id).where(this).order_by(source_runs.c.started_at.desc()).limit(_KEPT - 1)
            connection.execute(sa.delete(source_runs).where(this, source_runs.c.id.not_in(kept)))
            connection.execute(
                sa.insert(source_runs).values(
                    id=run_id,
                    source_id=source_id,
                    trigger=trigger,
                    state=RUNNING,
                    phase="listing",
                    done=0,
                    total=0,
                    chunks=0,
                    started_at=now,
                    changed_at=now,
                    message="",
                    report={},
                )
            )
        return run_id

    def progress(self, run_id: str, phase: RunPhase, done: int, total: int, chunks: int, message: str = "") -> None:
        """Note how far a run is."""
        values = {"phase": phase, "done": done, "total": total, "chunks": chunks, "message": message}
        self._set(run_id, **values)

    def line(self, run_id: str, text: str, level: str = "info") -> None:
        """Add a line to a run's log."""
        number = sa.select(sa.func.coalesce(sa.func.max(source_run_lines.c.number), 0) + 1)
        with self._catalog.begin() as connection:
            next_one = connection.execute(number.where(source_run_lines.c.run_id == run_id)).scalar_one()
            connection.execute(
                sa.insert(source_run_lines).values(
                    run_id=run_id, number=next_one, at=self._clock(), level=level, text=text
                )
            )

    def finish(
        self, run_id: str, report: Mapping[str, Any], *, state: RunState = "done", message: str = ""
    ) -> SourceRun:
        """Note how a run ended; gives it."""
        ended = {"state": state, "phase": "", "finished_at": self._clock(), "message": message, "report": dict(report)}
        self._set(run_id, **ended)
        return self.get(run_id)

    def get(self, run_id: str) -> SourceRun:
        """The run with this id. Raises NotFound."""
        found = self._select(source_runs.c.id == run_id, 1)
        if not found:
            raise NotFound(f"run {run_id!r}: there is none; `plumbline sources show SOURCE` lists the latest")
        return found[0]

    def list(self, source_id: str | None = None, limit: int = 50) -> Sequence[SourceRun]:
        """The latest runs, of one source or all, newest first."""
        return self._select(sa.true() if source_id is None else source_runs.c.source_id == source_id, limit)

    def lines(self, run_id: str, after: int = 0) -> Sequence[RunLine]:
        """A run's log from the line behind number `after` on."""
        lines = source_run_lines.c
        query = sa.select(lines.number, lines.at, lines.level, lines.text)
        query = query.where(lines.run_id == run_id, lines.number > after).order_by(lines.number)
        with self._catalog.connect() as connection:
            return [RunLine(**row) for row in connection.execute(query).mappings()]

    def _set(self, run_id: str, **values: Any) -> None:
        change = sa.update(source_runs).where(source_runs.c.id == run_id)
        with self._catalog.begin() as connection:
            connection.execute(change.values(changed_at=self._clock(), **values))

    def _select(self, condition: sa.ColumnElement[bool], limit: int) -> Sequence[SourceRun]:
        query = sa.select(source_runs, sources.c.name.label("source")).join(sources).where(condition)
        query = query.order_by(source_runs.c.started_at.desc(), source_runs.c.id).limit(limit)
        with self._catalog.connect() as connection:
            found = [_run(row) for row in connection.execute(query).mappings()]
        return [self._alive(run) for run in found]

    def _alive(self, run: SourceRun) -> SourceRun:
        """The run as it is: one that is noted as running although nobody holds its lease was interrupted."""
        if run.state != RUNNING or self._catalog.leases.is_held(lease_of(run.source_id)):
            return run
        return run.model_copy(update={"state": INTERRUPTED, "phase": "", "finished_at": run.changed_at})


def _run(row: sa.RowMapping) -> SourceRun:
    values: dict[str, Any] = dict(row)
    return SourceRun(**values)
