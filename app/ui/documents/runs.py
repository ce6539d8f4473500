"""Runs: what is being read now and how far it is, what earlier ones changed, and the log of each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.ui.documents.common import (
    RUN,
    badge,
    bulleted,
    duration,
    empty,
    go,
    heading,
    managed,
    numbers,
    shown,
    to,
    when,
)
from app.ui.documents.quality import quality_report
from app.ui.documents.quarantine import reason
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.catalog.runs import Run
    from knowledge.catalog.source_runs import SourceRun

_SHOWN = 50
_LINES = 500
_LOOKS = {"running": "good", "done": "good", "failed": "bad", "postponed": "warn", "interrupted": "warn"}
_FEW_SECONDS = 3.0


def runs(page: Page) -> None:
    """The run that is open, or the latest ones; what runs is drawn anew each second."""
    if shown(RUN):
        _one(page, shown(RUN))
        return
    sources, others = _all(page)
    if not sources and not others:
        show(empty(page.say("docs_runs.none")))
        return
    _live(page, [run.id for run in sources if run.state == "running"])
    show(element("ul", *_rows(sources, others, page.say), class_="plb-lines plb-run-list"))


def _all(page: Page) -> tuple[Sequence[SourceRun], Sequence[Run]]:
    """Runs of sources, and what was read otherwise: from the command line, uploaded, read again."""
    assistant = page.shared.assistant
    sources = assistant.sources.runs(limit=_SHOWN)
    of_sources = {run.report.get("ingested", {}).get("run_id") for run in sources}
    others = [run for run in assistant.catalog.runs.list(kind="ingest", limit=_SHOWN) if run.id not in of_sources]
    return sources, others


def _rows(sources: Sequence[SourceRun], others: Sequence[Run], say: Words) -> list[Html]:
    rows = [(run.started_at, _source_row(run, say)) for run in sources]
    rows += [(run.started_at, _other_row(run, say)) for run in others]
    return [element("li", row) for _, row in sorted(rows, key=lambda row: -row[0])[:_SHOWN]]


def look(run: SourceRun) -> str:
    """How a run's state is marked: one that could not read everything is not simply well."""
    ingested = run.report.get("ingested", {}).get("documents", {})
    short = ingested.get("quarantined") or run.report.get("fetched", {}).get("failed")
    return "warn" if run.state == "done" and short else _LOOKS.get(run.state, "")


def _source_row(run: SourceRun, say: Words) -> Html:
    ingested = run.report.get("ingested", {})
    told = [say(f"docs_runs.trigger_{run.trigger}"), when(run.started_at)]
    told += [duration(run.finished_at - run.started_at, say)] if run.finished_at else []
    told += [_counts(ingested.get("documents", {}), say)] if ingested else [run.message] if run.message else []
    return _row(run.id, run.source, run.state, told, say, look(run))


def _other_row(run: Run, say: Words) -> Html:
    told = [when(run.started_at), *([duration(run.finished_at - run.started_at, say)] if run.finished_at else [])]
    told.append(_counts((run.report or {}).get("documents", {}), say))
    return _row(run.id, say("docs_runs.other"), run.state, told, say, _look_of(run))


def _look_of(run: Run) -> str:
    """As `look`, for what no source brought in."""
    short = run.state == "done" and (run.report or {}).get("documents", {}).get("quarantined")
    return "warn" if short else _LOOKS.get(run.state, "")


def _row(run_id: str, name: str, state: str, told: Sequence[str], say: Words, mark: str) -> Html:
    first = element("span", element("b", name), badge(say(f"docs_runs.state_{state}"), mark), class_="plb-first")
    second = element("small", " · ".join(filter(None, told)))
    return to("run", run_id, join([first, second]), "plb-document", view="runs", run=run_id)


def _counts(documents: Mapping[str, int], say: Words) -> str:
    """What a run changed, in a few words."""
    told = [say(f"docs_runs.{name}", count=count) for name, count in documents.items() if count and name != "unchanged"]
    return " · ".join(told) if told else say("docs_runs.nothing_new")


def _live(page: Page, ids: Sequence[str]) -> None:
    """How far the runs of these ids are; drawn anew each second until one of them is over."""
    import streamlit as st

    def draw() -> None:
        with friendly(page.say):
            for run_id in ids:
                run = page.shared.assistant.sources.run(run_id)
                if run.state != "running":
                    st.rerun(scope="app")
                _progress(run, page.say)

    # A place of its own also when nothing runs: what stands below must not move, or Streamlit shows it twice meanwhile
    with st.container():
        if ids:
            st.fragment(draw, run_every=1)()


