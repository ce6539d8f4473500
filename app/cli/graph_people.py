"""`plumbline graph queries|watch|unwatch|watched|rights`: what each keeps, follows and may change in the term graph."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.common import Run, command
from app.cli.graph import graph
from app.cli.graph_life import UserOption, asker
from app.cli.output import print_json, print_result, print_table, print_text, remark, shortened
from app.cli.users import split_list
from knowledge.errors import InvalidInput

_WIDTH = 60
ConceptArgument = Annotated[str, typer.Argument(metavar="CONCEPT", show_default=False)]


def register(_app: typer.Typer) -> None:
    """Nothing to add: these commands stand in the group that `app.cli.graph` adds."""


@command(graph, "queries", json=True)
def queries(
    run: Run,
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Forget one's own query of this name.")] = None,
    user: UserOption = None,
) -> None:
    """List kept queries: one's own, and those that others share; `graph query --saved NAME` asks one again."""
    with run.assistant() as assistant:
        if remove is not None:
            assistant.terms.remove_query(remove, asker(user))
        rows = assistant.terms.saved_queries(asker(user))
    if run.json:
        print_json({"queries": [row.to_json() for row in rows]})
        return
    cells = [
        (row.name, row.owner, "shared" if row.shared else "", shortened(" ".join(row.text.split()), _WIDTH))
        for row in rows
    ]
    print_table(("name", "of", "", "query"), cells)


# --- watching -----------------------------------------------------------------------------------------------------


@command(graph, "watch")
def watch(run: Run, concept: ConceptArgument, user: UserOption = None) -> None:
    """Watch a concept: `graph watched` tells what others change in it from now on. For accounts (--user)."""
    with run.assistant() as assistant:
        assistant.terms.watch(concept, asker(user))
    remark(f"{user} watches {concept}")


@command(graph, "unwatch")
def unwatch(run: Run, concept: ConceptArgument, user: UserOption = None) -> None:
    """Watch a concept no more."""
    with run.assistant() as assistant:
        assistant.terms.unwatch(concept, asker(user))
    remark(f"{user} no longer watches {concept}")


@command(graph, "watched", json=True)
def watched(
    run: Run,
    seen: Annotated[bool, typer.Option("--seen", help="Note that these changes have been seen.")] = False,
    user: UserOption = None,
) -> None:
    """List the watched concepts with what others changed in them since the last look."""
    with run.assistant() as assistant:
        found = assistant.terms.watched(asker(user), mark_seen=seen)
    if run.json:
        print_json({"watched": [one.to_json() for one in found]})
        return
    for one in found:
        gone = " (deleted)" if one.gone else ""
        print_text(f"{one.concept.en} <{one.concept.id}>{gone}")
        for change in one.changes:
            print_text(f"  #{change.number} {change.kind} by {change.author}: {change.comment}")
    remark(f"{len(found)} watched, {sum(bool(one.changes) for one in found)} of them changed")


@command(graph, "news")
def news(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default=False)] = None,
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]", show_default=False)] = None,
    off: Annotated[bool, typer.Option("--off", help="Send NAME no more.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send now what is new.")] = False,
    user: UserOption = None,
) -> None:
    """Say where an account is told by e-mail of changes in the concepts that it watches; needs [mail] server."""
    right = (
        (name is None and address is None and not off) if send else (name is not None and off != (address is not None))
    )
    if not right:
        raise InvalidInput("graph news: give NAME and ADDRESS, or NAME --off, or --send alone")
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if send:
            if not terms.sends_news:
                raise InvalidInput("graph news: no mail server is set; fill in [mail] server in plumbline.toml")
            remark(f"{terms.send_news(who)} messages sent")
            return
        terms.set_news_address(name or "", address or "", who)
        if address and not terms.sends_news:
            remark("no mail server is set yet: fill in [mail] server in plumbline.toml")


# --- who may change what ------------------------------------------------------------------------------------------


@command(graph, "rights", json=True)
def rights(
    run: Run,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", show_default="list all knowledge managers")] = None,
    languages: Annotated[str, typer.Option(metavar="A,B", help="Only texts in these languages, as zh,en.")] = "",
    schemes: Annotated[str, typer.Option(metavar="A,B", help="Only concepts in these concept schemes, by id.")] = "",
    everything: Annotated[bool, typer.Option("--everything", help="Take the limits away.")] = False,
    user: UserOption = None,
) -> None:
    """Show or set for which languages and concept schemes a knowledge manager may propose and approve."""
    limited = bool(languages or schemes)
    if (limited and everything) or ((limited or everything) and name is None):
        raise InvalidInput("graph rights: give a NAME with --languages and --schemes, or with --everything")
    with run.assistant() as assistant:
        terms, who = assistant.terms, asker(user)
        if name is not None and (limited or everything):
            made = terms.set_reach(name, who, languages=split_list(languages), schemes=split_list(schemes))
            if run.json:
                print_result(made)
                return
            rows = [made]
        else:
            rows = [row for row in terms.reaches(who) if name in (None, row.name)]
    if run.json:
        print_json({"rights": [row.to_json() for row in rows]})
        return
    print_table(
        ("name", "languages", "concept schemes"),
        [
            (row.name, ",".join(row.languages) or "all", ",".join(one.id for one in row.schemes) or "all")
            for row in rows
        ],
    )
