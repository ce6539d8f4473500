"""When sources are due, and the loop that runs them.

A due schedule is run by whoever gets the lease of its source; its next time is written when the run is over. So two
processes never run the same one, times missed while nobody was there are made up for by one run, and what a crash
broke off is begun again. The catalog is the only memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import structlog

from ingest.source_run import Wish
from knowledge.catalog.schedule_times import next_time
from knowledge.catalog.source_runs import INTERRUPTED, POSTPONED, SourceRun, lease_of
from knowledge.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.catalog.schedules import Schedule
    from knowledge.catalog.sources import Source

AGAIN_SECONDS = 60.0
"""A run that met a busy workspace is tried again after so long."""
LOOK_SECONDS = 2.0
"""How often the loop looks whether something is due."""
_AT_ONCE = 2

_log = structlog.get_logger(__name__)


class Runner(Protocol):
    """What runs a source."""

    def run(self, source: Source, wish: Wish, begun: Callable[[str], None] | None = None) -> SourceRun:
        """As `SourceRunner.run`."""
        ...


class Scheduler:
    """Runs what is due until it is told to stop. One per process is enough; any number of processes may run one."""

    def __init__(
        self,
        catalog: Catalog,
        runner: Runner,
        *,
        clock: Callable[[], float] = time.time,
        look_seconds: float = LOOK_SECONDS,
        busy_wait: float = 600.0,
    ) -> None:
        self._catalog = catalog
        self._runner = runner
        self._clock = clock
        self._look_seconds = look_seconds
        self._busy_wait = busy_wait
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._in_hand: set[str] = set()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self.run_forever, name="plumbline-scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a run that is going on stops at its next step, and is made up for by the next scheduler."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_forever(self) -> None:
        """Look for what is due and run it until `stop`."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="plumbline-run") as pool:
            while not self._stop.is_set():
                try:
                    for schedule in self._fresh():
                        pool.submit(self._run_guarded, schedule)
                except Unavailable as error:  # the catalog is busy; there is another look soon
                    _log.warning("schedules_not_read", reason=str(error))
                self._stop.wait(self._look_seconds)

    def run_due(self) -> int:
        """Run what is due now, one after the other; gives how many runs were made."""
        return sum(self._run(schedule) for schedule in self._fresh())

    def _fresh(self) -> list[Schedule]:
        """Due schedules that this process has not in hand, one per source, and that nobody else runs."""
        found: dict[str, Schedule] = {}
        with self._guard:
            for schedule in self._catalog.schedules.due(self._clock()):
                if schedule.source_id not in self._in_hand:
                    found.setdefault(schedule.source_id, schedule)
            fresh = [one for one in found.values() if not self._catalog.leases.is_held(lease_of(one.source_id))]
            self._in_hand |= {one.source_id for one in fresh}
        return fresh

    def _run_guarded(self, schedule: Schedule) -> None:
        try:
            self._run(schedule)
        except Exception:  # noqa: BLE001
            # The outermost frame of a thread: the loop goes on, the run is noted as failed, the log has the traceback
            _log.exception("scheduled_run_failed", source=schedule.source)

    def _run(self, schedule: Schedule) -> bool:
        """Run a schedule if it still is due; gives whether it was."""
        try:
            with self._catalog.leases.hold(lease_of(schedule.source_id)):
                return self._run_held(schedule.id)
        except Unavailable as error:  # another process has it
            _log.info("schedule_left_to_another", source=schedule.source, reason=str(error))
            return False
        finally:
            with self._guard:
                self._in_hand.discard(schedule.source_id)

    def _run_held(self, schedule_id: str) -> bool:
        try:
            # What it is now: another process may have run it between our look and our lease
            schedule = self._catalog.schedules.get(schedule_id)
            source = self._catalog.sources.get(schedule.source_id)
        except NotFound:
            return False
        now = self._clock()
        if schedule.next_at > now or self._stop.is_set():
            return False
        self._catalog.schedules.begun(schedule.id, now)
        wish = Wish("schedule", busy_wait=self._busy_wait, stopping=self._stop.is_set)
        try:
            state = self._runner.run(source, wish).state
        except Exception:
            self._catalog.schedules.done(schedule.id, next_time(schedule, self._clock()))
            raise
        if state == POSTPONED:
            self._catalog.schedules.done(schedule.id, self._clock() + AGAIN_SECONDS)
        elif state != INTERRUPTED:
            self._catalog.schedules.done(schedule.id, next_time(schedule, self._following(schedule, now)))
        return True

    def _following(self, schedule: Schedule, begun: float) -> float:
        """What the next time is counted from: the end of a run by the calendar, its beginning for an interval.

        An interval that is shorter than its run is counted from the end, or there would be no pause at all.
        """
        now = self._clock()
        if schedule.every_seconds is None or begun + schedule.every_seconds <= now:
            return now
        return begun
