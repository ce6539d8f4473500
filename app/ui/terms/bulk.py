"""Many concepts in one table: names and definitions edited cell by cell, proposed together as one change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.common import propose, terms_of
from app.ui.terms.lines import Column, column_of, lines_to_names, names_to_lines
from app.ui.texts import LANGUAGES
from knowledge.graph.changes import ConceptForm, Edit, Several, TextForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.terms.views import ConceptView
    from knowledge.types import LabelKind, Language

_ROWS = 25
_BETWEEN = "; "
_COLUMNS: tuple[tuple[str, LabelKind | None, Language], ...] = (
    ("preferred_zh", "preferred", "zh"),
    ("preferred_en", "preferred", "en"),
    ("alternative_zh", "alternative", "zh"),
    ("alternative_en", "alternative", "en"),
    ("definition_zh", None, "zh"),
    ("definition_en", None, "en"),
)


def bulk(page: Page) -> None:
    """Concepts found by a word, or all by the alphabet, a page at a time."""
    import streamlit as st

    say = page.say
    show(element("p", say("terms.bulk_help"), class_="plb-quiet"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="plb-terms-bulk-bar"):
        wanted = st.text_input(
            say("terms.search"), key="plb-terms-bulk-search", placeholder=say("terms.search"), type="search",
            icon=":material/search:", label_visibility="collapsed",
        )  # fmt: skip
        number = int(st.session_state.get("plb-terms-bulk-page", 1))
        ids, total = _ids(page, (wanted or "").strip(), number)
        if total > _ROWS:
            st.pagination(-(-total // _ROWS), key="plb-terms-bulk-page", max_visible_pages=5)
    if not ids:
        show(marks.empty(say("terms.search_none", text=wanted) if wanted else say("terms.list_none")))
        return
    views = {one: terms_of(page).concept(one, page.user) for one in ids}
    before = [_cells(view) for view in views.values()]
    # Another page of the table, or another revision, begins without what was typed into this one
    key = f"plb-bulk-{wanted}-{number}-{terms_of(page).current()}"
    edited = st.data_editor(
        before,
        key=key,
        hide_index=True,
        num_rows="fixed",
        column_config={name: st.column_config.TextColumn(say(f"terms.bulk_{name}")) for name, _, _ in _COLUMNS},
    )
    changes = [
        Edit(form=form)
        for view, old, new in zip(views.values(), before, edited, strict=True)
        if new != old and (form := with_cells(view.form, old, new)) != view.form
    ]
    with friendly(say):
        if not changes:
            show(marks.empty(say("terms.bulk_nothing")))
            return
        revision = next(iter(views.values())).revision
        propose(page, changes[0] if len(changes) == 1 else Several(changes=tuple(changes)), "plb-bulk", revision)


def _ids(page: Page, wanted: str, number: int) -> tuple[list[str], int]:
    terms = terms_of(page)
    if wanted:
        found = [hit.concept.id for hit in terms.search(wanted, page.user, limit=_ROWS)]
        return found, len(found)
    rows = terms.listing(page.user, language=page.say.language, offset=_ROWS * (number - 1), limit=_ROWS)
    return [row.concept.id for row in rows.rows], rows.total


def _cells(view: ConceptView) -> dict[str, str]:
    return {name: _cell(view.form, kind, language) for name, kind, language in _COLUMNS}


def _cell(form: ConceptForm, kind: LabelKind | None, language: Language) -> str:
    """Names of a kind in a language, or its first definition."""
    if kind is not None:
        return names_to_lines(form, kind, language).replace("\n", _BETWEEN)
    return next((text.text for text in form.definitions if column_of(text) == language), "")


def with_cells(form: ConceptForm, old: Mapping[str, str], new: Mapping[str, str | None]) -> ConceptForm:
    """The form with the cells that are not as they were put in; everything else stays as it is."""
    lines: dict[tuple[LabelKind, Column], str] = {
        (label.kind, None): names_to_lines(form, label.kind, None) for label in form.labels
    }
    definitions = list(form.definitions)
    for name, kind, language in _COLUMNS:
        cell = (new.get(name) or "").strip()
        if kind is not None:
            lines[kind, language] = _lines(form, kind, language, cell, changed=cell != old[name])
        elif cell != old[name]:
            definitions = _with_definition(definitions, language, cell)
    untouched: tuple[LabelKind, ...] = ("hidden", "deprecated", "forbidden")
    for kind in untouched:
        for column in LANGUAGES:
            lines[kind, column] = names_to_lines(form, kind, column)
    labels = lines_to_names(form, lines)
    return form.model_copy(
        update={
            "labels": form.labels if set(labels) == set(form.labels) else labels,
            "definitions": tuple(definitions),
        }
    )


def _lines(form: ConceptForm, kind: LabelKind, language: Language, cell: str, *, changed: bool) -> str:
    return "\n".join(cell.split(_BETWEEN.strip())) if changed else names_to_lines(form, kind, language)


def _with_definition(texts: list[TextForm], language: Language, cell: str) -> list[TextForm]:
    """The first definition of a language replaced, added or taken away."""
    place = next((place for place, text in enumerate(texts) if column_of(text) == language), None)
    new = [TextForm(text=cell, language=language if place is None else texts[place].language)] if cell else []
    return [*texts, *new] if place is None else [*texts[:place], *new, *texts[place + 1 :]]
