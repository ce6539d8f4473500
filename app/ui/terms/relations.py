"""Kinds of facts: what they join, how sentences say them, and what the checker reads in a sentence that one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.address import NEW, RELATION, VIEW, go, shown
from app.ui.terms.common import manages, propose, terms_of
from app.ui.terms.facts import relation_name
from app.ui.terms.lines import split
from app.ui.terms.trying import trying
from app.ui.texts import Words, other
from knowledge.errors import NotFound
from knowledge.graph.changes import RelationForm, SetRelation, TextForm
from knowledge.graph.texts import language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.graph.differing import Name
    from knowledge.types import Language

_FLAGS = ("functional", "complete", "symmetric", "asymmetric", "transitive")


def relations(page: Page) -> None:
    """All relations on the left, the chosen one on the right."""
    import streamlit as st

    wanted = shown(RELATION)
    left, right = st.columns([1, 2.3], gap="medium")
    with left, st.container(key=f"plb-terms-list-{'behind' if wanted else 'front'}"):
        _list(page, wanted)
    with right, st.container(key="plb-terms-shown"), friendly(page.say):
        if wanted:
            _relation(page, wanted)
        else:
            show(marks.empty(page.say("terms.relations_choose")))
            if manages(page):
                trying(page)


def _list(page: Page, current: str) -> None:
    import streamlit as st

    say = page.say
    found = terms_of(page).relations(page.user)
    if not found:
        show(marks.empty(say("terms.relations_none")))
    lines = []
    for one in sorted(found, key=lambda relation: relation_name(relation, relation.id, say.language).lower()):
        title = relation_name(one, one.id, say.language)
        second = relation_name(one, one.id, other(say.language))
        note = say("terms.phrases_count", count=len(one.phrases))
        content = join(
            [
                element("span", title, class_="plb-name"),
                element("small", f"{second} · {note}" if second != title else note),
            ]
        )
        class_ = "plb-row plb-current" if one.id == current else "plb-row"
        lines.append(element("li", marks.act("relation", one.id, content, class_)))
    show(element("ul", *lines, class_="plb-list"))
    if manages(page):
        st.button(
            say("terms.relation_new"),
            key="plb-terms-new-relation",
            icon=":material/add:",
            type="tertiary",
            on_click=go,
            kwargs={VIEW: "relations", RELATION: NEW},
        )


def _relation(page: Page, wanted: str) -> None:
    import streamlit as st

    say = page.say
    try:
        start = RelationForm() if wanted == NEW else terms_of(page).relation(wanted, page.user)
    except NotFound:
        st.warning(say("terms.no_such_relation"))
        return
    with st.container(key="plb-terms-back"):
        st.button(
            say("terms.back"), key="plb-terms-to-relations", icon=":material/arrow_back:", type="tertiary", on_click=go,
            kwargs={VIEW: "relations"},
        )  # fmt: skip
    title = relation_name(start, start.id, say.language) if start.id else say("terms.relation_new")
    show(element("p", title, class_="plb-title", role="heading", aria_level="1"))
    if manages(page):
        _form(page, start)
    else:
        show(_as_table(page, start))


def _as_table(page: Page, form: RelationForm) -> Html:
    say = page.say
    names = terms_of(page).names([*form.domain, *form.range, *form.inverse, *form.parents], page.user)
    pairs = [
        (say("terms.field_name"), _texts(form.labels)),
        (say("terms.field_phrase"), _texts(form.phrases)),
        (say("terms.field_domain"), _names(form.domain, names, say)),
        (say("terms.field_range"), _names(form.range, names, say)),
        (say("terms.field_inverse"), _names(form.inverse, names, say)),
        (say("terms.field_unit"), element("span", form.unit) if form.unit else Html("")),
        (
            say("terms.relation_flags"),
            join([marks.badge(say(f"terms.flag_{f}")) for f in _FLAGS if getattr(form, f)], " "),
        ),
    ]
    rows = (element("tr", element("th", title), element("td", content)) for title, content in pairs if content)
    return element("table", element("tbody", *rows), class_="plb-fields")


def _texts(texts: Sequence[TextForm]) -> Html:
    return join([element("p", text.text) for text in texts])


def _names(ids: Sequence[str], names: dict[str, Name], say: Words) -> Html:
    called = (names[one].text(say.language) if one in names else one for one in ids)
    return element("span", marks.listed(called, say)) if ids else Html("")


# --- the form -------------------------------------------------------------------------------------------------------


def _form(page: Page, start: RelationForm) -> None:
    import streamlit as st

    say = page.say
    key = f"plb-relation-{start.id or NEW}"

    @st.fragment
    def form() -> None:
        with friendly(say):
            filled = _filled(page, key, start)
            change = SetRelation(form=filled)
            ready = bool(filled.labels) and filled != start
            trying(page, change if ready else None)
            if not ready:
                show(marks.empty(say("terms.edit_nothing" if start.id else "terms.edit_unnamed")))
                return
            propose(page, change, key)

    form()


def _filled(page: Page, key: str, start: RelationForm) -> RelationForm:
    import streamlit as st

    say = page.say
    labels: list[TextForm] = [text for text in start.labels if _column(text) is None]
    phrases: list[TextForm] = [text for text in start.phrases if _column(text) is None]
    languages: tuple[Language, ...] = (say.language, other(say.language))
    for place, language in zip(st.columns(2, gap="medium"), languages, strict=True):
        with place:
            show(marks.heading(say(f"terms.language_{language}"), 3))
            labels += _lines(say("terms.field_name"), key, "labels", start.labels, language)
            phrases += _lines(
                say("terms.field_phrase"), key, "phrases", start.phrases, language, say("terms.phrase_help")
            )
    literal_values = st.segmented_control(
        say("terms.relation_leads_to"),
        (False, True),
        default=start.literal,
        required=True,
        format_func=lambda value: say("terms.relation_literal" if value else "terms.relation_concepts"),
        key=f"{key}-literal",
    )
    known_classes = {name.id: name.text(say.language) for name in terms_of(page).classes(page.user)}
    known = {one.id: relation_name(one, one.id, say.language) for one in terms_of(page).relations(page.user)}
    left, right = st.columns(2, gap="medium")
    with left:
        domain = _choose(page, key, "domain", start.domain, known_classes)
        inverse = _choose(page, key, "inverse", start.inverse, known)
    with right:
        if literal_values:
            range_, unit = start.range, st.text_input(say("terms.field_unit"), start.unit, key=f"{key}-unit") or ""
        else:
            range_, unit = _choose(page, key, "range", start.range, known_classes), start.unit
        parents = _choose(page, key, "parent", start.parents, known)
    chosen = st.pills(
        say("terms.relation_flags"),
        _FLAGS,
        selection_mode="multi",
        default=[flag for flag in _FLAGS if getattr(start, flag)],
        format_func=lambda flag: say(f"terms.flag_{flag}"),
        key=f"{key}-flags",
        help=say("terms.flags_help"),
    )
    return start.model_copy(
        update={
            "labels": _ordered(start.labels, labels),
            "phrases": _ordered(start.phrases, phrases),
            "literal": bool(literal_values),
            "domain": domain,
            "range": range_,
            "inverse": inverse,
            "parents": parents,
            "unit": unit.strip(),
            **{flag: flag in chosen for flag in _FLAGS},
        }
    )


def _column(text: TextForm) -> Language | None:
    return language_of(text.language, text.text.replace("{subject}", "").replace("{object}", ""))


def _ordered(before: tuple[TextForm, ...], after: list[TextForm]) -> tuple[TextForm, ...]:
    return before if set(before) == set(after) else tuple(dict.fromkeys(after))


def _lines(
    title: str, key: str, field: str, start: Sequence[TextForm], language: Language, hint: str | None = None
) -> list[TextForm]:
    """Texts of one language, one a line; one that was there before keeps its tag."""
    import streamlit as st

    known = {text.text: text for text in start if _column(text) == language}
    height = 180 if field == "phrases" else 68
    typed = st.text_area(title, "\n".join(known), key=f"{key}-{field}-{language}", height=height, help=hint)
    return [known.get(line, TextForm(text=line, language=language)) for line in split(typed or "")]


def _choose(page: Page, key: str, field: str, start: tuple[str, ...], known: dict[str, str]) -> tuple[str, ...]:
    import streamlit as st

    options = [*known, *(one for one in start if one not in known)]
    chosen = st.multiselect(
        page.say(f"terms.field_{field}"),
        options,
        default=list(start),
        format_func=lambda one: known.get(one, one),
        key=f"{key}-{field}",
        placeholder=page.say("terms.choose"),
    )
    return start if set(chosen) == set(start) else tuple(chosen)
