"""Desensitizes documents in processes of their own, in order and ahead of who asks, so that embedding never waits."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

import structlog

from ingest.child import Child, Crew, in_order
from ingest.desensitize import Desensitizer
from ingest.preparing import desensitizer_for
from ingest.reading import Outcome, Unchanged
from ingest.survey import Candidate
from ingest.types import Examined, Limits, LoadedDocument, Unreadable

_log = structlog.get_logger(__name__)
_AHEAD = 1
"""Documents desensitized beyond those that each process works on."""
_HERE = 200_000
"""So many characters of a run are desensitized in this process: starting others takes as long."""
_MANY_FILES = 200
"""With so many files to read, the processes are started at once."""
_START_SECONDS = 120.0
_FULL = 0.6
"""Share of the memory limit from which on a process is replaced after its document."""
_CHARACTERS_PER_SECOND = 2_000
"""A document gets the time for reading one file and as much as this speed takes, a tenth of what is usual."""


Result = Examined | Unreadable | Unchanged
"""What became of a file, its document desensitized."""


class Examiner(Crew):
    """Desensitizes the documents of one run. A context manager: leaving it ends its processes.

    `expected` is how many files the run will read. The first documents are done in this process while others start.
    """

    def __init__(self, desensitizer: Desensitizer, limits: Limits, processes: int, expected: int) -> None:
        self._desensitizer = desensitizer
        self._limits = limits
        self._wanted = expected >= _MANY_FILES
        self._characters = 0
        self._all = [_Beside(desensitizer.recipe(), limits) for _ in range(processes)]
        self._free: SimpleQueue[_Beside] = SimpleQueue()
        for beside in self._all:
            self._free.put(beside)
            if self._wanted:
                beside.start()
        super().__init__(self._all, "desensitizing")

    def ahead(self, files: Iterable[tuple[Candidate, Outcome]]) -> Iterator[tuple[Candidate, Outcome, Result]]:
        """Each file with its document desensitized, in order; a few documents are in hand at a time."""

        def asked() -> Iterator[Future[tuple[Candidate, Outcome, Result]]]:
            for candidate, outcome in files:
                yield self._threads.submit(self._with_result, candidate, outcome)

        return in_order(asked(), len(self._all) + _AHEAD + 1)

    def _with_result(self, candidate: Candidate, outcome: Outcome) -> tuple[Candidate, Outcome, Result]:
        return candidate, outcome, self._result(candidate, outcome)

    def _result(self, candidate: Candidate, outcome: Outcome) -> Result:
        if not isinstance(outcome, LoadedDocument):
            return outcome
        view = desensitizer_for(self._desensitizer, candidate)
        size = sum(len(block.text) for block in outcome.blocks)
        self._characters += size  # threads may miss one another's: it only says when to begin
        beside = self._free.get()
        try:
            if self._characters > _HERE or self._wanted:
                beside.start()
            if beside.is_ready(wait=size > _HERE):
                return beside.examined(view, outcome, size)
            if beside.closed:
                return _interrupted()
        finally:
            self._free.put(beside)
        return view.examined(outcome)


class _Beside:
    """One process, started when it is needed and again after it had to be ended."""

    def __init__(self, recipe: dict[str, Any], limits: Limits) -> None:
        self._recipe = recipe
        self._limits = limits
        self._child: Child | None = None
        self._ready = False
        self.closed = False

    def start(self) -> None:
        """Let it start, unless it has."""
        if self._child is None and not self.closed:
            self._child, self._ready = Child("ingest.desensitize.worker", str(self._limits.memory_mb)), False
            with suppress(BrokenPipeError):  # it ended at once, which `is_ready` sees
                self._child.send(self._recipe)

    def is_ready(self, *, wait: bool) -> bool:
        """Whether it can be asked; with `wait`, it is started and waited for. A document is not lost with it."""
        if wait:
            self.start()
        if self._child is not None and not self._ready and (wait or self._child.has_answered()):
            try:
                self._child.receive(_START_SECONDS)
                self._ready = True
            except (EOFError, TimeoutError) as error:
                self.end()
                if not self.closed:
                    _log.warning("desensitizing_process_did_not_start", reason=type(error).__name__)
        return self._ready

    def examined(self, view: Desensitizer, document: LoadedDocument, size: int) -> Examined | Unreadable:
        """The document as `view` desensitizes it; what is to be kept is told to `view`'s keeper from here.

        When its process ends over it, whatever ended that, it is tried once more in a new one.
        """
        seconds = self._limits.seconds + size / _CHARACTERS_PER_SECOND
        request = {"policy": view.policy_json, "document": document.to_json()}
        try:
            answer = self._answer(request, seconds) or self._answer(request, seconds)
        except TimeoutError:
            self.end()
            return _refused(f"took longer than {seconds:.0f} s to desensitize", document)
        if self.closed:
            return _interrupted()
        if answer is None:
            return Unreadable("crashed what desensitizes it twice, or needs too much memory")
        if answer["peak_mb"] > self._limits.memory_mb * _FULL:
            self.end()
        if "unreadable" in answer:
            return _refused(answer["unreadable"], document)
        for entity, placeholder, value in answer["told"]:
            view.tell(entity, placeholder, value)
        examples = {kind: tuple(values) for kind, values in answer["examples"].items()}
        return LoadedDocument.from_json(answer["document"]), Counter(answer["counts"]), examples

    def _answer(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """What the process says to it; None when it ended. Raises TimeoutError."""
        if not self.is_ready(wait=True) or self._child is None:
            return None
        deadline = time.monotonic() + seconds
        try:
            self._child.send(request)
            return self._child.receive(deadline - time.monotonic())
        except (BrokenPipeError, EOFError):
            self.end()
            return None

    def kill(self) -> None:
        self.closed = True
        child = self._child
        if child is not None:
            child.kill()

    def end(self) -> None:
        child, self._child, self._ready = self._child, None, False
        if child is not None:
            child.end()


def _interrupted() -> Unreadable:
    return Unreadable("not read: the run was interrupted", passing=True)


def _refused(reason: str, document: LoadedDocument) -> Unreadable:
    refusal = Unreadable(reason)
    refusal.content_hash = document.content_hash
    return refusal
