"""What the views of the Models page share: its style, tables, and which datasets may be named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from app.ui.markup import Html, element
from app.ui.page import Page
from app.ui.texts import Words

if TYPE_CHECKING:
    from app.adaptation import Adaptation
    from app.datasets import Datasets

MEASURES = ("f1", "em", "bert_score", "key_facts", "general", "tokens", "tokens_per_second")
"""Of a comparison, in the order in which they are shown."""


@cache
def style() -> Html:
    """The page's style sheet, beside that of all pages."""
    return Html(f"<style>{files('app.ui.models').joinpath('models.css').read_text(encoding='utf-8')}</style>")


def adaptation(page: Page) -> Adaptation:
    """The model versions of this workspace."""
    return page.shared.assistant.versions


def datasets(page: Page) -> Datasets:
    """Every call goes there with `page.user`: what they may not see is not there."""
    return page.shared.assistant.datasets


def version_name(version_id: str, say: Words) -> str:
    """A version, or the base that the settings name."""
    return version_id or say("models.base")


def line_name(line: str, say: Words) -> str:
    """A business line; the one without a name is everybody whose groups have none."""
    return line or say("models.everybody")


def measure_name(name: str, say: Words) -> str:
    """A measure in words, where there are some."""
    key = f"models.measure_{name}"
    return say(key) if say.has(key) else name.replace("_", " ")


def dataset_name(page: Page, about: Mapping[str, Any]) -> str:
    """The name of a version's or a run's dataset, "" when its rows are not for this user."""
    name = str(about.get("name", ""))
    kept = {sheet.name for sheet in datasets(page).list()}
    return "" if name in kept - {sheet.name for sheet in datasets(page).list(page.user)} else name


def grid(head: Sequence[object], rows: Sequence[Sequence[object]]) -> Html:
    """A table that scrolls by itself where the screen is narrow."""
    titles = element("tr", *(element("th", title) for title in head))
    lines = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    table = element("table", element("thead", titles), element("tbody", *lines), class_="plb-grid")
    return element("div", table, class_="plb-wide", tabindex="0", role="region", aria_label=str(head[0]))
