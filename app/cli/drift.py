"""`plumbline train drift`: whether what is asked and what comes in is of another kind than what was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command
from app.cli.output import print_json, print_table, print_text
from app.cli.progress import several
from app.cli.train import train_commands

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
    from app.continual import dataset_of

    with run.open() as workspace, several() as begin:
        bars: dict[str, Any] = {}

        def told(what: str, done: int, total: int | None) -> None:
            if what not in bars:
                bars[what] = begin(what, "items")
            bars[what](done, total)

        report = workspace.datasets.drift(dataset_of(workspace, name), days=days, told=told)
    if run.json:
        print_json(report.to_json())
    else:
        _print(report)


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
