"""What the parts of `Terminology` stand on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from knowledge.errors import NotPermitted

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from app.terms.rights import Asker, Viewer


class Base(ABC):
    """One part of `Terminology`."""

    _parts: Parts

    @abstractmethod
    def _viewer(self, user: Asker) -> Viewer:
        """What the user may see and do."""

    def _with_account(self, user: Asker, doing: str) -> Viewer:
        """The viewer of somebody with an account. Raises NotPermitted for others, saying what they cannot do."""
        viewer = self._viewer(user)
        if viewer.user is None or self._parts.catalog.accounts.get(viewer.name) is None:
            raise NotPermitted(f"term graph: only somebody with an account can {doing}; sign in first")
        return viewer
