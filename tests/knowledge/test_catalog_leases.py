"""One writer at a time, across threads and processes, whatever the clock says."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.catalog.leases import DEAD_SECONDS, Leases
from knowledge.errors import Unavailable

HOLDER = """
import sys, pathlib, time
from knowledge.catalog import Catalog
with Catalog.open(pathlib.Path(sys.argv[1])).leases.hold("writer"):
    print("held", flush=True)
    time.sleep(60)
"""


class Time:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def _holder(catalog: Catalog) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(catalog.path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_second_process_is_told_who_holds_it(catalog: Catalog) -> None:
    with _holder(catalog) as process:
        try:
            with (
                pytest.raises(Unavailable, match=rf"process {process.pid} has been writing for \d+ s"),
                catalog.leases.hold("writer"),
            ):
                pass
            with catalog.leases.hold("another"):
                pass
        finally:
            process.kill()


def test_lease_of_a_killed_process_is_free_at_once(catalog: Catalog) -> None:
    with _holder(catalog) as process:
        os.kill(process.pid, signal.SIGKILL)
    with catalog.leases.hold("writer") as lease:
        assert lease.holder.startswith(str(os.getpid()))


def test_reused_process_id_does_not_keep_a_lease(catalog: Catalog) -> None:
    with catalog.leases.hold("other"), catalog.begin() as connection:
        connection.execute(
            text("INSERT INTO leases SELECT 'writer', 'x', pid, '1', machine, beat, acquired_at, beat_at FROM leases")
        )
    with catalog.leases.hold("writer"):
        pass


@pytest.mark.parametrize("hours", [-1, 1], ids=["set back", "set forward"])
def test_clock_that_was_set_does_not_take_a_living_holders_lease(catalog: Catalog, hours: int) -> None:
    clock = Time(1_000_000.0 + 3600 * hours)
    with Leases(catalog, clock=Time(1_000_000.0)).hold("writer"), pytest.raises(Unavailable):  # noqa: SIM117
        with Leases(catalog, clock=clock).hold("writer"):
            pass


@pytest.mark.parametrize(
    ("age", "free"), [(DEAD_SECONDS - 1, False), (DEAD_SECONDS + 1, True)], ids=["beating", "silent"]
)
def test_lease_from_another_machine_is_judged_by_its_beat(catalog: Catalog, age: float, free: bool) -> None:
    with catalog.begin() as connection:
        connection.execute(text("INSERT INTO leases VALUES ('writer', 'h', 1, '1', 'elsewhere', 0, 0.0, 1000.0)"))
    leases = Leases(catalog, clock=Time(1000.0 + age))
    if free:
        with leases.hold("writer"):
            return
    with pytest.raises(Unavailable), leases.hold("writer"):
        pass


def test_thread_may_enter_again_and_others_wait(catalog: Catalog) -> None:
    taken = threading.Event()

    def other() -> None:
        with catalog.leases.hold("writer", wait=20):
            taken.set()

    with catalog.leases.hold("writer"):
        with catalog.leases.hold("writer") as again:
            assert again.depth == 2
        thread = threading.Thread(target=other)
        thread.start()
        assert not taken.wait(0.5)
    thread.join()
    assert taken.is_set()


def test_lost_lease_stops_the_transaction_that_needs_it(catalog: Catalog) -> None:
    with catalog.leases.hold("writer") as lease:
        with catalog.begin() as connection:
            catalog.leases.confirm(connection, lease)
            connection.execute(text("UPDATE leases SET holder = 'somebody else'"))
        with pytest.raises(Unavailable, match="lost"), catalog.begin() as connection:
            catalog.leases.confirm(connection, lease)


def test_two_writers_take_turns(catalog: Catalog, tmp_path: Path) -> None:
    code = """
import sys, pathlib
from knowledge.catalog import Catalog
log = pathlib.Path(sys.argv[2])
with Catalog.open(pathlib.Path(sys.argv[1])) as catalog:
    for _ in range(5):
        with catalog.leases.hold("writer", wait=60), log.open("a") as file:
            file.write("in\\n"); file.flush()
            file.write("out\\n"); file.flush()
"""
    log = tmp_path / "log"
    started = [subprocess.Popen([sys.executable, "-c", code, str(catalog.path), str(log)]) for _ in range(2)]
    assert [process.wait() for process in started] == [0, 0]
    assert log.read_text().split() == ["in", "out"] * 10
