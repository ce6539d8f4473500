"""When a source is run by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.documents.common import empty, heading, when
from app.ui.markup import element
from app.ui.page import Page, friendly, show

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.catalog.schedules import Schedule
    from knowledge.catalog.sources import Source

_OFTEN = ("15m", "1h", "6h", "1d", "1w")
_UNITS = ((604_800, "weeks"), (86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


def schedules(page: Page, source: Source) -> None:
    """The schedules of a source, each with its next times, and a new one."""
    import streamlit as st

    say, planned = page.say, page.shared.assistant.schedules
    show(heading(say("docs_schedules.title"), 3))
    found = planned.list(source.id)
    if not found:
        show(empty(say("docs_schedules.none")))
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"plb-schedule-{each.id}"):
            times = " · ".join(when(at) for at in planned.next_times(each))
            more = element("small", say("docs_schedules.next", times=times), class_="plb-quiet")
            show(element("p", element("b", said(each, say)), " ", more))
            if st.button(say("docs_schedules.remove"), key=f"plb-schedule-away-{each.id}", type="tertiary"):
                planned.remove(each.id, by=page.user.name)
                st.rerun()
    _add(page, source)


def said(schedule: Schedule, say: Words) -> str:
    """How often, in words; a cron line as it is."""
    if not schedule.every_seconds:
        return say("docs_schedules.cron_line", line=schedule.cron)
    seconds = int(schedule.every_seconds)
    length, unit = next((length, unit) for length, unit in _UNITS if seconds % length == 0)
    return say(f"docs_schedules.every_{unit}", count=seconds // length)


def _add(page: Page, source: Source) -> None:
    import streamlit as st

    say = page.say
    with st.popover(say("docs_schedules.add"), icon=":material/schedule:"), friendly(say):
        how = st.segmented_control(
            say("docs_schedules.how"),
            ("every", "cron"),
            default="every",
            required=True,
            format_func=lambda name: say(f"docs_schedules.how_{name}"),
            label_visibility="collapsed",
            key="plb-schedule-how",
        )
        every = cron = ""
        if how == "every":
            every = st.selectbox(
                say("docs_schedules.how_every"),
                _OFTEN,
                index=2,
                accept_new_options=True,
                help=say("docs_schedules.every_help"),
                key="plb-schedule-every",
            )
        else:
            cron = st.text_input(
                say("docs_schedules.how_cron"),
                placeholder="0 6 * * 1-5",
                help=say("docs_schedules.cron_help"),
                key="plb-schedule-cron",
            )
        if st.button(say("docs_schedules.save"), type="primary", key="plb-schedule-save"):
            page.shared.assistant.schedules.add(source.id, every=every or "", cron=cron.strip(), by=page.user.name)
            st.toast(say("docs_schedules.added"))
            st.rerun()
