"""`plumbline ingest`: files and folders into the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, operator
from app.cli.output import print_result, print_text, remark
from app.cli.progress import ingestion
from app.cli.users import split_list
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.types import RunReport

WITH_QUARANTINE = 3
AccessOption = Annotated[
    str | None,
    typer.Option("--access", help="Groups that may read these, as A,B.", show_default="as before; new ones: everyone"),
]
AccessFileOption = Annotated[
    Path | None, typer.Option("--access-file", help="YAML that gives groups to paths.", show_default="ROOT/access.yaml")
]
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "ingest", json=True)(ingest)


def ingest(
    run: Run,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", show_default=False)],
    access: AccessOption = None,
    access_file: AccessFileOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say what would be done, and what personal data would be found, masked."),
    ] = False,
) -> int:
    """Read files and folders into the workspace.

    Unchanged files are skipped, vanished ones removed. Exit code 3: done, but some files are in quarantine.
    """
    with run.open() as workspace:
        labels = checked_options(paths, access, access_file)
        report = ingest_paths(workspace, paths, access=labels, access_file=access_file, dry_run=dry_run)
    return finish(run, report, dry_run=dry_run)


def checked_options(paths: Sequence[Path], access: str | None, access_file: Path | None) -> frozenset[str] | None:
    """The access labels; raises InvalidInput for what is wrong, before a model is loaded."""
    from knowledge.catalog.labels import checked_labels

    for path in paths:
        if not path.exists():
            raise InvalidInput(f"{path}: no such file or folder; check the path")
    if access_file is not None and not access_file.is_file():
        raise InvalidInput(f"{access_file}: no such access file; check the path")
    return None if access is None else checked_labels(split_list(access))


def ingest_paths(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    access: frozenset[str] | None = None,
    access_file: Path | None = None,
    dry_run: bool = False,
) -> RunReport:
    """Ingest with progress on stderr, written down in the audit log."""
    with ingestion("reading documents") as (report, chunks_done):
        result = workspace.pipeline().run(
            paths,
            access=access,
            access_file=access_file,
            dry_run=dry_run,
            progress=report,
            chunks_done=chunks_done,
        )
    if not dry_run:
        detail = {
            "documents": result.documents.to_json(),
            "access": None if access is None else sorted(access),
        }
        workspace.audit.append("ingest", operator(), detail, subject=result.run_id)
    return result


def finish(run: Run, report: RunReport, *, dry_run: bool = False) -> int:
    """Print the report and give the exit code."""
    if run.json:
        print_result(report)
    else:
        _print(report, dry_run=dry_run)
    return WITH_QUARANTINE if report.documents.quarantined else 0


def _print(report: RunReport, *, dry_run: bool) -> None:
    counts = report.documents
    print_text(
        f"{'would be ' if dry_run else ''}added {counts.added}, updated {counts.updated}, unchanged "
        f"{counts.unchanged}, removed {counts.removed}, quarantined {counts.quarantined}; {report.chunks} chunks in "
        f"{report.seconds:.1f} s"
    )
    if report.desensitized:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.desensitized.items()))
        print_text(f"desensitized: {kinds}")
    for one in report.found:
        print_text(f"  {one.path}: {one.count} {one.kind}: {', '.join(one.examples)}")
    for entry in report.quarantine[:_SHOWN]:
        print_text(f"quarantined: {entry.path}: {entry.reason}")
    if len(report.quarantine) > _SHOWN:
        remark(f"… and {len(report.quarantine) - _SHOWN} more: `plumbline quarantine list`")
