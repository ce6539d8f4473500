"""Where documents come from: each source with how it stands, when it is run, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.documents import source_form
from app.ui.documents.common import SOURCE, badge, empty, facts, go, heading, leave_for, shown, to, when
from app.ui.documents.rules import rules
from app.ui.documents.runs import look, runs_of
from app.ui.documents.schedules import schedules
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, literal, show
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.catalog.schedules import Schedule
    from knowledge.catalog.source_runs import SourceRun
    from knowledge.catalog.sources import Source


def sources(page: Page) -> None:
    """All sources, or the one that is open."""
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    if shown(SOURCE):
        _one(page, shown(SOURCE))
        return
    found = assistant.sources.list()
    if st.button(say("docs_sources.add"), icon=":material/add:", type="primary", key="plb-source-add"):
        source_form.add(page)
    if not found:
        show(empty(say("docs_sources.none")))
        return
    last = {run.source_id: run for run in reversed(assistant.sources.runs(limit=500))}
    planned = assistant.schedules.list()
    with st.container(key="plb-source-rows", gap=None):
        for source in found:
            mine = [each for each in planned if each.source_id == source.id]
            _row(page, source, last.get(source.id), mine)


def _row(page: Page, source: Source, last: SourceRun | None, planned: list[Schedule]) -> None:
    import streamlit as st

    say = page.say
    with st.container(key=f"plb-source-{source.id}", horizontal=True, vertical_alignment="top", gap="small"):
        state = badge(say(f"docs_runs.state_{last.state}"), look(last)) if last else ""
        first = element("span", element("b", source.name), badge(say(f"docs_sources.kind_{source.kind}")), state,
                        class_="plb-first")  # fmt: skip
        told = [source.location, _last(last, say), _next(planned, say)]
        second = element("small", " · ".join(filter(None, told)))
        show(to("source", source.id, join([first, second]), "plb-document", view="sources", source=source.id))
        running = last is not None and last.state == "running"
        st.button(
            say("docs_sources.run"),
            key=f"plb-source-run-{source.id}",
            icon=":material/play_arrow:",
            disabled=running,
            on_click=_run,
            args=(page, source),
        )


def _last(run: SourceRun | None, say: Words) -> str:
    if run is None:
        return say("docs_sources.never")
    failed = run.report.get("ingested", {}).get("documents", {}).get("quarantined", 0)
    told = [say("docs_sources.last", at=when(run.started_at))]
    told += [say("docs_runs.quarantined", count=failed)] if failed else []
    told += [run.message] if run.message and run.state != "running" else []
    return " · ".join(told)


def _next(planned: list[Schedule], say: Words) -> str:
    times = [each.next_at for each in planned if each.next_at]
    return say("docs_sources.next", at=when(min(times))) if times else say("docs_sources.by_hand")


def _run(page: Page, source: Source) -> None:
    """Begin a run and show how far it is. A callback: a press is not lost when the page is drawn anew meanwhile."""
    with friendly(page.say):
        page.shared.assistant.sources.start(source.id, by=page.user.name)
        go(view="runs")


# --- one source -----------------------------------------------------------------------------------------------------


def _one(page: Page, source_id: str) -> None:
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    st.button(
        say("docs_sources.all"),
        icon=":material/arrow_back:",
        type="tertiary",
        key="plb-source-back",
        on_click=go,
        kwargs={"view": "sources"},
    )
    try:
        source = assistant.sources.get(source_id)
    except NotFound:
        st.warning(say("docs_sources.gone"))
        return
    show(heading(source.name))
    show(_facts(source, say))
    with st.container(horizontal=True):
        st.button(
            say("docs_sources.run"),
            icon=":material/play_arrow:",
            type="primary",
            key="plb-source-run",
            on_click=_run,
            args=(page, source),
        )
        if st.button(say("docs_sources.edit"), icon=":material/edit:", key="plb-source-edit"):
            source_form.change(page, source)
        if st.button(say("docs_sources.remove"), icon=":material/delete:", key="plb-source-remove"):
            _remove(page, source)
    schedules(page, source)
    rules(page, source)
    show(heading(say("docs_sources.runs"), 3))
    runs_of(page, source.id)


def _facts(source: Source, say: Words) -> Html:
    pairs: list[tuple[str, object]] = [
        (say("docs_sources.kind"), say(f"docs_sources.kind_{source.kind}")),
        (say(f"docs_sources.location_{source.kind}"), source.location),
        (say("docs_sources.include"), ", ".join(source.include)),
        (say("docs_sources.exclude"), ", ".join(source.exclude)),
    ]
    pairs += [(_option(name, say), value) for name, value in sorted(source.options.items())]
    pairs += [(_option(name, say), reference) for name, reference in sorted(source.secrets.items())]
    return facts(pairs)


def _option(name: str, say: Words) -> str:
    key = f"docs_sources.option_{name}"
    return say(key) if say.has(key) else name


def _remove(page: Page, source: Source) -> None:
    import streamlit as st

    say, assistant = page.say, page.shared.assistant

    @st.dialog(say("docs_sources.remove_title"))
    def dialog() -> None:
        with friendly(say):
            st.markdown(say("docs_sources.remove_text", name=literal(source.name)))
            keep = st.checkbox(say("docs_sources.keep_documents"), key="plb-source-keep")
            with st.container(horizontal=True):
                if st.button(say("docs_sources.remove_yes"), type="primary", key="plb-source-remove-yes"):
                    with st.spinner(say("docs_remove.doing")):
                        count = assistant.sources.remove(source.id, keep_documents=keep, by=page.user.name)
                    st.toast(say("docs_sources.removed", count=count))
                    leave_for(view="sources")
                if st.button(say("sidebar.cancel"), key="plb-source-remove-no"):
                    st.rerun()

    dialog()
