"""`plumbline graph`: the term graph in and out, its checks, and looking things up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator, user_named
from app.cli.output import print_json, print_result, print_table, print_text, remark
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.graph import TermGraph
    from knowledge.graph.types import ConceptMatch

graph = group("graph", "The term graph: concepts and their names.")

_TO_STDOUT = "ttl"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(graph)


@command(graph, "import", json=True)
def import_graph(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    comment: Annotated[str, typer.Option(help="Why, for the history.", show_default="import of FILE")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="The graph becomes the file; else what it does not mention stays.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Bring what a file says into the term graph.

    It becomes a new revision, used from the next question on. What we do not understand is kept as it is.
    """
    if not file.is_file():
        raise InvalidInput(f"{file}: no such graph file; check the path")
    from knowledge.graph.exchange import import_file

    with run.open() as workspace:
        report = import_file(workspace.catalog, file, operator(), comment, replace=replace, dry_run=dry_run)
        counts = {"added": report.added, "removed": report.removed, "concepts": report.concepts}
        if report.changed and not dry_run:
            workspace.audit.append("graph.import", operator(), {"file": file.name, **counts}, subject=report.revision)
            if any(workspace.catalog.documents.list()):
                workspace.pipeline().relink()  # so that chunks are found by the concepts of the new revision
    if run.json:
        print_json({"revision": report.revision, "changed": report.changed, **counts})
        return
    print_text(
        f"{'would be ' if dry_run else ''}added {report.added} statements, removed {report.removed}; "
        f"{report.concepts} concepts in the file; revision {report.revision or 'none yet'}"
    )


@command(graph, "export")
def export_graph(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|-", show_default="stdout")] = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", help="ttl, nt, nq, trig, rdf or jsonld.", show_default="FILE's ending, else ttl"),
    ] = None,
) -> None:
    """Write the term graph as RDF."""
    to_stdout = file is None or str(file) == "-"
    with run.open() as workspace:
        from knowledge.graph.exchange import export

        if file is not None and not to_stdout:
            count = export(workspace.catalog, file, format_name)
        else:
            count = export(workspace.catalog, sys.stdout.buffer, format_name or _TO_STDOUT)
            sys.stdout.buffer.flush()
        workspace.audit.append("graph.export", operator(), {"file": "-" if to_stdout else str(file)})
    remark(f"{count} statements")


@command(graph, "check", json=True)
def check_terms(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", show_default="the workspace's graph")] = None,
) -> int:
    """Look for what is wrong or doubtful in the term graph; exit code 1 when something is wrong."""
    from datetime import UTC, datetime

    from knowledge.graph.quality import check_graph

    if file is not None and not file.is_file():
        raise InvalidInput(f"{file}: no such graph file; check the path")
    report = check_graph(_terms(run, file), datetime.now(UTC).date())
    if run.json:
        print_result(report)
    else:
        rows = [(issue.severity, issue.rule, issue.concept, issue.message) for issue in report.issues]
        print_table(("", "rule", "concept", "what"), rows)
        remark(f"{report.concepts} concepts, {len(report.issues)} issues")
    return 1 if any(issue.severity == "error" for issue in report.issues) else 0


def _terms(run: Run, file: Path | None) -> TermGraph:
    if file is not None:
        from app.wiring import terms_of

        return terms_of([file], run.settings()).graph
    with run.open() as workspace:
        return workspace.graph()


@command(graph, "search", json=True)
def search_graph(
    run: Run,
    text: Annotated[str, typer.Argument(metavar="TEXT", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Concepts shown.")] = 20,
    user: Annotated[str | None, typer.Option(help="Only what this user may see.", show_default="public ones")] = None,
) -> None:
    """Look concepts up by any of their names."""
    if not text.strip():
        raise InvalidInput("graph search: the text is empty; type a name or a part of one")
    with run.open() as workspace:
        reader = user_named(workspace, user)
        found = workspace.graph().search(text, reader, limit)
    if run.json:
        print_json({"concepts": [_found(match) for match in found]})
        return
    rows = [
        (
            match.label,
            " / ".join(match.concept.texts("preferred")),
            "deprecated" if match.concept.deprecated else "",
            match.concept.id,
        )
        for match in found
    ]
    print_table(("found", "preferred names", "", "concept"), rows)
    if not found:
        remark("nothing found")


def _found(match: ConceptMatch) -> dict[str, Any]:
    concept = match.concept
    return {
        "concept": concept.id,
        "label": match.label,
        "score": round(match.score, 4),
        "labels": [{"text": label.text, "kind": label.kind, "language": label.language} for label in concept.labels],
        "definition": concept.definition,
        "deprecated": concept.deprecated,
        "replaced_by": list(concept.replaced_by),
    }
