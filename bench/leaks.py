"""The whole leak protocol: personal data ingested in four formats, searched, asked, with errors at DEBUG and a killed
run; then the workspace is searched for every original in every writing, and again after texts were removed.

    python bench/leaks.py ROWS.jsonl ... [--asked 3] [--keep FOLDER]

ROWS.jsonl hold {"id", "text", "spans"}. An original counts when the desensitizer takes it out of every row: what it
does not find is counted in its recall. Exit code 1: an original was found.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from app.leaks import Report, scan
from ingest.desensitize import Desensitizer, load_policy
from ingest.desensitize.vault import new_key

STARTING = "from app.cli.main import main; main()"
SHORTEST = 3
"""Characters of an original that is looked for; two Han characters stand in other words, and their bytes in vectors."""
PARTS = 4
SEARCHES = 50
REMOVED, DELETED = "Zyqxvaremovedvalue", "Zyqxvadeletedfile"
Row = dict[str, Any]


def originals_of(rows: Sequence[Row]) -> list[str]:
    """The values that are taken out of all rows."""
    desensitizer = Desensitizer(load_policy(), b"\x07" * 32)
    clean = [desensitizer.desensitize(row["text"])[0] for row in rows]
    everything = "\n".join(clean)
    values = {
        row["text"][span["start"] : span["end"]] for row in rows for span in row["spans"] if "optional" not in span
    }
    return sorted(value for value in values if len(value) >= SHORTEST and value not in everything)


def write_sources(folder: Path, rows: Sequence[Row]) -> None:
    """The rows as Markdown, Word, Excel and PDF files, a few rows to a file."""
    import docx
    import openpyxl

    folder.mkdir()
    quarter = -(-len(rows) // PARTS)
    groups = [rows[start : start + quarter] for start in range(0, len(rows), quarter)]
    for number, group in enumerate(in_fives(groups[0])):
        text = "\n\n".join(f"## Note {row['id']}\n\n{row['text']}" for row in group)
        (folder / f"notes-{number}.md").write_text(f"# Notes {number}\n\n{text}\n", encoding="utf-8")
    for number, group in enumerate(in_fives(groups[1])):
        document = docx.Document()
        for row in group:
            document.add_paragraph(row["text"])
        document.save(str(folder / f"letter-{number}.docx"))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "text"])
    for row in groups[2]:
        sheet.append([row["id"], row["text"]])
    book.save(folder / "table.xlsx")
    for number, group in enumerate(in_fives(groups[3])):
        (folder / f"page-{number}.pdf").write_bytes(pdf([row["text"] for row in group]))


def in_fives(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Groups of five rows."""
    return [rows[start : start + 5] for start in range(0, len(rows), 5)]


