"""Progress of long work: bars on a terminal, a log line now and then otherwise; both on stderr."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.text import Text

Progress = Callable[[int, int | None], None]
"""Called with (done, total or None when unknown)."""
Unit = Literal["items", "bytes"]
Begin = Callable[[str, Unit], Progress]
"""Called with a title and a unit; begins one more bar."""

_LINE_EVERY = 10.0
_MEBIBYTE = 1024 * 1024
_log = logging.getLogger("app.progress")


@contextmanager
def progress(title: str, unit: Unit = "items") -> Iterator[Progress]:
    """A function to be called as the work goes on."""
    with several() as begin:
        yield begin(title, unit)


@contextmanager
def ingestion(title: str) -> Iterator[tuple[Progress, Callable[[int], None]]]:
    """Two functions: one to be called as files are done, one with how many chunks are embedded; shows their speed."""
    rate = _Rate()
    with several(rate.told) as begin:
        yield begin(title, "items"), rate.count


class _Rate:
    """How many chunks were embedded, and how many a second."""

    def __init__(self) -> None:
        self._chunks = self._before = 0
        self._started = time.monotonic()

    def count(self, chunks: int) -> None:
        if not self._chunks:
            self._started = time.monotonic()  # what went before was loading the model
            self._before = chunks
        self._chunks = chunks

    def told(self) -> str:
        seconds = time.monotonic() - self._started
        if not self._chunks or seconds < 1:
            return ""
        return f"{self._chunks} chunks, {(self._chunks - self._before) / seconds:.1f}/s"


@contextmanager
def several(note: Callable[[], str] = str) -> Iterator[Begin]:
    """A function that begins a bar; bars of work done side by side stand below one another. `note` says more."""
    if not sys.stderr.isatty():
        yield lambda title, unit: _lines(title, unit, note)
        return
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Amount(ProgressColumn):
        """Done and total in the unit of the bar."""

        def render(self, task: Task) -> Text:
            return Text(
                _amount(int(task.completed), None if task.total is None else int(task.total), task.fields["unit"])
            )

    class Note(ProgressColumn):
        """What else there is to say."""

        def render(self, task: Task) -> Text:  # noqa: ARG002 - the library's signature
            return Text(note())

    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(), Amount(), Note(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:

        def begin(title: str, unit: Unit) -> Progress:
            task = bars.add_task(title, total=None, unit=unit)

            def report(done: int, total: int | None) -> None:
                bars.update(task, completed=done, total=total)

            return report

        yield begin


@contextmanager
def steps() -> Iterator[Callable[[str, int, int | None], None]]:
    """A function to be called with what is being done and how far it is; each has a bar of its own."""
    with several() as begin:
        bars: dict[str, Progress] = {}

        def told(what: str, done: int, total: int | None) -> None:
            if what not in bars:
                bars[what] = begin(what, "items")
            bars[what](done, total)

        yield told


def _lines(title: str, unit: Unit, note: Callable[[], str]) -> Progress:
    last = time.monotonic()

    def report(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LINE_EVERY:
            last = now
            _log.info("%s: %s%s", title, _amount(done, total, unit), f" ({note()})" if note() else "")

    return report


def _amount(done: int, total: int | None, unit: Unit) -> str:
    if unit == "bytes":
        whole = "" if total is None else f" of {total / _MEBIBYTE:.0f}"
        return f"{done / _MEBIBYTE:.0f}{whole} MiB"
    return f"{done}" if total is None else f"{done} of {total}"
