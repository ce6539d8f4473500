"""`plumbline backup` and `plumbline restore`: the workspace's truth in one file, and back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli.common import Run, command, operator
from app.cli.output import print_json, print_text, remark

if TYPE_CHECKING:
    from app.settings import Settings
    from knowledge.catalog.backup import BackupInfo, Begin
    from knowledge.protocols import Progress

_FOLDERS = ("adapters", "quarantine", "uploads")
_KEYS = "keys"
_MEBIBYTE = 1024 * 1024
T = TypeVar("T")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "backup", json=True)(backup)
    command(app, "restore", json=True)(restore)


def backup(
    run: Run,
    file: FileArgument,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the workspace's keys in too; keep such a file locked away.")
    ] = False,
) -> None:
    """Write everything that cannot be made again into one file.

    The catalog, the settings, the policy, adapters, quarantined and uploaded files; not the indexes, models, and what
    sources were fetched from. The workspace may
    be read and written meanwhile: the backup is of one moment. It is read back and compared before it appears.
    """
    from importlib.metadata import version

    from knowledge.catalog.backup import write_backup

    with run.open() as workspace:
        # First, so that the backup holds this row as well
        workspace.audit.append("backup", operator(), {"with_keys": with_keys}, subject=file.name)
        others = _others(workspace.settings, with_keys=with_keys)
        program = version("plumbline-assistant")
        info = _with_bars(
            lambda begin: write_backup(workspace.catalog, others, file, begin, program=program, force=force)
        )
    if run.json:
        print_json({"file": str(file.absolute()), "bytes": file.stat().st_size, **_summary(info)})
        return
    size = file.stat().st_size / _MEBIBYTE
    print_text(f"{file}: {info.documents} documents, {info.chunks} chunks, {size:.1f} MiB, checked")
    if not with_keys:
        remark(f"the keys are not in it: keep a copy of {workspace.folder / _KEYS} apart, or give --with-keys")


def restore(
    run: Run,
    file: FileArgument,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the workspace's catalog; what was there is moved aside, not lost.")
    ] = False,
) -> None:
    """Bring the workspace to what a backup holds, indexes included.

    The backup is checked first. Searches go on meanwhile and see the restored state all at once.
    """
    from app.wiring import open_workspace
    from knowledge.restoring import restore as bring_back

    settings = run.settings()
    restored = _with_bars(lambda begin: bring_back(file, settings.workspace, begin, force=force))
    workspace = open_workspace(settings)
    try:
        aside = "" if restored.aside is None else restored.aside.name
        workspace.audit.restored(operator(), {"file": file.name, "aside": aside})
    finally:
        workspace.close()
    if run.json:
        print_json({"aside": None if restored.aside is None else str(restored.aside), **_summary(restored.info)})
        return
    print_text(f"{restored.info.documents} documents, {restored.info.chunks} chunks are back")
    if restored.aside is not None:
        remark(f"what was there before is in {restored.aside}; delete it when you do not need it")


def _others(settings: Settings, *, with_keys: bool) -> dict[str, Path]:
    """Files besides the catalog, by their path below the workspace."""
    from app.settings import CONFIG_NAME

    folder = settings.workspace
    policy = settings.desensitize.policy
    single = [folder / CONFIG_NAME, folder / "vault.sqlite", *([] if policy is None else [folder / policy])]
    folders = [folder / name for name in (*_FOLDERS, *([_KEYS] if with_keys else []))]
    found = [*single, *(path for each in folders for path in sorted(each.rglob("*")) if path.is_file())]
    inside = [path for path in found if path.is_relative_to(folder) and ".." not in path.parts]
    return {path.relative_to(folder).as_posix(): path for path in inside}


def _with_bars(work: Callable[[Begin], T]) -> T:
    """Do `work` with one bar of progress per step."""
    from app.cli.progress import several

    with several() as bars:

        def begin(title: str) -> Progress:
            return bars(title, "items" if "catalog" in title or "documents" in title else "bytes")

        return work(begin)


def _summary(info: BackupInfo) -> dict[str, object]:
    files = {name: {"bytes": member.bytes, "sha256": member.sha256} for name, member in info.files.items()}
    return {
        "created_at": info.created_at,
        "program": info.program,
        "schema": info.schema,
        "documents": info.documents,
        "chunks": info.chunks,
        "files": files,
    }
