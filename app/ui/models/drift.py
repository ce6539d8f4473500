"""Drift: how far what comes in is from what a dataset was made from, over time, and what the trigger decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.datasets.drift import MEASURES
from app.pictures import drift_picture
from app.ui.marks import badge, empty, heading, when
from app.ui.markup import Html, element, join
from app.ui.models.common import datasets, grid
from app.ui.page import Page, friendly, show

if TYPE_CHECKING:
    from app.datasets import ChangedTerm
    from app.ui.texts import Words

_LOOKS = {"drift": "bad", "small": "warn", "steady": "good"}
_SUBJECTS = ("questions", "documents")
_MEASURE = "plb-models-measure"
_TERMS = "plb-models-terms"
_DECISIONS = 20


def drift(page: Page) -> None:
    """The dataset that is chosen with its latest measures, a chart of all before, and what followed from them."""
    import streamlit as st

    say = page.say
    names = [sheet.name for sheet in datasets(page).list(page.user)]
    if not names:
        show(empty(say("models.no_datasets")))
        return
    name = st.selectbox(say("models.dataset"), names, key="plb-models-drift-dataset")
    settings = page.shared.settings.adaptation
    show(element("p", say("models.drift_about", days=f"{settings.window_days:g}"), class_="plb-quiet plb-small"))

    def wanted() -> None:
        st.session_state[_MEASURE] = name

    st.button(say("models.measure_now"), key="plb-models-measure-now", on_click=wanted)
    if st.session_state.pop(_MEASURE, None) == name:
        with friendly(say), st.spinner(say("models.measuring")):
            report = datasets(page).drift(name, page.user)
            st.session_state[_TERMS] = (name, report.terms)
    found = [each for each in datasets(page).drifts(page.user) if each["dataset"] == name]
    if found:
        _latest(found[0], say)
        _changed(page, name)
        for subject in _SUBJECTS:
            _chart(found, subject, say)
    else:
        show(empty(say("models.no_drift_yet")))
    _decisions(page, names)


def _latest(report: Mapping[str, Any], say: Words) -> None:
    verdict = report["verdict"]
    told = badge(say(f"models.drift_{verdict}"), _LOOKS.get(verdict, ""))
    show(element("p", told, " ", element("small", when(report["at"]), class_="plb-quiet"), role="status"))
    head = [
        say(f"models.{key}") for key in ("drift_of", "measure", "then", "now", "distance", "by_chance", "p", "says")
    ]
    rows = [
        [
            say(f"models.drift_{each['subject']}"),
            say(f"models.drift_{each['name']}"),
            each["before"],
            each["now"],
            _number(each["statistic"]),
            _number(each["by_chance"]),
            _number(each["p"]),
            badge(say(f"models.drift_{each['verdict']}"), _LOOKS.get(each["verdict"], "")),
        ]
        for each in report["measures"]
    ]
    show(grid(head, rows))


def _changed(page: Page, name: str) -> None:
    """The terms that changed most: only of what was measured just now, since names of concepts are not kept."""
    import streamlit as st

    of, terms = st.session_state.get(_TERMS, ("", ()))
    if of == name and terms:
        show(element("p", page.say("models.drift_changed"), class_="plb-small"))
        show(element("ul", *(element("li", _term(each, page.say)) for each in terms)))


def _term(term: ChangedTerm, say: Words) -> str:
    subject = say(f"models.drift_{term.subject}")
    return say("models.drift_term", of=subject, term=term.label, then=f"{term.before:.0%}", now=f"{term.now:.0%}")


def _chart(found: Sequence[Mapping[str, Any]], subject: str, say: Words) -> None:
    import streamlit as st

    series: dict[str, list[tuple[float, float]]] = {}
    for name in MEASURES:
        points = [
            (float(report["at"]), float(each["statistic"]))
            for report in reversed(found)
            for each in report["measures"]
            if (each["subject"], each["name"]) == (subject, name) and each["statistic"] is not None
        ]
        if points:
            series[say(f"models.drift_{name}")] = points
    if series:
        ends = when(min(points[0][0] for points in series.values())), when(max(p[-1][0] for p in series.values()))
        title = say("models.drift_chart", of=say(f"models.drift_{subject}"))
        days = (ends[0][:10], ends[1][:10])
        st.image(drift_picture(series, float(found[0]["threshold"]), title, days), width="stretch")


def _decisions(page: Page, names: Sequence[str]) -> None:
    """What `plumbline train continue` decided, of the datasets that this user may read."""
    say = page.say
    runs = page.shared.assistant.continual.latest(_DECISIONS)
    rows = [
        [when(run.started_at), run.report["dataset"], _decision(run.report, say), run.message or run.report["reason"]]
        for run in runs
        if run.report.get("dataset") in names and (run.message or "reason" in run.report)
    ]
    if rows:
        show(heading(say("models.decisions"), 2))
        show(grid([say(f"models.{key}") for key in ("when", "dataset", "what", "reason")], rows))


def _decision(report: Mapping[str, Any], say: Words) -> Html:
    decision = report.get("decision", "failed")
    told = [badge(say(f"models.decision_{decision}"), "good" if report.get("fired") else "")]
    told += [element("small", str(report[key])) for key in ("prepared", "version") if report.get(key)]
    return join(told, " ")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
