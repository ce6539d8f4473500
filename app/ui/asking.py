"""How a question is put: the box at the bottom, a file for this question only, and where to look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.assistant import MAX_QUESTION
from app.attachment import Attachment
from app.ui import sidebar
from app.ui.desk import Writing
from app.ui.documents import own
from app.ui.page import Page, friendly, literal
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from knowledge.types import Document, Language

_MOST_LISTED = 300
_MOST_FOUND = 50
_DOCUMENT_ID = re.compile(r"[0-9a-f]{20}")


def ask(
    page: Page,
    conversation: str | None,
    question: str,
    *,
    language: Language | None = None,
    scope: Sequence[str] | None = None,
    attachment: Attachment | None = None,
    instead_of: str | None = None,
    thorough: bool = False,
) -> None:
    """Put the question into the conversation's line and show it; the first one opens a conversation."""
    import streamlit as st

    target = conversation or page.shared.assistant.workspace.conversations.create(page.user).id
    where = None if scope is None else tuple(scope)
    writing = Writing(question, page.user, target, language, where, attachment, instead_of, thorough)
    if not page.shared.desk.ask(writing):
        raise InvalidInput(page.say("chat.line_full"))
    st.session_state.pop(sidebar.OPEN_SOURCE, None)
    st.query_params[sidebar.PARAMETER] = target
    st.rerun()


def box(page: Page, conversation: str | None) -> None:
    """The box for the next question, with the picker above it; what is sent is asked."""
    import streamlit as st

    say = page.say
    with st.bottom:
        _picker(page)
        sent = st.chat_input(
            say("chat.placeholder"),
            key="plb-question",
            max_chars=MAX_QUESTION,
            accept_file=True,
            max_upload_size=page.shared.settings.attachment.max_mb,
        )
    if sent is None:
        return
    file = next(iter(sent.files), None)
    attachment = None if file is None else Attachment(file.name, file.getvalue())
    question = sent.text.strip() or (say("chat.about_file") if attachment else "")
    if question:
        ask(page, conversation, question, scope=chosen_scope(), attachment=attachment)


def chosen_scope() -> tuple[str, ...] | None:
    """What the picker was set to; None: everything."""
    import streamlit as st

    return tuple(st.session_state.get(sidebar.SCOPE, ())) or None


def _picker(page: Page) -> None:
    """Where to look: everything, or some folders and documents of those that the user may see."""
    import streamlit as st

    say = page.say
    chosen = list(chosen_scope() or ())
    with st.container(key="plb-scope", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        opened = st.button(
            literal(_said(page, chosen)),
            type="tertiary",
            icon=":material/filter_alt:" if chosen else ":material/folder_open:",
            key="plb-scope-open",
        )
        if chosen and st.button(say("scope.clear"), key="plb-scope-clear", type="tertiary", icon=":material/close:"):
            st.session_state.pop(sidebar.SCOPE, None)
            st.rerun()
        own.button(page)
    if opened:
        _open_picker(page, chosen)


def _said(page: Page, chosen: Sequence[str]) -> str:
    """What the picker is set to, in a few words."""
    if not chosen:
        return page.say("scope.all")
    first, *rest = scope_names(page, chosen)
    return page.say("scope.only_more" if rest else "scope.only", name=first, count=len(rest))


def _open_picker(page: Page, chosen: list[str]) -> None:
    import streamlit as st

    say = page.say

    # The run that shows an answer as it comes goes on when the dialog is closed in whatever way
    @st.dialog(say("scope.title"), width="medium", on_dismiss="rerun")
    def picker() -> None:
        with friendly(say):
            _choose(page, chosen)

    picker()


def _choose(page: Page, chosen: list[str]) -> None:
    import streamlit as st

    say = page.say
    documents = page.shared.assistant.catalog.documents
    found: list[Document]
    if documents.count(page.user) > _MOST_LISTED:
        text = st.text_input(say("scope.find"), key="plb-scope-find", icon=":material/search:")
        found = documents.find(text.strip(), page.user, _MOST_FOUND) if text.strip() else []
    else:
        found = documents.list(page.user)
    names = _options(page, found, chosen)
    with st.form("plb-scope-form", border=False):
        with st.container(key="plb-scope-names"):
            picked = st.multiselect(
                say("scope.help"),
                list(names),
                default=chosen,
                format_func=names.__getitem__,
                placeholder=say("scope.choose"),
                select_all=False,
            )
        with st.container(horizontal=True):
            applied = st.form_submit_button(say("scope.apply"), type="primary")
            everything = st.form_submit_button(say("scope.clear"))
    if applied or everything:
        st.session_state[sidebar.SCOPE] = picked if applied else []
        st.rerun()


def _options(page: Page, found: Sequence[Document], chosen: Sequence[str]) -> Mapping[str, str]:
    """What can be chosen, with how it is called: folders, then documents, then what is chosen already."""
    say = page.say
    folders = page.shared.assistant.catalog.documents.folders(page.user)
    options = {name: say("scope.folder", name=name, count=count) for name, count in folders.items()}
    options |= {each.id: f"{each.title} — {each.path}" for each in found}
    missing = [name for name in chosen if name not in options]
    return options | dict(zip(missing, scope_names(page, missing), strict=True))


def scope_names(page: Page, scope: Sequence[str]) -> list[str]:
    """How the folders and documents of a scope are called for this user; a document may be gone."""
    documents = page.shared.assistant.catalog.documents
    names = []
    for entry in scope:
        document = documents.get(entry, page.user)
        gone = document is None and _DOCUMENT_ID.fullmatch(entry)
        names.append(page.say("scope.gone") if gone else document.title if document else entry)
    return names
