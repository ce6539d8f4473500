"""The graph's past: revisions and releases, what lies between any two, and the way back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.terms.rights import number_of
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.address import PROPOSAL, VIEW, go, leave_for
from app.ui.terms.common import manages, show_difference, terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.terms.views import RevisionView

_PAGE = 30
_SUBJECTS = 6


def history(page: Page) -> None:
    """Revisions, the newest first; two of them compared; for managers also releases and going back."""
    import streamlit as st

    say = page.say
    revisions = terms_of(page).history(page.user, limit=_PAGE, before=st.session_state.get("plb-terms-before"))
    if not revisions:
        show(marks.empty(say("terms.history_none_yet")))
        return
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        _revisions(page, revisions)
    with right, friendly(say):
        _compare(page, revisions)
        if manages(page):
            _release(page, revisions)
            with st.container(horizontal=True):
                _back(page, revisions)
                _undo(page, revisions)
                if not st.session_state.get("plb-terms-before"):
                    newest = revisions[0]
                    undo_own(page, newest.id, (newest.author, newest.approved_by))


def _revisions(page: Page, revisions: Sequence[RevisionView]) -> None:
    import streamlit as st

    say = page.say
    lines = [element("li", _revision(one, page)) for one in revisions]
    show(element("ul", *lines, class_="plb-list plb-revisions"))

    def earlier(before: int | None) -> None:
        st.session_state["plb-terms-before"] = before

    with st.container(horizontal=True):
        if st.session_state.get("plb-terms-before"):
            st.button(say("terms.newest"), key="plb-terms-newest", type="tertiary", on_click=earlier, args=(None,))
        if len(revisions) == _PAGE:
            st.button(
                say("terms.earlier"),
                key="plb-terms-earlier",
                type="tertiary",
                on_click=earlier,
                args=(revisions[-1].number,),
            )


def _revision(one: RevisionView, page: Page) -> Html:
    say = page.say
    by = one.author if one.approved_by in ("", one.author) else f"{one.author} → {one.approved_by}"
    title = one.comment or say(f"terms.change_{one.kind}")
    head = [
        element("span", f"#{one.number}", class_="plb-revision-number"),
        element("span", title, class_="plb-name"),
        *(marks.badge(name, "good") for name in one.releases),
    ]
    note = f"{marks.when(one.at)} · {by} · {say(f'terms.change_{one.kind}')} · +{one.added} −{one.removed}"
    more = " …" if len(one.subjects) > _SUBJECTS else ""
    subjects = element("p", marks.names_of(one.subjects[:_SUBJECTS], say) + more) if one.subjects else ""
    return element("div", join(head, " "), element("small", note), subjects, class_="plb-revision")


def _compare(page: Page, revisions: Sequence[RevisionView]) -> None:
    import streamlit as st

    say = page.say
    show(marks.heading(say("terms.compare"), 3))
    options, called = _points(page, revisions)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        older = st.selectbox(
            say("terms.compare_older"), options, index=min(1, len(options) - 1), format_func=called.__getitem__,
            key="plb-terms-older",
        )  # fmt: skip
        newer = st.selectbox(
            say("terms.compare_newer"), options, index=0, format_func=called.__getitem__, key="plb-terms-newer"
        )
    if older == newer:
        show(marks.empty(say("terms.compare_same")))
        return
    show_difference(page, terms_of(page).diff(str(older), str(newer), page.user))


def _points(page: Page, revisions: Sequence[RevisionView]) -> tuple[list[str], dict[str, str]]:
    """What may be compared and gone back to: releases by name, revisions by number."""
    called = {one.id: f"#{one.number} · {marks.when(one.at)}" for one in revisions}
    for release in terms_of(page).releases(page.user):
        called[release.revision] = f"{release.name} · {called.get(release.revision, marks.when(release.at))}"
    return list(called), called


def _release(page: Page, revisions: Sequence[RevisionView]) -> None:
    import streamlit as st

    say = page.say
    show(marks.heading(say("terms.release"), 3))
    with st.form("plb-terms-release", clear_on_submit=True, border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(say("terms.release_name"), placeholder="2026-Q4", max_chars=80)
            comment = st.text_input(say("terms.comment"), max_chars=500)
            sent = st.form_submit_button(say("terms.release_make", number=revisions[0].number))
        if sent and name.strip():
            with friendly(say):
                terms_of(page).release(name.strip(), page.user, comment=comment)
                st.rerun()


def _back(page: Page, revisions: Sequence[RevisionView]) -> None:
    import streamlit as st

    say = page.say
    options, called = _points(page, revisions[1:])
    if not options:
        return
    with st.popover(say("terms.back_to"), icon=":material/history:"):
        show(element("p", say("terms.back_to_help"), class_="plb-quiet"))
        with st.form("plb-terms-rollback", border=False), friendly(say):
            to = st.selectbox(say("terms.back_to_which"), options, format_func=called.__getitem__)
            comment = st.text_input(say("terms.comment"), max_chars=500)
            if st.form_submit_button(say("terms.back_to_do"), type="primary") and to and comment.strip():
                made = terms_of(page).rollback(to, page.user, comment=comment.strip())
                leave_for(**{VIEW: "review", PROPOSAL: made.id})


def _undo(page: Page, revisions: Sequence[RevisionView]) -> None:
    import streamlit as st

    say = page.say
    called = {one.id: f"#{one.number} · {one.comment or say(f'terms.change_{one.kind}')}" for one in revisions}
    with st.popover(say("terms.undo_one"), icon=":material/undo:"):
        show(element("p", say("terms.undo_help"), class_="plb-quiet"))
        which = st.selectbox(
            say("terms.undo_which"), list(called), format_func=called.__getitem__, key="plb-terms-undo-which"
        )
        if which:
            undo_button(page, which)


def undo_own(page: Page, revision: str, by: Collection[str]) -> None:
    """A button to take back a revision by the people `by`, where the user is one of them; Ctrl+Z presses it too,
    outside of text boxes (`listener.js`). Never for the first revision: before it the graph was empty.
    """
    import streamlit as st

    number = number_of(revision)
    if page.user.name in by and number > 1:
        with st.container(key="plb-undo-last"):
            undo_button(page, revision, page.say("terms.undo_number", number=number), "Ctrl + Z")


def undo_button(page: Page, revision: str, title: str = "", hint: str | None = None) -> None:
    """Take one revision back; the proposal that does it is shown then."""
    import streamlit as st

    def take_back() -> None:
        with friendly(page.say):
            made = terms_of(page).undo(revision, page.user)
            go(**{VIEW: "review", PROPOSAL: made.id})

    st.button(
        title or page.say("terms.undo"),
        key=f"plb-terms-undo-{'last' if title else revision}",
        icon=":material/undo:",
        on_click=take_back,
        help=hint,
    )