def pdf(texts: Sequence[str]) -> bytes:
    """A PDF file with the texts, also Chinese ones."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("text", fontName="STSong-Light", fontSize=10, leading=16, spaceAfter=12, wordWrap="CJK")
    out = io.BytesIO()
    paragraphs = [Paragraph(escape(text).replace("\n", "<br/>"), style) for text in texts]
    SimpleDocTemplate(out, invariant=1).build(paragraphs)
    return out.getvalue()


def plumbline(workspace: Path, *arguments: str, kill_after: float = 0.0) -> int:
    """A command in a process of its own, at DEBUG; killed after so many seconds if any are given."""
    command = [sys.executable, "-c", STARTING, "--workspace", str(workspace), "--debug", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if kill_after:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(kill_after)
        process.send_signal(signal.SIGKILL)
    return process.wait()


def provoke_errors(workspace: Path, folder: Path, values: Sequence[str]) -> int:
    """Five errors that name originals; gives how many of them failed as they should."""
    broken = folder / f"{values[0]}.docx"
    broken.write_bytes(b"PK\x03\x04 broken " + values[1].encode())
    codes = [
        plumbline(workspace, "ingest", str(folder / f"none-{values[2]}.md")),
        plumbline(workspace, "ask", f"Who is {values[3]}?", "--user", values[4]),
        plumbline(workspace, "search", values[5], "--scope", values[6]),
        plumbline(workspace, "documents", "show", values[7]),
        plumbline(workspace, "ingest", str(folder)),  # the broken file goes to quarantine
    ]
    return sum(code != 0 for code in codes)


def search_and_ask(workspace: Path, rows: Sequence[Row], asked: int) -> None:
    """Search 50 of the texts and ask a few, in conversations with titles, comments and an attached file."""
    from app.assistant import Assistant
    from app.attachment import Attachment
    from app.logs import configure_logging
    from app.settings import LoggingSettings, load_settings

    settings = load_settings(workspace)
    configure_logging(LoggingSettings(level="DEBUG"), workspace=workspace, debug=True, stream=io.StringIO())
    with Assistant.open(settings=settings) as assistant:
        for row in rows[:SEARCHES]:
            assistant.search(row["text"][:400], limit=5)
        assistant.workspace.accounts.add("tester", "a long enough password")
        user = assistant.user("tester")
        stored = assistant.workspace.conversations
        for row in rows[:asked]:
            conversation = stored.create(user)
            attachment = Attachment("note.md", f"# Note\n\n{row['text']}\n".encode())
            assistant.ask(row["text"][:300], user, conversation.id, attachment=attachment)


def report_of(name: str, workspace: Path, values: Sequence[str]) -> Report:
    """Search the workspace and print what came of it."""
    started = time.monotonic()
    report = scan(workspace, list(enumerate(values, start=1)))
    seconds = time.monotonic() - started
    print(
        f"{name}: searched {report.files} files and {report.rows} rows for {report.originals} originals in "
        f"{seconds:.0f} s: {len(report.leaks) or 'nothing'} found",
        flush=True,
    )
    for leak in report.leaks[:20]:
        print(f"  {values[leak.line - 1]!r} ({leak.form}) in {leak.place}")
    return report


def run(rows: Sequence[Row], place: Path, asked: int) -> int:
    """The protocol; gives how many originals were found."""
    workspace, folder = place / "workspace", place / "source"
    values = originals_of(rows)
    write_sources(folder, rows)
    key = place / "vault.keys"
    key.write_text(new_key() + "\n", encoding="ascii")
    plumbline(workspace, "init", str(workspace))
    settings = workspace / "plumbline.toml"
    given = f'[desensitize]\nvault = true\nvault_key = "{key}"\n'
    settings.write_text(settings.read_text(encoding="utf-8").replace("[desensitize]\n", given), encoding="utf-8")
    killed = plumbline(workspace, "ingest", str(folder), kill_after=25)
    print(f"killed run: {killed}; then the whole run: {plumbline(workspace, 'ingest', str(folder))}", flush=True)
    errors = provoke_errors(workspace, folder, [value for value in values if re.fullmatch(r"[\w.@+-]+", value)])
    search_and_ask(workspace, rows, asked)
    print(f"{errors} of 5 errors, {min(SEARCHES, len(rows))} searches, {asked} questions", flush=True)
    found = len(report_of("all", workspace, values).leaks)
    with contextlib.closing(sqlite3.connect(workspace / "vault.sqlite")) as vault:
        sealed = vault.execute("SELECT count(*) FROM originals").fetchone()[0]
    print(f"the vault, searched too, holds {sealed} sealed values")

    (folder / "removed.md").write_text(f"# Removed\n\nThe word {REMOVED} stands here.\n\nMore.\n", encoding="utf-8")
    (folder / "deleted.md").write_text(f"# Deleted\n\nThe word {DELETED} stands here.\n", encoding="utf-8")
    plumbline(workspace, "ingest", str(folder))
    before = len({leak.line for leak in scan(workspace, [(1, REMOVED), (2, DELETED)]).leaks})
    (folder / "removed.md").write_text("# Removed\n\nThe word is gone.\n\nMore.\n", encoding="utf-8")
    (folder / "deleted.md").unlink()
    plumbline(workspace, "ingest", str(folder))
    print(f"words that stay by policy, before they were removed: {before} of 2 found")
    return found + len(report_of("removed and deleted", workspace, [REMOVED, DELETED]).leaks)


def main() -> int:
    """Run it in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--asked", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="use so many rows, chosen by chance; 0: all")
    parser.add_argument("--keep", type=Path, help="an empty folder to work in, that stays")
    arguments = parser.parse_args()
    rows = [json.loads(line) for path in arguments.rows for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(1).shuffle(rows)  # noqa: S311 - which texts are searched and asked
    rows = rows[: arguments.limit or len(rows)]
    if arguments.keep is not None:
        return 1 if run(rows, arguments.keep, arguments.asked) else 0
    with tempfile.TemporaryDirectory() as place:
        return 1 if run(rows, Path(place), arguments.asked) else 0


if __name__ == "__main__":
    sys.exit(main())
