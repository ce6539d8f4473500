"""`plumbline quarantine`: files that could not be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, group, operator
from app.cli.ingest import AccessFileOption, AccessOption, checked_options, finish
from app.cli.output import print_json, print_table, remark
from app.cli.progress import progress
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knowledge.catalog.decisions import Key
    from knowledge.types import RunReport

PathsArgument = Annotated[list[str] | None, typer.Argument(metavar="[PATH...]", show_default="all")]
FilesArgument = Annotated[list[str], typer.Argument(metavar="PATH...", show_default=False)]

quarantine = group("quarantine", "Files that could not be read, with the reason.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(quarantine)


@command(quarantine, "list", json=True)
def list_entries(run: Run) -> None:
    """All files in quarantine."""
    with run.open() as workspace:
        entries = workspace.catalog.quarantine.list()
    if run.json:
        print_json({"quarantine": [{"path": entry.path, "reason": entry.reason} for entry in entries]})
        return
    print_table(("path", "reason"), [(entry.path, entry.reason) for entry in entries])


@command(quarantine, "retry", json=True)
def retry(
    run: Run, paths: PathsArgument = None, access: AccessOption = None, access_file: AccessFileOption = None
) -> int:
    """Read files in quarantine again, of members of archives those archives; what is no longer there leaves it."""
    with run.open() as workspace:
        labels = checked_options((), access, access_file)
        managed, who = workspace.managed_documents, operator()
        known = [(entry.source_root, entry.path) for entry in managed.quarantine(who)]
        keys = _named(paths, known, "in quarantine; `plumbline quarantine list` shows what is") if paths else None
        with progress("reading documents") as report:
            done = managed.retry(who, keys, access=labels, access_file=access_file, progress=report)
    return _ended(run, *done)


@command(quarantine, "ignore")
def ignore(run: Run, paths: FilesArgument) -> None:
    """Leave files in quarantine out of all later runs."""
    with run.open() as workspace:
        managed, who = workspace.managed_documents, operator()
        known = [(entry.source_root, entry.path) for entry in managed.quarantine(who)]
        count = managed.ignore(who, _named(paths, known, "in quarantine; `plumbline quarantine list` shows what is"))
    remark(f"left out {count} files; `plumbline quarantine ignored` lists them")


@command(quarantine, "ignored", json=True)
def ignored(run: Run) -> None:
    """Files that all runs leave out."""
    with run.open() as workspace:
        found = workspace.managed_documents.left_out(operator())
    rows = [
        {"path": one.path, "by": one.by, "at": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")}
        for one in found
    ]
    if run.json:
        print_json({"left_out": rows})
        return
    print_table(("path", "by", "at"), [tuple(row.values()) for row in rows])


@command(quarantine, "take-in", json=True)
def take_in(run: Run, paths: FilesArgument) -> int:
    """Read files again that were left out."""
    with run.open() as workspace:
        managed, who = workspace.managed_documents, operator()
        known = [(one.source_root, one.path) for one in managed.left_out(who)]
        keys = _named(paths, known, "left out; `plumbline quarantine ignored` lists what is")
        with progress("reading documents") as report:
            done = managed.take_in(who, keys, progress=report)
    return _ended(run, *done)


def _named(paths: Sequence[str], known: Iterable[Key], kind: str) -> list[Key]:
    """The keys of files by their paths, under whatever root. Raises NotFound."""
    found: list[Key] = []
    by_path: dict[str, list[Key]] = {}
    for key in known:
        by_path.setdefault(key[1], []).append(key)
    for path in paths:
        if path not in by_path:
            raise NotFound(f"{path}: is not {kind}")
        found += by_path[path]
    return list(dict.fromkeys(found))


def _ended(run: Run, report: RunReport | None, gone: Sequence[str]) -> int:
    for path in gone:
        remark(f"{path}: is no longer there; left out")
    if report is None:
        remark("nothing is in quarantine")
        return 0
    return finish(run, report)
