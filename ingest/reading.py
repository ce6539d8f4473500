"""Reads files in processes of their own, with limits of time and memory, in order and ahead of who asks."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from ingest.types import Limits, LoadedDocument, Unreadable

_AHEAD = 2
"""Files read beyond those that each process works on, so that embedding never waits for reading."""
_FULL = 0.6
"""Share of the memory limit from which on a process is replaced after its file: what parsers leak adds up."""
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read; a content hash that is `known_hash` is answered with UNCHANGED, without parsing."""

    location: Path
    known_hash: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file holds what it held before."""


UNCHANGED = Unchanged()
Outcome = LoadedDocument | Unchanged | Unreadable


class Reader:
    """A few processes that read files. A context manager: leaving it ends them."""

    def __init__(self, limits: Limits, workers: int = 1) -> None:
        self._workers: SimpleQueue[_Worker] = SimpleQueue()
        self._all = [_Worker(limits) for _ in range(workers)]
        for worker in self._all:
            self._workers.put(worker)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="reading")

    def read_all(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """What became of each request, in order. Unreadable files are values here, not errors."""
        waiting: deque[Future[Outcome]] = deque()
        for request in requests:
            waiting.append(self._threads.submit(self.read, request))
            if len(waiting) >= len(self._all) + _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def read(self, request: Request) -> Outcome:
        """What became of one request."""
        worker = self._workers.get()
        try:
            return worker.read(request)
        finally:
            self._workers.put(worker)

    def close(self) -> None:
        """End the processes, whatever they are doing; nothing can be read after it."""
        for worker in self._all:
            worker.kill()  # whoever waits for its answer now sees the end of it
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    """One process, started when it is needed and again after it had to be ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def read(self, request: Request) -> Outcome:
        if self._closed:
            return Unreadable("not read: the run was interrupted", passing=True)
        message = {"path": str(request.location), "known_hash": request.known_hash, "limits": asdict(self._limits)}
        answer = self._answer(json.dumps(message).encode("ascii") + b"\n")
        if isinstance(answer, Unreadable):
            return answer
        if answer["peak_mb"] > self._limits.memory_mb * _FULL:
            self.end()
        if "unreadable" in answer:
            reason = Unreadable(answer["unreadable"], passing=answer.get("passing", False))
            reason.content_hash = answer.get("content_hash", "")
            return reason
        return UNCHANGED if "unchanged" in answer else LoadedDocument.from_json(answer["document"])

    def _answer(self, message: bytes) -> dict[str, Any] | Unreadable:
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both were asked to be pipes
        deadline = time.monotonic() + self._limits.seconds + (0 if self._process else _START_SECONDS)
        self._process = process
        try:
            process.stdin.write(message)
            process.stdin.flush()
            size = int.from_bytes(_exactly(process.stdout.fileno(), 8, deadline), "big")
            answer: dict[str, Any] = json.loads(_exactly(process.stdout.fileno(), size, deadline))
        except TimeoutError:
            self.end()
            return Unreadable(f"took longer than {self._limits.seconds:g} s to read")
        except (BrokenPipeError, EOFError):
            self.end()
            return Unreadable(f"crashed the reader, or needs more than {self._limits.memory_mb} MiB of memory")
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        """A fresh interpreter: forking a process with threads and models in it is neither safe nor small."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
        return subprocess.Popen(
            [sys.executable, "-m", "ingest.loaders.worker", str(self._limits.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    _close(pipe)

    def kill(self) -> None:
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # what was still buffered for a process that is gone


def _exactly(descriptor: int, size: int, deadline: float) -> bytes:
    """`size` bytes of a pipe. Raises TimeoutError at the deadline and EOFError when it ends before."""
    received = bytearray()
    while len(received) < size:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(descriptor, min(size - len(received), 1 << 20))
        if not part:
            raise EOFError
        received += part
    return bytes(received)
