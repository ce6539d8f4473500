"""Watching a folder: a change there is a run of its source, within seconds and one for a whole burst."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import structlog
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from ingest.source_run import SourceRunner, Wish
from knowledge.errors import Unavailable

if TYPE_CHECKING:
    from knowledge.catalog.sources import Source

QUIET_SECONDS = 1.0
"""A run begins when nothing has changed for so long …"""
LONGEST_SECONDS = 10.0
"""… or when changes have been coming in for so long."""
_TEMPORARY = ("*~", "*.sw?", "*.tmp", "*.temp", "*.part", "*.crdownload", "4913", "#*#", "~$*", ".*")
"""Names that editors and browsers write beside a file before it is whole."""
_CHANGES = frozenset({"created", "deleted", "modified", "moved"})

_log = structlog.get_logger(__name__)


class Watcher:
    """Watches the folder of one source and runs it."""

    def __init__(
        self,
        source: Source,
        runner: SourceRunner,
        *,
        exclude: Sequence[str] = (),
        poll: float | None = None,
        told: Callable[[str], None] = lambda _: None,
        quiet: float = QUIET_SECONDS,
    ) -> None:
        """`poll`: look every so many seconds, for shares that do not notify. `told` hears a line for each run."""
        self._source = source
        self._runner = runner
        self._ignored = (*_TEMPORARY, *exclude)
        self._poll = poll
        self._told = told
        self._quiet = quiet

    def run_until(self, stop: threading.Event) -> None:
        """Run once, then after changes, until `stop`. Raises Unavailable when the folder cannot be watched."""
        folder = Path(self._source.location)
        changes = _Changes(folder, self._ignored)
        observer = PollingObserver(timeout=self._poll) if self._poll is not None else Observer()
        try:
            observer.schedule(changes, str(folder), recursive=True)
            observer.start()
        except OSError as error:
            raise Unavailable(
                f"{folder}: cannot be watched: {error.strerror or error}; raise the system's limit of watches, or give "
                "--poll 10"
            ) from error
        try:
            # What changed while nobody watched; watching has begun, so that nothing falls between
            self._run(stop)
            while not stop.is_set():
                if changes.settled(self._quiet):
                    self._run(stop)
                stop.wait(min(0.2, self._quiet))
        finally:
            observer.stop()
            observer.join()

    def _run(self, stop: threading.Event) -> None:
        try:
            ended = self._runner.run(self._source, Wish("watch", stopping=stop.is_set))
        except Unavailable as busy:  # somebody else runs this source and will see the same files
            _log.info("watch_left_to_another", source=self._source.name, reason=str(busy))
            return
        if ended.state != "done":
            self._told(f"{ended.state}: {ended.message}")
            return
        counts = {key: value for key, value in ended.report["ingested"]["documents"].items() if value}
        self._told(", ".join(f"{key} {value}" for key, value in counts.items()) or "nothing there")


class _Changes(FileSystemEventHandler):
    """Remembers since when and how lately something has changed. Called from the observer's thread."""

    def __init__(self, folder: Path, ignored: Sequence[str]) -> None:
        self._folder = folder
        self._ignored = ignored
        self._guard = threading.Lock()
        self._first: float | None = None
        self._last = 0.0

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in _CHANGES or (event.is_directory and event.event_type == "modified"):
            return
        if all(self._is_ignored(place) for place in (event.src_path, event.dest_path) if place):
            return
        with self._guard:
            self._last = time.monotonic()
            self._first = self._first or self._last

    def settled(self, quiet: float) -> bool:
        """Whether there were changes that are to be picked up now; they are forgotten then."""
        with self._guard:
            now = time.monotonic()
            if self._first is None or (now - self._last < quiet and now - self._first < LONGEST_SECONDS):
                return False
            self._first = None
            return True

    def _is_ignored(self, place: bytes | str) -> bool:
        text = place if isinstance(place, str) else place.decode("utf-8", "surrogateescape")
        path = PurePath(text)
        names = path.relative_to(self._folder).parts if path.is_relative_to(self._folder) else path.parts[-1:]
        return any(fnmatchcase(name, pattern) for name in names for pattern in self._ignored)
