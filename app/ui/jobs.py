"""Long work that somebody started from a page and that goes on when they look elsewhere: one job after the other."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.ui.desk import UnexpectedError
from knowledge.errors import PlumblineError

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 30.0
_KEPT = 20


@dataclass(slots=True)
class Job:
    """One piece of work. Its fields are written by the worker's thread and may be read from any."""

    kind: str
    owner: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: float = field(default_factory=time.time)
    started: bool = False
    done: int = 0
    total: int | None = None
    doing: str = ""
    results: list[Any] = field(default_factory=list)
    """What has come of it so far, as its kind says."""
    error: PlumblineError | None = None
    finished: bool = False
    stopped: bool = False
    """Somebody asked it to stop; it does when it can."""

    def tell(self, done: int, total: int | None) -> None:
        """How far it is."""
        self.done, self.total = done, total


class Jobs:
    """The jobs of a server. They write to the workspace, so one runs at a time and the others wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Job, Callable[[Job], None]]] = deque()
        self._jobs: list[Job] = []
        self._worker: threading.Thread | None = None

    def start(self, kind: str, owner: str, work: Callable[[Job], None]) -> Job:
        """Begin `work` in the background, after what was started before. What it raises stands in the job's error."""
        job = Job(kind, owner)
        with self._changed:
            finished = [each for each in self._jobs if each.finished]
            for old in finished[:-_KEPT]:
                self._jobs.remove(old)
            self._jobs.append(job)
            self._waiting.append((job, work))
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="plumbline-jobs", daemon=True)
                self._worker.start()
        return job

    def of(self, owner: str, *kinds: str) -> list[Job]:
        """The jobs that somebody started and did not put away, oldest first; of these kinds, if any are named."""
        with self._changed:
            return [job for job in self._jobs if job.owner == owner and (not kinds or job.kind in kinds)]

    def dismiss(self, job_id: str, owner: str) -> None:
        """Forget a job that is over; stop one that is not, as soon as it can be stopped."""
        with self._changed:
            for job in [each for each in self._jobs if each.id == job_id and each.owner == owner]:
                job.stopped = True
                if job.finished:
                    self._jobs.remove(job)

    def close(self) -> None:
        """Let what runs come to an end for a while, begin nothing more."""
        with self._changed:
            self._waiting.clear()
            for job in self._jobs:
                job.stopped = True
            self._changed.wait_for(lambda: self._worker is None, _CLOSE_SECONDS)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._worker = None
                    self._changed.notify_all()
                    return
                job, work = self._waiting.popleft()
            self._do(job, work)

    def _do(self, job: Job, work: Callable[[Job], None]) -> None:
        job.started = True
        try:
            if not job.stopped:
                work(job)
        except PlumblineError as error:
            log.info("a job of %s failed: %s", job.kind, error)
            job.error = error
        except Exception:
            # The outermost frame of a thread: whatever a library raises, the page must not wait for ever. The user gets
            # one friendly sentence, the log the traceback
            log.exception("a job failed")
            job.error = UnexpectedError("unexpected")
        finally:
            job.finished = True
