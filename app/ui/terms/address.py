"""What the Terms page shows, as its address says it: `/terms?concept=…`, `/terms?view=review&proposal=p12`."""

from __future__ import annotations

from app.ui import address
from app.ui.address import VIEW, go, leave_for, shown

__all__ = ["CONCEPT", "EDIT", "NEW", "PROPOSAL", "RELATION", "VIEW", "go", "leave_for", "link", "shown"]

CONCEPT, PROPOSAL, RELATION, EDIT = "concept", "proposal", "relation", "edit"
NEW = "new"
"""The value of `edit` and `relation` for something that does not exist yet."""


def link(**parameters: str) -> str:
    """An address of this page."""
    return address.link("/terms", **parameters)
