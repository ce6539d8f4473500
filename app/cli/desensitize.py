"""`plumbline desensitize`: personal data and secrets taken out of a text."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command
from app.cli.inputs import read_rows, read_text
from app.cli.output import print_json, print_json_line, remark, write
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from ingest.desensitize import Desensitizer

_KEY_BYTES = 32


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "desensitize", json=True)(desensitize)


def desensitize(
    run: Run,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|-", show_default="stdin")] = None,
    batch: Annotated[
        Path | None, typer.Option(help='JSON Lines {"id","text"}; one result with its id per line.')
    ] = None,
) -> None:
    """Take personal data and secrets out.

    They are replaced by placeholders; within a workspace equal values get equal ones.
    """
    if batch is not None and file is not None:
        raise InvalidInput("desensitize: --batch brings its own texts; leave FILE out")
    rows = [] if batch is None else read_rows(batch, ("id", "text"))
    text = read_text(file, "text") if batch is None else ""
    with _desensitizer(run) as desensitizer:
        for row in rows:
            print_json_line({"id": row["id"], **_result(desensitizer, row["text"])})
        if batch is not None:
            return
        result = _result(desensitizer, text)
    if run.json:
        print_json(result)
    else:
        write(result["text"] if result["text"].endswith("\n") else f"{result['text']}\n")
        remark(f"replaced {len(result['spans'])} values")


@contextmanager
def _desensitizer(run: Run) -> Iterator[Desensitizer]:
    """The workspace's; without a workspace one with a key of its own, which is forgotten."""
    from app.wiring import CATALOG_NAME, open_desensitizer, open_workspace

    settings = run.settings()
    if (settings.workspace / CATALOG_NAME).is_file():
        workspace = open_workspace(settings)
        try:
            yield workspace.desensitizer
        finally:
            workspace.close()
        return
    remark(f"{settings.workspace}: no workspace, so pseudonyms hold for this call only")
    desensitizer = open_desensitizer(settings, secrets.token_bytes(_KEY_BYTES))
    try:
        yield desensitizer
    finally:
        desensitizer.close()


def _result(desensitizer: Desensitizer, text: str) -> dict[str, Any]:
    clean, spans = desensitizer.desensitize(text)
    return {
        "text": clean,
        "spans": [
            {"start": span.start, "end": span.end, "type": span.type, "replacement": span.replacement} for span in spans
        ],
    }
