"""What a page shows stands in its address, so that it can be linked, reloaded and gone back to."""

from __future__ import annotations

from urllib.parse import quote, urlencode

VIEW = "view"
"""The parameter that names one of a page's views."""


def shown(name: str) -> str:
    """A parameter of the address, "" when it has none."""
    import streamlit as st

    return str(st.query_params.get(name, ""))


def go(**parameters: str) -> None:
    """Show something else from the next run on; for callbacks of buttons."""
    import streamlit as st

    st.query_params.from_dict({name: value for name, value in parameters.items() if value})


def leave_for(**parameters: str) -> None:
    """Show something else now."""
    import streamlit as st

    go(**parameters)
    st.rerun()


def link(path: str, **parameters: str) -> str:
    """An address on this server."""
    return f"{path}?{urlencode(parameters, quote_via=quote, safe='')}"
