"""What the Terms page shows, as its address says it: `/terms?concept=…`, `/terms?view=review&proposal=p12`."""

from __future__ import annotations

from urllib.parse import quote, urlencode

PATH = "/terms"
VIEW, CONCEPT, PROPOSAL, RELATION, EDIT = "view", "concept", "proposal", "relation", "edit"
NEW = "new"
"""The value of `edit` and `relation` for something that does not exist yet."""


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


def link(**parameters: str) -> str:
    """An address on this server."""
    return f"{PATH}?{urlencode(parameters, quote_via=quote, safe='')}"
