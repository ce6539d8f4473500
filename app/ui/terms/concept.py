"""One concept with all that is known of it: names in both languages, meaning, place, facts, use, history, talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, literal, show
from app.ui.terms import acts, marks
from app.ui.terms.address import CONCEPT, EDIT, RELATION, VIEW, go, leave_for, link
from app.ui.terms.common import manages, names_of_issues, show_difference, terms_of
from app.ui.terms.drawing import drawing
from app.ui.terms.history import undo_button
from app.ui.terms.watched import watch_button
from app.ui.texts import Words, other
from knowledge.errors import NotFound
from knowledge.graph.texts import language_of
from knowledge.graph.vocabulary import LABEL_KINDS

if TYPE_CHECKING:
    from app.terms.views import ConceptView, Usage
    from knowledge.graph.changes import FactForm, LabelForm, TextForm
    from knowledge.types import Language

_TEXTS = ("definitions", "notes", "examples")
_SENTENCES = 50


def concept(page: Page, concept_id: str) -> None:
    """The concept's page; unknown and hidden ones look alike."""
    import streamlit as st

    say = page.say
    try:
        view = terms_of(page).concept(concept_id, page.user)
    except NotFound:
        _lead_to_relation(page, concept_id)
        st.warning(say("terms.no_such_concept"))
        st.button(say("terms.back"), icon=":material/arrow_back:", on_click=go)
        return
    with st.container(key="plb-terms-back"):
        st.button(
            say("terms.back"), key="plb-terms-to-list", icon=":material/arrow_back:", type="tertiary", on_click=go
        )
    _head(page, view)
    tabs: Mapping[str, Callable[[Page, ConceptView], None]] = {
        say("terms.tab_overview"): _overview,
        say("terms.tab_drawing"): drawing,
        say("terms.tab_usage"): _usage,
        say("terms.tab_history"): _history,
        **({say("terms.tab_talk"): _discussion} if manages(page) else {}),
        "Turtle": _turtle,
    }
    shown = st.tabs(list(tabs), key=f"plb-terms-tabs-{say.language}", on_change="rerun")
    for tab, fill in zip(shown, tabs.values(), strict=True):
        if tab.open:
            with tab, friendly(say):
                fill(page, view)


def _lead_to_relation(page: Page, wanted: str) -> None:
    """Show a relation where histories and differences name one like a concept."""
    try:
        terms_of(page).relation(wanted, page.user)
    except NotFound:
        return
    leave_for(**{VIEW: "relations", RELATION: wanted})


def _head(page: Page, view: ConceptView) -> None:
    import streamlit as st

    say = page.say
    name = view.concept
    signs = [marks.badge(say("terms.state_deprecated"), "warn")] if view.deprecated else []
    groups = marks.listed(view.form.access, say)
    signs += [marks.badge(say("terms.only_for", groups=groups))] if groups else []
    signs += [marks.act("proposal", one, say("terms.pending", id=one), "plb-mark plb-good") for one in view.pending]
    second = marks.in_other_language(name, say)
    title = element(
        "p",
        name.text(say.language),
        " ",
        element("small", second, lang=other(say.language)) if second else "",
        class_="plb-title",
        role="heading",
        aria_level="1",
    )
    with st.container(key="plb-terms-head", horizontal=True, vertical_alignment="center", wrap=True):
        show(element("div", title, element("div", join(signs, " "), class_="plb-signs") if signs else ""))
        if manages(page):
            st.button(
                say("terms.edit"),
                key="plb-terms-edit",
                icon=":material/edit:",
                shortcut="E",
                on_click=go,
                kwargs={CONCEPT: name.id, EDIT: "1"},
            )
            acts.menu(page, view)
        watch_button(page, name.id)
    if view.replaced_by:
        show(element("p", say("terms.replaced_by"), " ", marks.concept_links(view.replaced_by, say), class_="plb-lead"))


# --- overview -------------------------------------------------------------------------------------------------------


def _overview(page: Page, view: ConceptView) -> None:
    say = page.say
    show(join([_side_by_side(view, say), _place(view, say), _facts(page, view)]))
    if view.issues:
        show(marks.heading(say("terms.issues"), 3))
        names = names_of_issues(page, view.issues, {})
        # The one shown needs no name before each of its issues
        names.pop(view.concept.id, None)
        show(marks.issues(view.issues, say, names))


