"""`plumbline init`: a workspace for one's own documents."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from app.cli.common import Run, command, operator
from app.cli.output import print_text, remark
from knowledge.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "init")(init)


def init(
    run: Run,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", show_default="--workspace, else this folder")] = None,
) -> None:
    """Make a workspace for your own documents.

    It holds a commented plumbline.toml and an empty catalog. Nothing is overwritten.
    """
    from app.cli.config_text import commented_settings
    from app.settings import CONFIG_NAME
    from app.wiring import CATALOG_NAME, open_workspace

    if folder is not None and run.workspace is not None and folder.absolute() != run.workspace.absolute():
        raise InvalidInput(f"init: {folder} and --workspace {run.workspace} are two folders; give one")
    if run.config is not None:
        raise InvalidInput("init: writes the settings file itself; leave --config out")
    chosen = (folder or run.workspace or Path()).expanduser().absolute()
    for name in (CONFIG_NAME, CATALOG_NAME):
        if (chosen / name).exists():
            raise InvalidInput(f"{chosen / name}: exists already, nothing was changed; choose another folder")
    if chosen.exists() and not chosen.is_dir():
        raise InvalidInput(f"{chosen}: is a file; choose a folder")
    chosen.mkdir(parents=True, exist_ok=True)
    settings = run.settings(chosen)
    workspace = open_workspace(settings, create=True)
    try:
        workspace.audit.append("workspace.created", operator())
    finally:
        workspace.close()
    # Last: the file marks a finished workspace
    (chosen / CONFIG_NAME).write_text(commented_settings(), encoding="utf-8")
    print_text(str(chosen))
    for line in _next_steps(chosen):
        remark(line)


def _next_steps(folder: Path) -> list[str]:
    here = "" if folder == Path.cwd() else f" --workspace {shlex.quote(str(folder))}"
    steps = [
        (f"plumbline models pull{here}", "fetch the models (1.2 GB, once)"),
        (f"plumbline ingest{here} ~/my-documents", "read your documents"),
        (f"plumbline users add{here} NAME --role admin", "the first account"),
        (f"plumbline ui{here}", "the pages in your browser"),
        (f'plumbline ask{here} "…"', "or ask right here"),
    ]
    widest = max(len(step) for step, _ in steps)
    return ["A workspace is ready. Next:", *(f"  {step.ljust(widest)}  # {why}" for step, why in steps)]
