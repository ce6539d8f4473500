"""Processes of our own that answer over pipes: the parent's side."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast


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