def _side_by_side(view: ConceptView, say: Words) -> Html:
    """Names and texts, one column a language; what is missing is marked, what is in neither language follows."""
    languages: tuple[Language, ...] = (say.language, other(say.language))
    head = element("tr", element("th", ""), *(element("th", say(f"terms.language_{each}")) for each in languages))
    rows: list[Html] = []
    for kind in LABEL_KINDS.values():
        labels = [label for label in view.form.labels if label.kind == kind]
        if labels or kind == "preferred":
            cells = [_labels(labels, language, kind, view, say) for language in languages]
            rows.append(_line(say(f"terms.kind_{kind}"), *cells))
    if view.inherited:
        cells = [_names([text for text in view.inherited if _side(text) == language]) for language in languages]
        rows.append(_line(say("terms.inherited"), *cells))
    for field in _TEXTS:
        texts: tuple[TextForm, ...] = getattr(view.form, field)
        if texts or field == "definitions":
            cells = [_paragraphs(_in(texts, language), field, say) for language in languages]
            rows.append(_line(say(f"terms.field_{field}"), *cells))
    rows += _in_neither(view, say)
    return element("table", element("tbody", head, *rows), class_="plb-fields plb-sides")


def _line(title: str, *cells: Html) -> Html:
    return element("tr", element("th", title), *(element("td", cell) for cell in cells))


def _side(text: str) -> Language:
    """The column for a name of which no tag is told."""
    return language_of("", text) or "en"


def _in(texts: Sequence[TextForm], language: Language | None) -> list[str]:
    return [text.text for text in texts if language_of(text.language, text.text) == language]


def _labels(labels: Sequence[LabelForm], language: Language, kind: str, view: ConceptView, say: Words) -> Html:
    found = [label.text for label in labels if language_of(label.language, label.text) == language]
    if not found and kind == "preferred" and not view.deprecated:
        return marks.badge(say("terms.missing"), "warn")
    return _names(found, f"plb-kind-{kind}")


def _names(texts: Sequence[str], class_: str = "") -> Html:
    return join([element("span", text, class_=f"plb-label-text {class_}".strip()) for text in texts], " ")


def _paragraphs(texts: Sequence[str], field: str, say: Words) -> Html:
    if not texts and field == "definitions":
        return marks.badge(say("terms.missing"))
    return join([element("p", text) for text in texts])


def _in_neither(view: ConceptView, say: Words) -> list[Html]:
    """Names and texts in further languages or without one, and where the concept was taken from."""
    rows = [
        (f"{say(f'terms.kind_{label.kind}')} ({label.language or say('terms.language_none')})", label.text)
        for label in view.form.labels
        if language_of(label.language, label.text) is None
    ]
    for field in _TEXTS:
        texts: tuple[TextForm, ...] = getattr(view.form, field)
        rows += [
            (f"{say(f'terms.field_{field}')} ({text.language or say('terms.language_none')})", text.text)
            for text in texts
            if language_of(text.language, text.text) is None
        ]
    rows += [(say("terms.field_sources"), text.text) for text in view.form.sources]
    return [_line(title, element("span", text), Html("")) for title, text in rows]


def _name(view: ConceptView, one: str, say: Words) -> str:
    name = view.names.get(one)
    return name.text(say.language) if name else one


def _place(view: ConceptView, say: Words) -> Html:
    """Class, broader, narrower and related concepts."""

    def links(ids: Sequence[str]) -> Html:
        return join([marks.to_concept(one, _name(view, one, say)) for one in ids], " ")

    types = _names([_name(view, one, say) for one in view.form.types])
    pairs = [
        (say("terms.field_type"), types),
        (say("terms.field_broader"), links(view.form.broader)),
        (say("terms.field_narrower"), marks.concept_links(view.narrower, say)),
        (say("terms.field_related"), links(view.form.related)),
        (say("terms.field_scheme"), _names([_name(view, one, say) for one in view.form.schemes])),
    ]
    rows = [_line(title, content) for title, content in pairs if content]
    return element("table", element("tbody", *rows), class_="plb-fields") if rows else Html("")


def _facts(page: Page, view: ConceptView) -> Html:
    """What the graph states about the concept, and what it states about others with it."""
    say = page.say
    if not view.form.facts and not view.incoming:
        return marks.empty(say("terms.facts_none"))
    units = {relation.id: relation.unit for relation in terms_of(page).relations(page.user)}
    rows = [
        element(
            "tr", element("th", _relation(view, fact.relation, say)), element("td", *fact_value(view, fact, units, say))
        )
        for fact in view.form.facts
    ]
    back = [
        element(
            "tr",
            element("th", "← ", marks.act("relation", one.relation.id, one.relation.text(say.language), "plb-plain")),
            element("td", marks.concept_link(one.subject, say)),
        )
        for one in view.incoming
    ]
    return join(
        [
            marks.heading(say("terms.facts"), 3),
            element("table", element("tbody", *rows, *back), class_="plb-fields"),
        ]
    )


def _relation(view: ConceptView, relation: str, say: Words) -> Html:
    return marks.act("relation", relation, _name(view, relation, say), "plb-plain")


