"""Finding a concept, by typing or by leafing through, and the one that was found beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Act, Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.address import CONCEPT, EDIT, NEW, go, shown
from app.ui.terms.common import forget, manages, terms_of
from app.ui.terms.concept import concept
from app.ui.terms.edit import edit
from app.ui.terms.watched import watched
from app.ui.texts import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.terms.views import ConceptHit, ConceptRow

UNFOLDED = "plb-terms-unfolded"
"""What the page remembers: the concepts of the tree whose narrower ones are shown."""
MORE = "plb-terms-more"
"""What the page remembers: how many concepts of a level are shown, by the level's concept."""
_ORDERS = ("tree", "alphabetical", "changed", "state")
_STATES = ("in_use", "deprecated", "proposed", "draft")
_PAGE = 50
_LEVEL = 60
_DEEPEST = 12


def browse(page: Page) -> None:
    """List and search on the left, the concept on the right; on a narrow screen one of the two."""
    import streamlit as st

    wanted = shown(CONCEPT)
    editing = bool(shown(EDIT)) and manages(page)
    if not editing:
        # A form that was left is opened anew, on the newest revision
        forget("plb-edit-")
    place = "behind" if wanted or editing else "front"
    left, right = st.columns([1, 2.3], gap="medium")
    with left, st.container(key=f"plb-terms-list-{place}"):
        _list(page, wanted)
    with right, st.container(key="plb-terms-shown"), friendly(page.say):
        if editing:
            edit(page, "" if shown(EDIT) == NEW else wanted)
        elif wanted:
            concept(page, wanted)
        else:
            _welcome(page)


def take(act: Act) -> None:
    """A level of the tree opened or closed, or more of it asked for."""
    import streamlit as st

    if act.name == "more":
        levels = st.session_state.setdefault(MORE, {})
        levels[act.message] = levels.get(act.message, _LEVEL) + _LEVEL
        return
    st.session_state.setdefault(UNFOLDED, set()).symmetric_difference_update({act.message})


def _list(page: Page, current: str) -> None:
    import streamlit as st

    @st.fragment
    def searching() -> None:
        say = page.say
        wanted = st.text_input(
            say("terms.search"),
            key="plb-terms-search",
            type="search",
            placeholder=say("terms.search"),
            icon=":material/search:",
            label_visibility="collapsed",
            live="150ms",
        )
        with friendly(say):
            if (wanted or "").strip():
                show(_hits(terms_of(page).search(wanted or "", page.user, limit=30), wanted or "", current, say))
            else:
                _leaf_through(page, current)

    searching()
    if manages(page):
        st.button(
            page.say("terms.new"),
            key="plb-terms-new",
            icon=":material/add:",
            type="tertiary",
            on_click=go,
            kwargs={EDIT: NEW},
        )


def _hits(hits: Sequence[ConceptHit], wanted: str, current: str, say: Words) -> Html:
    if not hits:
        return marks.empty(say("terms.search_none", text=wanted))
    return element("ul", *(_hit(hit, current, say) for hit in hits), class_="plb-list")


def _hit(hit: ConceptHit, current: str, say: Words) -> Html:
    name = hit.concept.text(say.language)
    matched = hit.label if hit.label not in (hit.concept.en, hit.concept.zh) else ""
    other = marks.in_other_language(hit.concept, say)
    return element(
        "li",
        marks.to_concept(
            hit.concept.id,
            join(
                [
                    element("span", name, class_=_name_class(deprecated=hit.deprecated)),
                    element("small", " · ".join(part for part in (other, matched) if part)),
                ]
            ),
            _row_class(current=hit.concept.id == current),
        ),
    )


def _name_class(*, deprecated: bool) -> str:
    return "plb-name plb-gone-name" if deprecated else "plb-name"


def _row_class(*, current: bool) -> str:
    return "plb-row plb-current" if current else "plb-row"


# --- leafing through ------------------------------------------------------------------------------------------------


def _leaf_through(page: Page, current: str) -> None:
    import streamlit as st

    say = page.say
    order = st.segmented_control(
        say("terms.order"),
        _ORDERS,
        default="tree",
        required=True,
        format_func=lambda name: say(f"terms.order_{name}"),
        label_visibility="collapsed",
        key="plb-terms-order",
    )
    if order == "tree":
        show(_tree(page, None, current, 0))
    elif order == "state":
        _by_state(page, current)
    else:
        _pages(page, current, str(order), "all")


