"""Changes of one or several documents: who may read them, and removing them. Each is asked once more in a dialog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.ui.documents.common import bulleted, label_name, managed
from app.ui.markup import element
from app.ui.page import Page, friendly, literal, sentence, show
from knowledge.catalog.labels import PERSONAL
from knowledge.catalog.listing import EVERYONES
from knowledge.errors import PlumblineError

if TYPE_CHECKING:
    from knowledge.catalog.listing import Listed

_NAMED = 8


def known_labels(page: Page) -> list[str]:
    """Labels that documents or accounts have; no personal ones."""
    assistant = page.shared.assistant
    found = {label for label in assistant.catalog.listing.labels(page.user) if label != EVERYONES}
    for account in assistant.workspace.accounts.all():
        found |= account.user.groups
    return sorted(label for label in found if not label.startswith(PERSONAL))


def choose_labels(page: Page, start: Sequence[str], key: str, help_text: str = "") -> list[str]:
    """A box to choose groups from those that are known, or to type a new one."""
    import streamlit as st

    say = page.say
    return list(
        st.multiselect(
            say("docs_access.groups"),
            sorted({*known_labels(page), *start}),
            default=list(start),
            accept_new_options=True,
            placeholder=say("docs_access.nobody_in_particular"),
            select_all=False,
            help=help_text or None,
            key=key,
        )
    )


def access(page: Page, ids: Sequence[str]) -> None:
    """Who may read these documents."""
    import streamlit as st

    say = page.say
    rows = [managed(page).get(one, page.user) for one in ids]
    own = [row for row in rows if row.readable]

    @st.dialog(say("docs_access.title"))
    def dialog() -> None:
        with friendly(say):
            _name(page, rows)
            if len(own) < len(rows):
                st.warning(say("docs_access.only_readers", count=len(rows) - len(own)))
            if not own:
                return
            common = set(own[0].access).intersection(*(row.access for row in own))
            labels = choose_labels(page, sorted(common), "plb-access-labels")
            st.caption(say("docs_access.everyone" if not labels else "docs_access.some"))
            if labels and not page.user.groups.intersection(labels):
                st.warning(say("docs_access.not_you"))
            st.caption(say("docs_access.lasting"))
            with st.container(horizontal=True):
                if st.button(say("docs_access.save"), type="primary", key="plb-access-save"):
                    _set(page, own, labels)
                if st.button(say("docs_access.rules"), key="plb-access-rules", help=say("docs_access.rules_help")):
                    _set(page, own, None)
                if st.button(say("sidebar.cancel"), key="plb-access-cancel", type="tertiary"):
                    st.rerun()

    dialog()


def _set(page: Page, rows: Sequence[Listed], labels: list[str] | None) -> None:
    import streamlit as st

    failed = []
    for row in rows:
        try:
            managed(page).set_access(row.id, labels, page.user)
        except PlumblineError as error:
            failed.append(sentence(error, page.say))
    if failed:
        for each in failed[:_NAMED]:
            st.error(each)
        return
    names = [label_name(label, page.say) for label in labels or ()] or [page.say("docs.everyone")]
    told = page.say("docs_access.ruled") if labels is None else page.say("docs_access.saved", names=", ".join(names))
    st.toast(literal(told))
    st.rerun()


def remove(page: Page, ids: Sequence[str], then: Callable[[], None] = lambda: None) -> None:
    """Remove these documents, after asking once more; `then` is done when they are gone."""
    import streamlit as st

    say = page.say
    rows = [managed(page).get(one, page.user) for one in ids]

    @st.dialog(say("docs_remove.title_one" if len(rows) == 1 else "docs_remove.title", count=len(rows)))
    def dialog() -> None:
        with friendly(say):
            _name(page, rows)
            st.markdown(say("docs_remove.text"))
            kept = [row for row in rows if not managed(page).is_upload(row)]
            keep_out = bool(kept) and st.checkbox(
                say("docs_remove.keep_out"), value=True, key="plb-remove-out", help=say("docs_remove.keep_out_help")
            )
            with st.container(horizontal=True):
                if st.button(say("docs_remove.yes"), type="primary", key="plb-remove-yes"):
                    with st.spinner(say("docs_remove.doing")):
                        done = managed(page).remove([row.id for row in rows], page.user, keep_out=keep_out)
                    then()
                    key = "docs_remove.done_one" if done.documents == 1 else "docs_remove.done"
                    st.toast(say(key if done.erased else "docs_remove.later", count=done.documents))
                    if len(rows) == 1:
                        st.query_params.clear()
                    st.rerun()
                if st.button(say("sidebar.cancel"), key="plb-remove-cancel"):
                    st.rerun()

    dialog()


def _name(page: Page, rows: Sequence[Listed]) -> None:
    """Which documents it is about."""
    more = len(rows) - _NAMED
    lines: list[object] = [row.path for row in rows[:_NAMED]]
    if more > 0:
        lines.append(element("span", page.say("docs.more", count=more), class_="plb-quiet"))
    show(bulleted(lines))
