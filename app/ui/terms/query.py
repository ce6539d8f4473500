"""A box for SPARQL queries over what the user may see: examples to begin with, the answer as a table or as Turtle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import marks
from app.ui.terms.common import terms_of
from knowledge.graph.querying import LONGEST_QUERY
from knowledge.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.texts import Words
    from knowledge.graph.differing import Name
    from knowledge.graph.querying import QueryAnswer, QueryTerm

_TEXT, _FOUND, _EXAMPLE = "plb-terms-query-text", "plb-terms-query-found", "plb-terms-query-example"
_KEPT, _NAME, _SHARED = "plb-terms-query-kept", "plb-terms-query-name", "plb-terms-query-shared"
_EXAMPLES = {
    "no_definition": """SELECT ?concept ?name WHERE {
  ?concept a skos:Concept ; skos:prefLabel ?name .
  FILTER NOT EXISTS { ?concept skos:definition ?definition }
}
ORDER BY ?name""",
    "one_language": """SELECT ?concept ?english WHERE {
  ?concept skos:prefLabel ?english .
  FILTER(LANG(?english) = "en")
  FILTER NOT EXISTS { ?concept skos:prefLabel ?chinese . FILTER(LANGMATCHES(LANG(?chinese), "zh")) }
}
ORDER BY ?english""",
    "facts": """SELECT ?subject ?relation ?object WHERE {
  ?relation a owl:ObjectProperty .
  ?subject ?relation ?object .
}
ORDER BY ?relation ?subject""",
    "children": """SELECT ?broader (COUNT(?concept) AS ?narrower) WHERE {
  ?concept skos:broader ?broader .
}
GROUP BY ?broader
ORDER BY DESC(?narrower)""",
}
_XSD = PREFIXES["xsd"]
_NUMBERS: Mapping[str, Callable[[str], float]] = {
    f"{_XSD}integer": int,
    f"{_XSD}int": int,
    f"{_XSD}long": int,
    f"{_XSD}decimal": float,
    f"{_XSD}double": float,
    f"{_XSD}float": float,
}


def query(page: Page) -> None:
    """The box, and below it what the last query found."""
    import streamlit as st

    say = page.say
    show(marks.heading(say("terms.query")))
    show(element("p", say("terms.query_help"), class_="plb-quiet"))

    _kept(page)

    def take() -> None:
        if st.session_state[_EXAMPLE]:
            st.session_state[_TEXT] = _EXAMPLES[st.session_state[_EXAMPLE]]
            st.session_state.pop(_FOUND, None)

    st.pills(
        say("terms.query_examples"),
        list(_EXAMPLES),
        format_func=lambda name: say(f"terms.query_{name}"),
        key=_EXAMPLE,
        on_change=take,
    )
    text = st.text_area(
        say("terms.query_text"), key=_TEXT, height=220, max_chars=LONGEST_QUERY,
        placeholder="SELECT ?concept ?name WHERE { ?concept skos:prefLabel ?name }",
        help=say("terms.query_prefixes", names=", ".join(PREFIXES)),
    )  # fmt: skip
    with st.container(horizontal=True):
        asked = st.button(say("terms.query_do"), key="plb-terms-query-do", type="primary", icon=":material/play_arrow:")
        _keep(page, text or "")
    if asked:
        st.session_state.pop(_FOUND, None)
        with friendly(say), st.spinner(say("terms.query_running")):
            st.session_state[_FOUND] = terms_of(page).query(text or "", page.user)
    found: QueryAnswer | None = st.session_state.get(_FOUND)
    if found is not None:
        _answer(page, found)


def _kept(page: Page) -> None:
    """The kept queries: pressed, one is in the box and asked again; one's own can be deleted."""
    import streamlit as st

    say, terms = page.say, terms_of(page)
    kept = {(one.owner, one.name): one for one in terms.saved_queries(page.user)}
    if not kept:
        return

    def called(which: tuple[str, str]) -> str:
        one = kept[which]
        return literal(one.name if one.own else f"{one.name} · {one.owner}") + (" ⇄" if one.own and one.shared else "")

    def take() -> None:
        chosen = st.session_state[_KEPT]
        if chosen:
            st.session_state[_TEXT] = kept[chosen].text
            st.session_state[_EXAMPLE] = None
            st.session_state.pop(_FOUND, None)
            with friendly(say):
                st.session_state[_FOUND] = terms.query(kept[chosen].text, page.user)

    def forget() -> None:
        with friendly(say):
            terms.remove_query(st.session_state[_KEPT][1], page.user)
            st.session_state[_KEPT] = None

    if st.session_state.get(_KEPT) not in kept:
        st.session_state[_KEPT] = None
    chosen = st.pills(
        say("terms.query_kept"), list(kept), format_func=called, key=_KEPT, on_change=take,
        help=say("terms.query_kept_help"),
    )  # fmt: skip
    if chosen and kept[chosen].own:
        st.button(
            say("terms.query_forget", name=literal(chosen[1])), key="plb-terms-query-forget", type="tertiary",
            icon=":material/delete:", on_click=forget,
        )  # fmt: skip


