"""Concepts that may be one, two and two: compared side by side and merged, with what changes shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import marks
from app.ui.terms.common import forget, propose, terms_of, to_proposal
from knowledge.graph.changes import Merge

if TYPE_CHECKING:
    from app.terms.views import ConceptView, DuplicateView
    from app.ui.texts import Words

_MOST = 200
_ROWS = 20
_MOST_NAMES = 12
_KEY = "plb-duplicate"


def duplicates(page: Page) -> None:
    """The pairs, looked for when they are asked for."""
    import streamlit as st

    say = page.say
    with st.expander(
        say("terms.duplicates"), key="plb-terms-duplicates", icon=":material/join_inner:", on_change="rerun"
    ) as box:
        if not box.open:
            return
        with st.spinner(say("terms.quality_looking")):
            found = terms_of(page).duplicates(page.user, limit=_MOST)
        if not found:
            show(element("p", say("terms.duplicates_none"), class_="plb-fine"))
            return
        show(element("p", say("terms.duplicates_help"), class_="plb-quiet"))
        pages = -(-len(found) // _ROWS)
        number = min(int(st.session_state.get(f"{_KEY}-page", 1)), pages)
        for pair in found[_ROWS * (number - 1) : _ROWS * number]:
            key = f"{_KEY}-{pair.first.id}-{pair.second.id}"
            with st.container(horizontal=True, vertical_alignment="center", key=f"plb-issue-{key}", gap="small"):
                show(_pair(pair, say))
                if pair.proposal:
                    label = say("terms.pending", id=pair.proposal)
                    to_proposal(
                        label, pair.proposal, f"{_KEY}-to-{pair.first.id}-{pair.second.id}", ":material/hourglass:"
                    )
                    continue
                if st.button(say("terms.duplicates_compare"), key=key, type="tertiary", icon=":material/compare:"):
                    _compare(page, pair)
                st.button(
                    say("terms.duplicates_apart"),
                    key=f"{_KEY}-apart-{pair.first.id}-{pair.second.id}",
                    type="tertiary",
                    icon=":material/call_split:",
                    on_click=_tell_apart,
                    args=(page, pair),
                )
        if pages > 1:
            st.pagination(pages, key=f"{_KEY}-page")


def _tell_apart(page: Page, pair: DuplicateView) -> None:
    import streamlit as st

    say = page.say
    with friendly(say):
        made = terms_of(page).tell_apart(pair.first.id, pair.second.id, page.user)
        told = "duplicates_told" if made.state == "approved" else "duplicates_asked"
        st.toast(say(f"terms.{told}"), icon=":material/call_split:")


def _pair(pair: DuplicateView, say: Words) -> Html:
    sides = []
    for name, label in ((pair.first, pair.first_label), (pair.second, pair.second_label)):
        told = "" if label == name.text(say.language) else element("small", f" ({label})", class_="plb-quiet")
        sides.append(join([marks.concept_link(name, say), told]))
    return element("p", sides[0], " · ", sides[1])


def _compare(page: Page, pair: DuplicateView) -> None:
    import streamlit as st

    say = page.say
    key = f"{_KEY}-merge-{pair.first.id}-{pair.second.id}"
    forget(key)

    @st.dialog(say("terms.act_merge"), width="large")
    def dialog() -> None:
        with friendly(say):
            views = [terms_of(page).concept(name.id, page.user) for name in (pair.first, pair.second)]
            for place, view in zip(st.columns(2, gap="medium"), views, strict=True):
                with place:
                    show(_side(view, say))
            names = {view.concept.id: view.concept.text(say.language) for view in views}
            # Of two that are called the same, the id tells which is meant
            alike = len(set(names.values())) < len(names)
            said = [len(view.form.labels) + len(view.form.facts) + len(view.incoming) for view in views]
            stays = st.radio(
                say("terms.merge_stays"),
                list(names),
                index=int(said[1] > said[0]),  # of which more is said
                format_func=lambda one: literal(f"{names[one]} · {one}" if alike else names[one]),
                key=f"{key}-stays",
                horizontal=True,
            )
            if stays:
                goes = next(one for one in names if one != stays)
                propose(page, Merge(into=stays, sources=(goes,)), key, views[0].revision)

    dialog()


def _side(view: ConceptView, say: Words) -> Html:
    """A concept in short: names, definitions, places and facts."""
    form = view.form
    called = {one: name.text(say.language) for one, name in view.names.items()}
    labels = marks.listed([label.text for label in form.labels[:_MOST_NAMES]], say)
    facts = [
        f"{called.get(fact.relation, fact.relation)}: "
        f"{fact.object if fact.literal else called.get(fact.object, fact.object)}"
        for fact in form.facts[:_MOST_NAMES]
    ]
    lines = [
        labels,
        *(text.text for text in form.definitions),
        *(f"{say('terms.field_broader')}: {called.get(one, one)}" for one in form.broader),
        *facts,
    ]
    title = marks.heading(view.concept.text(say.language), 3)
    id_line = element("p", view.concept.id, class_="plb-quiet plb-small")
    return element("div", title, id_line, *(element("p", line) for line in lines))
