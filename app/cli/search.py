"""`plumbline search`: the best chunks for a question, without a model writing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command
from app.cli.inputs import read_rows
from app.cli.output import print_json_line, print_result, print_text, remark, shortened
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.assistant import Assistant
    from knowledge.types import SearchResult, User

_SHOWN = 300


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "search", json=True)(search)


def search(
    run: Run,
    question: Annotated[str | None, typer.Argument(metavar='"Q"', show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Hits shown.")] = 10,
    user: Annotated[str | None, typer.Option(help="Search as this user.", show_default="public documents")] = None,
    batch: Annotated[
        Path | None, typer.Option(help='JSON Lines {"id","question"}; one result with its id per line.')
    ] = None,
) -> None:
    """The best chunks for a question, best first."""
    if (question is None) == (batch is None):
        raise InvalidInput(
            'search: give either a question or --batch FILE; for example: plumbline search "travel limit"'
        )
    if batch is not None:
        _search_batch(run, batch, user, limit)
        return
    with run.assistant() as assistant:
        result = _found(assistant, str(question), assistant.user(user), limit)
    if run.json:
        print_result(result)
        return
    for hit in result.hits:
        page = f", page {hit.page}" if hit.page is not None else ""
        print_text(f"{hit.rank}. {hit.title} — {hit.path}{page}{f' › {hit.heading}' if hit.heading else ''}")
        print_text(f"   {shortened(hit.text, _SHOWN)}")
    if not result.hits:
        remark("nothing found")


def _search_batch(run: Run, batch: Path, user: str | None, limit: int) -> None:
    rows = read_rows(batch, ("id", "question"))
    with run.assistant() as assistant:
        users = {name: assistant.user(name) for name in {row.get("user", user) for row in rows}}
        for row in rows:
            result = _found(assistant, row["question"], users[row.get("user", user)], limit)
            print_json_line({"id": row["id"], **result.to_json()})


def _found(assistant: Assistant, question: str, user: User, limit: int) -> SearchResult:
    from knowledge.types import SearchResult

    return SearchResult(hits=tuple(assistant.search(question, user, limit)))
