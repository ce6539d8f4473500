"""`plumbline check`: a text held against the term graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command
from app.cli.inputs import read_rows, read_text
from app.cli.output import print_json_line, print_result, print_text
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.types import AlignmentReport, Passage

Check = Callable[[str, "Sequence[Passage]", str | None], "AlignmentReport"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "check", json=True)(check)


def check(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|-", show_default="stdin")] = None,
    question: Annotated[str | None, typer.Option(help="The question that the text answers.")] = None,
    batch: Annotated[
        Path | None, typer.Option(help='JSON Lines {"id","text","question"?,"passages"?}; one report per line.')
    ] = None,
    graph: Annotated[
        Path | None, typer.Option(help="Check against this graph file.", show_default="the workspace's graph")
    ] = None,
) -> None:
    """Hold a text true to the term graph.

    Says what is contradicted and which terms are outdated, and gives the mended text.
    """
    if batch is not None and (file is not None or question is not None):
        raise InvalidInput("check: --batch brings its own texts and questions; leave FILE and --question out")
    if graph is not None and not graph.is_file():
        raise InvalidInput(f"{graph}: no such graph file; give a Turtle, N-Triples or RDF/XML file")
    rows = [] if batch is None else [_checked(row, f"{batch}: {row['id']}") for row in read_rows(batch, ("id", "text"))]
    text = read_text(file, "text") if batch is None else ""
    with _checker(run, graph) as checked:
        for row in rows:
            report = checked(row["text"], _passages(row), row.get("question"))
            print_json_line({"id": row["id"], **report.to_json()})
        if batch is None:
            report = checked(text, (), question)
            if run.json:
                print_result(report)
            else:
                _print(report)


@contextmanager
def _checker(run: Run, graph: Path | None) -> Iterator[Check]:
    """Checks against a graph file, which needs no workspace, or against the workspace's graph."""
    if graph is None:
        with run.assistant() as assistant:
            yield assistant.check
        return
    from app.wiring import terms_of

    yield terms_of([graph], run.settings()).checker.check


def _checked(row: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The row, if its optional parts have their shape."""
    passages = row.get("passages") or []
    shaped = isinstance(passages, list) and all(
        isinstance(passage, dict) and isinstance(passage.get("text"), str) and "id" in passage for passage in passages
    )
    if not shaped:
        raise InvalidInput(f'{place}: passages must be a list of {{"id","text"}}')
    if not isinstance(row.get("question"), str | None):
        raise InvalidInput(f"{place}: question must be text")
    return row


def _passages(row: Mapping[str, Any]) -> Sequence[Passage]:
    from knowledge.types import Passage

    rows = row.get("passages") or []
    return [Passage(str(passage["id"]), passage["text"], number) for number, passage in enumerate(rows, start=1)]


def _print(report: AlignmentReport) -> None:
    print_text(report.answer)
    print_text(f"\n{report.verdict.replace('_', ' ')}")
    for edit in report.edits:
        print_text(f"  changed: {edit.before} → {edit.after} ({edit.reason})")
    for finding in report.findings:
        print_text(f"  {finding.kind}: {finding.text}")
    for name in ("term_coverage", "relation_accuracy", "relation_coverage", "contextual_consistency", "similarity"):
        value = getattr(report, name)
        if value is not None:
            print_text(f"  {name.replace('_', ' ')}: {value:.2f}")
