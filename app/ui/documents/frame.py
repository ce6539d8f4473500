"""The page's frame: its title and views, who may see it, and what the page's own buttons ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from app.documents import manages
from app.ui import sidebar
from app.ui.documents import documents, quality, quarantine, runs, sources, trial, upload
from app.ui.documents.common import DOCUMENT, RUN, SOURCE, VIEW, go, heading, managed, shown, style
from app.ui.page import Page, friendly, show

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
            _VIEWS[_choose_view(page)](page)


def _choose_view(page: Page) -> str:
    """The view that is shown; pressed another one, the page goes there and forgets what was open."""
    import streamlit as st

    say = page.say
    view = shown(VIEW) if shown(VIEW) in _VIEWS else "documents"
    waiting = len(managed(page).quarantine(page.user))

    def title(name: str) -> str:
        number = f" {waiting}" if name == "quarantine" and waiting else ""
        return say(f"docs.view_{name}") + number

    key = f"plb-documents-view-{view}-{say.language}"

    def chosen() -> None:
        go(**{VIEW: st.session_state[key]})

    with st.container(key="plb-documents-top"):
        show(heading(say("docs.title"), 1))
        st.segmented_control(
            say("docs.views"),
            list(_VIEWS),
            default=view,
            required=True,
            format_func=title,
            label_visibility="collapsed",
            key=key,
            on_change=chosen,
        )
    return view


def _take_act(page: Page) -> None:
    """Go where a pressed name leads. What it names is looked up by the view, never trusted."""
    import streamlit as st

    act = page.act
    if act is not None and act.name in _LEADS_TO:
        view = {VIEW: _IN_VIEW[act.name]} if act.name in _IN_VIEW else {}
        st.query_params.from_dict({**view, _LEADS_TO[act.name]: act.message})
