"""One run of a source: fetch what is new there, ingest it, and write down how far it is for everybody to see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import structlog

from ingest.access import FILE_NAME
from ingest.connectors import Item, Opening, open_connector
from ingest.connectors.base import read_secrets
from ingest.holdings import MIRRORS, Holdings
from ingest.mirror import FetchReport, Mirror, Stopped, safe_path
from ingest.relabelling import relabel
from ingest.selection import Patterns, labels_for
from ingest.sources import list_files
from knowledge.catalog.source_runs import (
    FAILED,
    INTERRUPTED,
    POSTPONED,
    RunPhase,
    RunState,
    SourceRun,
    Trigger,
    lease_of,
)
from knowledge.catalog.sources import ACCESS_FIELDS
from knowledge.errors import NotFound, PlumblineError, Unavailable
from knowledge.index_store import WRITER

if TYPE_CHECKING:
    from ingest.pipeline import Pipeline
    from knowledge.catalog import Catalog
    from knowledge.catalog.sources import Source
    from knowledge.types import RunReport

_NOTE_SECONDS = 0.5
_MOST_LINES = 200
"""Lines of a kind that a log takes from one run; the report has all the numbers."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a run is wanted, and `by` whom.

    `busy_wait` are the seconds that it waits while another process writes, before it is postponed. `stopping` is asked
    at each step whether the run shall end; `told` hears how far each phase is.
    """

    trigger: Trigger = "manual"
    allow_empty: bool = False
    busy_wait: float = 600.0
    stopping: Callable[[], bool] = bool
    told: Callable[[RunPhase, int, int], None] = lambda *_: None
    by: str = ""


class SourceRunner:
    """Runs sources of one workspace. Safe from many threads; each run belongs to the thread that began it.

    Secrets are read from `environment` or files when a run begins. `clean` takes personal data out of log lines,
    `rename` out of paths. `ended` hears of each run that is over, and who wanted it.
    """

    def __init__(
        self,
        catalog: Catalog,
        workspace: Path,
        pipeline: Callable[[], Pipeline],
        environment: Mapping[str, str],
        clean: Callable[[str], str],
        *,
        exclude: Sequence[str],
        max_file_mb: float,
        rename: Callable[[str], str] = str,
        ended: Callable[[Source, SourceRun, str], None] = lambda *_: None,
    ) -> None:
        self._catalog = catalog
        self._workspace = workspace
        self._holdings = Holdings(catalog, workspace)
        self._pipeline = pipeline
        self._environment = environment
        self._clean = clean
        self._exclude = exclude
        self._max_file_mb = max_file_mb
        self._rename = rename
        self._ended = ended

    def run(self, source: Source, wish: Wish, begun: Callable[[str], None] | None = None) -> SourceRun:
        """Run a source to its end and give what is noted of it. `begun` hears the run's id as soon as it has one.

        Raises Unavailable when the source is being run already, NotFound when it was removed. Whatever goes wrong
        afterwards is noted in the run; only what nobody foresaw is raised as well.
        """
        with self._catalog.leases.hold(lease_of(source.id)):
            source = self._catalog.sources.get(source.id)  # as it is defined now
            run_id = self._catalog.source_runs.start(source.id, wish.trigger)
            run = _Noted(self._catalog, run_id, wish, self._clean)
            if begun is not None:
                begun(run.id)
            over = self._noting(source, wish, run)
        self._ended(source, over, wish.by)
        return over

    def relabel(self, source: Source) -> int:
        """Let the source's rules of access hold for its documents at once; gives how many have other labels now."""
        return relabel(self._catalog, self._holdings, source, self._exclude, self._rename)

    def probe(self, source: Source, most: int) -> Iterator[str]:
        """The paths of up to `most` files that a run would take, desensitized; nothing is fetched or kept.

        Raises InvalidInput and Unavailable when the source cannot be used or reached.
        """
        with TemporaryDirectory(prefix="plumbline-probe-") as place:
            secrets = read_secrets(source.secrets, self._environment)
            opening = Opening(secrets, Path(place), self._max_file_mb)
            try:
                for path in islice(self._paths(source, opening), most):
                    yield self._clean(path)
            except PlumblineError as error:
                raise type(error)(self._clean(opening.scrub(str(error)))) from error

    def _paths(self, source: Source, opening: Opening) -> Iterator[str]:
        patterns = Patterns(source.include, source.exclude)
        if source.kind == "folder":
            folder = Path(source.location)
            found = (file.path for file in list_files(folder, folder, self._exclude))
            yield from (path for path in found if path != FILE_NAME and patterns.take(path))
            return
        with closing(open_connector(source, opening)) as connector:
            for item in connector.items():
                path = safe_path(item.path)
                if path is not None and path != FILE_NAME and patterns.take(path):
                    yield path

    def _noting(self, source: Source, wish: Wish, run: _Noted) -> SourceRun:
        opening = Opening({}, self._workspace)
        try:
            secrets = read_secrets(source.secrets, self._environment)
            opening = Opening(secrets, self._workspace / MIRRORS / source.id, self._max_file_mb, run.warn)
            report = self._steps(source, wish, run, opening)
        except _Postponed as busy:
            return run.finish({}, POSTPONED, str(busy))
        except Stopped:
            return run.finish({}, INTERRUPTED, "stopped; the next run goes on from there")
        except PlumblineError as error:
            return run.finish({}, FAILED, self._clean(opening.scrub(str(error))))
        except BaseException as error:
            run.finish({}, INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED, type(error).__name__)
            raise
        return run.finish(report)

    def _steps(self, source: Source, wish: Wish, run: _Noted, opening: Opening) -> dict[str, Any]:
        """The whole story: look, fetch, wait for our turn, ingest."""
        if source.kind == "folder":
            fetched = None
            self._look(source, wish)
        else:
            fetched = self._fetch(source, wish, run, opening)
            run.line(f"fetched {fetched.fetched} of {fetched.listed} items, {fetched.bytes} bytes")
        root = self._holdings.root_of(source)
        holding = self._holdings.of(root)
        if holding is None or holding.source != source.name:
            # Without its source's word on who may read them, no file is read at all
            raise Unavailable(f"source {source.name!r}: was changed or removed meanwhile; run it again")
        pipeline = self._pipeline()
        with ExitStack() as turn:
            self._wait_for_turn(turn, run, wish)
            if source.kind == "folder":  # again: a share may have gone while this waited
                self._look(source, wish)
            report = pipeline.run(
                [root],
                progress=lambda done, total: run.told("reading", done, total or 0),
                chunks_done=run.chunks_done,
            )
            self._follow_rules(source)
        run.ingested(report)
        return {"fetched": (fetched or FetchReport()).to_json(), "ingested": report.to_json()}

    def _follow_rules(self, source: Source) -> None:
        """What was said of its readers while the run read holds for what it brought in, too."""
        try:
            now = self._catalog.sources.get(source.id)
        except NotFound:
            return
        if any(getattr(now, name) != getattr(source, name) for name in ACCESS_FIELDS):
            self.relabel(now)

    def _look(self, source: Source, wish: Wish) -> None:
        """A share that is not mounted is an empty folder: that must not remove its documents."""
        folder = Path(source.location)
        if not folder.is_dir():
            raise Unavailable(f"{folder}: the folder is not there; nothing was removed: mount it, or mend the source")
        empty = next(iter(list_files(folder, folder, self._exclude)), None) is None
        if empty and not wish.allow_empty and self._catalog.documents.list(source_root=str(folder), limit=1):
            raise Unavailable(
                f"{folder}: is empty now, documents were there before; nothing was removed: check that it is mounted, "
                "or run with --allow-empty if that is right"
            )

    def _fetch(self, source: Source, wish: Wish, run: _Noted, opening: Opening) -> FetchReport:
        opening.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        patterns = Patterns(source.include, (*source.exclude, *self._exclude))
        permissions = source.permissions
        own_rules = source.kind == "git"

        def wanted(item: Item) -> bool:
            path = safe_path(item.path)
            allowed = permissions is None or labels_for(item.readers or (), permissions) is not None
            # Whatever is chosen: without its rules a source would be open to all
            rules = own_rules and path == FILE_NAME
            return path is not None and (rules or patterns.take(path)) and allowed

        with closing(open_connector(source, opening)) as connector:
            return Mirror(
                connector=connector,
                files=self._holdings.root_of(source),
                known=dict(self._catalog.sources.items(source.id)),
                wanted=wanted,
                noted=lambda items, gone: self._catalog.sources.keep_items(source.id, items, gone),
                note=lambda text: run.warn(opening.scrub(text)),
                max_bytes=int(self._max_file_mb * 1024 * 1024),
                own_rules=own_rules,
                told=run.told,
            ).follow(allow_empty=wish.allow_empty)

    def _wait_for_turn(self, turn: ExitStack, run: _Noted, wish: Wish) -> None:
        """Hold the right to write until `turn` ends. Raises _Postponed when somebody else does for too long."""
        leases = self._catalog.leases
        try:
            turn.enter_context(leases.hold(WRITER))
        except Unavailable as busy:
            run.line(f"waits: {busy}")
            run.told("waiting", 0, 0, str(busy))
        else:
            return
        end = time.monotonic() + wish.busy_wait
        while True:
            if wish.stopping():
                raise Stopped
            try:
                turn.enter_context(leases.hold(WRITER, min(2.0, wish.busy_wait)))
            except Unavailable as busy:
                if time.monotonic() >= end:
                    raise _Postponed(f"the workspace is busy, tried again soon: {busy}") from busy
            else:
                return


