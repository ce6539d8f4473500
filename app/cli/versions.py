"""`plumbline versions`: which model version answers whom."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_table, print_text, remark

if TYPE_CHECKING:
    from knowledge.catalog.versions import Line, ModelVersion

versions = group("versions", "Model versions: which of them answers whom.")

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", show_default=False)]
LineOption = Annotated[str, typer.Option("--line", help="A group of users.", show_default="everybody else")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(versions)


@command(versions, "list", json=True)
def list_versions(run: Run) -> None:
    """All versions, whom they answer, and what became of it."""
    with run.open() as workspace:
        found, lines = workspace.adaptation.list(), workspace.adaptation.lines()
        usage = workspace.adaptation.usage()
        events = workspace.adaptation.events(20)
    if run.json:
        print_json(
            {
                "versions": [_version(version) for version in found],
                "lines": [_line(line) for line in lines],
                "usage": [asdict(each) for each in usage],
                "events": [{**asdict(event), "at": _time(event.at)} for event in events],
            }
        )
        return
    rows = [
        (
            version.id,
            version.method,
            version.base,
            ", ".join(_serves(version.id, line) for line in lines if version.id in {line.stable, line.canary}),
            _score(version),
            _time(version.created_at),
            version.created_by,
        )
        for version in found
    ]
    print_table(("version", "method", "base", "answers", "F1", "made", "by"), rows)


@command(versions, "show", json=True)
def show(run: Run, version: VersionArgument) -> None:
    """All that is known of a version, after reading its files."""
    with run.open() as workspace:
        found = workspace.adaptation.get(version)
        damaged = [str(path) for path in workspace.registry.damaged(found)]
    report = {**_version(found), "damaged": damaged}
    if run.json:
        print_json(report)
        return
    for key, value in report.items():
        print_text(f"{key}: {value}")


@command(versions, "export", json=True)
def export(
    run: Run,
    version: VersionArgument,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="A new folder.")],
    merged: Annotated[
        bool, typer.Option("--merged", help="One model: the base's weights with the adapter merged in.")
    ] = False,
    gguf: Annotated[
        str,
        typer.Option(
            metavar="TYPE", help="One GGUF model, merged and quantized: f16, q8_0, q6_k, q5_k_m, q4_k_m or q4_0."
        ),
    ] = "",
) -> None:
    """Write a version into a folder for other programs: its adapter's files, or the merged model."""
    from app.version_export import export as exported

    with run.open() as workspace:
        about = exported(workspace, version, folder, by=operator(), merged=merged, gguf=gguf)
    if run.json:
        print_json({"folder": str(folder), **about})
        return
    print_text(str(folder))
    if merged or gguf:
        found = about["merged"]
        kind = found.get("dtype") or found["kind"]
        remark(f"checked: {kind}, logits miss base and adapter by {found['deviation']:.2%} of its effect")


@command(versions, "canary", json=True)
def canary(
    run: Run,
    version: VersionArgument,
    share: Annotated[float, typer.Option(help="The share of users that it answers, 0.1 for a tenth.")] = 0.1,
    line: LineOption = "",
) -> None:
    """Let a version answer some users; always the same ones."""
    with run.open() as workspace:
        changed = workspace.adaptation.canary(version, share, line=line, by=operator())
    _tell(run, changed)


@command(versions, "promote", json=True)
def promote(
    run: Run,
    version: VersionArgument,
    line: LineOption = "",
    force: Annotated[str, typer.Option(help="Why, although its evaluation speaks against it.", metavar="REASON")] = "",
) -> None:
    """Let a version answer all users of a line."""
    with run.open() as workspace:
        changed = workspace.adaptation.promote(version, line=line, by=operator(), force=force)
    _tell(run, changed)


@command(versions, "rollback", json=True)
def rollback(
    run: Run,
    line: LineOption = "",
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
) -> None:
    """Take the canary back; without one, bring back the version that was stable before."""
    with run.open() as workspace:
        changed = workspace.adaptation.rollback(line=line, by=operator(), reason=reason)
    _tell(run, changed)


def _tell(run: Run, line: Line) -> None:
    if run.json:
        print_json(_line(line))
        return
    remark(
        f"{line.name or 'everybody'}: {line.stable or 'base'} answers"
        + (f", {line.canary} answers {line.share:.0%} of the users" if line.canary else "")
    )


def _version(version: ModelVersion) -> dict[str, Any]:
    return {**asdict(version), "created_at": _time(version.created_at)}


def _line(line: Line) -> dict[str, Any]:
    return {**asdict(line), "before": list(line.before), "changed_at": _time(line.changed_at)}


def _serves(version_id: str, line: Line) -> str:
    name = line.name or "everybody"
    return name if line.stable == version_id else f"{line.share:.0%} of {name}"


def _score(version: ModelVersion) -> str:
    """F1 on the held-back questions; empty where none were asked."""
    measures = version.evaluation.get("measures", {})
    return f"{measures['f1']['mean']:.3f}" if "f1" in measures else ""


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
