"""In service: who is answered by which version, the canary's share, promoting and rolling back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.marks import badge, empty, heading
from app.ui.markup import element, join
from app.ui.models.common import adaptation, line_name, version_name
from app.ui.page import Page, friendly, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.catalog.versions import Line

_STEP = 5
"""Per cent."""


def service(page: Page) -> None:
    """Every business line with its controls; what is pressed holds for the next question in every process."""
    import streamlit as st

    say, known = page.say, adaptation(page)
    show(element("p", _thresholds(page), class_="plb-quiet plb-small"))
    if not known.list():
        show(empty(say("models.no_versions")))
        return
    groups = sorted(
        {group for account in page.shared.assistant.workspace.accounts.all() for group in account.user.groups}
    )
    lines = {line.name: line for line in known.lines()}
    missing = [group for group in groups if group not in lines]
    wanted = st.selectbox(
        say("models.add_line"), missing, index=None, placeholder=say("models.no_line"), key="plb-models-add-line"
    )
    for name in dict.fromkeys(["", *([wanted] if wanted else []), *lines]):
        with st.container(border=True, key=f"plb-models-line-{name or 'everybody'}"):
            _line(page, known.line(name))


def _thresholds(page: Page) -> str:
    limits = page.shared.settings.adaptation
    return page.say(
        "models.thresholds",
        answers=limits.judge_after,
        errors=f"{limits.max_error_share:.0%}",
        slower=f"{limits.max_slowdown:g}",
        down=f"{limits.max_down_share:.0%}",
    )


def _line(page: Page, line: Line) -> None:
    import streamlit as st

    say, known = page.say, adaptation(page)
    stable = badge(f"{say('models.stable')} {version_name(line.stable, say)}", "good")
    canary = badge(f"{say('models.canary')} {line.canary} · {line.share:.0%}", "warn") if line.canary else ""
    show(join([heading(line_name(line.name, say), 2), element("p", stable, " ", canary, role="status")]))
    offered = [version.id for version in known.list() if version.id != line.stable]
    if offered:
        usual = offered.index(line.canary) if line.canary in offered else 0
        chosen = st.selectbox(say("models.version"), offered, index=usual, key=f"plb-models-version-{line.name}")
        _canary(page, line, chosen)
        _promote(page, line, chosen)
    if line.canary or line.before:
        _rollback(page, line)


def _canary(page: Page, line: Line, chosen: str) -> None:
    import streamlit as st

    say = page.say
    now = round(line.share * 100) if line.canary == chosen else 0
    share = st.slider(
        say("models.share"), 0, 100, now, step=_STEP, format="%d%%", key=f"plb-models-share-{line.name}-{chosen}-{now}"
    )
    label = say("models.set_canary", share=f"{share}%")
    if st.button(label, disabled=share in (0, now), key=f"plb-models-canary-{line.name}"):
        _do(page, lambda: adaptation(page).canary(chosen, share / 100, line=line.name, by=page.user.name))


def _promote(page: Page, line: Line, chosen: str) -> None:
    """The button to promote; below the gate it needs a reason that is kept."""
    import streamlit as st

    say, known = page.say, adaptation(page)
    closed = known.closed(known.get(chosen), line.stable)
    reason = ""
    if closed is None:
        show(element("p", say("models.gate_open"), class_="plb-fine"))
    else:
        values = {**closed.values, "against": version_name(str(closed.values.get("against", "")), say)}
        show(element("p", say(f"models.gate_{closed.key}", **values), class_="plb-quiet"))
        reason = st.text_input(
            say("models.force"),
            max_chars=200,
            key=f"plb-models-force-{line.name}",
            placeholder=say("models.force_help"),
        ).strip()
    if st.button(
        say("models.promote" if closed is None else "models.promote_all_the_same"),
        type="primary",
        disabled=closed is not None and not reason,
        key=f"plb-models-promote-{line.name}",
    ):
        _do(page, lambda: known.promote(chosen, line=line.name, by=page.user.name, force=reason))


def _rollback(page: Page, line: Line) -> None:
    import streamlit as st

    say = page.say
    to = "" if line.canary else version_name(line.before[-1], say)
    label = say("models.rollback_canary") if line.canary else say("models.rollback_to", version=to)
    reason = st.text_input(say("models.rollback_why"), max_chars=200, key=f"plb-models-why-{line.name}")
    if st.button(label, icon=":material/undo:", key=f"plb-models-rollback-{line.name}"):
        _do(page, lambda: adaptation(page).rollback(line=line.name, by=page.user.name, reason=reason.strip()))


def _do(page: Page, change: Callable[[], Line]) -> None:
    """Change the line and show it as it is then."""
    import streamlit as st

    with friendly(page.say):
        change()
        st.toast(page.say("models.done"))
        st.rerun()
