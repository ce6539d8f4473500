"""The page's frame: its title and views, who may work on the graph, and what the page's own buttons ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from app.ui import sidebar
from app.ui.markup import Html
from app.ui.page import Page, friendly, show
from app.ui.terms import (
    browse,
    bulk,
    candidates,
    exchange,
    history,
    quality,
    query,
    relations,
    review,
    rules,
)
from app.ui.terms.address import CONCEPT, PROPOSAL, RELATION, VIEW
from app.ui.terms.common import manages, terms_of
from app.ui.views import choose_view

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_VIEWS: Mapping[str, Callable[[Page], None]] = {
    "browse": browse.browse,
    "review": review.review,
    "candidates": candidates.candidates,
    "relations": relations.relations,
    "table": bulk.bulk,
    "quality": quality.quality,
    "exchange": exchange.exchange,
    "query": query.query,
    "history": history.history,
}
_FOR_ALL = ("browse", "relations", "history")
"""The views that everybody has; the others are for those who work on the graph."""
_LEADS_TO = {"concept": CONCEPT, "proposal": PROPOSAL, "relation": RELATION}


def terms_page(page: Page, chat: StreamlitPage) -> None:
    """The whole page; `chat` is where conversations are shown."""
    import streamlit as st

    st.set_page_config(layout="wide")
    show(Html(f"<style>{_style()}</style>"))
    with friendly(page.say):
        sidebar.conversations(page, None, chat)
        sidebar.account(page)
        _take_act(page)
        with st.container(key="plb-terms"):
            waiting = {"review": terms_of(page).waiting(page.user)} if manages(page) else {}
            views = tuple(_VIEWS) if manages(page) else _FOR_ALL
            view = choose_view(page, "terms", "terms", views, waiting)
            if view != "quality":  # there the table says it
                rules.notice(page)
            _VIEWS[view](page)


@cache
def _style() -> str:
    return files("app.ui.terms").joinpath("terms.css").read_text(encoding="utf-8")


def _take_act(page: Page) -> None:
    """Go where a pressed name leads. What it names is looked up by the view, never trusted."""
    import streamlit as st

    act = page.act
    if act is None:
        return
    if act.name in _LEADS_TO:
        kept = {VIEW: "review"} if act.name == "proposal" else {VIEW: "relations"} if act.name == "relation" else {}
        st.query_params.from_dict({**kept, _LEADS_TO[act.name]: act.message})
    elif act.name in ("unfold", "more"):
        browse.take(act)