def _keep(page: Page, text: str) -> None:
    """Keep what stands in the box under a name."""
    import streamlit as st

    say = page.say
    with st.popover(say("terms.query_keep"), icon=":material/bookmark:", disabled=not text.strip()):
        name = st.text_input(say("terms.query_name"), key=_NAME, max_chars=80)
        shared = st.checkbox(say("terms.query_share"), key=_SHARED)

        def keep() -> None:
            with friendly(say):
                made = terms_of(page).save_query(name or "", text, page.user, shared=shared)
                st.session_state[_KEPT] = (made.owner, made.name)
                st.session_state[_NAME] = ""
                st.toast(say("terms.query_is_kept", name=literal(made.name)), icon=":material/check:")

        st.button(
            say("terms.save"), key="plb-terms-query-keep", type="primary", on_click=keep,
            disabled=not (name or "").strip(),
        )  # fmt: skip


def _answer(page: Page, found: QueryAnswer) -> None:
    import streamlit as st

    say = page.say
    if found.kind == "ask":
        show(element("p", say("terms.query_yes" if found.holds else "terms.query_no"), class_="plb-fine"))
        return
    count = len(found.rows) if found.kind == "select" else found.triples
    told = "terms.query_more" if found.more else f"terms.query_{found.kind}"
    show(element("p", say(told, count=count), class_="plb-quiet"))
    if found.kind == "construct":
        st.code(found.turtle, language="turtle")
    elif found.rows:
        ids = {term.value for row in found.rows for term in row if term and term.type == "iri"}
        names = terms_of(page).names(ids, page.user)
        columns = zip(found.columns, zip(*found.rows, strict=True), strict=True)
        cells = {column: _column(terms, names, say) for column, terms in columns}
        st.dataframe(cells, hide_index=True, key="plb-terms-query-table")


def _column(terms: Sequence[QueryTerm | None], names: Mapping[str, Name], say: Words) -> Sequence[str | float | None]:
    """A column's values to show; numbers stay numbers, so that the table can be sorted by them."""
    if any(terms) and all(term is None or term.datatype in _NUMBERS for term in terms):
        return [None if term is None else _NUMBERS[term.datatype](term.value) for term in terms]
    return [_cell(term, names, say) for term in terms]


def _cell(term: QueryTerm | None, names: Mapping[str, Name], say: Words) -> str:
    """A value as one reads it: things by name and id, ids with their usual prefix, texts without quotes."""
    if term is None:
        return ""
    if term.type == "iri":
        if term.value in names:
            return f"{names[term.value].text(say.language)} · {term.value}"
        for prefix, start in PREFIXES.items():
            if term.value.startswith(start):
                return f"{prefix}:{term.value.removeprefix(start)}"
    return f"{term.value} ({term.language})" if term.language else term.value
