"""The term graph's life, as `assistant.terms`: see `Terminology`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.terms.errors import Conflicted
    from app.terms.rights import Operator
    from app.terms.terminology import Terminology

__all__ = ["Conflicted", "Operator", "Terminology"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for."""
    if name == "Terminology":
        from app.terms.terminology import Terminology

        return Terminology
    if name == "Operator":
        from app.terms.rights import Operator

        return Operator
    if name == "Conflicted":
        from app.terms.errors import Conflicted

        return Conflicted
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
