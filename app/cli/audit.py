"""`plumbline audit`: what was done, and whether the log is whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from app.cli.common import Run, command, group
from app.cli.output import print_json, print_result, print_table, print_text

audit = group("audit", "The audit log: who did what.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(audit)


@command(audit, "list", json=True)
def list_entries(
    run: Run,
    limit: Annotated[int, typer.Option(min=1, help="Newest entries shown.")] = 50,
    action: Annotated[str | None, typer.Option(help='Only these, for example "login" or "login.failed".')] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this user did.")] = None,
) -> None:
    """The newest entries, newest first."""
    with run.open() as workspace:
        entries = list(workspace.audit.list(limit=limit, action=action, actor=actor))
    if run.json:
        print_json({"entries": [entry.to_json() for entry in entries]})
        return
    rows = [
        (entry.seq, entry.at, entry.actor, entry.action, entry.subject, json.dumps(entry.detail, ensure_ascii=False))
        for entry in entries
    ]
    print_table(("row", "at", "who", "what", "whom", "more"), rows)


@command(audit, "verify", json=True)
def verify(run: Run) -> int:
    """Check the whole log; names the first row that was changed, deleted, inserted or cut off, and exits 1."""
    with run.open() as workspace:
        verdict = workspace.audit.verify()
    if run.json:
        print_result(verdict)
    elif verdict.ok:
        print_text(f"whole: {verdict.rows} rows")
    else:
        print_text(f"not whole: {verdict.problem}")
    return 0 if verdict.ok else 1
