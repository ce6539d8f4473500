"""`plumbline leaks`: whether known originals stand anywhere in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Run, command
from app.cli.inputs import STDIN, read_text
from app.cli.output import print_json, print_text

_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "leaks", json=True)(leaks)


def leaks(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE|-", show_default=False)],
) -> int:
    """Search every file and row of the workspace for originals.

    FILE holds one original a line, such as a phone number that stood in a document. Exit code 1: some were found. The
    originals themselves are not printed, only their lines.
    """
    from app.leaks import read_originals, scan

    originals = read_originals(read_text(file, "originals"), "stdin" if file == STDIN else str(file))
    with run.open() as workspace:
        folder = workspace.folder
    report = scan(folder, originals)
    if run.json:
        print_json(report.to_json())
    else:
        for leak in report.leaks[:_SHOWN]:
            print_text(f"line {leak.line} ({leak.form}) stands in {leak.place}")
        if len(report.leaks) > _SHOWN:
            print_text(f"… and {len(report.leaks) - _SHOWN} more: --json shows all")
        print_text(
            f"searched {report.files} files and {report.rows} rows for {report.originals} originals: "
            f"{len(report.leaks) or 'nothing'} found"
        )
    return 1 if report.leaks else 0
