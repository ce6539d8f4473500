"""`plumbline quarantine`: files that could not be read."""

from __future__ import annotations

from pathlib import Path

import typer

from app.cli.common import Run, command, group
from app.cli.ingest import finish, ingest_paths
from app.cli.output import print_json, print_table, remark

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
def retry(run: Run) -> int:
    """Read the files in quarantine again, each under the folder it came from."""
    with run.open() as workspace:
        roots = list(dict.fromkeys(Path(entry.source_root) for entry in workspace.catalog.quarantine.list()))
        if not roots:
            remark("nothing is in quarantine")
            return 0
        report = ingest_paths(workspace, roots)
    return finish(run, report)
