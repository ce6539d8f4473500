"""What documents and the checker offer for the graph: one press makes a proposal of it, another sets it aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import marks
from app.ui.terms.common import pick, terms_of, to_proposal

if TYPE_CHECKING:
    from app.terms.views import CandidateView
    from knowledge.catalog.candidates import CandidateKind, CandidateState

_STATES: tuple[CandidateState, ...] = ("open", "accepted", "rejected")
_KINDS: tuple[CandidateKind, ...] = ("term", "fact", "conflict", "name")
_MOST = 40
_SENTENCES = 3


def candidates(page: Page) -> None:
    """The list of candidates of one state, by kind, with what can be done with each."""
    import streamlit as st

    say = page.say
    show(element("p", say("terms.candidates_help"), class_="plb-quiet"))
    with st.container(horizontal=True, vertical_alignment="center", key="plb-terms-candidates-bar"):
        state = st.segmented_control(
            say("terms.view_candidates"),
            _STATES,
            default="open",
            required=True,
            format_func=lambda name: say(f"terms.candidates_{name}"),
            label_visibility="collapsed",
            key="plb-terms-candidates-state",
        )
        kind = st.pills(
            say("terms.candidate_kinds"),
            _KINDS,
            format_func=lambda name: say(f"terms.candidate_{name}"),
            label_visibility="collapsed",
            key="plb-terms-candidates-kind",
        )
        _mine(page)
    found = terms_of(page).candidates(page.user, state=state, kind=kind, limit=_MOST)
    if not found:
        show(marks.empty(say(f"terms.candidates_{state}_none")))
    for one in found:
        with st.container(border=True, key=f"plb-candidate-{one.id}"):
            show(_candidate(one, page))
            if one.state == "open":
                _decide(page, one)
            elif one.proposal:
                label = say("terms.to_proposal", id=one.proposal)
                to_proposal(label, one.proposal, f"plb-candidate-to-{one.id}", ":material/arrow_forward:")
    if state == "rejected":
        _blocked(page)


def _mine(page: Page) -> None:
    import streamlit as st

    say = page.say
    if st.button(say("terms.mine"), key="plb-terms-mine", icon=":material/plagiarism:", help=say("terms.mine_help")):
        with friendly(say), st.spinner(say("terms.mining")):
            found = terms_of(page).mine_candidates(page.user)
            st.toast(say("terms.mined", count=found))


def _candidate(one: CandidateView, page: Page) -> Html:
    say = page.say
    title = _claim(one) if one.kind in ("fact", "conflict") else element("b", one.label)
    note = say("terms.candidate_count", count=one.count) if one.count else ""
    head = element(
        "p",
        title,
        " ",
        marks.badge(say(f"terms.candidate_{one.kind}"), "warn" if one.kind == "conflict" else ""),
        " ",
        element(
            "span", " · ".join(part for part in (say(f"terms.origin_{one.origin}"), note) if part), class_="plb-quiet"
        ),
    )
    sentences = [
        element(
            "p",
            _marked("".join(marks.without_signs(sentence.text, "")), one.label),
            " ",
            element("span", sentence.title, class_="plb-quiet plb-small"),
            class_="plb-sentence",
        )
        for sentence in one.sentences[:_SENTENCES]
    ]
    decided = []
    if one.state == "rejected":
        text = say("terms.decided_rejected_short", by=one.decided_by)
        decided = [element("p", text, " ", element("b", one.reason), class_="plb-quiet")]
    return join([head, *sentences, *decided])


def _claim(one: CandidateView) -> Html:
    return element("b", f"{one.subject} · {one.relation} · {one.object}")


def _marked(text: str, label: str) -> Html:
    """The sentence with the first place of the phrase marked."""
    place = text.lower().find(label.lower()) if label else -1
    if place < 0:
        return element("span", text)
    end = place + len(label)
    return element("span", text[:place], element("mark", text[place:end]), text[end:])


def _decide(page: Page, one: CandidateView) -> None:
    import streamlit as st

    say = page.say
    terms = terms_of(page)
    with friendly(say), st.container(horizontal=True, vertical_alignment="center", key=f"plb-candidate-do-{one.id}"):
        accepted = st.button(say("terms.accept"), key=f"plb-candidate-accept-{one.id}", icon=":material/add_task:")
        if one.kind in ("term", "name"):
            with st.popover(say("terms.accept_into"), type="tertiary", key=f"plb-candidate-into-{one.id}"):

                def into(concept: str, candidate: int = one.id) -> None:
                    made = terms.accept_candidate(candidate, page.user, into=concept)
                    st.toast(say("terms.proposed", id=made.id))

                pick(page, f"plb-candidate-pick-{one.id}", say("terms.accept_into_which"), into)
        with (
            st.popover(say("terms.reject"), type="tertiary", key=f"plb-candidate-no-{one.id}"),
            st.form(f"plb-candidate-reject-{one.id}", border=False),
        ):
            reason = st.text_input(say("terms.reject_reason"), max_chars=500)
            rejected = st.form_submit_button(say("terms.reject"))
        if accepted:
            made = terms.accept_candidate(one.id, page.user)
            st.toast(say("terms.proposed", id=made.id), icon=":material/check:")
            st.rerun()
        if rejected and (reason or "").strip():
            terms.reject_candidate(one.id, page.user, reason=(reason or "").strip())
            st.rerun()


def _blocked(page: Page) -> None:
    """Labels that are offered no more; pressed they may be offered again."""
    import streamlit as st

    say = page.say
    labels = terms_of(page).blocked(page.user)
    if not labels:
        return
    show(marks.heading(say("terms.blocked"), 3))
    with st.container(horizontal=True, gap="xsmall", key="plb-terms-blocked"):
        for label in labels:
            if st.button(f"{literal(label)} ✕", key=f"plb-unblock-{label}", help=say("terms.unblock")):
                terms_of(page).unblock(label, page.user)
                st.rerun()
