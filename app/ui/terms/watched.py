"""Watching a concept: the button beside its name, and what changed in those that one watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element
from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.common import terms_of

if TYPE_CHECKING:
    from app.terms.views import RevisionView, WatchedView
    from app.ui.texts import Words

_MOST_CHANGES = 5
"""So many changes of a concept are listed; its history has the others."""


def watch_button(page: Page, concept_id: str) -> None:
    """Watch a concept, or no more."""
    import streamlit as st

    say, terms = page.say, terms_of(page)
    watches = terms.watches(concept_id, page.user)

    def change() -> None:
        with friendly(say):
            (terms.unwatch if watches else terms.watch)(concept_id, page.user)

    st.button(
        say("terms.unwatch" if watches else "terms.watch"),
        # Two buttons, so that a second press in haste does not undo the first
        key=f"plb-terms-{'unwatch' if watches else 'watch'}",
        icon=":material/notifications_active:" if watches else ":material/notifications:",
        type="tertiary",
        help=say("terms.watch_help"),
        on_click=change,
    )


def watched(page: Page) -> None:
    """The concepts that the user watches, with what others changed in them since they said that they had seen it."""
    import streamlit as st

    say, terms = page.say, terms_of(page)
    found = terms.watched(page.user)
    if not found:
        return

    def seen() -> None:
        with friendly(say):
            terms.watched(page.user, mark_seen=True)

    show(marks.heading(say("terms.watched"), 3))
    show(element("ul", *(_concept(one, say) for one in found), class_="plb-list"))
    _mail(page)
    if any(one.changes for one in found):
        st.button(say("terms.watched_seen"), key="plb-terms-seen", icon=":material/done_all:", on_click=seen)


def _mail(page: Page) -> None:
    """Where news are sent by e-mail, with a way to end that."""
    import streamlit as st

    say, terms = page.say, terms_of(page)
    address = terms.news_address(page.user)
    if not address:
        return

    def end() -> None:
        with friendly(say):
            terms.set_news_address(page.user.name, "", page.user)

    with st.container(horizontal=True, vertical_alignment="center"):
        show(element("span", say("terms.news_to", address=address), class_="plb-quiet plb-small"))
        st.button(say("terms.news_end"), key="plb-terms-news-end", type="tertiary", on_click=end)


def _concept(one: WatchedView, say: Words) -> Html:
    text = one.concept.text(say.language)
    name = element("span", text, class_="plb-gone-name") if one.gone else marks.concept_link(one.concept, say)
    left = len(one.changes) - _MOST_CHANGES
    changes = [_change(change, say) for change in one.changes[:_MOST_CHANGES]]
    if left > 0:
        changes.append(element("small", say("terms.more", count=left)))
    none = "" if changes else element("span", say("terms.watched_nothing"), class_="plb-quiet plb-small")
    return element("li", element("p", name, " ", none), *changes, class_="plb-touched")


def _change(change: RevisionView, say: Words) -> Html:
    note = f"#{change.number} · {say(f'terms.change_{change.kind}')} · {change.author} · {marks.when(change.at)}"
    return element("p", element("span", note, class_="plb-quiet plb-small"), " ", change.comment)
