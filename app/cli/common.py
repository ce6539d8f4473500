"""What all commands share: their common options, the workspace they open, and how errors end.

`Run` holds the common options; `@command` gives them to a command's function as its first argument and takes them
before and after the command's name.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.output import remark

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings
    from app.wiring import Workspace
    from knowledge.types import User

INTERRUPTED = 130
BROKEN_PIPE = 141

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder that holds all state.", show_default="nearest with a plumbline.toml"),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file.", show_default="WORKSPACE/plumbline.toml")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Log more, and show the traceback of an error.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


@dataclass(frozen=True, slots=True)
class Run:
    """The common options of one call."""

    workspace: Path | None = None
    config: Path | None = None
    debug: bool = False
    json: bool = False

    def settings(self, workspace: Path | None = None) -> Settings:
        """The settings that apply, and logging set up by them; `workspace` stands in for a missing --workspace."""
        from app.logs import configure_logging
        from app.settings import load_settings

        settings = load_settings(self.workspace or workspace, self.config)
        configure_logging(settings.logging, workspace=_existing(settings.workspace), debug=self.debug)
        return settings

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        """The workspace, closed at the end. Raises NotFound when there is none."""
        from app.wiring import open_workspace

        workspace = open_workspace(self.settings())
        try:
            yield workspace
        finally:
            workspace.close()

    @contextmanager
    def assistant(self) -> Iterator[Assistant]:
        """An assistant on the workspace, closed at the end."""
        from app.assistant import Assistant

        with Assistant.open(settings=self.settings()) as assistant:
            yield assistant


def _existing(workspace: Path) -> Path | None:
    """The workspace for the log file, unless it is only a folder in which somebody called us."""
    return workspace if (workspace / "catalog.sqlite").is_file() else None


def operator() -> str:
    """Who works on this machine's command line, as the audit log names them."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # no such user id, as in some containers
        return f"cli:{os.getuid() if hasattr(os, 'getuid') else ''}"


def user_named(workspace: Workspace, name: str | None) -> User:
    """The account of that name; without one, nobody in particular. An unknown name raises NotPermitted."""
    from knowledge.types import ANYONE

    return ANYONE if name is None else workspace.accounts.user(name)


# --- registering commands -----------------------------------------------------------------------------------------


def group(name: str, help_text: str) -> typer.Typer:
    """A group of commands that takes the common options before its commands too."""
    return typer.Typer(name=name, help=help_text, no_args_is_help=True, callback=common_options, rich_markup_mode=None)


def common_options(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    debug: DebugOption = False,
) -> None:
    """The callback of the root and of each group: keeps what stands before the command's name."""
    context.obj = _merged(context, Run(workspace, config, debug))


def _merged(context: typer.Context, run: Run) -> Run:
    """The options given here over those given before the command's name."""
    before = context.obj if isinstance(context.obj, Run) else Run()
    return replace(
        run,
        workspace=run.workspace or before.workspace,
        config=run.config or before.config,
        debug=run.debug or before.debug,
    )


def command(
    target: typer.Typer, name: str, *, json: bool = False
) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Register `function(run, ...)` as a command; what it returns is the exit code, None being 0.

    `json` adds --json for commands that read.
    """

    def register(function: Callable[..., int | None]) -> Callable[..., None]:
        @functools.wraps(function)
        def entry(*, context: typer.Context, **given: Any) -> None:
            run = Run(given.pop("workspace"), given.pop("config"), given.pop("debug"), given.pop("json_output", False))
            run = _merged(context, run)
            context.obj = run
            try:
                code = function(run, **given)
            except KeyboardInterrupt:
                remark("plumbline: interrupted")
                raise typer.Exit(INTERRUPTED) from None
            except BrokenPipeError:
                silence_stdout()
                raise typer.Exit(BROKEN_PIPE) from None
            raise typer.Exit(code or 0)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        common = [("workspace", WorkspaceOption, None), ("config", ConfigOption, None), ("debug", DebugOption, False)]
        if json:
            common.insert(0, ("json_output", JsonOption, False))
        parameters = [
            inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
            *(
                inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
                for key, annotation, default in common
            ),
        ]
        entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        entry.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        target.command(name)(entry)
        return entry

    return register


# --- ending -------------------------------------------------------------------------------------------------------


def silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere, because whoever read us has gone."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def run_command_line(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run the command line and give its exit code; every error is one line on stderr."""
    import traceback

    from app.cli.failures import explained

    command_line = typer.main.get_command(app)
    try:
        code = command_line.main(args=list(arguments), prog_name="plumbline", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        remark("plumbline: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return BROKEN_PIPE
    except SystemExit as stop:  # what the library below ends with when a pipe breaks early
        return stop.code if isinstance(stop.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the outermost frame: whatever it is, the user gets one line
        failure = explained(error)
        if "--debug" in arguments:
            traceback.print_exc()
        remark(failure.text)
        return failure.exit_code
    return code if isinstance(code, int) else 0
