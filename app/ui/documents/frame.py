"""The page's frame: its title and views, who may see it, and what the page's own buttons ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from app.documents import manages
from app.ui import sidebar
from app.ui.documents import documents, quality, quarantine, runs, sources, trial, upload
from app.ui.documents.common import DOCUMENT, RUN, SOURCE, VIEW, managed, style
from app.ui.page import Page, friendly, show
from app.ui.views import choose_view

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_VIEWS: Mapping[str, Callable[[Page], None]] = {
    "documents": documents.documents,
    "upload": upload.upload,
    "sources": sources.sources,
    "runs": runs.runs,
    "quarantine": quarantine.quarantine,
    "quality": quality.quality,
    "trial": trial.trial,
}
_LEADS_TO = {"document": DOCUMENT, "run": RUN, "source": SOURCE}
_IN_VIEW = {"run": "runs", "source": "sources"}


def documents_page(page: Page, chat: StreamlitPage | None = None) -> None:
    """The whole page; `chat` is where conversations are shown."""
    import streamlit as st

    st.set_page_config(layout="wide")
    show(style())
    with friendly(page.say):
        sidebar.conversations(page, None, chat)
        sidebar.account(page)
        if not manages(page.user):
            st.warning(page.say("docs.not_yours"))
            return
        _take_act(page)
        with st.container(key="plb-documents"):
            waiting = {"quarantine": len(managed(page).quarantine(page.user))}
            _VIEWS[choose_view(page, "documents", "docs", tuple(_VIEWS), waiting)](page)


def _take_act(page: Page) -> None:
    """Go where a pressed name leads. What it names is looked up by the view, never trusted."""
    import streamlit as st

    act = page.act
    if act is not None and act.name in _LEADS_TO:
        view = {VIEW: _IN_VIEW[act.name]} if act.name in _IN_VIEW else {}
        st.query_params.from_dict({**view, _LEADS_TO[act.name]: act.message})
