"""`plumbline ask`: a cited answer, streamed on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command
from app.cli.inputs import read_rows
from app.cli.output import plain, print_json_line, print_result, print_text, remark, write
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.answer import Answer, Citation
    from app.assistant import Assistant
    from knowledge.types import User

_MARKER = re.compile(r"\[\d+\]")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "ask", json=True)(ask)


def ask(
    run: Run,
    question: Annotated[str | None, typer.Argument(metavar='"Q"', show_default=False)] = None,
    user: Annotated[str | None, typer.Option(help="Ask as this user.", show_default="public documents")] = None,
    conversation: Annotated[
        str | None, typer.Option(help="Go on in this conversation of the user; new: begin one.", metavar="C")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Look only into this folder or document (path or id); may be repeated.", metavar="PATH"),
    ] = None,
    batch: Annotated[
        Path | None, typer.Option(help='JSON Lines {"id","question"}; one answer with its id per line.')
    ] = None,
) -> None:
    """Answer a question, with citations."""
    if (question is None) == (batch is None):
        raise InvalidInput(
            'ask: give either a question or --batch FILE; for example: plumbline ask "Who approves travel?"'
        )
    if conversation is not None and (user is None or batch is not None):
        raise InvalidInput("ask: --conversation belongs to one user and one question; give --user, and no --batch")
    with run.assistant() as assistant:
        if batch is not None:
            _ask_batch(assistant, batch, user, scope)
            return
        asker = assistant.user(user)
        thread = _conversation(assistant, asker, conversation)
        if run.json:
            print_result(assistant.ask(str(question), asker, thread, scope=scope))
        elif sys.stdout.isatty():
            _stream(assistant, str(question), asker, thread, scope)
        else:
            _print_answer(assistant.ask(str(question), asker, thread, scope=scope))


def _conversation(assistant: Assistant, user: User, wanted: str | None) -> str | None:
    if wanted != "new":
        return wanted
    begun = assistant.workspace.conversations.create(user).id
    remark(f"conversation {begun}")
    return begun


def _ask_batch(assistant: Assistant, batch: Path, user: str | None, scope: Sequence[str] | None) -> None:
    rows = read_rows(batch, ("id", "question"))
    users = {name: assistant.user(name) for name in {row.get("user", user) for row in rows}}
    for row in rows:
        answer = assistant.ask(row["question"], users[row.get("user", user)], scope=scope)
        print_json_line({**answer.to_json(), "id": row["id"]})


def _stream(
    assistant: Assistant, question: str, user: User, conversation: str | None, scope: Sequence[str] | None
) -> None:
    """Write the draft as it comes; where checking changed it, the checked answer below it."""
    from app.answer import AnswerEvent, TokenEvent

    draft = ""
    for event in assistant.stream(question, user, conversation, scope=scope):
        if isinstance(event, TokenEvent):
            draft += event.text
            write(plain(event.text))
            sys.stdout.flush()
        elif isinstance(event, AnswerEvent):
            if draft:
                write("\n")
            _print_checked(event.answer, draft)


def _print_checked(answer: Answer, draft: str) -> None:
    if _bare(draft) != _bare(answer.answer):
        if draft:
            print_text("\n— checked:")
        print_text(answer.answer)
    _print_notes(answer)


def _bare(text: str) -> tuple[str, list[str]]:
    """Letters and markers apart: moving a marker over a full stop is no change worth showing the text twice."""
    return re.sub(r"\W", "", _MARKER.sub("", text)), _MARKER.findall(text)


def _print_answer(answer: Answer) -> None:
    print_text(answer.answer)
    _print_notes(answer)


def _print_notes(answer: Answer) -> None:
    """What was changed and why, and where the answer comes from."""
    for edit in answer.alignment.edits:
        print_text(f"  changed: {edit.before} → {edit.after} ({edit.reason})")
    shown = answer.nearest if answer.abstained else answer.citations
    if shown:
        print_text()
    for citation in shown:
        print_text(_source_line(citation))


def _source_line(citation: Citation) -> str:
    page = f", page {citation.page}" if citation.page is not None else ""
    heading = f" › {citation.heading}" if citation.heading else ""
    return f"[{citation.marker}] {citation.title} — {citation.path}{page}{heading}"
