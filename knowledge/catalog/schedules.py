"""Schedules: when a source is run, and the claim that lets only one process run it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.catalog.schema import metadata
from knowledge.catalog.sources import sources
from knowledge.errors import NotFound
from knowledge.types import Result

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("sources.id", ondelete="CASCADE"), nullable=False, index=True),
    # One of the two is set
    sa.Column("every_seconds", sa.Float),
    sa.Column("cron", sa.String, nullable=False),
    sa.Column("next_at", sa.Float, nullable=False, index=True),
    sa.Column("last_at", sa.Float),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.String, nullable=False),
)


class Schedule(Result):
    """When a source is run: `every_seconds`, or `cron` in the machine's time zone. Times are seconds since 1970.

    `next_at` in the past means due, also when nobody was there to run it; `last_at` is when it was last begun.
    """

    id: str = ""
    source_id: str
    source: str = ""
    every_seconds: float | None = None
    cron: str = ""
    next_at: float = 0.0
    last_at: float | None = None
    created_at: float = 0.0
    created_by: str = ""


class Schedules:
    """The schedules of a catalog."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def add(self, schedule: Schedule) -> Schedule:
        """Store a new schedule under a new id."""
        stored = schedule.model_copy(update={"id": uuid.uuid4().hex[:8], "created_at": self._clock()})
        values = stored.to_json()
        del values["source"]
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(schedules).values(values))
        return stored

    def get(self, schedule_id: str) -> Schedule:
        """The schedule with this id. Raises NotFound."""
        found = self._select(schedules.c.id == schedule_id)
        if not found:
            raise NotFound(f"schedule {schedule_id!r}: there is none; `plumbline schedule list` shows what there is")
        return found[0]

    def list(self, source_id: str | None = None) -> Sequence[Schedule]:
        """All schedules, or those of one source, the next first."""
        return self._select(sa.true() if source_id is None else schedules.c.source_id == source_id)

    def due(self, now: float) -> Sequence[Schedule]:
        """Those whose time has come, the longest due first."""
        return self._select(schedules.c.next_at <= now)

    def begun(self, schedule_id: str, at: float) -> None:
        """Note that a due schedule is being run; it stays due until `done`, so that a crash is made up for."""
        self._set(schedule_id, last_at=at)

    def done(self, schedule_id: str, next_at: float) -> None:
        """Note when it is due again."""
        self._set(schedule_id, next_at=next_at)

    def remove(self, schedule_id: str) -> None:
        """Forget a schedule. Raises NotFound."""
        with self._catalog.begin() as connection:
            removed = connection.execute(sa.delete(schedules).where(schedules.c.id == schedule_id)).rowcount
        if not removed:
            self.get(schedule_id)

    def _set(self, schedule_id: str, **values: float) -> None:
        with self._catalog.begin() as connection:
            connection.execute(sa.update(schedules).where(schedules.c.id == schedule_id).values(values))

    def _select(self, condition: sa.ColumnElement[bool]) -> Sequence[Schedule]:
        query = sa.select(schedules, sources.c.name.label("source")).join(sources).where(condition)
        with self._catalog.connect() as connection:
            rows = connection.execute(query.order_by(schedules.c.next_at, schedules.c.id)).mappings().all()
        return [_schedule(row) for row in rows]


def _schedule(row: sa.RowMapping) -> Schedule:
    values: dict[str, Any] = dict(row)
    return Schedule(**values)
