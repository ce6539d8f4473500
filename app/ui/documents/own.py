"""Adding a document from the chat page, to one's own documents or those of a team, and taking own ones away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.documents.common import jobs, size, style
from app.ui.documents.upload import UPLOAD, choose_files, choose_ways, contents, folder_name, outcome, start
from app.ui.markup import element
from app.ui.page import Page, friendly, show

if TYPE_CHECKING:
    from knowledge.types import Document

_ROUND = "plb-own-round"


def button(page: Page) -> None:
    """The way to it, for those who may add documents."""
    import streamlit as st

    say = page.say
    if page.shared.assistant.uploads.folders(page.user) and st.button(
        say("docs_upload.own"), key="plb-own-open", type="tertiary", icon=":material/note_add:"
    ):
        _open(page)


def _open(page: Page) -> None:
    import streamlit as st

    # The run that shows an answer as it comes goes on when the dialog is closed in whatever way
    @st.dialog(page.say("docs_upload.own"), width="medium", on_dismiss="rerun")
    def dialog() -> None:
        with friendly(page.say):
            show(style())
            _choose(page)
            jobs(page, {UPLOAD: outcome}, lambda: _mine(page))

    dialog()


def _choose(page: Page) -> None:
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    folders = {each.id: each for each in assistant.uploads.folders(page.user) if each.kind != "shared"}
    number = st.session_state.get(_ROUND, 0)
    files = choose_files(page, f"plb-own-files-{number}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.selectbox(
            say("docs_upload.folder"),
            list(folders),
            format_func=lambda one: folder_name(folders[one], say),
            key="plb-own-folder",
            width=260,
        )
        replace, once = choose_ways(page, "plb-own")
    st.caption(say(f"docs_upload.readers_{folders[folder].kind}"))
    if st.button(
        say("docs_upload.send"), type="primary", icon=":material/upload:", disabled=not files, key="plb-own-send"
    ):
        start(page, contents(files), folder, None, replace=replace, once=once)
        st.session_state[_ROUND] = number + 1
        st.rerun(scope="fragment")


def _mine(page: Page) -> None:
    """The own documents, each with a way to take it away."""
    import streamlit as st

    say = page.say
    mine = page.shared.assistant.uploads.mine(page.user)
    if not mine:
        return
    with st.expander(say("docs_upload.mine", count=len(mine)), key="plb-own-mine"):
        for document in mine:
            _own(page, document)


def _own(page: Page, document: Document) -> None:
    import streamlit as st

    say = page.say
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        name = element("b", document.path.rpartition("/")[2])
        show(element("p", name, " ", element("small", size(document.bytes), class_="plb-quiet")))
        if st.button(say("docs.remove"), key=f"plb-own-away-{document.id}", type="tertiary", icon=":material/delete:"):
            page.shared.assistant.uploads.remove(document.id, page.user)
            st.rerun(scope="fragment")
