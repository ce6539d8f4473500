"""Reads files in processes of their own, with limits of time and memory, in order and ahead of who asks."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ingest.child import Child, Crew, in_order
from ingest.loaders.unpacking import nothing_readable
from ingest.types import Limits, LoadedDocument, Member, Unreadable

_AHEAD = 2
"""Files read beyond those that each process works on, so that embedding never waits for reading."""
_FULL = 0.6
"""Share of the memory limit from which on a process is replaced after its file: what parsers leak adds up."""
_START_SECONDS = 30.0
_MOST_LOST = 5
"""Members of one container that may crash or hold up their reader before the rest of it is given up."""
_LONGEST = 30
"""A container's members, and pages read one by one, together get so many times the time for one file."""


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read; a content hash that is `known_hash` is answered with UNCHANGED, without parsing.

    With `data` these bytes are read instead of what lies at `location`, whose name still tells their kind.
    """

    location: Path
    known_hash: str = ""
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The file holds what it held before."""


UNCHANGED = Unchanged()
Outcome = LoadedDocument | Unchanged | Unreadable


class Reader(Crew):
    """A few processes that read files. A context manager: leaving it ends them."""

    def __init__(self, limits: Limits, workers: int = 1) -> None:
        self._workers: SimpleQueue[_Worker] = SimpleQueue()
        self._all = [_Worker(limits) for _ in range(workers)]
        for worker in self._all:
            self._workers.put(worker)
        super().__init__(self._all, "reading")

    def read_all(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """What became of each request, in order. Unreadable files are values here, not errors."""
        return in_order((self._threads.submit(self.read, request) for request in requests), len(self._all) + _AHEAD)

    def read(self, request: Request) -> Outcome:
        """What became of one request."""
        worker = self._workers.get()
        try:
            return worker.read(request)
        finally:
            self._workers.put(worker)


class _Worker:
    """One process, started when it is needed and again after it had to be ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Child | None = None
        self._closed = False

    def read(self, request: Request) -> Outcome:
        unpacked = _Unpacked()
        deadline = time.monotonic() + _LONGEST * self._limits.seconds
        while True:
            answer = self._answer(request, unpacked, deadline)
            if not isinstance(answer, Unreadable):
                break
            # A member that ends its reader is lost; what was read stays, and a new process goes on behind it
            if self._closed or not unpacked.lose(str(answer)):
                return answer
        if answer["peak_mb"] > self._limits.memory_mb * _FULL:
            self.end()
        if "unreadable" in answer:
            return _refused(answer)
        if "unchanged" in answer:
            return UNCHANGED
        document = replace(LoadedDocument.from_json(answer["document"]), members=tuple(unpacked.members.values()))
        refusal = nothing_readable(document)
        if refusal is None:
            return document
        refusal.content_hash = document.content_hash
        return refusal

    def _answer(self, request: Request, unpacked: _Unpacked, deadline: float) -> dict[str, Any] | Unreadable:
        """The last message of one process about this file; the members that come before it go to `unpacked`."""
        if self._closed:
            return Unreadable("not read: the run was interrupted", passing=True)
        message = {
            "path": str(request.location),
            "known_hash": request.known_hash,
            "limits": asdict(self._limits),
            "skip": sorted(unpacked.done),
            "refused": sorted(unpacked.refused),
            "data": None if request.data is None else base64.b64encode(request.data).decode("ascii"),
        }
        try:
            process = self._process or self._start()
            process.send(message)
            while True:
                answer = process.receive(min(self._limits.seconds, deadline - time.monotonic()))
                if "member" in answer:
                    unpacked.take(answer["member"])
                elif "reading" in answer:
                    unpacked.begin(*answer["reading"])
                elif "alive" not in answer:
                    return answer
        except TimeoutError:
            self.end()
            return Unreadable(f"took longer than {self._limits.seconds:g} s to read")
        except (BrokenPipeError, EOFError):
            self.end()
            return Unreadable(f"crashed the reader, or needs more than {self._limits.memory_mb} MiB of memory")

    def _start(self) -> Child:
        self._process = Child("ingest.loaders.worker", str(self._limits.memory_mb))
        self._process.receive(_START_SECONDS)
        return self._process

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def kill(self) -> None:
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def _refused(answer: dict[str, Any]) -> Unreadable:
    reason = Unreadable(answer["unreadable"], passing=answer.get("passing", False))
    reason.content_hash = answer.get("content_hash", "")
    return reason


@dataclass(slots=True)
class _Unpacked:
    """The members of one container that were read so far, over all the processes that it took."""

    members: dict[str, Member] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    _current: tuple[int, str] | None = None
    _lost: int = 0

    def begin(self, number: int, name: str) -> None:
        self._current = (number, name)

    def take(self, member: list[Any]) -> None:
        name, document, reason = member
        self.members[name] = Member(name, None if document is None else LoadedDocument.from_json(document), reason)
        if self._current is not None and self._current[1] == name:
            self.done.add(self._current[0])
            if document is None:
                self.refused.add(self._current[0])
            self._current = None

    def lose(self, reason: str) -> bool:
        """Whether there was a member to blame, and not too many before; it is refused for `reason` then."""
        if self._current is None or self._lost >= _MOST_LOST:
            return False
        number, name = self._current
        self.members[name] = Member(name, None, reason)
        self.done.add(number)
        self._current = None
        self.refused.add(number)
        self._lost += 1
        return True