def _tree(page: Page, parent: str | None, current: str, depth: int) -> Html:
    """One level with the levels that are unfolded under it; nothing is read that is not shown."""
    import streamlit as st

    say = page.say
    unfolded = st.session_state.get(UNFOLDED, set())
    limit = st.session_state.get(MORE, {}).get(parent or "", _LEVEL)
    level = terms_of(page).tree(page.user, parent=parent, limit=limit)
    if not level.rows and parent is None:
        return marks.empty(say("terms.none_yet"))
    lines: list[Html] = []
    for row in level.rows:
        inside = row.concept.id in unfolded and row.children and depth < _DEEPEST
        fold = (
            marks.act(
                "unfold",
                row.concept.id,
                "›",
                "plb-fold",
                aria_expanded="true" if inside else "false",
                aria_label=say("terms.unfold", name=row.concept.text(say.language)),
            )
            if row.children
            else element("span", class_="plb-fold")
        )
        below = _tree(page, row.concept.id, current, depth + 1) if inside else ""
        lines.append(element("li", element("div", fold, _row(row, current, say), class_="plb-branch"), below))
    left = level.total - len(level.rows)
    if left > 0:
        lines.append(element("li", marks.act("more", parent or "", say("terms.more", count=left), "plb-more")))
    return element("ul", *lines, class_="plb-list plb-tree")


def _row(row: ConceptRow, current: str, say: Words, note: str = "") -> Html:
    """A concept on one line: its name, the other language's, and what is to be known of it."""
    other = marks.in_other_language(row.concept, say)
    missing = [marks.badge(say(f"terms.no_{language}"), "warn") for language in row.missing]
    closed = [marks.badge(marks.listed(row.access, say))] if row.access else []
    return marks.to_concept(
        row.concept.id,
        join(
            [
                element("span", row.concept.text(say.language), class_=_name_class(deprecated=row.deprecated)),
                element("small", note or ("" if row.missing else other)),
                *missing,
                *closed,
            ]
        ),
        _row_class(current=row.concept.id == current),
    )


def _pages(page: Page, current: str, order: str, state: str) -> None:
    """An alphabetical list or one by time, page by page."""
    import streamlit as st

    say = page.say
    place = st.container()
    begins = ""
    if order == "alphabetical":
        begins = place.text_input(
            say("terms.begins"), key="plb-terms-begins", placeholder=say("terms.begins"), live=True,
            label_visibility="collapsed",
        ) or ""  # fmt: skip
    key = f"plb-terms-page-{order}-{state}-{begins}"
    offset = _PAGE * (int(st.session_state.get(key, 1)) - 1)
    found = terms_of(page).listing(
        page.user,
        order="changed" if order == "changed" else "alphabetical",
        language=say.language,
        begins=begins.strip(),
        state="in_use" if state == "in_use" else "deprecated" if state == "deprecated" else "all",
        offset=offset,
        limit=_PAGE,
    )
    if not found.rows:
        show(marks.empty(say("terms.list_none")))
        return
    rows = (
        _row(row, current, say, marks.when(row.changed_at) if order == "changed" and row.changed_at else "")
        for row in found.rows
    )
    show(element("ul", *(element("li", row) for row in rows), class_="plb-list"))
    if found.total > _PAGE:
        st.pagination(-(-found.total // _PAGE), key=key, max_visible_pages=3)
    st.caption(say("terms.count", count=found.total))


def _by_state(page: Page, current: str) -> None:
    """Concepts in use or not; those that a proposal or a draft is about, for who works on them."""
    import streamlit as st

    say = page.say
    states = _STATES if manages(page) else _STATES[:2]
    state = st.pills(
        say("terms.order_state"),
        states,
        default="in_use",
        required=True,
        format_func=lambda name: say(f"terms.state_{name}"),
        label_visibility="collapsed",
        key="plb-terms-state",
    )
    if state in ("in_use", "deprecated"):
        _pages(page, current, "alphabetical-by-state", str(state))
        return
    rows = terms_of(page).proposals(page.user, state="draft" if state == "draft" else "proposed")
    lines = [
        element(
            "li",
            marks.act(
                "proposal",
                row.id,
                join(
                    [
                        element("span", marks.names_of(row.subjects, say) or row.id, class_="plb-name"),
                        element("small", f"{say(f'terms.change_{row.kind}')} · {row.author}"),
                    ]
                ),
                "plb-row",
            ),
        )
        for row in rows
    ]
    show(element("ul", *lines, class_="plb-list") if lines else marks.empty(say(f"terms.state_{state}_none")))


def _welcome(page: Page) -> None:
    """What stands beside the list while nothing is chosen: what this is, and what changed last."""
    say = page.say
    found = terms_of(page).listing(page.user, order="changed", language=say.language, limit=12)
    show(marks.heading(say("terms.welcome_title")))
    show(element("p", say("terms.welcome", count=found.total), class_="plb-quiet"))
    watched(page)
    if found.rows:
        show(marks.heading(say("terms.recently"), 3))
        rows = (
            element("li", _row(row, "", say, marks.when(row.changed_at) if row.changed_at else ""))
            for row in found.rows
        )
        show(element("ul", *rows, class_="plb-list plb-two"))
