"""`plumbline eval`: how well a set of questions is found and answered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.common import Run, command
from app.cli.output import print_json, print_text
from app.cli.progress import Progress, progress
from knowledge.errors import InvalidInput


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "eval", json=True)(evaluate)


def evaluate(
    run: Run,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET_DIR", show_default=False)],
    answers: Annotated[int, typer.Option(min=0, help="Let the model answer so many of the questions.")] = 0,
) -> None:
    """Measure search and answers on a dataset.

    It is a folder with queries.jsonl and either documents/ or corpus.jsonl, and gets a workspace of its own.
    """
    if not dataset.is_dir():
        raise InvalidInput(f"{dataset}: no such folder; give one with queries.jsonl")
    from app.evaluation import evaluate as measured

    # The dataset has a workspace of its own, unless one is named
    with _steps() as step:
        report = measured(dataset, run.settings(), workspace=run.workspace, answers=answers, progress=step)
    if run.json:
        print_json(report)
    else:
        _print("", report)


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """One bar after the other, as the work goes from step to step."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        current: tuple[str, Progress] | None = None

        def step(what: str, done: int, total: int) -> None:
            nonlocal current
            if current is None or current[0] != what:
                stack.close()
                current = (what, stack.enter_context(progress(what)))
            current[1](done, total)

        yield step
    sys.stderr.flush()


def _print(indent: str, report: Mapping[str, Any]) -> None:
    for key, value in report.items():
        if isinstance(value, Mapping):
            print_text(f"{indent}{key}")
            _print(f"{indent}  ", value)
        elif isinstance(value, list):
            print_text(f"{indent}{key}: {len(value)}")
        else:
            print_text(f"{indent}{key}: {value}")