def _progress(run: SourceRun, say: Words) -> None:
    """Items, chunks a second, and the time that is left."""
    import streamlit as st

    seconds = max(0.1, time.time() - run.started_at)
    told = [say(f"docs_runs.phase_{run.phase or 'listing'}")]
    if run.total:
        told.append(say("docs_runs.items", done=run.done, total=run.total))
    if run.chunks:
        told.append(say("docs_runs.speed", chunks=run.chunks, speed=f"{run.chunks / seconds:.1f}"))
    if run.phase == "reading" and run.done and seconds > _FEW_SECONDS:
        left = (run.total - run.done) * seconds / run.done
        told.append(say("docs_runs.left", time=duration(left, say)))
    if run.message:
        told.append(run.message)
    with st.container(border=True, key=f"plb-run-{run.id}"):
        show(element("b", run.source))
        st.progress(min(1.0, run.done / run.total) if run.total else 0.0, text=" · ".join(told))


# --- one run --------------------------------------------------------------------------------------------------------


def _one(page: Page, run_id: str) -> None:
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    st.button(
        say("docs_runs.all"),
        icon=":material/arrow_back:",
        type="tertiary",
        key="plb-run-back",
        on_click=go,
        kwargs={"view": "runs"},
    )
    try:
        run = assistant.sources.run(run_id)
    except NotFound:
        other = assistant.catalog.runs.get(run_id)
        if other is None:
            st.warning(say("docs_runs.gone"))
            return
        _title(page, say("docs_runs.other"), other, _look_of(other))
        _report(page, other.report or {}, None)
        return
    _title(page, run.source, run, look(run))
    if run.state == "running":
        _live(page, [run.id])
    _report(page, run.report.get("ingested", {}), run.report.get("fetched"))
    _log(page, run)


def _title(page: Page, name: str, run: SourceRun | Run, mark: str) -> None:
    say = page.say
    told = [
        when(run.started_at),
        duration(run.finished_at - run.started_at, say) if run.finished_at else "",
        run.message,
    ]
    show(
        join(
            [
                element("p", name, " ", badge(say(f"docs_runs.state_{run.state}"), mark),
                        class_="plb-head plb-head-2", role="heading", aria_level="2"),
                element("p", " · ".join(filter(None, told)), class_="plb-quiet plb-small"),
            ]
        )
    )  # fmt: skip


def _report(page: Page, report: Mapping[str, Any], fetched: Mapping[str, int] | None) -> None:
    """What changed: fetched from the source, then read; what could not be read; its quality."""
    say = page.say
    if fetched and any(fetched.values()):
        show(heading(say("docs_runs.fetched"), 3))
        names = ("listed", "fetched", "unchanged", "removed", "left_out", "failed")
        show(numbers((say(f"docs_runs.fetched_{name}"), fetched.get(name, 0), _look(name, fetched)) for name in names))
    if not report.get("documents"):
        return
    told = managed(page).told_of(report, page.user)
    documents = told["documents"]
    show(heading(say("docs_runs.read"), 3))
    counted = ("added", "updated", "removed", "unchanged", "quarantined")
    tiles = [(say(f"docs_runs.tile_{name}"), documents.get(name, 0), _look(name, documents)) for name in counted]
    tiles.append((say("docs_runs.tile_chunks"), told.get("chunks", 0), ""))
    show(numbers(tiles))
    if told.get("desensitized"):
        kinds = (f"{_kind(kind, say)} × {count}" for kind, count in sorted(told["desensitized"].items()))
        chips = join((element("span", each, class_="plb-chip") for each in kinds), " ")
        show(element("p", say("docs.hidden_values"), " ", chips, class_="plb-small"))
    if told.get("quarantine"):
        show(heading(say("docs_runs.unreadable"), 3))
        show(bulleted(f"{each['path']}: {reason(each['reason'], say)}" for each in told["quarantine"][:_LINES]))
    if told.get("quality", {}).get("documents"):
        show(quality_report(told["quality"], say))


def _look(name: str, counts: Mapping[str, int]) -> str:
    return "warn" if name in ("failed", "quarantined") and counts.get(name) else ""


def _kind(kind: str, say: Words) -> str:
    return say(f"kind.{kind}") if say.has(f"kind.{kind}") else say("kind.other")


def _log(page: Page, run: SourceRun) -> None:
    import streamlit as st

    lines = page.shared.assistant.sources.log(run.id)
    if not lines:
        return
    with st.expander(page.say("docs_runs.log", count=len(lines)), key=f"plb-run-log-{run.id}"):
        told = (
            element("li", element("small", when(line.at), class_="plb-quiet"), " ", line.text,
                    class_="plb-warned" if line.level == "warning" else None)
            for line in lines[-_LINES:]
        )  # fmt: skip
        show(element("ul", *told, class_="plb-lines plb-log"))


def runs_of(page: Page, source_id: str) -> None:
    """The latest runs of one source."""
    found = page.shared.assistant.sources.runs(source_id, limit=_SHOWN)
    if not found:
        show(empty(page.say("docs_runs.none_of_source")))
        return
    _live(page, [run.id for run in found if run.state == "running"])
    show(element("ul", *(element("li", _source_row(run, page.say)) for run in found), class_="plb-lines plb-run-list"))
