"""`plumbline quarantine`: files that could not be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cli.common import Run, command, group
from app.cli.ingest import AccessFileOption, AccessOption, checked_options, finish, ingest_paths
from app.cli.output import print_json, print_table, remark
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.wiring import Workspace

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
def retry(run: Run, access: AccessOption = None, access_file: AccessFileOption = None) -> int:
    """Read the files in quarantine again; what is no longer there leaves it."""
    with run.open() as workspace:
        files = _files(workspace)
        labels = checked_options(files, access, access_file)
        if access is None and access_file is None:
            entries = workspace.catalog.quarantine.list()
            for root in {Path(entry.source_root) for entry in entries if entry.access is None}:
                _refuse_to_guess(workspace, root)
        if not files:
            remark("nothing is in quarantine")
            return 0
        report = ingest_paths(workspace, files, access=labels, access_file=access_file)
    return finish(run, report)


def _waiting(workspace: Workspace) -> list[tuple[Path, str]]:
    return [(Path(entry.source_root), entry.path) for entry in workspace.catalog.quarantine.list()]


def _files(workspace: Workspace) -> list[Path]:
    """The files that are still there, of members of archives and mails those; entries of the others are removed."""
    from ingest.loaders.unpacking import container_of
    from ingest.renaming import true_location

    files: list[Path] = []
    for root, path in _waiting(workspace):
        whole = container_of(path) or path
        file = true_location(root, whole, workspace.desensitizer.desensitize_path) or root / whole
        if file.exists():
            files += [file] if file not in files else []
        else:
            remark(f"{path}: is no longer at {root}; left out")
            workspace.catalog.quarantine.remove(path, str(root))
    return files


def _refuse_to_guess(workspace: Workspace, root: Path) -> None:
    """Who may read a file was said when it was first given, and is not known any more: it must not become everybody."""
    from ingest.access import FILE_NAME

    if (root / FILE_NAME).is_file():
        return
    beside = workspace.catalog.documents.list(source_root=str(root))
    if not beside or any(document.access for document in beside):
        raise InvalidInput(
            f'quarantine retry: say who may read the files of {root}: --access A,B, --access "" for every user, '
            "or --access-file FILE"
        )
