"""Pages of several views: their title and the control that leads from one view to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.ui.address import VIEW, go, shown
from app.ui.marks import heading
from app.ui.page import Page, show


def choose_view(page: Page, name: str, section: str, views: Sequence[str], waiting: Mapping[str, int]) -> str:
    """The view that is shown, of those offered, by default the first; another one forgets what was open in it.

    `section` holds the sentences `title`, `views` and `view_…`; `waiting` counts what waits in a view for somebody.
    """
    import streamlit as st

    say = page.say
    view = shown(VIEW) if shown(VIEW) in views else views[0]
    key = f"plb-{name}-view-{view}-{say.language}"

    def title(one: str) -> str:
        return say(f"{section}.view_{one}") + (f" {waiting[one]}" if waiting.get(one) else "")

    def chosen() -> None:
        go(**{VIEW: st.session_state[key]})

    with st.container(key=f"plb-{name}-top"):
        show(heading(say(f"{section}.title"), 1))
        st.segmented_control(
            say(f"{section}.views"),
            list(views),
            default=view,
            required=True,
            format_func=title,
            label_visibility="collapsed",
            key=key,
            on_change=chosen,
        )
    return view
