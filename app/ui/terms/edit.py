"""The form of a concept. It says what would be wrong while it is filled in, and ends as a proposal or a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.address import CONCEPT, PROPOSAL, VIEW, leave_for, shown
from app.ui.terms.common import choose_several, forget, limits, preview, propose, terms_of
from app.ui.terms.facts import facts
from app.ui.terms.lines import (
    KINDS,
    Column,
    column_of,
    edited_texts,
    lines_to_names,
    lines_to_texts,
    names_to_lines,
)
from app.ui.texts import other
from knowledge.graph.changes import ConceptForm, Create, Edit, TextForm

if TYPE_CHECKING:
    from app.terms.views import ProposalView
    from knowledge.graph.differing import Name
    from knowledge.types import LabelKind

Line = TypeVar("Line")
_TEXT_FIELDS = ("definitions", "notes", "examples")
_TALL = ("alternative", "deprecated")
_OPEN_FIELDS = ("definitions",)


def edit(page: Page, concept_id: str) -> None:
    """The form of a concept, or of a new one for ""; or of somebody's own proposal that the address names."""
    import streamlit as st

    say = page.say
    proposal = _own_proposal(page)
    key = f"plb-edit-{proposal.id if proposal else concept_id or 'new'}"
    start, base, names = _start(page, concept_id, proposal, key)

    @st.fragment
    def form() -> None:
        if st.button(say("terms.cancel"), key=f"{key}-leave", icon=":material/arrow_back:", type="tertiary"):
            forget(key)
            leave_for(**({CONCEPT: concept_id} if concept_id else {}))
        show(marks.heading(_title(start, page)))
        limits(page)
        with friendly(say):
            filled = _filled(page, key, start, names)
            if not filled.labels:
                show(marks.empty(say("terms.edit_unnamed")))
                return
            if filled == start and proposal is None:
                show(marks.empty(say("terms.edit_nothing")))
                return
            change = Edit(form=filled) if concept_id else Create(form=filled)
            if proposal is None:
                propose(page, change, key, base or None)
            else:
                _revise(page, change, key, proposal)

    form()


def _own_proposal(page: Page) -> ProposalView | None:
    wanted = shown(PROPOSAL)
    return terms_of(page).proposal(wanted, page.user) if wanted else None


def _start(
    page: Page, concept_id: str, proposal: ProposalView | None, key: str
) -> tuple[ConceptForm, str, dict[str, Name]]:
    """The form as it was when it was opened, the revision that it was opened at, and what ids in it are called."""
    import streamlit as st

    kept = f"{key}-start"
    if kept not in st.session_state:
        view = terms_of(page).concept(concept_id, page.user) if concept_id else None
        change = proposal.change if proposal else None
        present = view.form if view else ConceptForm()
        form = change.form if isinstance(change, Edit | Create) else present
        st.session_state[kept] = (form, view.revision if view else terms_of(page).current(), view.names if view else {})
    start: tuple[ConceptForm, str, dict[str, Name]] = st.session_state[kept]
    return start


def _title(start: ConceptForm, page: Page) -> str:
    own = next((label.text for label in start.labels if column_of(label) == page.say.language), "")
    called = own or next((label.text for label in start.labels), "")
    return page.say("terms.edit_title", name=called) if called else page.say("terms.new_title")


def _filled(page: Page, key: str, start: ConceptForm, names: dict[str, Name]) -> ConceptForm:
    """The form with what has been typed into it."""
    import streamlit as st

    say = page.say
    columns: tuple[Column, ...] = (say.language, other(say.language))
    lines: dict[tuple[LabelKind, Column], str] = {}
    texts: dict[str, list[tuple[str, str]]] = {field: [] for field in _TEXT_FIELDS}
    for place, column in zip(st.columns(2, gap="medium"), columns, strict=True):
        with place:
            show(marks.heading(say(f"terms.language_{column}"), 3))
            for kind in KINDS:
                lines[kind, column] = _names(page, key, start, kind, column)
            for field in _TEXT_FIELDS:
                texts[field] += _texts(page, key, start, field, column)
    further = any(column_of(label) is None for label in start.labels)
    with st.expander(say("terms.edit_further"), key=f"{key}-further", expanded=further):
        st.caption(say("terms.edit_further_hint"))
        for kind in KINDS:
            lines[kind, None] = _names(page, key, start, kind, None)
        for field in _TEXT_FIELDS:
            texts[field] += _texts(page, key, start, field, None)
        sources = st.text_area(
            say("terms.field_sources"), "\n".join(text.text for text in start.sources), key=f"{key}-sources", height=68
        )
    with st.container(border=True):
        types = _types(page, key, start)
        broader = choose_several(page, f"{key}-broader", say("terms.field_broader"), start.broader, names, start.id)
        related = choose_several(page, f"{key}-related", say("terms.field_related"), start.related, names, start.id)
        in_schemes = _schemes(page, key, start)
        access = _access(page, key, start)
    stated = facts(page, f"{key}-facts", start, names, types)
    return ConceptForm(
        id=start.id,
        labels=_same_order(start.labels, lines_to_names(start, lines)),
        definitions=_same_order(start.definitions, edited_texts(texts["definitions"])),
        notes=_same_order(start.notes, edited_texts(texts["notes"])),
        examples=_same_order(start.examples, edited_texts(texts["examples"])),
        sources=lines_to_texts(start.sources, sources or ""),
        types=types,
        broader=broader,
        related=related,
        schemes=in_schemes,
        facts=stated,
        access=access,
    )


