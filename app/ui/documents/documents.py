"""The list of documents: found, filtered, sorted, chosen one by one or all at once; a pressed one opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from app.ui.documents import changes, detail
from app.ui.documents.common import (
    DOCUMENT,
    access_badges,
    badge,
    empty,
    label_name,
    managed,
    passages,
    shown,
    size,
    to,
    when,
)
from app.ui.markup import Html, element, join
from app.ui.page import Page, show
from app.ui.texts import Words
from knowledge.catalog.documents import INDEXED
from knowledge.catalog.listing import Listed, Order, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

_ON_A_PAGE = 25
_MOST_CHOSEN = 500
_ORDERS: tuple[Order, ...] = ("path", "newest", "largest")
_CHOSEN = "plb-documents-chosen"
"""What the page remembers: the ids that are ticked."""


def documents(page: Page) -> None:
    """The list, or the document that is open."""
    import streamlit as st

    if shown(DOCUMENT):
        detail.detail(page, shown(DOCUMENT))
        return
    listing = page.shared.assistant.catalog.listing
    if not listing.page(page.user, Wanted(), limit=1)[1]:
        show(empty(page.say("docs.none")))
        return
    wanted, order = _filter(page)
    number = _page_number(wanted, order)
    rows, total = managed(page).page(page.user, wanted, order=order, limit=_ON_A_PAGE, offset=(number - 1) * _ON_A_PAGE)
    _head(page, wanted, total, rows)
    if not rows:
        show(empty(page.say("docs.no_match")))
    with st.container(key="plb-documents-rows", gap=None):
        for row in rows:
            _row(page, row)
    pages = -(-total // _ON_A_PAGE)
    if pages > 1:
        st.pagination(pages, key="plb-documents-page")


def sources_by_root(page: Page) -> Mapping[str, str]:
    """The names of sources by the root that their documents have."""
    assistant = page.shared.assistant
    holdings = assistant.workspace.holdings
    return {str(holdings.root_of(source)): source.name for source in assistant.sources.list()}


def _filter(page: Page) -> tuple[Wanted, Order]:
    """The box to search, and what to narrow the list to."""
    import streamlit as st

    say, listing = page.say, page.shared.assistant.catalog.listing
    names = sources_by_root(page)
    with st.container(key="plb-documents-filter", gap="small"):
        text = st.text_input(
            say("docs.search"),
            key="plb-documents-search",
            placeholder=say("docs.search"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            root = _choice(page, "source", listing.roots(page.user), lambda name: names.get(name) or _end(name))
            format_ = _choice(page, "format", listing.formats(page.user), str)
            label = _choice(page, "access", listing.labels(page.user), lambda name: label_name(name, say))
            state = _choice(page, "state", ("indexed", "pending", "noted"), lambda name: say(f"docs.state_{name}"))
            order: Order = st.selectbox(
                say("docs.order"),
                _ORDERS,
                format_func=lambda name: say(f"docs.order_{name}"),
                key="plb-documents-order",
                width=158,
            )
    wanted = Wanted(text.strip(), source_root=root, format=format_, access=label)
    return replace(wanted, noted=True) if state == "noted" else replace(wanted, state=state), order


def _choice(page: Page, name: str, options: Iterable[str], called: Callable[[str], str]) -> str | None:
    """One of the options, or none."""
    import streamlit as st

    chosen: str | None = st.selectbox(
        page.say(f"docs.filter_{name}"),
        list(options),
        index=None,
        format_func=called,
        placeholder=page.say("docs.any"),
        key=f"plb-documents-{name}",
        width=158,
    )
    return chosen


def _end(root: str) -> str:
    """The last folders of a root: enough to tell it from others."""
    return "/".join(root.rstrip("/").split("/")[-2:])


def _page_number(wanted: Wanted, order: Order) -> int:
    """The number of the page that is shown: the first again when something else is looked for."""
    import streamlit as st

    looked_for = (wanted, order)
    if st.session_state.get("plb-documents-looked-for") != looked_for:
        st.session_state["plb-documents-looked-for"] = looked_for
        st.session_state.pop("plb-documents-page", None)
    return int(st.session_state.get("plb-documents-page", 1))


def _head(page: Page, wanted: Wanted, total: int, rows: Sequence[Listed]) -> None:
    """How many there are, and what can be done with those that are ticked."""
    import streamlit as st

    say = page.say
    chosen = _chosen(page)
    with st.container(key="plb-documents-head", horizontal=True, vertical_alignment="center"):
        key = "docs.count_one" if total == 1 else "docs.count"
        st.markdown(say("docs.chosen", count=len(chosen)) if chosen else say(key, count=total))
        if total > len(chosen):

            def choose_all() -> None:
                _choose(managed(page).ids(page.user, wanted, _MOST_CHOSEN), rows, chosen=True)

            st.button(
                say("docs.choose_all", count=min(total, _MOST_CHOSEN)),
                key="plb-documents-all",
                type="tertiary",
                on_click=choose_all,
            )
        if chosen:
            st.button(
                say("docs.choose_none"),
                key="plb-documents-nothing",
                type="tertiary",
                on_click=lambda: _choose(chosen, rows, chosen=False),
            )
            if st.button(say("docs_access.change"), key="plb-documents-access", icon=":material/lock_person:"):
                changes.access(page, chosen)
            if st.button(say("docs.remove"), key="plb-documents-remove", icon=":material/delete:"):
                changes.remove(page, chosen, lambda: _choose(chosen, rows, chosen=False))


def _chosen(page: Page) -> list[str]:
    """The ids that are ticked and still there."""
    import streamlit as st

    ids: set[str] = st.session_state.get(_CHOSEN, set())
    listing = page.shared.assistant.catalog.listing
    there = [one for one in sorted(ids) if listing.get(one, page.user)]
    st.session_state[_CHOSEN] = set(there)
    return there


def _choose(ids: Sequence[str], rows: Sequence[Listed], *, chosen: bool) -> None:
    """Tick documents, or take their ticks away; their boxes on the page follow."""
    import streamlit as st

    ticked: set[str] = st.session_state.get(_CHOSEN, set())
    st.session_state[_CHOSEN] = ticked | set(ids) if chosen else ticked - set(ids)
    for row in rows:
        st.session_state[f"plb-tick-{row.id}"] = row.id in st.session_state[_CHOSEN]


def _row(page: Page, row: Listed) -> None:
    import streamlit as st

    def ticked() -> None:
        chosen: set[str] = st.session_state.setdefault(_CHOSEN, set())
        (chosen.add if st.session_state[f"plb-tick-{row.id}"] else chosen.discard)(row.id)

    st.session_state.setdefault(f"plb-tick-{row.id}", row.id in st.session_state.get(_CHOSEN, ()))
    with st.container(key=f"plb-document-{row.id}", horizontal=True, wrap=False, vertical_alignment="top", gap="small"):
        st.checkbox(
            page.say("docs.choose", path=row.path),
            key=f"plb-tick-{row.id}",
            label_visibility="collapsed",
            on_change=ticked,
            width="content",
        )
        show(line(row, page.say))


def line(row: Listed, say: Words) -> Html:
    """A document in two lines: what it is called, and how it stands."""
    name = row.title if row.readable and row.title else row.path.rpartition("/")[2]
    marks = [access_badges(row.access, say)]
    if row.state != INDEXED:
        marks.append(badge(say("docs.state_pending"), "warn"))
    if not row.readable:
        marks.append(badge(say("docs.not_readable")))
    if row.quality:
        marks.append(badge(say("docs.state_noted"), "warn"))
    told = [row.path, row.format.upper(), size(row.bytes), passages(row.chunks, say), when(row.ingested_at)]
    first = element("span", element("b", name), join(marks, " "), class_="plb-first")
    return to(
        "document",
        row.id,
        join([first, element("small", " · ".join(told))]),
        "plb-document",
        d=row.id,
    )
