"""`plumbline train drift` and `train continue`: whether what comes in is of another kind, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, operator
from app.cli.output import print_json, print_table, print_text, remark
from app.cli.progress import steps
from app.cli.train import train_commands
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.datasets import DriftReport
    from app.datasets.drift import Verdict

WORDS: dict[Verdict, str] = {
    "drift": "is of another kind now",
    "small": "differs, but by less than the threshold",
    "steady": "no difference beyond chance",
    "too_few": "too few texts to say anything",
    "other_model": "made with another embedding model; make the dataset again to compare",
    "missing": "no vectors or no sample was kept with the dataset; make it again to compare",
}
_OVERALL: dict[Verdict, str] = {
    "drift": "drift: what comes in is of another kind than what was trained on",
    "small": "little drift: differences beyond chance, but all below the threshold",
    "steady": "no drift: nothing differs beyond chance",
    "too_few": "no verdict: too few texts",
    "other_model": "no verdict: made with another embedding model; make the dataset again",
    "missing": "no verdict: no sample was kept with the dataset; make it again",
}


def register(_app: typer.Typer) -> None:
    """Add the command below `plumbline train`."""
    command(train_commands, "drift", json=True)(drift)
    command(train_commands, "continue", json=True)(continue_learning)


def drift(
    run: Run,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[DATASET|VERSION]", help="What to compare with.", show_default="that of the version in service"
        ),
    ] = "",
    days: Annotated[
        float | None,
        typer.Option(min=0.01, help="How many days count as now.", show_default="[adaptation] window_days"),
    ] = None,
) -> None:
    """Compare what was asked and came in lately with a dataset's training window; nothing is trained by this."""
    with run.open() as workspace, steps() as told:
        report = workspace.datasets.drift(workspace.continual.dataset_of(name), days=days, told=told)
    if run.json:
        print_json(report.to_json())
    else:
        _print(report)


def continue_learning(
    run: Run,
    name: Annotated[
        str,
        typer.Argument(
            metavar="[DATASET|VERSION]", help="What to go on from.", show_default="that of the version in service"
        ),
    ] = "",
    allow: Annotated[
        str, typer.Option(help="prepare or train.", show_default="[adaptation] continual, at least prepare")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Whether or not there is drift, and however soon.")] = False,
    scheduled: Annotated[bool, typer.Option("--scheduled", hidden=True)] = False,
) -> None:
    """Prepare a dataset of what is new when the trigger fires, and train and evaluate a candidate if that is allowed.

    Nobody is answered by the candidate until `plumbline versions canary` or `promote` says so.
    """
    from app.continual import AUTOMATIC

    if allow not in {"", "prepare", "train"}:
        raise InvalidInput(f"--allow {allow}: write prepare or train")
    with run.open() as workspace, steps() as told:
        done = workspace.continual.run(
            name,
            by=AUTOMATIC if scheduled else operator(),
            allowed=allow or None,  # type: ignore[arg-type] # checked above
            force=force,
            told=told,
        )
    if run.json:
        print_json(done.to_json())
        return
    print_text(f"{'fired' if done.fired else 'did not fire'}: {done.reason}")
    if done.version:
        print_text(f"{done.version}: trained on {done.prepared}; gate: {done.gate or 'open'}")
        remark(f"next: plumbline versions canary {done.version}")
    elif done.prepared:
        remark(f"next: plumbline train lora {done.prepared}")


def _print(report: DriftReport) -> None:
    rows = [
        (each.subject, each.name, each.before, each.now, _number(each.statistic), _number(each.by_chance),
         _number(each.p), WORDS[each.verdict])
        for each in report.measures
    ]  # fmt: skip
    print_table(("of", "measure", "then", "now", "difference", "by chance", "p", "says"), rows)
    for term in report.terms:
        print_text(f"{term.subject}: {term.label} in {term.before:.0%} of the texts then, in {term.now:.0%} now")
    print_text(f"{report.dataset}: {_OVERALL[report.verdict]} (threshold {report.threshold:g})")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