def fact_value(view: ConceptView, fact: FactForm, units: Mapping[str, str], say: Words) -> list[object]:
    """The other end of a fact, with its unit and the time in which it holds."""
    unit = f" {units.get(fact.relation, '')}".rstrip()
    value: object = (
        f"{fact.object}{unit}" if fact.literal else marks.to_concept(fact.object, _name(view, fact.object, say))
    )
    if not fact.since and not fact.until:
        return [value]
    return [value, " ", marks.badge(say("terms.valid", since=fact.since or "…", until=fact.until or "…"))]


# --- usage ----------------------------------------------------------------------------------------------------------


def _usage(page: Page, view: ConceptView) -> None:
    """The documents and answers that mention the concept, with the sentences."""
    say = page.say
    found = terms_of(page).usage(view.concept.id, page.user, limit=_SENTENCES)
    show(marks.heading(say("terms.usage_documents", documents=found.documents, chunks=found.chunks), 3))
    show(_in_documents(found) if found.sentences else marks.empty(say("terms.usage_no_documents")))
    show(marks.heading(say("terms.usage_answers", count=found.answers), 3))
    show(_in_answers(found, say) if found.answer_sentences else marks.empty(say("terms.usage_no_answers")))


def _in_documents(found: Usage) -> Html:
    lines = []
    for one in found.sentences:
        text = one.sentence
        before, after = marks.without_signs(text[: one.start], text[one.end :])
        sentence = join([before, element("mark", text[one.start : one.end]), after])
        where = f"{one.path} · {one.page}" if one.page is not None else one.path
        title = element("a", one.title, class_="plb-term", href=f"/source/{one.document_id}/original", download=True)
        lines.append(
            element(
                "div",
                element("p", title, " ", element("span", where, class_="plb-quiet")),
                element("p", sentence, class_="plb-sentence"),
                class_="plb-touched",
            )
        )
    return join(lines)


def _in_answers(found: Usage, say: Words) -> Html:
    return join(
        [
            element(
                "div",
                element(
                    "p",
                    one.question if one.own and one.question else say("terms.impact_someone"),
                    " ",
                    element("span", marks.when(one.at), class_="plb-quiet"),
                ),
                element("p", one.sentence, class_="plb-sentence"),
                class_="plb-touched",
            )
            for one in found.answer_sentences
        ]
    )


# --- history, discussion, Turtle ------------------------------------------------------------------------------------


def _history(page: Page, view: ConceptView) -> None:
    """Each revision that touched the concept: who, when, why; opened, what it changed here."""
    import streamlit as st

    say = page.say
    revisions = terms_of(page).history(page.user, concept=view.concept.id)
    if not revisions:
        show(marks.empty(say("terms.history_none")))
    for one in revisions:
        by = one.author if one.approved_by in ("", one.author) else f"{one.author} → {one.approved_by}"
        title = f"{marks.when(one.at)} · {by} · {say(f'terms.change_{one.kind}')}"
        with st.expander(literal(title), key=f"plb-revision-{one.id}", on_change="rerun", type="compact") as opened:
            if opened.open:
                if one.comment:
                    show(element("p", one.comment, class_="plb-lead"))
                before = str(one.number - 1) if one.number > 1 else ""
                found = terms_of(page).diff(before, one.id, page.user, concept=view.concept.id)
                show_difference(page, found)
                if manages(page):
                    undo_button(page, one.id)


def _discussion(page: Page, view: ConceptView) -> None:
    discussion(page, view.concept.id)


def discussion(page: Page, about: str) -> None:
    """What was said about a concept or proposal, and a box to say more."""
    import streamlit as st

    say = page.say
    said = terms_of(page).discussion(about, page.user)
    if not said:
        show(marks.empty(say("terms.talk_none")))
    for one in said:
        head = element("p", element("b", one.author), " ", element("span", marks.when(one.at), class_="plb-quiet"))
        show(element("div", head, element("p", one.text, class_="plb-said"), class_="plb-touched"))
    with st.form(f"plb-talk-{about}", clear_on_submit=True, border=False):
        text = st.text_area(say("terms.talk_say"), height=80, max_chars=4000)
        if st.form_submit_button(say("terms.talk_send")) and text.strip():
            terms_of(page).comment(about, text.strip(), page.user)
            st.rerun()


def _turtle(page: Page, view: ConceptView) -> None:
    import streamlit as st

    st.code(terms_of(page).turtle(view.concept.id, page.user), language="turtle", wrap_lines=True)
    show(element("p", element("code", view.concept.id), class_="plb-quiet plb-small"))
    show(element("p", element("code", link(concept=view.concept.id)), class_="plb-quiet plb-small"))
