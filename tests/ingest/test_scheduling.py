"""Schedules: they fire, missed times are made up for once, and no two processes run the same one.

The processes are real and share a catalog; what they run only notes that it ran, because ingestion is not what is
tested here. That a schedule brings documents in is shown in tests/app/cli/test_source_commands.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from tests_support import wait_until

from ingest.scheduling import AGAIN_SECONDS, Scheduler
from ingest.source_run import Wish
from knowledge.catalog import Catalog
from knowledge.catalog.schedule_times import next_time, next_times, schedule_for, seconds_of
from knowledge.catalog.schedules import Schedule
from knowledge.catalog.source_runs import RunState, SourceRun
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput

ROOT = Path(__file__).parents[2]
HOUR = 3600.0
PROCESS = """
import pathlib, signal, sys, threading, time
from ingest.scheduling import Scheduler
from knowledge.catalog import Catalog

class Noting:
    def __init__(self, catalog, seconds):
        self.catalog, self.seconds = catalog, seconds

    def run(self, source, wish, begun=None):
        run_id = self.catalog.source_runs.start(source.id, wish.trigger)
        time.sleep(self.seconds)
        return self.catalog.source_runs.finish(run_id, {})

catalog = Catalog.open(pathlib.Path(sys.argv[1]))
scheduler = Scheduler(catalog, Noting(catalog, float(sys.argv[3])), look_seconds=0.1)
print("ready", flush=True)
if sys.argv[2] == "once":
    sys.stdin.readline()
    print("made", scheduler.run_due(), flush=True)
else:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    scheduler.start()
    stop.wait()
    scheduler.stop()
