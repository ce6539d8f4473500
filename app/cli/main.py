"""The entry point: `plumbline COMMAND …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli import (
    ask,
    audit,
    backup,
    check,
    config,
    demo,
    desensitize,
    doctor,
    documents,
    drift,
    evaluate,
    examples,
    graph,
    graph_life,
    graph_people,
    graph_sync,
    graph_work,
    ingest,
    init,
    leaks,
    models,
    quarantine,
    schedule,
    search,
    serve,
    sources,
    train,
    ui,
    users,
    vault,
    versions,
)
from app.cli.common import ConfigOption, DebugOption, WorkspaceOption, common_options, run_command_line
from app.cli.output import print_text

app = typer.Typer(
    name="plumbline",
    help="Plumbline 准绳: answers from your company's own documents, held true to its terms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich takes longer than all the rest of `plumbline --help`
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_text(f"plumbline {version('plumbline-assistant')}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    debug: DebugOption = False,
    _: Annotated[bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)] = False,
) -> None:
    common_options(context, workspace, config, debug)


# In the order in which a newcomer meets them
for part in (demo, init, ingest, documents, quarantine, search, ask, check, graph, models, users, audit, desensitize):
    part.register(app)
for part in (graph_life, graph_work, graph_people, graph_sync):
    part.register(app)
for part in (sources, schedule):
    part.register(app)
for part in (train, examples, drift, versions):
    part.register(app)
for part in (leaks, vault, evaluate, ui, serve, doctor, backup, config):
    part.register(app)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 failed, 2 wrong usage, 3 with quarantine, 4 not permitted."""
    # A file name may hold bytes that are no text; printing it must not fail
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    return run_command_line(app, sys.argv[1:] if arguments is None else arguments)


def main() -> None:
    """Run the command that the process was started with, and end it."""
    sys.exit(run())
