"""`plumbline schedule`: when sources are run; `plumbline watch`: a folder whose changes are picked up at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_table, print_text, remark
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.assistant import Assistant
    from knowledge.catalog.sources import Source

schedule = group("schedule", "When sources are run.")

_LOCATION_MARKS = ("/", "\\", "://", "@")


def register(app: typer.Typer) -> None:
    """Add the group and `watch`."""
    app.add_typer(schedule)
    command(app, "watch")(watch)


@command(schedule, "add")
def add(
    run: Run,
    source: Annotated[str, typer.Argument(metavar="SOURCE", show_default=False, help="A source's name, or a folder.")],
    every: Annotated[str, typer.Option("--every", help="90s, 15m, 6h, 2d or 1w.", show_default=False)] = "",
    cron: Annotated[
        str, typer.Option("--cron", help="'minute hour day month weekday', local time.", show_default=False)
    ] = "",
) -> None:
    """Run a source again and again: by `plumbline ui`, or `plumbline schedule run`."""
    with run.assistant() as assistant:
        found = _source(assistant, source)
        stored = assistant.schedules.add(found.id, every=every, cron=cron, by=operator())
    print_text(f"{stored.id}\t{stored.source}")
    remark(f"first run: {_time(stored.next_at)}, as soon as `plumbline ui` or `plumbline schedule run` is running")


@command(schedule, "list", json=True)
def list_schedules(run: Run) -> None:
    """All schedules, the next first."""
    with run.assistant() as assistant:
        found = assistant.schedules.list()
    if run.json:
        print_json({"schedules": [one.to_json() for one in found]})
        return
    rows = [
        (one.id, one.source, one.cron or f"every {one.every_seconds:g} s", _time(one.next_at), _time(one.last_at))
        for one in found
    ]
    print_table(("id", "source", "when", "next", "last begun"), rows)


@command(schedule, "remove")
def remove(run: Run, schedule_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)]) -> None:
    """Forget a schedule; its source and documents stay."""
    with run.assistant() as assistant:
        assistant.schedules.remove(schedule_id, by=operator())
    remark("removed")


@command(schedule, "run")
def run_schedules(
    run: Run,
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, and end.")] = False,
) -> None:
    """Run sources when they are due, until Ctrl-C. What was missed is made up for by one run."""
    with run.assistant() as assistant, _until_told() as stop:
        scheduler, continual = assistant.workspace.scheduler(), assistant.workspace.continual_schedule()
        if once:
            remark(f"{scheduler.run_due()} runs made")
            if continual.run_due():
                remark("plumbline train continue: begun")
            return
        remark(f"{len(assistant.schedules.list())} schedules; Ctrl-C ends it")
        scheduler.start()
        continual.start()
        try:
            stop.wait()
        finally:
            continual.stop()
            scheduler.stop()


def watch(
    run: Run,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)],
    poll: Annotated[
        float | None,
        typer.Option("--poll", min=1, help="Look every so many seconds: for network shares.", show_default="notified"),
    ] = None,
) -> None:
    """Ingest what changes in a folder within seconds, until Ctrl-C. The folder becomes a source if it is none yet."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: no such folder; check the path")
    with run.assistant() as assistant, _until_told() as stop:
        source = _source(assistant, str(folder))
        remark(f"watching {source.location} as {source.name}; Ctrl-C ends it")
        assistant.workspace.watcher(source, poll, told=remark).run_until(stop)


def _source(assistant: Assistant, text: str) -> Source:
    """The source of that name; for a location the source that it is, added when it is new."""
    known = {source.name: source for source in assistant.sources.list()}
    if text in known or not (any(mark in text for mark in _LOCATION_MARKS) or Path(text).is_dir()):
        return assistant.sources.get(text)
    place = os.path.abspath(Path(text).expanduser())  # noqa: PTH100 - as the source is kept, links unresolved
    found = next((one for one in known.values() if one.location in {text, place}), None)
    return found or assistant.sources.add(text, by=operator())


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, so that what is going on ends in order."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _time(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
