"""What all views of the Terms page need: the term graph's life, who may work on it, finding a concept, proposing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import differences, marks
from app.ui.terms.address import PROPOSAL, VIEW, go, leave_for
from app.ui.texts import Words, other
from knowledge.types import Role

if TYPE_CHECKING:
    from app.terms import Terminology
    from app.terms.views import ChangePreview, ConflictView, GraphDiff
    from knowledge.graph.changes import Change
    from knowledge.graph.differing import FieldChange, Name
    from knowledge.graph.quality import Issue

_FOUND = 6
_MANAGERS = (Role.KNOWLEDGE_MANAGER, Role.ADMIN)


def terms_of(page: Page) -> Terminology:
    """The term graph's life; every call goes there with `page.user`, who sees no more than they may."""
    return page.shared.assistant.terms


def manages(page: Page) -> bool:
    """Whether the user may change the graph; `assistant.terms` asks again for every change."""
    return page.user.role in _MANAGERS


def name_line(name: Name, say: Words) -> str:
    """A name in both languages as plain text."""
    second = name.text(other(say.language))
    first = name.text(say.language)
    return first if second == first else f"{first} · {second}"


def pick(page: Page, key: str, label: str, chosen: Callable[[str], None], without: Sequence[str] = ()) -> None:
    """A box to find a concept as one types; `chosen` is called with the id of the one that is pressed."""
    import streamlit as st

    say = page.say
    wanted = st.text_input(
        label, key=f"{key}-text", placeholder=say("terms.pick_placeholder"), icon=":material/search:", live=True
    )
    if not (wanted or "").strip():
        return

    def take(concept: str) -> None:
        # Set, not dropped: else the browser goes on showing what was typed
        st.session_state[f"{key}-text"] = ""
        chosen(concept)

    hits = [
        hit for hit in terms_of(page).search(wanted or "", page.user, limit=_FOUND) if hit.concept.id not in without
    ]
    if not hits:
        st.caption(say("terms.pick_none"))
    with st.container(key=f"{key}-hits", horizontal=True, gap="xsmall"):
        for hit in hits:
            st.button(
                literal(name_line(hit.concept, say)),
                key=f"{key}-{hit.concept.id}",
                on_click=take,
                args=(hit.concept.id,),
            )


def choose_several(
    page: Page, key: str, label: str, start: Sequence[str], names: Mapping[str, Name], itself: str
) -> tuple[str, ...]:
    """Concepts as chips, each with a way to take it out, and a box to find further ones."""
    import streamlit as st

    chosen: tuple[str, ...] = st.session_state.setdefault(f"{key}-chosen", tuple(start))
    unknown = [one for one in chosen if one not in names]
    called = {**names, **terms_of(page).names(unknown, page.user)} if unknown else names

    def put(one: str) -> None:
        st.session_state[f"{key}-chosen"] = (*chosen, one)

    def take_out(one: str) -> None:
        st.session_state[f"{key}-chosen"] = tuple(each for each in chosen if each != one)

    pick(page, key, label, put, (itself, *chosen))
    if chosen:
        with st.container(horizontal=True, gap="xsmall", key=f"{key}-chips"):
            for one in chosen:
                text = called[one].text(page.say.language) if one in called else one
                st.button(
                    f"{literal(text)} ✕",
                    key=f"{key}-out-{one}",
                    on_click=take_out,
                    args=(one,),
                    help=page.say("terms.remove"),
                )
    return chosen


def names_in(page: Page, fields: Sequence[FieldChange | ConflictView]) -> dict[str, Name]:
    """What relations and things in these fields are called, as far as the user may see them."""
    return terms_of(page).names(differences.ids_in(fields), page.user)


def names_of_issues(page: Page, issues: Sequence[Issue], subjects: Mapping[str, Name]) -> dict[str, Name]:
    """What is called how in issues: as a change calls its `subjects`, else as the graph does."""
    others = marks.ids_of_issues(issues) - set(subjects)
    return {**terms_of(page).names(others, page.user), **subjects}


def show_difference(page: Page, diff: GraphDiff) -> None:
    """Put a difference on the page, everything called as in the page's language."""
    show(differences.difference(diff, page.say, names_in(page, diff.fields)))


def preview(page: Page, change: Change) -> ChangePreview:
    """Show what a change is made of and what quality rules would say afterwards."""
    say = page.say
    found = terms_of(page).preview(change, page.user)
    show(marks.heading(say("terms.preview"), 3))
    show_difference(page, found.diff)
    if found.issues:
        show(marks.heading(say("terms.preview_issues"), 3))
        subjects = {change.subject.id: change.subject for change in found.diff.fields}
        show(marks.issues(found.issues, say, names_of_issues(page, found.issues, subjects)))
    elif found.diff.fields:
        show(element("p", say("terms.preview_clean"), class_="plb-fine"))
    return found


def propose(page: Page, change: Change, key: str, base: str | None = None, *, shown: bool = False) -> None:
    """Preview, comment and the buttons that make a proposal of a change; with errors it must be wanted twice.

    `shown`: the preview stands on the page already. Goes to the proposal when it is made.
    """
    import streamlit as st

    say = page.say
    with friendly(say):
        found = terms_of(page).preview(change, page.user) if shown else preview(page, change)
        errors = sum(issue.severity == "error" for issue in found.issues)
        comment = st.text_input(say("terms.comment"), key=f"{key}-comment", placeholder=say("terms.comment_hint"))
        sure = True
        if errors:
            sure = st.checkbox(say("terms.with_errors", count=errors), key=f"{key}-sure")
        with st.container(horizontal=True, key=f"plb-propose-{key}"):
            asked = st.button(
                say("terms.propose"),
                key=f"{key}-propose",
                type="primary",
                icon=":material/send:",
                disabled=not sure or not found.diff.fields,
            )
            drafted = st.button(say("terms.save_draft"), key=f"{key}-draft", disabled=not found.diff.fields)
        if (asked or drafted) and not (comment or "").strip():
            st.warning(say("terms.comment_needed"))
        elif asked or drafted:
            made = terms_of(page).propose(change, page.user, comment=comment, base=base, draft=drafted)
            forget(key)
            st.toast(say("terms.drafted" if drafted else "terms.proposed", id=made.id), icon=":material/check:")
            leave_for(**{VIEW: "review", PROPOSAL: made.id})


def to_proposal(label: str, proposal: str, key: str, icon: str) -> None:
    """A button that leads to a proposal in the review queue."""
    import streamlit as st

    st.button(label, key=key, type="tertiary", icon=icon, on_click=go, kwargs={VIEW: "review", PROPOSAL: proposal})


def limits(page: Page) -> None:
    """Say for which languages and concept schemes the user may change the graph, where that is limited."""
    say, reach = page.say, terms_of(page).reach(page.user)
    told = []
    if reach.languages:
        told.append(say("terms.limit_languages", languages=", ".join(reach.languages)))
    if reach.schemes:
        told.append(say("terms.limit_schemes", schemes=", ".join(one.text(say.language) for one in reach.schemes)))
    if told:
        show(element("p", " ".join(told), class_="plb-quiet"))


def forget(prefix: str) -> None:
    """Drop what the page remembers under keys that begin so."""
    import streamlit as st

    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]
