"""`plumbline check`: a text held against the term graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command
from app.cli.inputs import read_rows, read_text
from app.cli.output import print_json, print_json_line, print_result, print_text
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.alignment import Checker
    from knowledge.alignment.readings import ClaimReading
    from knowledge.types import AlignmentReport, Passage


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
    release: Annotated[
        str | None, typer.Option(help="Check against this release or revision of the graph.", show_default="newest")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also say which claims were read and what decided.")
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Only say how often each rule's edits were taken back.")
    ] = False,
) -> None:
    """Hold a text true to the term graph.

    Says what is contradicted and which terms are outdated, and gives the mended text.
    """
    if batch is not None and (file is not None or question is not None):
        raise InvalidInput("check: --batch brings its own texts and questions; leave FILE and --question out")
    if graph is not None and release is not None:
        raise InvalidInput("check: --graph brings its own graph and --release names one of the workspace; give one")
    if rules:
        if file is not None or batch is not None:
            raise InvalidInput("check: --rules takes no text; leave FILE and --batch out")
        _rules(run)
        return
    if graph is not None and not graph.is_file():
        raise InvalidInput(f"{graph}: no such graph file; give a Turtle, N-Triples or RDF/XML file")
    rows = [] if batch is None else [_checked(row, f"{batch}: {row['id']}") for row in read_rows(batch, ("id", "text"))]
    text = read_text(file, "text") if batch is None else ""
    with _checker(run, graph, release) as checker:
        for row in rows:
            given = row["text"], _passages(row), row.get("question")
            claims = {"claims": [claim.to_json() for claim in checker.read(*given)]} if explain else {}
            print_json_line({"id": row["id"], **checker.check(*given).to_json(), **claims})
        if batch is None:
            report = checker.check(text, (), question)
            claims_read = checker.read(text, (), question) if explain else []
            if run.json and explain:
                print_json({**report.to_json(), "claims": [claim.to_json() for claim in claims_read]})
            elif run.json:
                print_result(report)
            else:
                _print(report)
                _print_claims(claims_read)


@contextmanager
def _checker(run: Run, graph: Path | None, release: str | None) -> Iterator[Checker]:
    """The checker of a graph file, which needs no workspace, or of a revision of the workspace's graph."""
    if graph is None:
        with run.open() as workspace:
            yield workspace.terms().checker if release is None else workspace.terms_at(release).checker
        return
    from app.wiring import terms_of

    yield terms_of([graph], run.settings()).checker


def _rules(run: Run) -> None:
    from app.rules import rule_views

    with run.open() as workspace:
        rows = rule_views(workspace.catalog)
    if run.json:
        print_json({"rules": [row.to_json() for row in rows]})
        return
    if not rows:
        print_text("no answer has been edited yet")
    for row in rows:
        state = "edits" if row.edits_texts else "only suggests"
        print_text(f"{row.rule}: {row.undone} of {row.edits} edits taken back; {state}")


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
        print_text(f"  {finding.kind}: {finding.text}" + (f" ({finding.reason})" if finding.reason else ""))
    for name in ("term_coverage", "relation_accuracy", "relation_coverage", "contextual_consistency", "similarity"):
        value = getattr(report, name)
        if value is not None:
            print_text(f"  {name.replace('_', ' ')}: {value:.2f}")


def _print_claims(claims: Sequence[ClaimReading]) -> None:
    for claim in claims:
        print_text(f"  read: {claim.subject} · {claim.relation} · {claim.text} ({claim.modality}, fit {claim.fit:.2f})")
        for line in (f"{claim.status}, by {claim.rule}", *claim.evidence):
            print_text(f"    {line}")
