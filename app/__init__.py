"""One question from asking to answer, and everyone who may ask. `from app import Assistant`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.assistant import Assistant

__all__ = ["Assistant"]


def __getattr__(name: str) -> Any:
    """`Assistant`, imported when first asked for, so that `import app` costs nothing."""
    if name == "Assistant":
        from app.assistant import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