class _Postponed(Exception):
    """Another process has been writing for too long."""


class _Noted:
    """Writes down how far a run is: now and then, and at each change of phase."""

    def __init__(self, catalog: Catalog, run_id: str, wish: Wish, clean: Callable[[str], str]) -> None:
        self.id = run_id
        self._clean = clean
        self._runs = catalog.source_runs
        self._wish = wish
        self._guard = threading.Lock()
        self._written = 0.0
        self._phase: RunPhase = "listing"
        self._chunks = 0
        self._lines = 0
        self._at = (0, 0)

    def told(self, phase: RunPhase, done: int, total: int, message: str = "") -> None:
        """How far this phase is. Raises Stopped when the run shall end."""
        if self._wish.stopping():
            raise Stopped
        self._wish.told(phase, done, total)
        with self._guard:
            now = time.monotonic()
            if phase == self._phase and now - self._written < _NOTE_SECONDS and done != total:
                return
            self._phase, self._written, self._at = phase, now, (done, total)
            self._runs.progress(self.id, phase, done, total, self._chunks, message)

    def chunks_done(self, chunks: int) -> None:
        """How many chunks are committed; called from another thread."""
        with self._guard:
            self._chunks = chunks
            now = time.monotonic()
            if now - self._written >= _NOTE_SECONDS:
                self._written = now
                self._runs.progress(self.id, self._phase, *self._at, chunks)

    def line(self, text: str, level: str = "info") -> None:
        """Add to the run's log, as long as it is not flooded."""
        self._lines += 1
        if self._lines <= _MOST_LINES:
            self._runs.line(self.id, text, level)
        elif self._lines == _MOST_LINES + 1:
            self._runs.line(self.id, f"… more lines are left out; the log holds {_MOST_LINES}", "warning")

    def warn(self, text: str) -> None:
        """Add to the run's log what came from outside."""
        self.line(self._clean(text), "warning")

    def ingested(self, report: RunReport) -> None:
        """The log's last lines."""
        for entry in report.quarantine:
            self.line(f"quarantined: {entry.path}: {entry.reason}", "warning")
        counts = report.documents
        self.line(
            f"added {counts.added}, updated {counts.updated}, unchanged {counts.unchanged}, removed {counts.removed}, "
            f"quarantined {counts.quarantined}; {report.chunks} chunks"
        )

    def finish(self, report: Mapping[str, Any], state: RunState = "done", message: str = "") -> SourceRun:
        """The run has ended so."""
        if message:
            self._runs.line(self.id, message, "warning")
        ended = self._runs.finish(self.id, report, state=state, message=message)
        _log.info("source_run", run=self.id, source=ended.source, state=ended.state)
        return ended
