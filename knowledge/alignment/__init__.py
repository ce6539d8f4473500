"""Answers held true to the term graph: what they state is looked up, and only what is contradicted is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.alignment.checker import Checker

__all__ = ["Checker"]


def __getattr__(name: str) -> Any:
    if name == "Checker":
        from knowledge.alignment.checker import Checker

        return Checker
    raise AttributeError(name)
