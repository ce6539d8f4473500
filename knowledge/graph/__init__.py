"""The term graph: concepts, their labels and facts, and how they are found in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.graph.linker import Linker
    from knowledge.graph.store import TermGraph

__all__ = ["Linker", "TermGraph"]


def __getattr__(name: str) -> Any:
    if name == "TermGraph":
        from knowledge.graph.store import TermGraph

        return TermGraph
    if name == "Linker":
        from knowledge.graph.linker import Linker

        return Linker
    raise AttributeError(name)
