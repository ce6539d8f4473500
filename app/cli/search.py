"""`plumbline search`: the best chunks for a question, without a model writing."""

from __future__ import annotations

from collections.abc import Sequence
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
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Look only into this folder or document (path or id); may be repeated.", metavar="PATH"),
    ] = None,
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
        _search_batch(run, batch, user, limit, scope)
        return
    with run.assistant() as assistant:
        result = _found(assistant, str(question), assistant.user(user), limit, scope)
    if run.json:
        print_result(result)
        return
    shown = {hit.document_id for hit in result.hits}
    for hit in result.hits:
        if hit.newer_version in shown:
            continue  # its newest version stands here too, and says how many older ones there are
        page = f", page {hit.page}" if hit.page is not None else ""
        older = f" ({hit.older_versions} older version{'s'[: hit.older_versions > 1]})" if hit.older_versions else ""
        copies = f" (also in {hit.copies} other document{'s'[: hit.copies > 1]})" if hit.copies else ""
        heading = f" › {hit.heading}" if hit.heading else ""
        print_text(f"{hit.rank}. {hit.title} — {hit.path}{page}{heading}{older}{copies}")
        print_text(f"   {shortened(hit.text, _SHOWN)}")
    if not result.hits:
        remark("nothing found")


def _search_batch(run: Run, batch: Path, user: str | None, limit: int, scope: Sequence[str] | None) -> None:
    rows = read_rows(batch, ("id", "question"))
    with run.assistant() as assistant:
        users = {name: assistant.user(name) for name in {row.get("user", user) for row in rows}}
        for row in rows:
            result = _found(assistant, row["question"], users[row.get("user", user)], limit, scope)
            print_json_line({"id": row["id"], **result.to_json()})


def _found(assistant: Assistant, question: str, user: User, limit: int, scope: Sequence[str] | None) -> SearchResult:
    from knowledge.types import SearchResult

    return SearchResult(hits=tuple(assistant.search(question, user, limit, scope=scope)))
