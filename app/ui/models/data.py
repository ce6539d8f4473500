"""Datasets: what they are made of, how good they are, and their examples to look through and strike out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.ui.marks import badge, empty, heading, when
from app.ui.markup import Html, element, join
from app.ui.models.common import datasets, grid
from app.ui.page import Page, friendly, literal, show
from app.ui.policy_form import kind_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.datasets import DatasetRow, Datasheet, StruckRow
    from app.ui.texts import Words

_ON_A_PAGE = 10
_PARTS = ("train", "validation", "test")
_CLASSES = ("language", "kind")


def data(page: Page) -> None:
    """The datasets that the user may see, and the one that is chosen."""
    import streamlit as st

    say = page.say
    found = datasets(page).list(page.user)
    if not found:
        show(empty(say("models.no_datasets")))
        return
    names = [sheet.name for sheet in found]
    name = st.selectbox(say("models.dataset"), names, key="plb-models-dataset")
    sheet = next(each for each in found if each.name == name)
    if sheet.problem:
        st.warning(literal(sheet.problem))
    _facts(sheet, say)
    _quality(sheet, say)
    _balance(sheet, say)
    _examples(page, sheet)
    _struck(page, sheet)


def _facts(sheet: Datasheet, say: Words) -> None:
    """The datasheet: counts, where it comes from, hashes, policy and date."""
    counts = " · ".join(f"{say(f'models.part_{part}')} {sheet.parts.get(part, 0)}" for part in _PARTS)
    pairs = [
        (say("models.examples"), counts),
        (say("models.struck"), sheet.struck),
        (say("models.made"), f"{when(sheet.created_at)} · {sheet.created_by}"),
        (say("models.access"), ", ".join(sheet.access) or say("docs.everyone")),
        ("SHA-256", element("code", sheet.sha256)),
        (say("models.policy"), element("code", sheet.policy)),
        (say("models.graph"), sheet.graph_revision),
    ]
    show(element("dl", *(part for name, value in pairs for part in (element("dt", name), element("dd", value))),
                 class_="plb-facts"))  # fmt: skip
    rows = [(_source_kind(str(each["kind"]), say), each.get("title") or each["id"], each["rows"])
            for each in sheet.sources]  # fmt: skip
    if rows:
        head = [say("models.kind"), say("models.source"), say("models.examples")]
        title = element("summary", say("models.sources", count=len(rows)))
        show(element("details", title, grid(head, rows)))


def _quality(sheet: Datasheet, say: Words) -> None:
    quality: Mapping[str, Any] = sheet.quality
    show(heading(say("models.quality"), 3))
    told = say("models.kept", kept=quality.get("kept", 0), examined=quality.get("examined", 0))
    measures = (f"{say(f'models.quality_{name}')} {value:.0%}" for name, value in quality.get("measures", {}).items())
    show(element("p", " · ".join([told, *measures]), role="status"))
    dropped = {reason: about for reason, about in quality.get("dropped", {}).items() if about["count"]}
    if dropped:
        rows = [(_reason(reason, about, say), about["count"]) for reason, about in dropped.items()]
        show(grid([say("models.dropped"), say("models.count")], rows))


def _reason(reason: str, about: Mapping[str, Any], say: Words) -> str:
    """Why rows were left out; of personal data, of which kind it was."""
    name = _named(f"models.dropped_{reason}", reason, say)
    kinds = ", ".join(f"{kind_name(kind, say)} {count}" for kind, count in about.get("kinds", {}).items())
    return f"{name} ({kinds})" if kinds else name


def _balance(sheet: Datasheet, say: Words) -> None:
    show(heading(say("models.balance"), 3))
    marks = []
    for one in _CLASSES:
        for value, count in sheet.balance.get(one, {}).items():
            name = _kind(value, say) if one == "kind" else _named(f"models.language_{value}", value, say)
            marks.append(badge(f"{name} {count}"))
    show(element("p", join(marks, " ")))


# --- examples -------------------------------------------------------------------------------------------------------


def _examples(page: Page, sheet: Datasheet) -> None:
    """Page by page; those that are ticked are struck out with a reason."""
    import streamlit as st

    say, name = page.say, sheet.name
    show(heading(say("models.examples"), 2))
    with st.container(horizontal=True):
        part = st.selectbox(
            say("models.part"), ["", *_PARTS], key=f"plb-models-part-{name}", width=200,
            format_func=lambda each: say(f"models.part_{each}") if each else say("docs.any"),
        )  # fmt: skip
        search = st.text_input(say("models.search"), key=f"plb-models-search-{name}", width=300)
    total = datasets(page).rows(name, page.user, part=part, search=search.strip(), limit=1).total
    pages = max(1, -(-total // _ON_A_PAGE))
    number = 1
    if pages > 1:
        number = st.pagination(pages, key=f"plb-models-page-{name}-{part}-{search}")
    found = datasets(page).rows(
        name, page.user, part=part, search=search.strip(), offset=(number - 1) * _ON_A_PAGE, limit=_ON_A_PAGE
    )
    if not found.rows:
        show(empty(say("models.no_examples")))
        return
    chosen = [row.id for row in found.rows if _row(page, name, row)]
    reason = st.text_input(say("models.strike_why"), max_chars=200, key=f"plb-models-strike-why-{name}").strip()
    if st.button(
        say("models.strike", count=len(chosen)), disabled=not chosen or not reason, key=f"plb-models-strike-{name}"
    ):
        _do(page, lambda: datasets(page).strike(name, chosen, by=page.user.name, reason=reason, user=page.user))


def _row(page: Page, name: str, row: DatasetRow) -> bool:
    """One example with its box; whether it is ticked."""
    import streamlit as st

    with st.container(horizontal=True, wrap=False, vertical_alignment="top", key=f"plb-example-{row.id}"):
        ticked = st.checkbox(
            page.say("models.choose", question=literal(row.question[:60])),
            key=f"plb-example-tick-{name}-{row.id}",
            label_visibility="collapsed",
            width="content",
        )
        show(_text(row, page.say))
    return bool(ticked)


def _text(row: DatasetRow, say: Words) -> Html:
    marks = [badge(say(f"models.part_{row.part}")), badge(_kind(row.kind, say)), badge(row.language)]
    lines = [element("p", element("b", row.question), class_="plb-row-text")]
    if row.context:
        lines.append(
            element("details", element("summary", say("models.context")), element("p", row.context,
                    class_="plb-row-text"))
        )  # fmt: skip
    lines.append(element("p", row.answer, class_="plb-row-text"))
    if row.rejected:
        lines.append(element("p", element("del", row.rejected), class_="plb-row-text"))
    return element("div", *lines, join(marks, " "), " ", element("small", row.title, class_="plb-quiet"))


def _struck(page: Page, sheet: Datasheet) -> None:

    say = page.say
    struck = datasets(page).struck(sheet.name, page.user)
    if not struck:
        return
    show(heading(say("models.struck"), 2))
    for one in struck[:_ON_A_PAGE]:
        _struck_row(page, sheet.name, one)


def _struck_row(page: Page, name: str, one: StruckRow) -> None:
    import streamlit as st

    say, row = page.say, one.row
    with st.container(horizontal=True, vertical_alignment="center", key=f"plb-struck-{row.id}"):
        told = element("small", f"{one.by} · {when(one.at)} · {one.reason}", class_="plb-quiet")
        show(element("div", element("s", row.question), " ", told))
        if st.button(say("models.put_back"), type="tertiary", key=f"plb-models-back-{row.id}"):
            _do(page, lambda: datasets(page).put_back(name, [row.id], by=page.user.name, user=page.user))


def _do(page: Page, change: Callable[[], Datasheet]) -> None:
    """Change the dataset and show it as it is then."""
    import streamlit as st

    with friendly(page.say):
        change()
        st.rerun()


def _kind(kind: str, say: Words) -> str:
    """`document.table` as words; the key has no dots."""
    return _named(f"models.kind_{kind.replace('.', '_')}", kind, say)


def _source_kind(kind: str, say: Words) -> str:
    return _named(f"models.from_{kind}", kind, say)


def _named(key: str, plain: str, say: Words) -> str:
    return say(key) if say.has(key) else plain
