"""`plumbline ui`: the pages in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import Run, command
from app.cli.output import remark

HIGHEST_PORT = 65_535


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "ui")(ui)


def ui(
    run: Run,
    port: Annotated[
        int | None, typer.Option(min=1, max=HIGHEST_PORT, help="Port of the pages.", show_default="8501, or [ui] port")
    ] = None,
) -> int:
    """Serve the pages until Ctrl-C."""
    from app.wiring import open_workspace

    settings = run.settings()
    # Says what is missing before a server starts
    workspace = open_workspace(settings)
    try:
        accounts = workspace.accounts.all()
    finally:
        workspace.close()
    if not accounts:
        remark("There is no account yet; add one with: plumbline users add NAME --role admin")
    from app.ui.server import run as serve

    return serve(settings, port)
