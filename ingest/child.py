"""Processes of our own that answer over pipes: the parent's side."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol, Self, TypeVar, cast

_T = TypeVar("_T")


class Child:
    """A fresh interpreter with two pipes: forking a process with threads and models in it is neither safe nor small.

    It runs `module`, which reads requests, one JSON object a line, and answers as `ingest.answering` does.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # so that a program which it started, as for OCR, ends with it
        )

    def send(self, request: dict[str, Any]) -> None:
        """Raises BrokenPipeError when the process is gone."""
        pipe = cast("IO[bytes]", self._popen.stdin)
        # Half of a lone surrogate pair may stand in a text; the reading side takes it as it is
        pipe.write(json.dumps(request, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        pipe.flush()

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next answer. Raises TimeoutError when it does not come in time and EOFError when the process ends."""
        deadline = time.monotonic() + seconds
        pipe = cast("IO[bytes]", self._popen.stdout).fileno()
        size = int.from_bytes(_exactly(pipe, 8, deadline), "big")
        answer: dict[str, Any] = json.loads(_exactly(pipe, size, deadline))
        return answer

    def has_answered(self) -> bool:
        """Whether there is something to receive, or it has ended."""
        pipe = cast("IO[bytes]", self._popen.stdout).fileno()
        return bool(select.select([pipe], [], [], 0)[0])

    def kill(self) -> None:
        """Kill it with what it started."""
        if self._popen.poll() is None:
            with suppress(ProcessLookupError):  # it ended in this moment
                os.killpg(self._popen.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it, wait for its end and close the pipes."""
        self.kill()
        self._popen.wait()
        with suppress(BrokenPipeError):  # what is still buffered for a process that is gone
            cast("IO[bytes]", self._popen.stdin).close()
        cast("IO[bytes]", self._popen.stdout).close()


class Stoppable(Protocol):
    """Somebody who asks a process of his own."""

    def kill(self) -> None:
        """End the process, whatever it is doing; nothing is asked of it any more."""

    def end(self) -> None:
        """Wait for its end and free what it holds."""


class Crew:
    """Some who each ask a process of their own, and a thread for each. A context manager: leaving it ends them."""

    def __init__(self, members: Sequence[Stoppable], name: str) -> None:
        self._members = members
        self._threads = ThreadPoolExecutor(len(members), thread_name_prefix=name)

    def close(self) -> None:
        """End the processes, whatever they are doing; nothing can be asked after it."""
        for member in self._members:
            member.kill()  # whoever waits for its answer now sees the end of it
        self._threads.shutdown(wait=True, cancel_futures=True)
        for member in self._members:
            member.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def in_order(futures: Iterator[Future[_T]], most: int) -> Iterator[_T]:
    """The results in order; at most so many are under way or wait to be taken."""
    waiting: deque[Future[_T]] = deque()
    for future in futures:
        waiting.append(future)
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


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
