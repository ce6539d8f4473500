"""`plumbline train`: adapters on private data, and how good they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_text, remark, write
from app.cli.progress import several
from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from adapters.training.plan import Plan, Step
    from app.wiring import Workspace

train_commands = group("train", "Adapters on private data: training them, and how good they are.")

SettingOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of [answer] for this version; may be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(train_commands)


@command(train_commands, "lora", json=True)
def lora(
    run: Run,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", show_default=False, help="A file, a folder or a name.")],
    base: Annotated[str | None, typer.Option(help="A model of the catalog.", show_default="that of [answer]")] = None,
    name: Annotated[str, typer.Option(help="What the versions are called.", show_default="as the base")] = "",
    number: Annotated[str, typer.Option("--number", help="Its number, 1.2.0.", show_default="the next one")] = "",
    method: Annotated[str, typer.Option(help="lora, prompt, full or dpo.")] = "lora",
    rank: Annotated[int, typer.Option(help="Rank of the adapter.")] = 8,
    alpha: Annotated[int, typer.Option(help="Strength of the adapter.")] = 16,
    dropout: Annotated[float, typer.Option(help="Share of the adapter's inputs that is left out in training.")] = 0.05,
    targets: Annotated[str, typer.Option(help="Parts that get an adapter, as A,B.", show_default="q and v")] = "",
    epochs: Annotated[int, typer.Option(help="How often each example is seen.")] = 3,
    steps: Annotated[int, typer.Option(help="So many updates instead.", show_default="as the epochs make")] = 0,
    batch_size: Annotated[int, typer.Option(help="Examples read at once.")] = 4,
    accumulation: Annotated[int, typer.Option(help="Batches for one update.")] = 1,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-4,
    max_tokens: Annotated[int, typer.Option(help="Longest example in tokens.")] = 512,
    seed: Annotated[int, typer.Option(help="The same seed trains the same.")] = 0,
    patience: Annotated[int, typer.Option(help="Stop after so many validations without gain; 0: never.")] = 3,
    evaluate_every: Annotated[int, typer.Option(help="Updates between two validations.")] = 20,
    checkpoint_every: Annotated[int, typer.Option(help="Updates between two checkpoints.")] = 20,
    quantize: Annotated[str, typer.Option(help="none, 8bit or 4bit: of the base, on a GPU.")] = "none",
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Less memory, more time.")
    ] = False,
    beta: Annotated[float, typer.Option(help="dpo: how close it stays to the model before.")] = 0.1,
    after: Annotated[str, typer.Option(help="Go on from this version's adapter.", metavar="VERSION")] = "",
    settings: SettingOption = None,
    emit: Annotated[str, typer.Option(help="k8s or slurm: print the run as a Job or script instead.")] = "",
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what memory and time it would take.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw the curve into this SVG file.", show_default=False)] = None,
) -> None:
    """Train a version on a dataset and register it; called again after a kill it goes on where it stopped.

    Nobody is answered by it until `plumbline versions canary` or `promote` says so.
    """
    from adapters.training.plan import Plan, checked_name

    if emit:
        from adapters.training.emit import emitted

        write(emitted(emit, _same_command()))
        return
    with run.open() as workspace:
        plan = Plan(
            base=base or workspace.settings.answer.model,
            method=method,  # type: ignore[arg-type] # checked below
            rank=rank,
            alpha=alpha,
            dropout=dropout,
            targets=tuple(each.strip() for each in targets.split(",") if each.strip()),
            epochs=epochs,
            max_steps=steps,
            batch_size=batch_size,
            accumulation=accumulation,
            learning_rate=learning_rate,
            max_tokens=max_tokens,
            seed=seed,
            patience=patience,
            evaluate_every=evaluate_every,
            checkpoint_every=checkpoint_every,
            quantize=quantize,  # type: ignore[arg-type] # checked below
            gradient_checkpointing=gradient_checkpointing,
            beta=beta,
            from_adapter=_adapter_of(workspace, after),
        ).checked()
        family = checked_name(name) if name else ""
        _train(run, workspace, dataset, plan, family, number, read_settings(settings), picture, only=estimate)


def _train(
    run: Run,
    workspace: Workspace,
    dataset: str,
    plan: Plan,
    name: str,
    number: str,
    settings: dict[str, Any],
    picture: Path | None,
    *,
    only: bool,
) -> None:
    from adapters.training.examples import read_dataset
    from adapters.training.trainer import foresee
    from app.training import dataset_path, train

    rows = read_dataset(dataset_path(workspace, dataset))
    expected = foresee(plan, rows, workspace.models)
    if only:
        if run.json:
            print_json({"fits": expected.fits, "memory_bytes": expected.memory_bytes, "seconds": expected.seconds})
        else:
            print_text(f"{plan.base}: {expected.told()}")
        return
    if not expected.fits:
        raise Unavailable(f"{plan.base}: cannot be trained here, it would take {expected.told()}")
    remark(f"{plan.base}: {expected.told()}")
    curve: list[Step] = []
    latest = [""]
    with several(lambda: latest[0]) as begin:
        bar = begin(f"training on {rows.name}", "items")

        def told(step: Step) -> None:
            curve.append(step)
            latest[0] = _told(step)
            bar(step.number, step.of)

        version = train(workspace, rows, plan, by=operator(), name=name, number=number, settings=settings, told=told)
    if picture is not None:
        from app.pictures import curve_picture

        picture.write_text(curve_picture(curve), encoding="utf-8")
    if run.json:
        print_json({"version": version.id, "run": version.run, "folder": version.folder, "metrics": version.metrics})
    else:
        print_text(f"{version.id}: {', '.join(f'{key} {value}' for key, value in version.metrics.items())}")
        remark(f"next: plumbline train evaluate {version.id}")


@command(train_commands, "evaluate", json=True)
def evaluate(
    run: Run,
    version: Annotated[str, typer.Argument(metavar="VERSION", show_default=False)],
    against: Annotated[
        str | None, typer.Option(help="A version, or `base`.", show_default="the one in service")
    ] = None,
    line: Annotated[str, typer.Option(help="The business line whose version in service is meant.")] = "",
    dataset: Annotated[
        str | None, typer.Option(help="Questions to ask.", show_default="those that were held back")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--eval", help="Ask over documents too: a dataset of `plumbline eval`.")
    ] = None,
    answers: Annotated[int, typer.Option(min=1, help="Questions of --eval that are asked.")] = 20,
    picture: Annotated[Path | None, typer.Option(help="Draw the comparison into this SVG file.")] = None,
) -> None:
    """Compare a version with the one in service; the result is kept with it and opens the gate, or does not."""
    from app.comparison import compare, table

    with run.open() as workspace, several() as begin:
        bar = begin(f"questions to {version}", "items")
        report = compare(
            workspace,
            version,
            by=operator(),
            against=against,
            line=line,
            dataset=dataset,
            folder=folder,
            answers=answers,
            progress=bar,
        )
    if picture is not None:
        from app.pictures import comparison_picture

        picture.write_text(comparison_picture(report), encoding="utf-8")
    if run.json:
        print_json(report)
        return
    from app.cli.output import print_table

    print_table(("measure", report["version"], report["against"], "difference"), table(report))
    print_text(f"gate: {report['gate'] or 'open'}")


def read_settings(given: Sequence[str] | None) -> dict[str, Any]:
    """`KEY=VALUE` as keys with values, which are read as JSON where they are some."""
    settings: dict[str, Any] = {}
    for each in given or ():
        key, mark, value = each.partition("=")
        if not mark:
            raise InvalidInput(f"--set {each}: write KEY=VALUE")
        try:
            settings[key.strip()] = json.loads(value)
        except ValueError:
            settings[key.strip()] = value
    return settings


def _adapter_of(workspace: Workspace, version_id: str) -> str:
    if not version_id:
        return ""
    version = workspace.adaptation.get(version_id)
    adapter = workspace.registry.adapter(version)
    if adapter is None:
        raise InvalidInput(f"--after {version.id}: has no adapter to go on from")
    return str(adapter.folder)


def _told(step: Step) -> str:
    left = f"{step.seconds_left / 60:.0f} min" if step.seconds_left >= 90 else f"{step.seconds_left:.0f} s"  # noqa: PLR2004 - reads better
    held_back = "" if step.validation is None else f", held back {step.validation:.3f}"
    return f"loss {step.loss:.3f}{held_back}, {step.tokens_per_second:.0f} tokens/s, {left} left"


def _same_command() -> list[str]:
    """This command line without --emit."""
    import sys

    kept, skip = [], False
    for word in sys.argv[1:]:
        if skip:
            skip = False
        elif word == "--emit":
            skip = True
        elif not word.startswith("--emit="):
            kept.append(word)
    return kept
