"""A concept and what is joined to it, drawn: pressed a neighbour is shown, its + brings its own neighbours in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from app.ui.page import Page, literal, show
from app.ui.terms import marks
from app.ui.terms.address import CONCEPT, leave_for
from app.ui.terms.common import name_line, terms_of
from app.ui.terms.layout import placed
from knowledge.errors import NotFound
from knowledge.graph import vocabulary as words

if TYPE_CHECKING:
    from app.terms.views import ConceptView, Edge, Node
    from knowledge.graph.differing import Name

_MOST = 60
_MOST_EXPANDED = 12
_LONGEST_LABEL = 24
_PLACE = {words.BROADER: "broader", words.NARROWER: "narrower", words.RELATED: "related"}
"""The ways in which concepts stand to each other that are no facts; they are drawn dashed."""
_HTML = (
    '<div class="frame"><div class="drawing"></div><div class="zoom"><button class="smaller" type="button">−</button>'
    '<button class="larger" type="button">+</button></div></div>'
)


def drawing(page: Page, view: ConceptView) -> None:
    """The drawing around a concept, with a filter by relation."""
    import streamlit as st

    say = page.say
    center = view.concept.id
    kept = f"plb-drawn-{center}"
    expanded: list[str] = st.session_state.setdefault(kept, [])
    nodes, edges, complete = _around(page, center, expanded)
    if len(nodes) == 1:
        show(marks.empty(say("terms.drawing_none")))
        return
    called = {edge.relation.id: _relation(edge.relation, page) for edge in edges}
    chosen = st.pills(
        say("terms.drawing_filter"),
        list(called),
        selection_mode="multi",
        format_func=lambda one: literal(called[one]),
        label_visibility="collapsed",
        key=f"plb-drawing-filter-{center}",
    )
    shown = [edge for edge in edges if not chosen or edge.relation.id in chosen]
    pressed = _draw(page, center, nodes, shown, expanded)
    if not complete:
        st.caption(say("terms.drawing_part"))
    st.caption(say("terms.drawing_help"))
    if pressed is None or pressed[1] not in nodes:
        return
    what, which = pressed
    if what == "open" and which != center:
        leave_for(**{CONCEPT: which})
    elif what == "expand" and which not in expanded:
        st.session_state[kept] = [*expanded, which][-_MOST_EXPANDED:]
        st.rerun()


def _around(page: Page, center: str, expanded: list[str]) -> tuple[dict[str, Node], list[Edge], bool]:
    """Nodes and edges around the centre and around each concept that was expanded."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str, str], Edge] = {}
    complete = True
    for one in (center, *expanded):
        try:
            found = terms_of(page).neighbourhood(page.user, around=one, limit=_MOST)
        except NotFound:
            # Gone since it was expanded
            continue
        nodes |= {node.concept.id: node for node in found.nodes}
        edges |= {(edge.subject, edge.relation.id, edge.object): edge for edge in found.edges}
        complete = complete and found.complete
    return nodes, list(edges.values()), complete


def _draw(
    page: Page, center: str, nodes: Mapping[str, Node], edges: list[Edge], expanded: list[str]
) -> tuple[str, str] | None:
    """Put the drawing on the page; gives what was pressed, as (what, id) from the browser."""
    say = page.say
    places = placed(center, list(nodes), [(edge.subject, edge.object) for edge in edges])
    data = {
        "title": say("terms.drawing_title", name=nodes[center].concept.text(say.language)),
        "expand": say("terms.drawing_expand"),
        "nodes": [
            {
                "id": one,
                "x": x,
                "y": y,
                "label": _short(nodes[one].concept.text(say.language)),
                "title": name_line(nodes[one].concept, say),
                "kind": "center" if one == center else "gone" if nodes[one].deprecated else nodes[one].kind,
                "more": one != center and one not in expanded and nodes[one].kind == "concept",
            }
            for one, (x, y) in places.items()
        ],
        "edges": [
            {
                "from": edge.subject,
                "to": edge.object,
                "label": _relation(edge.relation, page),
                "kind": "place" if edge.relation.id in _PLACE else "fact",
            }
            for edge in edges
        ],
    }
    value = getattr(_component()(key="plb-terms-drawing", data=data, on_pressed_change=_nothing), "pressed", None)
    if not isinstance(value, Mapping):
        return None
    what, which = value.get("act"), value.get("id")
    return (what, which) if isinstance(what, str) and isinstance(which, str) else None


def _relation(relation: Name, page: Page) -> str:
    known = _PLACE.get(relation.id)
    return page.say(f"terms.field_{known}") if known else relation.text(page.say.language)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _nothing() -> None:
    """Streamlit runs the page again by itself; what was pressed is in the component's value."""


@cache
def _component() -> Callable[..., Any]:
    from streamlit.components import v2

    script, style = (
        files("app.ui.terms").joinpath(f"drawing.{kind}").read_text(encoding="utf-8") for kind in ("js", "css")
    )
    component: Callable[..., Any] = v2.component("plumbline_drawing", html=_HTML, css=style, js=script)
    return component