def _same_order(before: tuple[Line, ...], after: tuple[Line, ...]) -> tuple[Line, ...]:
    """What is the same in another order is the same."""
    return before if set(before) == set(after) else after


def _names(page: Page, key: str, start: ConceptForm, kind: LabelKind, column: Column) -> str:
    import streamlit as st

    say = page.say
    before = names_to_lines(start, kind, column)
    title, place = say(f"terms.kind_{kind}"), f"{key}-{kind}-{column}"
    if kind == "preferred" and "\n" not in before and column:
        return st.text_input(title, before, key=place) or ""
    height = 98 if kind in _TALL and column else 68
    return st.text_area(title, before, key=place, height=height, help=say("terms.one_a_line")) or ""


def _texts(page: Page, key: str, start: ConceptForm, field: str, column: Column) -> list[tuple[str, str]]:
    """Each text of a field in a column in a box of its own, an empty one where there is none yet."""
    import streamlit as st

    texts: tuple[TextForm, ...] = getattr(start, field)
    found = [text for text in texts if column_of(text) == column]
    if not found and column:
        found = [TextForm(text="", language=column)]
    edited = []
    for number, text in enumerate(found):
        title = page.say(f"terms.field_{field}") + (f" ({text.language})" if column is None else "")
        height = 120 if field in _OPEN_FIELDS else 68
        typed = st.text_area(title, text.text, key=f"{key}-{field}-{column}-{number}", height=height)
        edited.append((typed or "", text.language))
    return edited


def _types(page: Page, key: str, start: ConceptForm) -> tuple[str, ...]:
    import streamlit as st

    called = {name.id: name.text(page.say.language) for name in terms_of(page).classes(page.user)}
    options = [*called, *(one for one in start.types if one not in called)]
    chosen = st.multiselect(
        page.say("terms.field_type"),
        options,
        default=list(start.types),
        format_func=lambda one: called.get(one, one),
        key=f"{key}-types",
        placeholder=page.say("terms.choose"),
    )
    return _same_order(start.types, tuple(chosen))


def _schemes(page: Page, key: str, start: ConceptForm) -> tuple[str, ...]:
    """The concept schemes; asked for only where the graph has some. A new concept begins in those one may change."""
    import streamlit as st

    called = terms_of(page).schemes(page.user)
    if not called and not start.schemes:
        return ()
    options = [*called, *(one for one in start.schemes if one not in called)]
    own = [scheme.id for scheme in terms_of(page).reach(page.user).schemes]
    chosen = st.multiselect(
        page.say("terms.field_scheme"),
        options,
        default=list(start.schemes) if start.id else own,
        format_func=lambda one: called.get(one, one),
        key=f"{key}-schemes",
        placeholder=page.say("terms.choose"),
    )
    return _same_order(start.schemes, tuple(chosen))


def _access(page: Page, key: str, start: ConceptForm) -> tuple[str, ...]:
    import streamlit as st

    options = sorted({*page.user.groups, *start.access})
    chosen = st.multiselect(
        page.say("terms.field_access"),
        options,
        default=list(start.access),
        accept_new_options=True,
        key=f"{key}-access",
        help=page.say("terms.access_help"),
        placeholder=page.say("terms.access_none"),
    )
    return _same_order(start.access, tuple(chosen))


def _revise(page: Page, change: Edit | Create, key: str, proposal: ProposalView) -> None:
    """Save a proposal of one's own anew; whoever changed it in between is not overwritten."""
    import streamlit as st

    say = page.say
    preview(page, change)
    comment = st.text_input(say("terms.comment"), proposal.comment, key=f"{key}-comment")
    if st.button(say("terms.save"), key=f"{key}-save", type="primary"):
        terms_of(page).revise(proposal.id, page.user, change=change, comment=comment or "", version=proposal.version)
        forget(key)
        leave_for(**{VIEW: "review", PROPOSAL: proposal.id})
