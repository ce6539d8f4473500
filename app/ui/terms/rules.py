"""The checker's rules: how often people took their edits back, and which therefore only suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.rules import COUNTED_DAYS, FEWEST_EDITS, MOST_UNDONE
from app.ui.markup import element
from app.ui.page import Page, show
from app.ui.terms import marks
from app.ui.terms.address import VIEW, go
from app.ui.terms.common import terms_of

if TYPE_CHECKING:
    from app.rules import RuleView
    from app.ui.markup import Html
    from app.ui.texts import Words

_SHARE = f"{MOST_UNDONE:.0%}"


def notice(page: Page) -> None:
    """Says that rules only suggest, to those who can mend what is behind it."""
    import streamlit as st

    say = page.say
    names = sorted(_title(rule, say) for rule in terms_of(page).suggesting(page.user))
    if not names:
        return
    text = say("terms.rules_dropped", rules=marks.listed(names, say), share=_SHARE)
    with st.container(horizontal=True, vertical_alignment="center", key="plb-terms-dropped"):
        st.warning(text, icon=":material/rule:")
        st.button(say("terms.rules_look"), key="plb-terms-dropped-look", on_click=go, kwargs={VIEW: "quality"})


def rules(page: Page) -> None:
    """The table of all rules that have edited answers; open where one of them only suggests."""
    import streamlit as st

    say = page.say
    dropped = bool(terms_of(page).suggesting(page.user))
    with st.expander(
        say("terms.rules"), key="plb-terms-rules", icon=":material/rule:", expanded=dropped, on_change="rerun"
    ) as box:
        if not box.open:
            return
        found = terms_of(page).rules(page.user)
        if not found:
            show(element("p", say("terms.rules_none"), class_="plb-fine"))
            return
        help_ = say("terms.rules_help", share=_SHARE, fewest=FEWEST_EDITS, days=COUNTED_DAYS)
        show(element("p", help_, class_="plb-quiet"))
        show(_table(found, say))


def _table(found: list[RuleView], say: Words) -> Html:
    heads = element("tr", *(element("th", say(f"terms.rules_{name}")) for name in ("rule", "edits", "undone", "state")))
    rows = (
        element(
            "tr",
            element("td", _title(row.rule, say)),
            element("td", row.edits),
            element("td", f"{row.undone} ({row.undo_share:.0%})"),
            element("td", _state(row, say)),
        )
        for row in found
    )
    return element("table", element("tbody", heads, *rows), class_="plb-fields")


def _state(row: RuleView, say: Words) -> Html:
    if row.edits_texts:
        return marks.badge(say("terms.rules_edits_texts"), "good")
    return marks.badge(say("terms.rules_suggests"), "warn")


def _title(rule: str, say: Words) -> str:
    key = f"terms.rule_{rule.replace('.', '_')}"
    return say(key) if say.has(key) else rule
