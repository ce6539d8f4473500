"""The facts of a concept in its form: each on a line, with the time in which it holds, and a line to add one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, literal, show
from app.ui.terms import marks
from app.ui.terms.common import pick, terms_of
from knowledge.graph.changes import ConceptForm, FactForm

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from knowledge.graph.changes import RelationForm
    from knowledge.graph.differing import Name
    from knowledge.types import Language


def facts(
    page: Page, key: str, start: ConceptForm, names: dict[str, Name], types: tuple[str, ...]
) -> tuple[FactForm, ...]:
    """The facts as they are edited; new ones and those that were taken away live under `key` in the page's memory.

    What things of the classes `types` are usually told about is offered first, what they cannot have only on request.
    """
    import streamlit as st

    say = page.say
    kept: list[tuple[int, FactForm]] = st.session_state.setdefault(f"{key}-rows", list(enumerate(start.facts)))
    relations = {relation.id: relation for relation in terms_of(page).relations(page.user)}
    show(marks.heading(say("terms.facts"), 3))
    unknown = {fact.object for _, fact in kept if not fact.literal} - names.keys()
    called = {**names, **terms_of(page).names(sorted(unknown), page.user)} if unknown else names

    def drop(number: int) -> None:
        st.session_state[f"{key}-rows"] = [row for row in kept if row[0] != number]

    found = []
    for number, fact in kept:
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-row-{number}", gap="small"):
            found.append(_row(page, f"{key}-{number}", fact, relations, called))
            st.button(
                "✕",
                key=f"{key}-drop-{number}",
                type="tertiary",
                on_click=drop,
                args=(number,),
                help=say("terms.remove"),
            )
    fitting = {form.id: form for form in terms_of(page).relations(page.user, of=types)} if types else {}
    _add(page, key, kept, relations, fitting)
    return tuple(found)


def _row(
    page: Page, key: str, fact: FactForm, relations: Mapping[str, RelationForm], names: Mapping[str, Name]
) -> FactForm:
    import streamlit as st

    say = page.say
    title = relation_name(relations.get(fact.relation), fact.relation, say.language)
    if fact.literal:
        value = st.text_input(literal(title), fact.object, key=f"{key}-value") or ""
    else:
        value = fact.object
        name = names.get(fact.object)
        st.text_input(literal(title), name.text(say.language) if name else fact.object, key=f"{key}-to", disabled=True)
    since = st.text_input(say("terms.since"), fact.since, key=f"{key}-since", placeholder="2026-01-31", width=110)
    until = st.text_input(say("terms.until"), fact.until, key=f"{key}-until", placeholder="2026-12-31", width=110)
    return fact.model_copy(
        update={"object": value.strip(), "since": (since or "").strip(), "until": (until or "").strip()}
    )


def _add(
    page: Page,
    key: str,
    kept: Sequence[tuple[int, FactForm]],
    relations: Mapping[str, RelationForm],
    fitting: Mapping[str, RelationForm],
) -> None:
    import streamlit as st

    say = page.say
    if not relations:
        st.caption(say("terms.relations_none"))
        return
    number = max((number for number, _ in kept), default=-1) + 1

    def add(fact: FactForm) -> None:
        st.session_state[f"{key}-rows"] = [*kept, (number, fact)]
        for name in ("relation", "new-value"):
            st.session_state.pop(f"{key}-{name}", None)

    with st.container(key=f"{key}-new", border=True):
        _usual(page, key, kept, fitting)
        options = _options(page, key, relations, fitting)
        chosen = st.selectbox(
            say("terms.fact_add"),
            sorted(options, key=lambda one: relation_name(relations[one], one, say.language)),
            index=None,
            format_func=lambda one: relation_name(relations[one], one, say.language),
            placeholder=say("terms.fact_relation"),
            key=f"{key}-relation",
        )
        if chosen is None:
            return
        if not relations[chosen].literal:
            pick(
                page, f"{key}-target", say("terms.fact_target"), lambda one: add(FactForm(relation=chosen, object=one))
            )
            return
        unit = relations[chosen].unit
        title = say("terms.fact_value") + (f" ({unit})" if unit else "")
        value = st.text_input(title, key=f"{key}-new-value")
        if (value or "").strip():
            fact = FactForm(relation=chosen, object=(value or "").strip(), literal=True)
            st.button(say("terms.add"), key=f"{key}-add", on_click=add, args=(fact,))


def _usual(page: Page, key: str, kept: Sequence[tuple[int, FactForm]], fitting: Mapping[str, RelationForm]) -> None:
    """What a thing of these classes is told about and this one is not yet, each at a press."""
    import streamlit as st

    say = page.say
    said = {fact.relation for _, fact in kept}
    missing = [one for one, form in fitting.items() if form.domain and one not in said]
    if not missing:
        return

    def choose(relation: str) -> None:
        st.session_state[f"{key}-relation"] = relation

    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-usual", gap="small"):
        show(element("span", say("terms.fact_usual"), class_="plb-quiet"), "content")
        for one in sorted(missing, key=lambda one: relation_name(fitting[one], one, say.language)):
            name = literal(relation_name(fitting[one], one, say.language))
            st.button(
                name, key=f"{key}-usual-{one}", icon=":material/add:", type="tertiary", on_click=choose, args=(one,)
            )


def _options(
    page: Page, key: str, relations: Mapping[str, RelationForm], fitting: Mapping[str, RelationForm]
) -> Collection[str]:
    """The relations to choose from: those that fit the classes, or all where somebody asks for them."""
    import streamlit as st

    if not fitting or len(fitting) == len(relations):
        return relations
    every = st.checkbox(page.say("terms.fact_all"), key=f"{key}-all", help=page.say("terms.fact_all_help"))
    return relations if every or st.session_state.get(f"{key}-relation") not in (None, *fitting) else fitting


def relation_name(relation: RelationForm | None, relation_id: str, language: Language) -> str:
    """What a relation is called in a language, else in any, else its id's last part."""
    labels = relation.labels if relation else ()
    first = next((label.text for label in labels if label.language.startswith(language)), "")
    return first or next((label.text for label in labels), relation_id.rsplit("#", 1)[-1].rsplit(":", 1)[-1])
