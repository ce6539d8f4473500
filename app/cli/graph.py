"""`plumbline graph`: the term graph in and out, its checks, and looking things up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator, user_named
from app.cli.output import print_json, print_result, print_table, remark
from knowledge.errors import InvalidInput, NotFound

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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done to which concept, and what is wrong where.")
    ] = False,
    merge: Annotated[
        bool | None,
        typer.Option(
            "--merge/--no-merge",
            help="A concept of the file with the name of exactly one of the graph is that one.",
            show_default="where the file has no ids of its own",
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="JSON file: what a table's columns mean.", show_default="guessed from the headers"),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.", show_default="the first")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV file.", show_default="found out")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV file.", show_default="found out")] = None,
    show_mapping: Annotated[
        bool, typer.Option("--show-mapping", help="Only print, as JSON, what the columns would be taken for.")
    ] = False,
    propose: Annotated[
        bool, typer.Option("--propose", help="Leave it in the review queue, also where you may approve it yourself.")
    ] = False,
    user: Annotated[
        str | None, typer.Option(help="In the name of this user.", show_default="whoever works at this machine")
    ] = None,
) -> None:
    """Bring what a file says into the term graph: RDF, TBX, or a table of terms (CSV, TSV, XLSX).

    It becomes a proposal, approved at once where the four-eyes rule allows, and used from the next question on. What we
    do not understand is kept as it is.
    """
    if not file.is_file():
        raise InvalidInput(f"{file}: no such graph file; check the path")
    from app.cli import graph_import
    from app.terms import Operator

    options = graph_import.options(
        replace=replace, merge=merge, mapping=mapping, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    with run.assistant() as assistant:
        terms, who = assistant.terms, Operator(operator()) if user is None else user
        if show_mapping:
            from knowledge.graph.mapping import guess_mapping
            from knowledge.graph.tables import read_table

            table = read_table(file, sheet=sheet, encoding=encoding, delimiter=options.delimiter)
            print_result(guess_mapping(table, assistant.workspace.graph()))
            return
        if dry_run:
            preview, _ = terms.plan_import(file, who, options)
            graph_import.tell_plan(run, preview, terms.current())
        else:
            done = terms.import_file(file, who, comment=comment, options=options, approve=not propose, wait=True)
            graph_import.tell(run, done, asked=propose)


@command(graph, "export")
def export_graph(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|-", show_default="stdout")] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="ttl, nt, nq, trig, rdf, jsonld, csv, tsv, xlsx or tbx.",
            show_default="FILE's ending, else ttl",
        ),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="As of this revision or release.", show_default="the newest")
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="An empty table of terms to fill in instead (csv, tsv, xlsx).")
    ] = False,
) -> None:
    """Write the term graph as RDF, as a table of terms or as TBX."""
    to_stdout = file is None or str(file) == "-"
    if template:
        _write_template(None if to_stdout else file, format_name)
        return
    with run.open() as workspace:
        from knowledge.graph.exchange import export

        wanted = workspace.catalog.revisions.resolve(revision).id if revision else None
        if file is not None and not to_stdout:
            count = export(workspace.catalog, file, format_name, revision=wanted)
        else:
            count = export(workspace.catalog, sys.stdout.buffer, format_name or _TO_STDOUT, revision=wanted)
            sys.stdout.buffer.flush()
        workspace.audit.append("graph.export", operator(), {"file": "-" if to_stdout else str(file)})
    remark(f"{count} statements")


def _write_template(file: Path | None, format_name: str | None) -> None:
    from knowledge.graph.term_export import TABLE_FORMATS, template

    wanted = format_name or (file.suffix.lower().lstrip(".") if file else "csv")
    if wanted not in TABLE_FORMATS:
        raise InvalidInput(f"graph export --template: {wanted!r} is no table format; known: {', '.join(TABLE_FORMATS)}")
    data = template(wanted)
    if file is None:
        sys.stdout.buffer.write(data)
        return
    try:
        file.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written: {error.strerror or error}") from error
    remark(f"{file}: fill in one concept per row, then `plumbline graph import {file.name} --dry-run`")


@command(graph, "check", json=True)
def check_terms(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", show_default="the workspace's graph")] = None,
    concept: Annotated[list[str] | None, typer.Option(help="Only this concept; may be repeated.")] = None,
    shapes: Annotated[Path | None, typer.Option(help="SHACL shapes of your own, checked as well.")] = None,
) -> int:
    """Look for what is wrong or doubtful in the term graph; exit code 1 when something is wrong."""
    from datetime import UTC, datetime

    from knowledge.graph.quality import check_concepts, check_graph, check_shapes, together

    if file is not None and not file.is_file():
        raise InvalidInput(f"{file}: no such graph file; check the path")
    terms, today = _terms(run, file), datetime.now(UTC).date()
    unknown = [name for name in concept or () if name not in terms and terms.relation(name) is None]
    if unknown:
        raise NotFound(f"{unknown[0]}: no such concept in the term graph")
    report = check_concepts(terms, concept, today) if concept else check_graph(terms, today)
    if shapes is not None:
        report = together(report, check_shapes(terms, shapes))
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
        "how": match.how,
        "labels": [{"text": label.text, "kind": label.kind, "language": label.language} for label in concept.labels],
        "definition": concept.definition,
        "deprecated": concept.deprecated,
        "replaced_by": list(concept.replaced_by),
    }
