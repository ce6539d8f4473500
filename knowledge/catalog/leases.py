"""Leases: one writer at a time, also across processes, and no lock that outlives a crash.

A lease is a row with a heartbeat. Whether a holder is dead is not read off the clock alone, which may be set back or
forward: on the same machine the process itself is asked; otherwise the beat must have stood still.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Row, delete, insert, select, update

from knowledge.catalog.schema import leases
from knowledge.errors import Unavailable

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

BEAT_SECONDS = 10.0
DEAD_SECONDS = 45.0
"""A beat that stands still for so long is that of a dead holder; four beats, and under the promised minute."""
_POLL_SECONDS = 0.2

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Lease:
    """The right to write, while it is held."""

    name: str
    holder: str
    thread: int
    depth: int = 1
    lost: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Watch:
    """How long one holder's beat was seen to stand still, by this process's own clock."""

    seen: tuple[str, int] = ("", -1)
    since: float = 0.0

    def still(self, holder: str, beat: int, now: float) -> float:
        if self.seen != (holder, beat):
            self.seen, self.since = (holder, beat), now
        return now - self.since


class Leases:
    """The leases of a catalog."""

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._clock = clock
        self._monotonic = monotonic
        self._held: dict[str, Lease] = {}
        self._guard = threading.Lock()

    @contextmanager
    def hold(self, name: str, wait: float = 0.0) -> Iterator[Lease]:
        """Hold the lease `name`, waiting up to `wait` seconds for it; the thread that holds it may enter again.

        Raises Unavailable with the holder's process id and age when it is still taken then. The lease of a dead
        holder is taken over: at once on the same machine, else within a minute.
        """
        lease = self._enter_again(name) or self._acquire(name, wait)
        outermost = lease.depth == 1
        stop = threading.Event()
        beat = threading.Thread(target=self._beat, args=(lease, stop), name=f"lease-{name}", daemon=True)
        if outermost:
            beat.start()
        try:
            yield lease
        finally:
            if outermost:
                stop.set()
                beat.join()
                self._release(lease)
            else:
                lease.depth -= 1

    def is_held(self, name: str) -> bool:
        """Whether somebody who is alive holds the lease now."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(leases).where(leases.c.name == name)).first()
        return row is not None and not self._is_dead(row, _Watch())

    def confirm(self, connection: Connection, lease: Lease) -> None:
        """Inside a transaction that must be the holder's: raises Unavailable when the lease went to someone else."""
        query = select(leases.c.holder).where(leases.c.name == lease.name)
        if connection.execute(query).scalar() != lease.holder:
            raise Unavailable(
                f"lease {lease.name!r}: was lost to another process while this one stood still; run again"
            )

    def _enter_again(self, name: str) -> Lease | None:
        with self._guard:
            lease = self._held.get(name)
            if lease is None or lease.thread != threading.get_ident():
                return None
            lease.depth += 1
            return lease

    def _acquire(self, name: str, wait: float) -> Lease:
        deadline = self._monotonic() + wait
        watch = _Watch()
        while True:
            lease = Lease(name, f"{os.getpid()}-{os.urandom(8).hex()}", threading.get_ident())
            holder = self._try(lease, watch)
            if holder is None:
                with self._guard:
                    self._held[name] = lease
                return lease
            if self._monotonic() >= deadline:
                age = max(0, round(self._clock() - holder.acquired_at))
                raise Unavailable(
                    f"{self._catalog.path}: process {holder.pid} has been writing for {age} s (lease {name!r}); "
                    "wait until it is done, or end it"
                )
            time.sleep(_POLL_SECONDS)

    def _try(self, lease: Lease, watch: _Watch) -> Row[Any] | None:
        """None when the lease is ours now, else the row of its holder."""
        with self._catalog.begin() as connection:
            row = connection.execute(select(leases).where(leases.c.name == lease.name)).first()
            if row is not None and not self._is_dead(row, watch):
                return row
            if row is not None:
                _log.warning("lease_taken_over", lease=lease.name, pid=row.pid)
                connection.execute(delete(leases).where(leases.c.name == lease.name))
            now = self._clock()
            connection.execute(
                insert(leases).values(
                    name=lease.name,
                    holder=lease.holder,
                    pid=os.getpid(),
                    process_started=_process_started(os.getpid()) or "",
                    machine=_machine(),
                    beat=0,
                    acquired_at=now,
                    beat_at=now,
                )
            )
        return None

    def _is_dead(self, row: Row[Any], watch: _Watch) -> bool:
        if row.machine == _machine():
            return _process_started(row.pid) != str(row.process_started)
        # Elsewhere only the beat can tell. The wall clock decides for those who cannot wait and watch.
        stood_still = watch.still(row.holder, row.beat, self._monotonic()) > DEAD_SECONDS
        return stood_still or self._clock() - float(row.beat_at) > DEAD_SECONDS

    def _beat(self, lease: Lease, stop: threading.Event) -> None:
        mine = (leases.c.name == lease.name) & (leases.c.holder == lease.holder)
        while not stop.wait(BEAT_SECONDS):
            try:
                with self._catalog.begin() as connection:
                    values = {"beat": leases.c.beat + 1, "beat_at": self._clock()}
                    if not connection.execute(update(leases).where(mine).values(values)).rowcount:
                        lease.lost.set()
                        return
            except Unavailable as error:
                # The catalog is busy or the disk is full; the next beat may still come in time
                _log.warning("lease_beat_missed", lease=lease.name, error=str(error))

    def _release(self, lease: Lease) -> None:
        with self._guard:
            self._held.pop(lease.name, None)
        mine = (leases.c.name == lease.name) & (leases.c.holder == lease.holder)
        with self._catalog.begin() as connection:
            connection.execute(delete(leases).where(mine))


def _machine() -> str:
    """This running machine and its process number space: only inside it do process ids mean anything."""
    boot = _read(Path("/proc/sys/kernel/random/boot_id"))
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return f"{socket.gethostname()} {boot} {space}".strip()


def _process_started(pid: int) -> str | None:
    """When the process began, in ticks since boot ("" where the system does not tell); None when it is gone.

    Together with the id it names a process: ids alone are used again.
    """
    if not Path("/proc/self/stat").exists():
        return "" if _answers(pid) else None
    # The second field, the program's name, may hold blanks and brackets
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return None if not fields or fields[0] == "Z" else fields[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
