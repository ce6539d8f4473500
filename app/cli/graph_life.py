"""`plumbline graph propose|review|history|diff|rollback|release`: how the term graph changes, and its past.

Without --user the command works for whoever is at the machine, who sees all and may all.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, operator
from app.cli.graph import graph
from app.cli.output import print_json, print_result, print_table, print_text, remark, shortened
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.terms import Operator, Terminology
    from app.terms.views import ConflictView, GraphDiff, ProposalRow, ProposalView, RevisionView
    from knowledge.graph.changes import Change
    from knowledge.graph.differing import FieldChange, Name, Value
    from knowledge.graph.merging import Choice
    from knowledge.graph.quality import Issue

UserOption = Annotated[
    str | None, typer.Option(help="In the name of this user.", show_default="whoever works at this machine")
]
CommentOption = Annotated[str, typer.Option("--comment", help="Why, for the history.")]
_WIDTH = 60


def register(_app: typer.Typer) -> None:
    """Nothing to add: these commands stand in the group that `app.cli.graph` adds."""


def asker(user: str | None) -> str | Operator:
    """Who asks: the named user, else whoever works at the machine."""
    from app.terms import Operator

    return Operator(operator()) if user is None else user


# --- changing -----------------------------------------------------------------------------------------------------


@command(graph, "propose", json=True)
def propose(
    run: Run,
    change: Annotated[
        Path | None,
        typer.Argument(metavar="[CHANGE.json|-]", help="The change, see docs/terms.md.", show_default=False),
    ] = None,
    comment: CommentOption = "",
    form: Annotated[
        str | None, typer.Option(help="Only print this concept's edit as JSON, to change and propose.")
    ] = None,
    delete: Annotated[str | None, typer.Option(help="Delete this concept or relation.")] = None,
    deprecate: Annotated[str | None, typer.Option(help="Take this concept out of use.")] = None,
    replacement: Annotated[str, typer.Option(help="With --deprecate: what replaces it.")] = "",
    merge: Annotated[list[str] | None, typer.Option(help="Merge this concept (again for more) --into one.")] = None,
    into: Annotated[str, typer.Option(help="With --merge: the concept that stays.")] = "",
    base: Annotated[str | None, typer.Option(help="Revision that was edited.", show_default="the newest")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Do not offer it for approval yet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    user: UserOption = None,
) -> None:
    """Ask for a change of the term graph; it waits for approval (`plumbline graph review`)."""
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if form is not None:
            from knowledge.graph.changes import Edit

            print_result(Edit(form=terms.concept(form, who).form))
            return
        wanted = _change(change, delete, deprecate, replacement, merge or [], into)
        if dry_run:
            preview = terms.preview(wanted, who)
            if run.json:
                print_result(preview)
            else:
                _print_diff(preview.diff)
                _print_issues(preview.issues)
            return
        proposal = terms.propose(wanted, who, comment=comment, base=base, draft=draft)
    if run.json:
        print_result(proposal)
        return
    print_text(f"{proposal.id}: {proposal.state}; +{proposal.diff.added} -{proposal.diff.removed} statements")
    _print_issues(proposal.issues)


def _change(
    file: Path | None, delete: str | None, deprecate: str | None, replacement: str, merge: list[str], into: str
) -> Change:
    from app.cli.inputs import read_text
    from knowledge.graph.changes import Delete, Deprecate, Merge, change_from

    given = [each for each in (file, delete, deprecate, merge or None) if each is not None]
    if len(given) != 1:
        raise InvalidInput("graph propose: give one of CHANGE.json, --delete, --deprecate, --merge … --into")
    if (replacement and deprecate is None) or bool(into) != bool(merge):
        raise InvalidInput("graph propose: --replacement goes with --deprecate, --merge with --into")
    if file is not None:
        return change_from(read_text(file, "graph propose"))
    if delete is not None:
        return Delete(concept=delete)
    if deprecate is not None:
        return Deprecate(concept=deprecate, replacement=replacement)
    return Merge(into=into, sources=tuple(merge))


@command(graph, "review", json=True)
def review(
    run: Run,
    proposal: Annotated[str | None, typer.Argument(metavar="[PROPOSAL]", show_default="all that wait")] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Make it the newest revision.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Decline it; give a --reason.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take your own back.")] = False,
    submit: Annotated[bool, typer.Option("--submit", help="Offer your own draft for approval.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is declined or taken back.")] = "",
    choose: Annotated[
        list[str] | None, typer.Option(metavar="KEY=mine|theirs|both", help="For a conflict; again for more.")
    ] = None,
    say: Annotated[str, typer.Option("--say", help="Add to its discussion.")] = "",
    state: Annotated[str, typer.Option(help="List those in this state, or all.")] = "proposed",
    user: UserOption = None,
) -> None:
    """List proposals, look at one, or decide about it."""
    doing = [name for name, given in (("approve", approve), ("reject", reject), ("withdraw", withdraw),
                                      ("submit", submit), ("say", bool(say))) if given]  # fmt: skip
    if len(doing) > 1 or (doing and proposal is None):
        raise InvalidInput("graph review: name a PROPOSAL and at most one of --approve, --reject, --withdraw, …")
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if proposal is None:
            _list_proposals(run, terms, who, state)
            return
        if approve:
            revision = terms.approve(proposal, who, choices=_choices(choose or []), wait=True)
            _say(run, revision.to_json(), f"{proposal}: approved as revision {revision.id}")
        elif reject:
            row = terms.reject(proposal, who, reason=reason)
            _say(run, row.to_json(), f"{row.id}: rejected")
        elif withdraw:
            row = terms.withdraw(proposal, who, reason=reason)
            _say(run, row.to_json(), f"{row.id}: withdrawn")
        elif submit:
            row = terms.submit(proposal, who)
            _say(run, row.to_json(), f"{row.id}: proposed")
        elif say:
            comment = terms.comment(proposal, say, who)
            _say(run, comment.to_json(), f"{proposal}: comment {comment.id}")
        else:
            _show_proposal(run, terms, who, proposal)


def _say(run: Run, value: dict[str, Any], text: str) -> None:
    if run.json:
        print_json(value)
    else:
        print_text(text)


def _choices(given: Sequence[str]) -> dict[str, Choice]:
    from typing import get_args

    from knowledge.graph.merging import Choice

    choices: dict[str, Choice] = {}
    for text in given:
        key, _, choice = text.rpartition("=")
        match = next((each for each in get_args(Choice) if each == choice), None)
        if not key or match is None:
            raise InvalidInput(f"--choose {text!r}: write KEY=mine, KEY=theirs or KEY=both")
        choices[key] = match
    return choices


def _list_proposals(run: Run, terms: Terminology, who: str | Operator, state: str) -> None:
    from typing import get_args

    from knowledge.catalog.proposals import ProposalState

    wanted = next((each for each in get_args(ProposalState) if each == state), None)
    if wanted is None and state != "all":
        raise InvalidInput(f"--state {state!r}: choose {', '.join(get_args(ProposalState))} or all")
    rows = terms.proposals(who, state=wanted)
    if run.json:
        print_json({"proposals": [row.to_json() for row in rows]})
        return
    print_table(("", "state", "kind", "about", "by", "when", "why"), [_proposal_cells(row) for row in rows])
    remark(f"{len(rows)} proposals")


def _proposal_cells(row: ProposalRow) -> tuple[str, ...]:
    return row.id, row.state, row.kind, _names(row.subjects), row.author, _when(row.at), shortened(row.comment, _WIDTH)


def _show_proposal(run: Run, terms: Terminology, who: str | Operator, proposal: str) -> None:
    view = terms.proposal(proposal, who)
    said = terms.discussion(proposal, who)
    if run.json:
        print_json({**view.to_json(), "discussion": [each.to_json() for each in said]})
        return
    print_text(f"{view.id} ({view.kind}) by {view.author}, {_when(view.at)}: {view.state}\n{view.comment}")
    if view.reason:
        print_text(f"{view.decided_by}: {view.reason}")
    _print_diff(view.diff)
    _print_conflicts(view)
    _print_issues(view.issues)
    for each in said:
        print_text(f"{_when(each.at)} {each.author}: {each.text}")
    if view.why_not:
        remark(f"you cannot approve it: {view.why_not}")


# --- the past -----------------------------------------------------------------------------------------------------


@command(graph, "history", json=True)
def show_history(
    run: Run,
    concept: Annotated[str | None, typer.Option(help="Only what changed this concept.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Revisions shown.")] = 20,
    user: UserOption = None,
) -> None:
    """List revisions of the term graph, newest first."""
    with run.assistant() as assistant:
        rows = assistant.terms.history(asker(user), concept=concept, limit=limit)
    if run.json:
        print_json({"revisions": [row.to_json() for row in rows]})
        return
    print_table(("revision", "when", "by", "approved by", "+", "-", "about", "why"), [_cells(row) for row in rows])


def _cells(row: RevisionView) -> tuple[object, ...]:
    why = shortened(row.comment, _WIDTH) + "".join(f" [{name}]" for name in row.releases)
    return row.id, _when(row.at), row.author, row.approved_by, row.added, row.removed, _names(row.subjects), why


@command(graph, "diff", json=True)
def diff(
    run: Run,
    older: Annotated[str, typer.Argument(metavar="OLDER", help="Revision or release.", show_default=False)],
    newer: Annotated[str, typer.Argument(metavar="[NEWER]", help="Revision or release.")] = "current",
    concept: Annotated[str | None, typer.Option(help="Only what concerns this concept.")] = None,
    user: UserOption = None,
) -> None:
    """Show what lies between two revisions or releases."""
    with run.assistant() as assistant:
        found = assistant.terms.diff(older, newer, asker(user), concept=concept)
    if run.json:
        print_result(found)
    else:
        _print_diff(found)


@command(graph, "rollback", json=True)
def rollback(
    run: Run,
    to: Annotated[str, typer.Argument(metavar="TO", help="Revision or release.", show_default=False)],
    comment: CommentOption = "",
    user: UserOption = None,
) -> None:
    """Bring an earlier state back, as a new revision."""
    with run.assistant() as assistant:
        proposal = assistant.terms.rollback(to, asker(user), comment=comment, wait=True)
    done = f"revision {proposal.revision}" if proposal.revision else "it waits for somebody else's approval"
    _say(run, proposal.to_json(), f"{proposal.id}: back to {to}; {done}")


@command(graph, "undo", json=True)
def undo(
    run: Run,
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Its id or number.", show_default=False)],
    comment: CommentOption = "",
    user: UserOption = None,
) -> None:
    """Take back what one revision changed, as a new revision; what others changed since stays."""
    with run.assistant() as assistant:
        proposal = assistant.terms.undo(revision, asker(user), comment=comment, wait=True)
    done = f"revision {proposal.revision}" if proposal.revision else "it waits: `plumbline graph review` shows it"
    _say(run, proposal.to_json(), f"{proposal.id}: {revision} taken back; {done}")


@command(graph, "release", json=True)
def release(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default="list releases")] = None,
    revision: Annotated[str | None, typer.Option(help="What to name.", show_default="the newest")] = None,
    comment: CommentOption = "",
    user: UserOption = None,
) -> None:
    """Name a revision, or list the names."""
    with run.assistant() as assistant:
        if name is not None:
            made = assistant.terms.release(name, asker(user), comment=comment, revision=revision)
            _say(run, made.to_json(), f"release {made.name}: revision {made.revision}")
            return
        rows = assistant.terms.releases(asker(user))
    if run.json:
        print_json({"releases": [row.to_json() for row in rows]})
    else:
        cells = [(row.name, row.revision, _when(row.at), row.author, row.comment) for row in rows]
        print_table(("release", "revision", "when", "by", "why"), cells)


# --- printing -----------------------------------------------------------------------------------------------------


def _print_diff(found: GraphDiff) -> None:
    for field in found.fields:
        for sign, values in (("-", field.removed), ("+", field.added)):
            for value in values:
                print_text(f"{sign} {field.subject.en}: {_field(field)} {_value(value)}")
    more = "" if found.complete else "; only the first are listed"
    remark(f"+{found.added} -{found.removed} statements{more}")


def _field(field: FieldChange) -> str:
    return f"{field.field_name}@{field.language}" if field.language else field.field_name


def _value(value: Value) -> str:
    return f"{value.text} <{value.id}>" if value.id else value.text


def _print_conflicts(view: ProposalView) -> None:
    for conflict in view.conflicts:
        print_text(f"conflict {conflict.key}")
        sides = (
            ("before", conflict.base),
            (f"theirs ({conflict.theirs_by})", conflict.theirs),
            ("mine", conflict.mine),
        )
        for name, values in sides:
            print_text(f"  {name}: {'; '.join(_value(value) for value in values) or '-'}")
        print_text(f"  choose: {_offered(conflict)}")


def _offered(conflict: ConflictView) -> str:
    return " or ".join(f"--choose '{conflict.key}={choice}'" for choice in conflict.choices)


def _print_issues(issues: Sequence[Issue]) -> None:
    for issue in issues:
        remark(f"{issue.severity}: {issue.rule}: {issue.concept} {issue.message}")


def _names(names: Sequence[Name]) -> str:
    return shortened(", ".join(name.en for name in names), _WIDTH)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="minutes")
