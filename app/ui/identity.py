"""Who looks at the page: read from the session cookie on each run, never kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import runtime
from app.ui.doors import COOKIE
from knowledge.types import User

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_OWNER = "_plb_owner"


def token() -> str | None:
    """The session token that the browser sent when this page was connected."""
    import streamlit as st

    return st.context.cookies.get(COOKIE)


def user() -> User | None:
    """The signed-in user as the accounts have them now, or None.

    A page that was connected anew as somebody else starts from nothing: what it kept belonged to the other one.
    """
    import streamlit as st

    found = token()
    who = runtime.current().assistant.workspace.accounts.user_of(found) if found else None
    forget_others(st.session_state, who)
    return who


def forget_others(state: MutableMapping[str | int, object], who: User | None) -> None:
    """Empty the page's memory when it belonged to another user or to nobody."""
    name = "" if who is None else who.name
    if state.get(_OWNER, name) != name:
        state.clear()
    state[_OWNER] = name


def sign_out() -> None:
    """End the session; its token is worth nothing from now on, in every tab."""
    found = token()
    if found:
        runtime.current().assistant.workspace.accounts.end_session(found)
