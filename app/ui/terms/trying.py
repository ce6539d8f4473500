"""Type a sentence, see what the checker reads in it: which names, which claims, what the graph says to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.prose import Mark, render_plain
from app.ui.terms import marks
from app.ui.terms.common import terms_of

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.alignment.readings import ClaimReading
    from knowledge.graph.changes import SetRelation
    from knowledge.types import AlignmentReport

_LONGEST = 2000
_LOOKS = {"supported": "good", "contradicted": "bad", "conflict": "bad"}


def trying(page: Page, change: SetRelation | None = None) -> None:
    """A box for a sentence with its reading below; with a `change`, as if that stood in the graph already."""
    import streamlit as st

    @st.fragment
    def box() -> None:
        say = page.say
        with st.container(border=True, key="plb-terms-trying"):
            typed = st.text_input(
                say("terms.try"),
                key="plb-terms-try",
                placeholder=say("terms.try_placeholder"),
                max_chars=_LONGEST,
                live="400ms",
                help=say("terms.try_changed") if change else None,
            )
            text = (typed or "").strip()
            if not text:
                return
            with friendly(say):
                report, claims = terms_of(page).read(text, page.user, change=change)
                show(_reading(report, claims, say))

    box()


def _reading(report: AlignmentReport, claims: list[ClaimReading], say: Words) -> Html:
    tips = [Mark(one.start, one.end, partial(marks.to_concept, one.concept)) for one in report.mentions]
    parts = [element("p", render_plain(report.draft, tips), class_="plb-sentence")]
    if report.answer != report.draft:
        changed = marks.changed_text(report.draft, report.answer)
        parts.append(element("p", say("terms.try_mended"), " ", changed, class_="plb-sentence"))
    if not claims:
        parts.append(marks.empty(say("terms.try_no_claim" if report.mentions else "terms.try_nothing")))
    for one in claims:
        status = marks.badge(say(f"terms.verdict_{one.status}"), _LOOKS.get(one.status, "warn"))
        read = element("b", f"{one.subject} · {one.relation} · {one.text}")
        evidence = [element("p", line, class_="plb-quiet plb-small") for line in one.evidence]
        parts.append(element("div", element("p", read, " ", status), *evidence, class_="plb-touched"))
    return join(parts)
