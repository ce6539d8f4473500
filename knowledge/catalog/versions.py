"""Model versions, which of them answers whom, what each answer took, and who changed what."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.feedback import feedback
from knowledge.catalog.schema import metadata
from knowledge.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

Channel = Literal["stable", "canary"]

model_versions = sa.Table(
    "model_versions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    # Relative to the workspace's folder adapters/
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("dataset", sa.JSON, nullable=False),
    sa.Column("run", sa.Text, nullable=False),
    sa.Column("metrics", sa.JSON, nullable=False),
    sa.Column("evaluation", sa.JSON, nullable=False),
    # Name of each file -> its SHA-256
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

version_lines = sa.Table(
    "version_lines",
    metadata,
    # A group of users; empty: everyone whose groups have no line
    sa.Column("name", sa.Text, primary_key=True),
    # Ids of versions; empty: the base that the settings name, or no canary
    sa.Column("stable", sa.Text, nullable=False),
    sa.Column("canary", sa.Text, nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    # The stable versions before this one, latest last
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
)

version_uses = sa.Table(
    "version_uses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("total_ms", sa.Float, nullable=False),
    # The class of the error that ended it; empty: answered
    sa.Column("error", sa.Text, nullable=False),
    # The message that holds the answer, where it is kept
    sa.Column("message_id", sa.Text, nullable=True, index=True),
    sa.Index(None, "line", "version", "at"),
)

version_events = sa.Table(
    "version_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What answers: a base with an adapter, made for a prompt, with settings; where it came from and how good it is.

    `id` is NAME@NUMBER with a semantic version. `folder` lies in the workspace's adapters/. `settings` go over
    `[answer]`. `files` are the hashes of what lies in the folder, which never changes. Of the rest only `evaluation`
    is written later.
    """

    id: str
    name: str
    number: str
    base: str
    method: str
    folder: str
    prompt: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    run: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    created_at: float = 0.0
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Which version answers a business line: `canary` to a `share` (0 to 1) of its users, `stable` to the others.

    An empty version is the base that the settings name; an empty name is everyone whose groups have no line.
    """

    name: str = ""
    stable: str = ""
    canary: str = ""
    share: float = 0.0
    before: tuple[str, ...] = ()
    changed_at: float = 0.0
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The id of the version that answers a question (empty: the base), for which line, and as what."""

    version: str = ""
    line: str = ""
    channel: Channel = "stable"


@dataclass(frozen=True, slots=True)
class VersionUse:
    """One question for a version: `error` is empty when it answered, `message_id` where the answer is kept."""

    version: str
    line: str
    channel: Channel
    total_ms: float
    error: str = ""
    message_id: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class VersionUsage:
    """What became of a version's questions: how many, how many failed, median milliseconds, thumbs up and down."""

    version: str
    line: str
    channel: Channel
    asked: int
    errors: int
    median_ms: float | None
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class VersionEvent:
    """One change: register, evaluate, canary, promote or rollback."""

    at: float
    by: str
    action: str
    line: str
    version: str
    reason: str = ""


