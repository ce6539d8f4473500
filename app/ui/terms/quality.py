"""What is wrong or doubtful in the graph: how much of it, since when, and a proposal that mends it at a press."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.ui.markup import element
from app.ui.page import Page, friendly, show
from app.ui.terms import marks
from app.ui.terms.address import PROPOSAL, VIEW, leave_for
from app.ui.terms.common import names_of_issues, terms_of
from app.ui.terms.duplicates import duplicates
from app.ui.terms.rules import rules
from knowledge.graph.changes import Raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.graph.quality import Issue
    from knowledge.graph.shapes.found import Severity

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_ROWS = 25
_MOST_POINTS = 8


def quality(page: Page) -> None:
    """Counts by severity, the rules that are broken, and the issues of the chosen rule."""
    import streamlit as st

    say = page.say
    with st.spinner(say("terms.quality_looking")):
        report = terms_of(page).quality(page.user)
    by_severity = Counter(issue.severity for issue in report.issues)
    with st.container(horizontal=True, key="plb-terms-counts", gap="medium"):
        st.metric(say("terms.quality_concepts"), report.concepts)
        for severity in _SEVERITIES:
            st.metric(say(f"terms.severities_{severity}"), by_severity[severity])
    _trend(page)
    duplicates(page)
    rules(page)
    if not report.issues:
        show(element("p", say("terms.quality_clean"), class_="plb-fine"))
        return
    severity_of = {issue.rule: issue.severity for issue in report.issues}
    broken = sorted(report.counts, key=lambda rule: (_SEVERITIES.index(severity_of[rule]), -report.counts[rule]))
    rule = st.selectbox(
        say("terms.quality_rule"),
        broken,
        format_func=lambda name: f"{title_of(name, page)} ({report.counts[name]})",
        key="plb-terms-rule",
    )
    if rule is None:
        return
    why = f"quality_why.{rule}"
    show(element("p", say(why) if say.has(why) else "", class_="plb-quiet"))
    _issues(page, [issue for issue in report.issues if issue.rule == rule])


def title_of(rule: str, page: Page) -> str:
    """A rule's name in the page's language."""
    key = f"quality_title.{rule}"
    return page.say(key) if page.say.has(key) else rule


def _trend(page: Page) -> None:
    import streamlit as st

    say = page.say
    with st.expander(say("terms.trend"), key="plb-terms-trend", icon=":material/show_chart:", on_change="rerun") as box:
        if not box.open:
            return
        with st.spinner(say("terms.quality_looking")):
            points = _points(page)
        if len(points) < 2:  # noqa: PLR2004 - one point is no trend
            show(marks.empty(say("terms.trend_none")))
            return
        names = {severity: say(f"terms.severities_{severity}") for severity in _SEVERITIES}
        column = say("terms.trend_revision")
        rows = [
            {column: f"#{point.revision}", **{name: getattr(point, severity) for severity, name in names.items()}}
            for point in points
        ]
        st.line_chart(rows, x=column, y=list(names.values()), height=240)


@dataclass(frozen=True, slots=True)
class _Point:
    """How many issues of each severity a revision had."""

    revision: int
    error: int
    warning: int
    info: int


def _points(page: Page) -> list[_Point]:
    """The newest revisions, oldest first, each checked as far as the user may see it, once per page."""
    import streamlit as st

    from knowledge.graph import TermGraph
    from knowledge.graph.quality import check_graph
    from knowledge.graph.reading import read_lines

    terms, day = terms_of(page), datetime.now(UTC).date()
    known: dict[tuple[str, frozenset[str]], _Point] = st.session_state.setdefault("plb-terms-points", {})
    points = []
    for revision in reversed(terms.history(page.user, limit=_MOST_POINTS)):
        asked = (revision.id, page.user.groups)
        if asked not in known:
            lines = terms.export(page.user, revision=revision.id, format="nq").decode()
            found = Counter(issue.severity for issue in check_graph(TermGraph(read_lines(lines)), day).issues)
            known[asked] = _Point(revision.number, found["error"], found["warning"], found["info"])
        points.append(known[asked])
    return points


def _issues(page: Page, found: Sequence[Issue]) -> None:
    """The issues of a rule, each with the concept that it is about and, where there is one, a fix."""
    import streamlit as st

    say = page.say
    number = int(st.session_state.get("plb-terms-issues-page", 1))
    pages = -(-len(found) // _ROWS)
    number = min(number, pages)
    shown = found[_ROWS * (number - 1) : _ROWS * number]
    names = names_of_issues(page, shown, {})
    fixable = [issue for issue in found if issue.fix]
    if len(fixable) > 1 and st.button(
        say("terms.fix_all", count=len(fixable)), key="plb-terms-fix-all", icon=":material/auto_fix_high:"
    ):
        _propose(page, fixable)
    with st.container(key="plb-terms-issues", gap=None):
        for place, issue in enumerate(shown):
            with st.container(horizontal=True, vertical_alignment="center", key=f"plb-issue-{place}", gap="small"):
                show(marks.issues([issue], say, names))
                if issue.fix:
                    fix = f"quality_fix.{issue.fix.name}"
                    if st.button(
                        say(fix) if say.has(fix) else issue.fix.name,
                        key=f"plb-fix-{issue.rule}-{number}-{place}",
                        icon=":material/auto_fix_high:",
                        type="tertiary",
                    ):
                        _propose(page, [issue])
    if pages > 1:
        st.pagination(pages, key="plb-terms-issues-page")


def _propose(page: Page, found: Sequence[Issue]) -> None:
    """The fixes of these issues as one proposal."""
    say = page.say
    fixes = [issue.fix for issue in found if issue.fix]
    change = Raw(
        added="\n".join(dict.fromkeys(line for fix in fixes for line in fix.added)),
        removed="\n".join(dict.fromkeys(line for fix in fixes for line in fix.removed)),
    )
    with friendly(say):
        comment = say("terms.fix_comment", rule=title_of(found[0].rule, page), count=len(fixes))
        made = terms_of(page).propose(change, page.user, comment=comment)
        leave_for(**{VIEW: "review", PROPOSAL: made.id})
