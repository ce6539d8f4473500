"""Trying what a question finds, as somebody would who asks it: passages in their order, with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.ui import pieces
from app.ui.documents.common import badge, empty, managed, to
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.prose import Parts, render_markdown

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.types import Hit


def trial(page: Page) -> None:
    """A question, as whom, and what is found."""
    import streamlit as st

    say = page.say
    accounts = page.shared.assistant.workspace.accounts.all()
    names = {each.user.name: each.user.display_name or each.user.name for each in accounts if not each.disabled}
    show(element("p", say("docs_trial.what"), class_="plb-lead plb-quiet"))
    with st.form("plb-trial", border=False):
        question = st.text_input(say("docs_trial.question"), max_chars=1000, key="plb-trial-question")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            as_user = st.selectbox(
                say("docs_trial.as_user"),
                list(names),
                index=list(names).index(page.user.name),
                format_func=lambda name: names[name],
                key="plb-trial-user",
                width=260,
            )
            limit = st.selectbox(say("docs_trial.limit"), (5, 10, 20), index=1, key="plb-trial-limit", width=120)
            st.form_submit_button(say("docs_trial.search"), type="primary", icon=":material/search:")
    if not question.strip():
        return
    if as_user != page.user.name:
        st.caption(say("docs_trial.both", name=names[as_user]))
    with friendly(say), st.spinner(say("docs_trial.doing")):
        hits = managed(page).try_search(question, page.user, as_user, limit)
        show(_ranked(hits, say) if hits else empty(say("docs_trial.nothing")))


def _ranked(hits: Sequence[Hit], say: Words) -> Html:
    return element("ol", *(element("li", _hit(hit, say)) for hit in hits), class_="plb-hits")


def _hit(hit: Hit, say: Words) -> Html:
    where = [hit.path, hit.heading]
    if hit.page is not None:
        where.append(say("evidence.page", page=hit.page))
    marks = [badge(f"{hit.score:.3f}", "good")]
    if hit.older_versions:
        marks.append(badge(say("docs_trial.older", count=hit.older_versions)))
    if hit.newer_version:
        marks.append(badge(say("docs_trial.superseded"), "warn"))
    return join(
        [
            element("span", hit.rank, class_="plb-number"),
            element(
                "div",
                element("p", to("document", hit.document_id, hit.title, "plb-term", d=hit.document_id), " ", *marks),
                element("p", " · ".join(filter(None, where)), class_="plb-quiet plb-small"),
                element("div", render_markdown(hit.text, parts=Parts(chip=pieces.chips(say))), class_="plb-prose"),
            ),
        ]
    )