class Versions:
    """The model versions of a workspace."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def add(self, version: ModelVersion) -> ModelVersion:
        """Store a new version, made now. Raises InvalidInput when there is one of that id."""
        version = replace(version, created_at=self._clock())
        event = VersionEvent(self._clock(), version.created_by, "register", "", version.id)
        try:
            with self._catalog.begin() as connection:
                connection.execute(sa.insert(model_versions).values(asdict(version)))
                _note(connection, event)
        except sa.exc.IntegrityError as error:
            raise InvalidInput(f"{version.id}: there is such a version; give another number") from error
        return version

    def get(self, version_id: str) -> ModelVersion | None:
        """The version, or None."""
        with self._catalog.connect() as connection:
            row = connection.execute(sa.select(model_versions).where(model_versions.c.id == version_id)).first()
        return None if row is None else ModelVersion(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

    def list(self) -> Sequence[ModelVersion]:
        """All versions, newest first."""
        newest = sa.select(model_versions).order_by(model_versions.c.created_at.desc(), model_versions.c.id.desc())
        with self._catalog.connect() as connection:
            return [ModelVersion(**row._mapping) for row in connection.execute(newest)]  # noqa: SLF001 - as above

    def set_evaluation(self, version_id: str, evaluation: Mapping[str, Any], *, by: str) -> None:
        """Store what an evaluation found. Raises NotFound."""
        same = model_versions.c.id == version_id
        with self._catalog.begin() as connection:
            done = connection.execute(sa.update(model_versions).where(same).values(evaluation=dict(evaluation)))
            if not done.rowcount:
                raise NotFound(f"{version_id}: no such version; `plumbline versions list` shows what there is")
            _note(connection, VersionEvent(self._clock(), by, "evaluate", "", version_id))

    # --- lines ----------------------------------------------------------------------------------------------------

    def line(self, name: str = "") -> Line | None:
        """The line of that name, or None when nothing was ever set for it."""
        return next((line for line in self.lines([name]) if line.name == name), None)

    def lines(self, names: Iterable[str] | None = None) -> Sequence[Line]:
        """The lines of these names that there are, or all; by name."""
        wanted = sa.select(version_lines).order_by(version_lines.c.name)
        if names is not None:
            wanted = wanted.where(version_lines.c.name.in_(sorted(names)))
        with self._catalog.connect() as connection:
            return [_line(row) for row in connection.execute(wanted)]

    def change_line(
        self, name: str, change: Callable[[Line], Line], *, action: str, version: str, by: str, reason: str = ""
    ) -> Line:
        """Put `change(the line as it is)` in its place, in one transaction, and note who did it."""
        now = self._clock()
        with self._catalog.begin() as connection:
            row = connection.execute(sa.select(version_lines).where(version_lines.c.name == name)).first()
            changed = change(Line(name) if row is None else _line(row))
            values = {**asdict(changed), "before": list(changed.before), "changed_at": now, "changed_by": by}
            query = upsert(version_lines).values(values)
            connection.execute(query.on_conflict_do_update(index_elements=["name"], set_=values))
            _note(connection, VersionEvent(now, by, action, name, version, reason))
        return _line_of(values)

    def events(self, limit: int = 100) -> Sequence[VersionEvent]:
        """The latest changes, newest first."""
        wanted = sa.select(version_events).order_by(version_events.c.id.desc()).limit(limit)
        with self._catalog.connect() as connection:
            return [
                VersionEvent(row.at, row.by, row.action, row.line, row.version, row.reason)
                for row in connection.execute(wanted)
            ]

    # --- use ------------------------------------------------------------------------------------------------------

    def record(self, use: VersionUse) -> None:
        """Note one answer or failure; `at` is now."""
        values = {**asdict(use), "at": self._clock(), "message_id": use.message_id or None}
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(version_uses).values(values))

    def usage(self, line: str | None = None, since: float = 0.0) -> Sequence[VersionUsage]:
        """Per line, version and channel what became of the questions since a time."""
        wanted = sa.select(version_uses).where(version_uses.c.at >= since)
        thumbs = (
            sa.select(version_uses.c.line, version_uses.c.version, version_uses.c.channel, feedback.c.kind)
            .join(feedback, feedback.c.message_id == version_uses.c.message_id)
            .where(version_uses.c.at >= since, feedback.c.kind.in_(["up", "down"]))
        )
        if line is not None:
            wanted, thumbs = wanted.where(version_uses.c.line == line), thumbs.where(version_uses.c.line == line)
        uses: dict[tuple[str, str, Channel], list[sa.Row[Any]]] = defaultdict(list)
        votes: dict[tuple[str, str, Channel], list[str]] = defaultdict(list)
        with self._catalog.connect() as connection:
            for row in connection.execute(wanted):
                uses[row.line, row.version, row.channel].append(row)
            for row in connection.execute(thumbs):
                votes[row.line, row.version, row.channel].append(row.kind)
        return [_usage(key, rows, votes[key]) for key, rows in sorted(uses.items())]


def _usage(key: tuple[str, str, Channel], rows: Sequence[sa.Row[Any]], votes: Sequence[str]) -> VersionUsage:
    line, version, channel = key
    answered = [row.total_ms for row in rows if not row.error]
    return VersionUsage(
        version=version,
        line=line,
        channel=channel,
        asked=len(rows),
        errors=len(rows) - len(answered),
        median_ms=round(median(answered), 1) if answered else None,
        up=votes.count("up"),
        down=votes.count("down"),
    )


def _note(connection: sa.Connection, event: VersionEvent) -> None:
    connection.execute(sa.insert(version_events).values(asdict(event)))


def _line(row: sa.Row[Any]) -> Line:
    return _line_of(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def _line_of(values: Mapping[Any, Any]) -> Line:
    return Line(**{**values, "before": tuple(values["before"])})
