"""Terms from a file, looked at before they become a proposal, and the graph as a file, as of any revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.terms import differences, marks
from app.ui.terms.address import PROPOSAL, VIEW, go
from app.ui.terms.common import terms_of
from app.ui.terms.facts import relation_name
from app.ui.terms.lines import KINDS
from knowledge.errors import InvalidInput
from knowledge.graph.term_export import TABLE_FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from app.ui.texts import Words
    from knowledge.graph.importing import ConceptChange, ImportOptions, ImportPreview, Said
    from knowledge.graph.mapping import TableMapping
    from knowledge.graph.tables import TermTable
    from knowledge.graph.told import Problem

_TYPES = ("csv", "tsv", "xlsx", "ttl", "nt", "nq", "trig", "rdf", "xml", "owl", "jsonld", "json", "tbx")
_FORMATS = ("ttl", "jsonld", "rdf", "nt", "nq", "trig", "csv", "xlsx", "tbx")
_LARGEST_MB = 50
_MOST_LISTED = 200


def exchange(page: Page) -> None:
    """Import on the left, export and the template on the right."""
    import streamlit as st

    left, right = st.columns([1.7, 1], gap="large")
    with left, friendly(page.say):
        _import(page)
    with right, friendly(page.say):
        _export(page)


# --- import ---------------------------------------------------------------------------------------------------------


def _import(page: Page) -> None:
    import streamlit as st

    say = page.say
    show(marks.heading(say("terms.import")))
    show(element("p", say("terms.import_help"), class_="plb-quiet"))
    given = st.file_uploader(
        say("terms.import_file"), type=list(_TYPES), key="plb-terms-file", max_upload_size=_LARGEST_MB,
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(horizontal=True):
        _template(page)
    if given is None:
        return
    replace = st.checkbox(say("terms.import_replace"), key="plb-terms-replace", help=say("terms.import_replace_help"))
    with friendly(say), st.spinner(say("terms.import_reading")):
        options = _options(page, given, replace=replace)
        with _stored(given) as path:
            report, change = terms_of(page).plan_import(path, page.user, options)
        _report(page, report)
        if change.added or change.removed:
            _propose(page, given, options)
        else:
            show(marks.empty(say("terms.import_nothing")))


def _template(page: Page) -> None:
    import streamlit as st

    from knowledge.graph.term_export import template

    for name in ("xlsx", "csv"):
        st.download_button(
            page.say("terms.template", format=name.upper()),
            partial(template, name),
            file_name=f"terms-template.{name}",
            key=f"plb-terms-template-{name}",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


@contextmanager
def _stored(given: UploadedFile) -> Iterator[Path]:
    """The uploaded file on disk for as long as it is read; messages name it as the user does."""
    with TemporaryDirectory(prefix="plumbline-import-") as folder:
        path = Path(folder) / Path(given.name).name
        path.write_bytes(given.getvalue())
        try:
            yield path
        except InvalidInput as error:
            raise InvalidInput(str(error).replace(f"{folder}/", "")) from error


def _options(page: Page, given: UploadedFile, *, replace: bool) -> ImportOptions:
    """How the file is to be read; of a table the user says what its columns mean."""
    from knowledge.graph.importing import ImportOptions

    with _stored(given) as path:
        if path.suffix.lower().removeprefix(".") not in TABLE_FORMATS:
            return ImportOptions(replace=replace)
        table, sheet = _table(page, path)
        return ImportOptions(replace=replace, mapping=_mapping(page, table, given.name), sheet=sheet)


def _table(page: Page, path: Path) -> tuple[TermTable, str | None]:
    import streamlit as st

    from knowledge.graph.tables import read_table

    table = read_table(path)
    if len(table.sheets) < 2:  # noqa: PLR2004 - one sheet is no choice
        return table, None
    sheet = st.selectbox(page.say("terms.import_sheet"), table.sheets, key=f"plb-terms-sheet-{path.name}")
    return read_table(path, sheet=sheet), sheet


def _mapping(page: Page, table: TermTable, name: str) -> TableMapping:
    """Which column means what: guessed from the headers, to be put right by the user."""
    import streamlit as st

    from knowledge.graph.mapping import USES, Column, guess_mapping

    say = page.say
    show(marks.heading(say("terms.mapping"), 3))
    show(element("p", say("terms.mapping_help", rows=len(table.rows)), class_="plb-quiet"))
    relations = {one.id: relation_name(one, one.id, say.language) for one in terms_of(page).relations(page.user)}
    guessed = _with_relations(guess_mapping(table), relations)
    rows: list[dict[str, Any]] = [
        {
            "header": column.header,
            "sample": next((row[place] for row in table.rows if place < len(row) and row[place]), ""),
            "use": column.use,
            "kind": column.kind,
            "language": column.language or None,
            "relation": column.relation or None,
        }
        for place, column in enumerate(guessed.columns)
    ]
    configure = st.column_config
    choices: dict[str, tuple[list[str], Callable[[Any], str]]] = {
        "use": (list(USES), lambda use: say(f"terms.use_{use}")),
        "kind": (list(KINDS), lambda kind: say(f"terms.kind_{kind}")),
        "language": (sorted({"zh", "en"} | _tags(guessed)), lambda tag: marks.language_name(tag, say)),
        "relation": (list(relations), lambda one: relations.get(one, one)),
    }
    shown: Mapping[Any, Any] = {
        "header": configure.TextColumn(say("terms.mapping_column")),
        "sample": configure.TextColumn(say("terms.mapping_sample")),
        **{
            field: configure.SelectboxColumn(
                say(f"terms.mapping_{field}"), options=options, format_func=called, required=field == "use"
            )
            for field, (options, called) in choices.items()
        },
    }
    edited = st.data_editor(
        rows,
        key=f"plb-terms-mapping-{name}-{len(table.headers)}",
        hide_index=True,
        num_rows="fixed",
        disabled=["header", "sample"],
        placeholder="–",
        column_config=shown,
    )
    columns = (
        Column(
            header=row["header"],
            use=row["use"],
            kind=row["kind"],
            language=row["language"] or "",
            relation=row["relation"] or "",
        )
        for row in edited
    )
    return guessed.model_copy(update={"columns": tuple(columns)})


def _with_relations(mapping: TableMapping, relations: Mapping[str, str]) -> TableMapping:
    """Columns of which nothing is known and that are called like a relation are that one."""
    called = {name.casefold(): one for one, name in relations.items()}
    columns = (
        column.model_copy(update={"use": "relation", "relation": called[column.header.casefold()]})
        if column.use == "ignore" and column.header.casefold() in called
        else column
        for column in mapping.columns
    )
    return mapping.model_copy(update={"columns": tuple(columns)})


def _tags(mapping: TableMapping) -> set[str]:
    return {column.language for column in mapping.columns if column.language}


def _report(page: Page, report: ImportPreview) -> None:
    """What would be added, changed and merged, and what is wrong by line."""
    import streamlit as st

    say = page.say
    counts = say(
        "terms.import_counts",
        concepts=report.concepts,
        added=report.counts.get("added", 0),
        changed=report.counts.get("changed", 0),
        merged=report.counts.get("merged", 0),
        statements_added=report.statements_added,
        statements_removed=report.statements_removed,
    )
    show(marks.heading(say("terms.import_report"), 3))
    show(element("p", counts))
    names = {one.concept: one.name for one in (*report.added, *report.changed, *report.merged)}
    problems = _problems(report.problems, names, page)
    if problems:
        count = report.counts.get("problems", len(report.problems))
        with st.expander(say("terms.import_problems", count=count), expanded=True):
            show(problems)
    for name, changes in (("added", report.added), ("changed", report.changed), ("merged", report.merged)):
        if changes:
            count = report.counts.get(name, len(changes))
            with st.expander(say(f"terms.import_{name}", count=count), key=f"plb-terms-import-{name}"):
                show(_changes(changes, count, page))


def _propose(page: Page, given: UploadedFile, options: ImportOptions) -> None:
    """Ask why, and bring the file in as the command line does, so that the audit log tells of it in the same way."""
    import streamlit as st

    say, why = page.say, "plb-terms-import-why"

    def bring() -> None:
        with friendly(say), _stored(given) as path:
            made = terms_of(page).import_file(
                path, page.user, comment=st.session_state[why], options=options, approve=False
            )
            if made.proposal:
                st.toast(say("terms.proposed", id=made.proposal), icon=":material/check:")
                go(**{VIEW: "review", PROPOSAL: made.proposal})

    st.text_input(say("terms.comment"), say("terms.import_comment", name=given.name), key=why)
    st.button(say("terms.propose"), key="plb-terms-import-do", type="primary", icon=":material/send:", on_click=bring)


def _problems(problems: Sequence[Problem], names: Mapping[str, str], page: Page) -> Html:
    say = page.say
    looks = {"error": "bad", "warning": "warn"}
    lines = []
    for one in problems[:_MOST_LISTED]:
        where = " · ".join(part for part in (_line(one.line, say), one.column) if part)
        mark = marks.badge(say(f"terms.severity_{one.severity}"), looks.get(one.severity, ""))
        lines.append(
            element("li", mark, " ", element("span", where, class_="plb-quiet"), " ", _problem(one, names, say))
        )
    return element("ul", *lines, class_="plb-issues") if lines else Html("")


def _problem(one: Problem, names: Mapping[str, str], say: Words) -> Html:
    """A quality rule in the page's language, after the name of what it is about; the reader's own words as they are."""
    said = marks.rule_text(one.rule, one.values, say)
    if not said:
        return element("span", one.message)
    return element("span", element("b", names.get(one.concept, one.concept)), " ", said)


def _changes(changes: Sequence[ConceptChange], count: int, page: Page) -> Html:
    say = page.say
    lines = [
        element(
            "div",
            element("p", element("b", one.name), " ", element("span", _line(one.line, say), class_="plb-quiet")),
            *(element("p", _said(said, say), " ", element("del", said.value)) for said in one.removed),
            *(element("p", _said(said, say), " ", element("ins", said.value)) for said in one.added),
            class_="plb-touched",
        )
        for one in changes[:_MOST_LISTED]
    ]
    left = count - len(lines)
    return join([*lines, marks.empty(say("terms.more", count=left)) if left > 0 else ""])


def _said(said: Said, say: Words) -> Html:
    last = said.predicate.rsplit("#", 1)[-1].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return element("span", differences.field_title(said.predicate, last, said.language, say), class_="plb-quiet")


def _line(line: int | None, say: Words) -> str:
    return "" if line is None else say("terms.import_line", line=line)


# --- export ---------------------------------------------------------------------------------------------------------


def _export(page: Page) -> None:
    import streamlit as st

    say = page.say
    terms = terms_of(page)
    name = page.user.name  # so that the rights count that the account has when the button is pressed
    show(marks.heading(say("terms.export")))
    show(element("p", say("terms.export_help"), class_="plb-quiet"))
    called = {"": say("terms.export_now")}
    called |= {one.revision: one.name for one in terms.releases(page.user)}
    for one in terms.history(page.user, limit=50):
        called.setdefault(one.id, f"#{one.number} · {marks.when(one.at)} · {one.comment}")
    revision = st.selectbox(
        say("terms.export_state"), list(called), format_func=called.__getitem__, key="plb-terms-export-revision"
    )
    chosen = st.selectbox(
        say("terms.export_format"),
        _FORMATS,
        format_func=lambda name: say(f"terms.format_{name}"),
        key="plb-terms-export-format",
    )
    st.download_button(
        say("terms.export_do"),
        lambda: terms.export(name, revision=revision or None, format=chosen),
        file_name=f"terms.{chosen}",
        key="plb-terms-export",
        icon=":material/download:",
        on_click="ignore",
    )
