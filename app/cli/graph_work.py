"""`plumbline graph usage|query|impact|candidates`: where terms stand, what a change touches, what documents offer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command
from app.cli.graph import graph
from app.cli.graph_life import CommentOption, UserOption, asker
from app.cli.output import print_json, print_result, print_table, print_text, remark, shortened
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.terms.views import CandidateView
    from knowledge.graph.querying import QueryTerm

_WIDTH = 80


def register(_app: typer.Typer) -> None:
    """Nothing to add: these commands stand in the group that `app.cli.graph` adds."""


@command(graph, "usage", json=True)
def usage(
    run: Run,
    concept: Annotated[str, typer.Argument(metavar="CONCEPT", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Sentences shown.")] = 20,
    user: UserOption = None,
) -> None:
    """Show which documents and answers mention a concept."""
    with run.assistant() as assistant:
        found = assistant.terms.usage(concept, asker(user), limit=limit)
    if run.json:
        print_result(found)
        return
    print_table(("document", "sentence"), [(each.path, shortened(each.sentence, _WIDTH)) for each in found.sentences])
    remark(f"{found.chunks} places in {found.documents} documents; {found.answers} answers")


@command(graph, "query", json=True)
def query(
    run: Run,
    text: Annotated[str | None, typer.Argument(metavar="[QUERY|FILE|-]", show_default=False)] = None,
    saved: Annotated[str | None, typer.Option(metavar="NAME", help="The query kept under this name.")] = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep the query under this name.")] = None,
    share: Annotated[bool, typer.Option("--share", help="With --save: for all who work on the graph.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows shown.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, max=60, help="How long it may take.")] = 10.0,
    user: UserOption = None,
) -> None:
    """Ask the term graph in SPARQL: SELECT, ASK or CONSTRUCT, over what one may see. Changes nothing."""
    from app.cli.inputs import read_text

    if (text is None) == (saved is None) or (share and save is None) or (saved and save):
        raise InvalidInput("graph query: give one of QUERY and --saved NAME; --save NAME, with --share, keeps a QUERY")
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if text is None:
            wanted = terms.saved_query(saved or "", who).text
        else:
            in_file = text == "-" or text.endswith((".rq", ".sparql"))
            wanted = read_text(Path(text), "graph query") if in_file else text
        found = terms.query(wanted, who, seconds=seconds, rows=limit)
        if save is not None:
            remark(f"kept as {terms.save_query(save, wanted, who, shared=share).name!r}")
    if run.json:
        print_result(found)
        return
    if found.kind == "ask":
        print_text("yes" if found.holds else "no")
    elif found.kind == "construct":
        print_text(found.turtle)
    else:
        print_table(found.columns, [[_term(term) for term in row] for row in found.rows])
    if found.more:
        remark("there is more; --limit shows more of it")


def _term(term: QueryTerm | None) -> str:
    if term is None:
        return ""
    return f"{term.value}@{term.language}" if term.language else term.value


@command(graph, "impact", json=True)
def impact(
    run: Run,
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL", show_default=False)],
    user: UserOption = None,
) -> None:
    """Show what a proposal would change in the last 1,000 answers and in the documents."""
    with run.assistant() as assistant:
        found = assistant.terms.impact(proposal, asker(user))
    if run.json:
        print_result(found)
        return
    for answer in found.answers:
        print_text(f"answer {answer.message_id}\n- {answer.before}\n+ {answer.after}")
    for document in found.documents:
        changes = [f"-{name.en}" for name in document.loses] + [f"+{name.en}" for name in document.gains]
        print_text(f"{document.path}: {shortened(document.sentence, _WIDTH)} [{', '.join(changes)}]")
    remark(
        f"{found.answers_examined} answers, {found.answers_touched} mention it, {len(found.answers)} would differ; "
        f"{found.documents_touched} documents would be linked differently"
    )


@command(graph, "candidates", json=True)
def candidates(
    run: Run,
    candidate: Annotated[int | None, typer.Argument(metavar="[NUMBER]", show_default="list them")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Look for frequent phrases in all documents first.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Make a proposal of it.")] = False,
    into: Annotated[str | None, typer.Option(help="With --accept: another name of this concept.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Never offer it again; give a --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is turned down.")] = "",
    comment: CommentOption = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Candidates shown.")] = 30,
    user: UserOption = None,
) -> None:
    """List what documents and the checker offer for the graph, or decide about one."""
    if (accept or reject) != (candidate is not None) or (accept and reject):
        raise InvalidInput("graph candidates: give a NUMBER with --accept or --reject, or neither to list them")
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if candidate is not None and accept:
            proposal = terms.accept_candidate(candidate, who, comment=comment, into=into)
            if run.json:
                print_result(proposal)
            else:
                print_text(f"{proposal.id}: {proposal.comment}")
            return
        if candidate is not None:
            row = terms.reject_candidate(candidate, who, reason=reason)
            if run.json:
                print_result(row)
            else:
                print_text(f"{row.label}: not offered again")
            return
        if mine:
            remark(f"{terms.mine_candidates(who)} new phrases")
        rows = terms.candidates(who, limit=limit)
    if run.json:
        print_json({"candidates": [row.to_json() for row in rows]})
    else:
        print_table(("", "kind", "what", "times", "for example"), [_cells(row) for row in rows])


def _cells(row: CandidateView) -> tuple[object, ...]:
    example = row.sentences[0].text if row.sentences else ""
    return row.id, row.kind, row.label, row.count, shortened(example, _WIDTH)


@command(graph, "apart", json=True)
def apart(
    run: Run,
    first: Annotated[str, typer.Argument(metavar="CONCEPT", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="CONCEPT", show_default=False)],
    comment: CommentOption = "",
    user: UserOption = None,
) -> None:
    """State that two concepts are not one: they are no possible duplicates any more."""
    with run.assistant() as assistant:
        proposal = assistant.terms.tell_apart(first, second, asker(user), comment=comment, wait=True)
    if run.json:
        print_result(proposal)
        return
    done = f"revision {proposal.revision}" if proposal.revision else "it waits: `plumbline graph review` shows it"
    print_text(f"{proposal.id}: {proposal.comment}; {done}")


@command(graph, "duplicates", json=True)
def duplicates(
    run: Run,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Pairs shown.")] = 50,
    user: UserOption = None,
) -> None:
    """List pairs of concepts that may be one; `propose --merge A --into B` joins two, `apart A B` parts them."""
    with run.assistant() as assistant:
        rows = assistant.terms.duplicates(asker(user), limit=limit)
    if run.json:
        print_json({"duplicates": [row.to_json() for row in rows]})
        return
    cells = [(row.first_label, row.second_label, row.first.id, row.second.id, row.proposal) for row in rows]
    print_table(("name", "looks like", "concept", "concept", "waiting"), cells)
