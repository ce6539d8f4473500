"""The sidebar: conversations to open, find, rename and delete; language and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import pieces
from app.ui.page import Page, leave, literal, show
from app.ui.texts import LANGUAGES, NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.navigation.page import StreamlitPage

    from app.conversation import Conversation

PARAMETER = "c"
"""The query parameter that names the open conversation."""
OPEN_SOURCE = "plb-source"
"""What the page remembers about an opened source: (message, marker)."""
EDITING = "plb-editing"
"""What the page remembers: the message whose question is being edited."""
SCOPE = "plb-scope"
"""What the page remembers: the folders and documents that are looked into; nothing: all."""
_MOST_SHOWN = 60


def head(pages: Mapping[StreamlitPage, str]) -> None:
    """The wordmark, and the way to each page with its icon."""
    import streamlit as st

    with st.sidebar:
        show(pieces.brand())
        with st.container(key="plb-pages", gap="xxsmall"):
            for each, icon in pages.items():
                st.page_link(each, icon=icon)


def conversations(page: Page, current: str | None, chat: StreamlitPage | None = None) -> None:
    """New, search and list; `chat` is the page that shows a conversation when this one does not."""
    import streamlit as st

    say = page.say
    stored = page.shared.assistant.workspace.conversations
    with st.sidebar:
        if st.button(
            say("sidebar.new"),
            key="plb-new",
            icon=":material/edit_square:",
            width="stretch",
            shortcut="Mod+Shift+O",
        ):
            _open(None, chat)
        with st.container(key="plb-search"):
            wanted = st.text_input(
                say("sidebar.search"),
                placeholder=say("sidebar.search"),
                type="search",
                icon=":material/search:",
                label_visibility="collapsed",
                key="plb-search-text",
            )
        found = stored.list(page.user, wanted or "", limit=_MOST_SHOWN)
        if not found:
            st.caption(say("sidebar.no_match" if wanted else "sidebar.none"))
        with st.container(key="plb-conversations"):
            for conversation in found:
                _row(page, conversation, chat, current=conversation.id == current)


def _row(page: Page, conversation: Conversation, chat: StreamlitPage | None, *, current: bool) -> None:
    import streamlit as st

    say = page.say
    title = conversation.title or _first_question(page, conversation) or say("sidebar.untitled")
    key = f"plb-{'current' if current else 'row'}-{conversation.id}"
    with st.container(key=key, horizontal=True, wrap=False, vertical_alignment="center"):
        if st.button(literal(title), key=f"open-{conversation.id}", type="tertiary", width="stretch"):
            _open(conversation.id, chat)
        chosen = st.menu_button(
            ":material/more_horiz:",
            ["rename", "delete"],
            key=f"menu-{conversation.id}",
            type="tertiary",
            help=say("sidebar.menu"),
            format_func=lambda option: say(f"sidebar.{option}"),
        )
    if chosen == "rename":
        _rename(page, conversation)
    elif chosen == "delete":
        _delete(page, conversation)


def _first_question(page: Page, conversation: Conversation) -> str:
    """What is being answered first, until the conversation is named after it."""
    line = page.shared.desk.line(conversation.id)
    return line[0].question if line else ""


def _rename(page: Page, conversation: Conversation) -> None:
    import streamlit as st

    say = page.say

    @st.dialog(say("sidebar.rename_title"))
    def rename() -> None:
        with st.form("plb-rename", border=False):
            title = st.text_input(say("sidebar.rename_label"), value=conversation.title, max_chars=80)
            saved = st.form_submit_button(say("sidebar.save"), type="primary")
        if saved and title.strip():
            page.shared.assistant.workspace.conversations.rename(conversation.id, page.user, title)
            st.rerun()

    rename()


def _delete(page: Page, conversation: Conversation) -> None:
    import streamlit as st

    say = page.say

    @st.dialog(say("sidebar.delete_title"))
    def delete() -> None:
        st.markdown(say("sidebar.delete_text", title=literal(conversation.title or say("sidebar.untitled"))))
        with st.container(horizontal=True):
            if st.button(say("sidebar.delete_yes"), type="primary"):
                page.shared.desk.dismiss(conversation.id)
                page.shared.assistant.workspace.conversations.delete(conversation.id, page.user)
                if st.query_params.get(PARAMETER) == conversation.id:
                    st.query_params.clear()
                st.rerun()
            if st.button(say("sidebar.cancel")):
                st.rerun()

    delete()


def account(page: Page) -> None:
    """Who is signed in, the language of the pages, and the way out."""
    import streamlit as st

    say = page.say
    with st.sidebar, st.container(key="plb-account"):
        st.space("small")
        name = page.user.display_name or page.user.name
        st.caption(literal(say("nav.signed_in_as", name=name)))
        with st.container(horizontal=True, vertical_alignment="center"):
            chosen = st.segmented_control(
                say("nav.language"),
                LANGUAGES,
                default=say.language,
                required=True,
                format_func=lambda language: NAMES[language],
                label_visibility="collapsed",
                key=f"plb-language-{say.language}",
            )
            st.button(say("nav.sign_out"), icon=":material/logout:", type="tertiary", on_click=leave)
        if chosen is not None and chosen != say.language:
            page.shared.assistant.workspace.accounts.set_language(page.user.name, chosen)
            st.rerun()


def _open(conversation: str | None, chat: StreamlitPage | None) -> None:
    """Show this conversation, or an empty page."""
    import streamlit as st

    for kept in (OPEN_SOURCE, EDITING, SCOPE):
        st.session_state.pop(kept, None)
    parameters = {} if conversation is None else {PARAMETER: conversation}
    if chat is not None:
        st.switch_page(chat, query_params=parameters)
    st.query_params.from_dict(parameters)
    st.rerun()
