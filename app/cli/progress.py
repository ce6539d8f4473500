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
def several() -> Iterator[Begin]:
    """A function that begins a bar; bars of work done side by side stand below one another."""
    if not sys.stderr.isatty():
        yield _lines
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

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), Amount(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:

        def begin(title: str, unit: Unit) -> Progress:
            task = bars.add_task(title, total=None, unit=unit)

            def report(done: int, total: int | None) -> None:
                bars.update(task, completed=done, total=total)

            return report

        yield begin


def _lines(title: str, unit: Unit) -> Progress:
    last = time.monotonic()

    def report(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LINE_EVERY:
            last = now
            _log.info("%s: %s", title, _amount(done, total, unit))

    return report


def _amount(done: int, total: int | None, unit: Unit) -> str:
    if unit == "bytes":
        whole = "" if total is None else f" of {total / _MEBIBYTE:.0f}"
        return f"{done / _MEBIBYTE:.0f}{whole} MiB"
    return f"{done}" if total is None else f"{done} of {total}"
