"""What is to be said about the quality of documents: of all that are there, and by the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.ui.documents.common import bulleted, empty, heading, managed, numbers, when
from app.ui.markup import Html, element, join
from app.ui.page import Page, show
from ingest.quality import report

if TYPE_CHECKING:
    from app.ui.texts import Words

_RUNS = 20


def quality(page: Page) -> None:
    """The state of all documents, or of those that one run read."""
    import streamlit as st

    say, catalog = page.say, page.shared.assistant.catalog
    runs = [run for run in catalog.runs.list(kind="ingest", limit=_RUNS) if (run.report or {}).get("quality")]
    names = {run.id: say("docs_quality.run", at=when(run.started_at)) for run in runs}
    with st.container(key="plb-quality-choice"):
        chosen = st.selectbox(
            say("docs_quality.of"),
            ["", *names],
            format_func=lambda run: names.get(run, say("docs_quality.all")),
            key="plb-quality-run",
        )
    if chosen:
        run = next(run for run in runs if run.id == chosen)
        show(quality_report(managed(page).told_of(run.report, page.user)["quality"], say))
        return
    listed, _ = managed(page).page(page.user, limit=None)
    if not listed:
        show(empty(say("docs.none")))
        return
    now = report(((row.path, row.quality) for row in listed), catalog.documents.conflicting())
    show(quality_report(managed(page).told_of({"quality": now}, page.user)["quality"], say))


def quality_report(found: Mapping[str, Any], say: Words) -> Html:
    """A report as ingest/quality.py makes it: counts, then what they are made of."""
    complete, consistent, accurate = (found.get(name, {}) for name in ("completeness", "consistency", "accuracy"))
    held: Mapping[str, int] = complete.get("held_out", {})
    conflicts: Sequence[Sequence[str]] = consistent.get("conflicting", ())
    counted = {
        "without_text": complete.get("without_text", {}),
        "pages_left_out": complete.get("pages_left_out", {}),
        "unsure_ocr": accurate.get("unsure_ocr", {}),
        "guessed_encoding": accurate.get("guessed_encoding", {}),
    }

    def tile(name: str, count: int) -> tuple[str, object, str]:
        return say(f"docs_quality.{name}"), count, "warn" if count else ""

    def section(title: str, *parts: Html) -> list[Html]:
        return [heading(say(f"docs_quality.{title}"), 3), *(parts if any(parts) else (_fine(say),))]

    tiles = [(say("docs_quality.documents"), found.get("documents", 0), "")]
    tiles += [tile(name, value.get("count", 0)) for name, value in counted.items()]
    tiles += [tile("held_out", sum(held.values())), tile("conflicting", len(conflicts))]
    groups = [_group(say("docs_quality.conflicting_help"), [" ↔ ".join(group) for group in conflicts])]
    return join(
        [
            numbers(tiles),
            *section("completeness", *(_named(name, counted[name], say) for name in ("without_text", "pages_left_out")),
                     _held(held, say)),
            *section("consistency", *groups),
            *section("accuracy", *(_named(name, counted[name], say) for name in ("unsure_ocr", "guessed_encoding"))),
        ]
    )  # fmt: skip


def _fine(say: Words) -> Html:
    return element("p", say("docs_quality.fine"), class_="plb-fine")


def _named(name: str, found: Mapping[str, Any], say: Words) -> Html:
    return _group(say(f"docs_quality.{name}_help"), found.get("paths", ()))


def _group(title: str, lines: Sequence[str]) -> Html:
    """A sentence with what it is true of; nothing when it is true of nothing."""
    return join([element("p", title, class_="plb-lead"), bulleted(lines)]) if lines else Html("")


def _held(held: Mapping[str, int], say: Words) -> Html:
    return _group(say("docs_quality.held_out_help"), held_lines(held, say))


def held_lines(held: Mapping[str, int], say: Words) -> list[str]:
    """Why pieces were held out of the index, with how many."""
    return [f"{_held_reason(reason, say)}: {count}" for reason, count in sorted(held.items())]


def _held_reason(reason: str, say: Words) -> str:
    key = f"docs_quality.held_{reason.replace(' ', '_')}"
    return say(key) if say.has(key) else reason


def note_lines(said: Mapping[str, Any], say: Words) -> list[str]:
    """What is to be said about one document, one sentence each."""
    lines = []
    if said.get("no_text"):
        lines.append(say("docs_quality.note_no_text"))
    if "pages_left_out" in said:
        lines.append(say("docs_quality.note_pages_left_out", count=said["pages_left_out"]))
    if "ocr_confidence" in said:
        lines.append(say("docs_quality.note_ocr", percent=round(float(said["ocr_confidence"]))))
    if "encoding" in said:
        lines.append(say("docs_quality.note_encoding", encoding=said["encoding"]))
    return lines + [say("docs_quality.note_held", what=each) for each in held_lines(said.get("held_out", {}), say)]
