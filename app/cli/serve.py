"""`plumbline serve`: the service for programs."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import Run, command
from app.cli.output import remark

HIGHEST_PORT = 65_535


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "serve")(serve)


def serve(
    run: Run,
    port: Annotated[
        int | None, typer.Option(min=1, max=HIGHEST_PORT, help="Port.", show_default="8502, or [api] port")
    ] = None,
) -> int:
    """Serve /v1/check, /v1/search and /v1/ask until Ctrl-C."""
    from app.wiring import open_workspace

    settings = run.settings()
    # Says what is missing before a server starts
    workspace = open_workspace(settings)
    try:
        tokens = workspace.tokens.all()
    finally:
        workspace.close()
    if not tokens:
        remark("There is no token yet; issue one with: plumbline users token NAME")
    from app.api.server import run as serve_routes

    return serve_routes(settings, port)
