"""What editors of the policy start on the server: one piece of work at a time, in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from knowledge.errors import PlumblineError, Unavailable

if TYPE_CHECKING:
    from knowledge.protocols import Progress
    from knowledge.types import RunReport

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A piece of work in the background, and how far it has come."""

    kind: Literal["redo", "look"]
    done: int = 0
    total: int | None = None
    running: bool = True
    report: RunReport | None = None
    error: PlumblineError | None = None

    def progress(self, done: int, total: int | None) -> None:
        """Hears how many files are done."""
        self.done, self.total = done, total


@dataclass(slots=True)
class PolicyJobs:
    """What editors of the policy have started on this server: one job at a time. Safe from many threads."""

    latest: Job | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, kind: Literal["redo", "look"], work: Callable[[Progress], RunReport]) -> Job:
        """Begin; raises Unavailable while another job runs."""
        with self._lock:
            if self.latest is not None and self.latest.running:
                raise Unavailable("another run of this page is still going on; wait for its end")
            job = self.latest = Job(kind)
        threading.Thread(target=_work, args=(job, work), name=f"plumbline-policy-{kind}", daemon=True).start()
        return job


def _work(job: Job, work: Callable[[Progress], RunReport]) -> None:
    try:
        job.report = work(job.progress)
    except PlumblineError as error:
        job.error = error
    except Exception:
        # The outermost frame of a thread: whatever a library raises, the page says that it failed and the log why
        log.exception("a job of the policy page failed")
        job.error = Unavailable("it failed; the log says why")
    finally:
        job.running = False