"""


class Process:
    """A scheduler in a process of its own; a run takes `seconds`."""

    def __init__(self, catalog: Catalog, how: str, seconds: float = 0.0) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(catalog.path), how, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        self.stdin, self.stdout = self.popen.stdin, self.popen.stdout
        assert self.stdout.readline() == "ready\n"

    def made(self) -> int:
        """Let it run what is due; gives how many runs that were. Its log stands on the same pipe."""
        for line in self.stdout:
            if line.startswith("made "):
                return int(line.split()[1])
        raise AssertionError("it ended without a word")

    def go(self) -> None:
        self.stdin.write("go\n")
        self.stdin.flush()

    def end(self, number: int = signal.SIGTERM) -> None:
        self.popen.send_signal(number)
        self.popen.wait(60)
        self.stdin.close()
        self.stdout.close()


@pytest.fixture
def begin(catalog: Catalog) -> Iterator[Callable[..., Process]]:
    begun: list[Process] = []

    def start(how: str, seconds: float = 0.0) -> Process:
        begun.append(Process(catalog, how, seconds))
        return begun[-1]

    yield start
    for process in begun:
        if process.popen.poll() is None:
            process.end(signal.SIGKILL)


@pytest.fixture
def scheduled(catalog: Catalog, tmp_path: Path) -> Callable[..., Schedule]:
    def add(name: str = "docs", *, every: float = HOUR, due: float = 0.0) -> Schedule:
        source = catalog.sources.add(Source(name=name, kind="folder", location=str(tmp_path / name)))
        return catalog.schedules.add(Schedule(source_id=source.id, every_seconds=every, next_at=time.time() + due))

    return add


def test_a_schedule_fires_again_and_again(
    catalog: Catalog, begin: Callable[..., Process], scheduled: Callable[..., Schedule]
) -> None:
    schedule = scheduled(every=1.0)
    process = begin("forever")
    wait_until(lambda: len(catalog.source_runs.list()) >= 3)
    process.end()
    runs = catalog.source_runs.list()
    assert {(run.state, run.trigger) for run in runs} == {("done", "schedule")}
    assert catalog.schedules.get(schedule.id).next_at >= runs[0].started_at


def test_times_that_were_missed_are_made_up_for_by_one_run(
    catalog: Catalog, begin: Callable[..., Process], scheduled: Callable[..., Schedule]
) -> None:
    schedule = scheduled(due=-30 * HOUR)  # nobody was there for thirty of its times
    other = scheduled("marker", every=1.0)
    process = begin("forever")
    # The other one has fired several times: there was every occasion to run the first one again
    wait_until(lambda: len(catalog.source_runs.list(other.source_id)) >= 3)
    process.end()
    assert len(catalog.source_runs.list(schedule.source_id)) == 1
    assert catalog.schedules.get(schedule.id).next_at > time.time()


def test_many_processes_run_it_once(
    catalog: Catalog, begin: Callable[..., Process], scheduled: Callable[..., Schedule]
) -> None:
    schedule = scheduled()
    processes = [begin("once", 0.5) for _ in range(4)]
    for process in processes:
        process.go()
    made = [process.made() for process in processes]
    assert sorted(made) == [0, 0, 0, 1]
    assert len(catalog.source_runs.list(schedule.source_id)) == 1


def test_two_that_go_on_side_by_side_never_overlap(
    catalog: Catalog, begin: Callable[..., Process], scheduled: Callable[..., Schedule]
) -> None:
    schedule = scheduled(every=1.0)
    processes = [begin("forever", 0.4), begin("forever", 0.4)]
    wait_until(lambda: len(catalog.source_runs.list()) >= 4)
    for process in processes:
        process.end()
    runs = sorted(catalog.source_runs.list(schedule.source_id), key=lambda run: run.started_at)
    for before, after in pairwise(runs):
        assert before.finished_at is not None
        assert before.finished_at <= after.started_at
        assert after.started_at - before.started_at >= 1.0  # one clock wrote both


def test_a_run_that_a_crash_broke_off_is_begun_again(
    catalog: Catalog, begin: Callable[..., Process], scheduled: Callable[..., Schedule]
) -> None:
    schedule = scheduled()
    crashing = begin("forever", 600.0)
    wait_until(lambda: len(catalog.source_runs.list()) == 1)
    crashing.end(signal.SIGKILL)
    assert catalog.schedules.get(schedule.id).next_at < time.time()
    after = begin("once")
    after.go()
    assert after.made() == 1
    assert [run.state for run in catalog.source_runs.list()] == ["done", "interrupted"]


class Ending:
    """A runner whose runs end as they are told."""

    def __init__(self, state: RunState) -> None:
        self.state = state

    def run(
        self,
        source: Source,
        wish: Wish,  # noqa: ARG002 - the seam's signature
        begun: Callable[[str], None] | None = None,  # noqa: ARG002
    ) -> SourceRun:
        return SourceRun(id="1", source_id=source.id, state=self.state)


@pytest.mark.parametrize(
    ("state", "next_in"),
    [("done", HOUR), ("failed", HOUR), ("postponed", AGAIN_SECONDS), ("interrupted", 0.0)],
)
def test_how_a_run_ended_decides_when_the_next_one_is(
    catalog: Catalog, scheduled: Callable[..., Schedule], state: RunState, next_in: float
) -> None:
    schedule = scheduled()
    now = schedule.next_at + 5
    assert Scheduler(catalog, Ending(state), clock=lambda: now).run_due() == 1
    assert catalog.schedules.get(schedule.id).next_at == (now + next_in if next_in else schedule.next_at)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 6 * HOUR), ("1.5d", 36 * HOUR), ("1 w", 168 * HOUR)]
)
def test_intervals_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("every", "cron"),
    [
        ("", ""),
        ("6h", "0 6 * * *"),
        ("0s", ""),
        ("six hours", ""),
        ("-5m", ""),
        ("", "0 6 * *"),
        ("", "61 6 * * *"),
        ("", "0 6 * * 9"),
        ("", "0 6 31 2 *"),
        ("", "0 6 * * */x"),
    ],
)
def test_what_is_no_schedule_is_refused(every: str, cron: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        schedule_for("source", every, cron, time.time())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("0 6 * * 1-5", ["2026-11-26 06:00", "2026-11-27 06:00", "2026-11-30 06:00"]),
        ("30 23 * * 0", ["2026-11-29 23:30", "2026-12-06 23:30", "2026-12-13 23:30"]),
        ("30 23 * * 7", ["2026-11-29 23:30", "2026-12-06 23:30", "2026-12-13 23:30"]),
        ("0 12 * * fri-sun", ["2026-11-27 12:00", "2026-11-28 12:00", "2026-11-29 12:00"]),
        ("*/30 9 1 * *", ["2026-12-01 09:00", "2026-12-01 09:30", "2027-01-01 09:00"]),
    ],
)
def test_cron_is_read_as_crontab_reads_it(cron: str, times: list[str]) -> None:
    after = datetime(2026, 11, 25, 12, 0).astimezone().timestamp()  # a Wednesday
    schedule = schedule_for("source", "", cron, after)
    shown = [datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M") for at in next_times(schedule, 3)]
    assert shown == times
    assert next_time(schedule, schedule.next_at) > schedule.next_at
