"""Versions: their measures side by side, what became of their answers, two compared, and one in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.adaptation import BASE
from app.pictures import comparison_picture
from app.ui.marks import badge, empty, heading, when
from app.ui.markup import Html, element, join
from app.ui.models.common import MEASURES, adaptation, dataset_name, grid, line_name, measure_name, version_name
from app.ui.page import Page, show

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.catalog.versions import ModelVersion, VersionUsage

_EVENTS = 30
_UNCOUNTED = "–"


def versions(page: Page) -> None:
    """All versions, then what was chosen of them."""
    found = adaptation(page).list()
    if not found:
        show(empty(page.say("models.no_versions")))
        return
    show(_table(page, found))
    _usage(page)
    _compared(page, found)
    _detail(page, found)
    _events(page)


def _table(page: Page, found: Sequence[ModelVersion]) -> Html:
    say = page.say
    head = [say(f"models.{name}") for name in ("version", "answers", "loss", "f1", "gain", "general", "made")]
    rows = []
    for version in found:
        told, difference = version.evaluation.get("measures", {}), version.evaluation.get("difference", {})
        rows.append(
            [
                element("b", version.id),
                _serves(page, version.id),
                _number(version.metrics.get("validation_loss") or version.metrics.get("loss")),
                _mean(told, "f1"),
                _interval(difference.get("f1")),
                _mean(told, "general"),
                f"{when(version.created_at)} · {version.created_by}",
            ]
        )
    return grid(head, rows)


def _serves(page: Page, version_id: str) -> Html:
    """Where a version answers, as marks."""
    marks = []
    for line in adaptation(page).lines():
        name = line_name(line.name, page.say)
        if line.stable == version_id:
            marks.append(badge(page.say("models.stable_of", line=name), "good"))
        if line.canary == version_id:
            marks.append(badge(page.say("models.canary_of", line=name, share=f"{line.share:.0%}"), "warn"))
    return join(marks, " ") if marks else Html(_UNCOUNTED)


def _usage(page: Page) -> None:
    say, used = page.say, adaptation(page).usage()
    if not used:
        return
    show(heading(say("models.usage"), 3))
    names = ("version", "line", "answers_count", "errors", "median", "thumbs")
    show(grid([say(f"models.{name}") for name in names], [_used(one, say) for one in used]))


def _used(one: VersionUsage, say: Words) -> list[object]:
    median = _UNCOUNTED if one.median_ms is None else say("models.seconds", count=f"{one.median_ms / 1000:.1f}")
    name = f"{version_name(one.version, say)} · {say(f'models.{one.channel}')}"
    return [name, line_name(one.line, say), one.asked, one.errors, median, f"{one.up} / {one.down}"]


# --- two of them ----------------------------------------------------------------------------------------------------


def _compared(page: Page, found: Sequence[ModelVersion]) -> None:
    """The stored evaluation of two versions against each other, whichever of the two it belongs to."""
    import streamlit as st

    say = page.say
    show(heading(say("models.compare"), 2))
    known = {version.id: version for version in found}
    with st.container(horizontal=True, key="plb-models-pair"):
        first = st.selectbox(say("models.version"), list(known), key="plb-models-first")
        others = [BASE, *(each for each in known if each != first)]
        usual = str(known[first].evaluation.get("against", BASE))
        second = st.selectbox(
            say("models.compared_with"),
            others,
            index=others.index(usual) if usual in others else 0,
            format_func=lambda each: say("models.base") if each == BASE else each,
            key=f"plb-models-second-{first}",
        )
    stored = _evaluation_of(known, first, second)
    if not stored:
        command = f"plumbline train evaluate {first} --against {second}"
        show(element("p", say("models.not_compared"), " ", element("code", command), class_="plb-quiet"))
        return
    show(_measures(stored, say))
    names = {name: measure_name(name, say) for name in MEASURES}
    st.image(comparison_picture(stored, names), width="stretch")
    told = say("models.compared_at", questions=stored["questions"], at=when(stored.get("at", 0.0)))
    show(element("p", told, class_="plb-quiet plb-small"))


def _evaluation_of(known: Mapping[str, ModelVersion], first: str, second: str) -> Mapping[str, Any]:
    for one, other in ((first, second), (second, first)):
        if one in known and known[one].evaluation.get("against") == other and known[one].evaluation.get("measures"):
            return {**known[one].evaluation, "version": one}
    return {}


def _measures(stored: Mapping[str, Any], say: Words) -> Html:
    rows: list[list[object]] = []
    for part, title in ((stored, ""), (stored.get("documents", {}), say("models.over_documents"))):
        for name, ours in part.get("measures", {}).items():
            called = f"{title} {measure_name(name, say)}".strip()
            change = part["difference"][name]
            sure = change["low"] > 0 or change["high"] < 0
            told = element("b", _interval(change)) if sure else _interval(change)
            rows.append([called, _with_interval(ours), _with_interval(part["others"][name]), told])
    against = str(stored["against"])
    other = say("models.base") if against == BASE else against
    return grid([say("models.measure"), stored["version"], other, say("models.difference")], rows)


# --- one of them ----------------------------------------------------------------------------------------------------


def _detail(page: Page, found: Sequence[ModelVersion]) -> None:
    """What one version is made of and came from; its files are read only when that is asked for."""
    import streamlit as st

    say = page.say
    show(heading(say("models.detail"), 2))
    known = {version.id: version for version in found}
    chosen = st.selectbox(say("models.version"), list(known), key="plb-models-detail")
    version = known[chosen]
    dataset = dataset_name(page, version.dataset) or say("models.hidden_dataset")
    counts = ", ".join(str(version.dataset.get(part, 0)) for part in ("train", "validation", "test"))
    pairs = [
        (say("models.base"), version.base),
        (say("models.method"), version.method),
        (say("models.dataset"), f"{dataset} ({counts})" if version.dataset else _UNCOUNTED),
        (say("models.run"), version.run or _UNCOUNTED),
        (say("models.prompt"), version.prompt),
        (say("models.settings"), _listed(version.settings)),
        (say("models.metrics"), _listed(version.metrics)),
    ]
    show(element("dl", *(part for name, value in pairs for part in (element("dt", name), element("dd", value))),
                 class_="plb-facts"))  # fmt: skip
    if st.button(say("models.verify"), key="plb-models-verify", icon=":material/verified:"):
        damaged = {path.name for path in page.shared.assistant.workspace.registry.damaged(version)}
        if damaged:
            st.error(say("models.damaged", files=", ".join(sorted(damaged))))
        else:
            st.success(say("models.whole", count=len(version.files)))
    rows = [[name, element("code", sha[:16], title=sha)] for name, sha in version.files.items()]
    show(grid([say("models.file"), "SHA-256"], rows))


def _events(page: Page) -> None:
    say = page.say
    show(heading(say("models.events"), 2))
    names = ("when", "what", "version", "line", "who", "reason")
    rows = [
        [
            when(event.at),
            say(f"models.event_{event.action}"),
            version_name(event.version, say),
            line_name(event.line, say) if event.action in ("canary", "promote", "rollback") else _UNCOUNTED,
            event.by,
            event.reason,
        ]
        for event in adaptation(page).events(_EVENTS)
    ]
    show(grid([say(f"models.{name}") for name in names], rows))


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or _UNCOUNTED


def _number(value: float | None) -> str:
    return _UNCOUNTED if value is None else f"{value:.3f}"


def _mean(measures: Mapping[str, Any], name: str) -> str:
    return _number(measures.get(name, {}).get("mean"))


def _with_interval(measure: Mapping[str, float]) -> str:
    return f"{measure['mean']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"


def _interval(change: Mapping[str, float] | None) -> str:
    if not change:
        return _UNCOUNTED
    return f"{change['mean']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]"
