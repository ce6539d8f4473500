"""What a rule gives: values for its message, the others that are concerned, and a fix where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal as OneOf

from pyoxigraph import Quad

from knowledge.graph.shapes.view import Card, View
from knowledge.graph.types import Relation

Severity = OneOf["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Mending:
    """Statements that make an issue go away; `name` says which way it is (a key of the page's texts)."""

    name: str
    added: frozenset[Quad] = frozenset()
    removed: frozenset[Quad] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a rule does not hold. `values` fill the rule's message; `others` are further ids it names."""

    values: Mapping[str, str] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    mending: Mending | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape: how bad it is, what to say (`{values}` filled in) and why it matters."""

    severity: Severity
    message: str
    why: str
    of_concept: Callable[[View, Card, date], Iterator[Found]] | None = None
    of_relation: Callable[[View, Relation], Iterator[Found]] | None = None


def listed(names: set[str] | frozenset[str] | tuple[str, ...]) -> str:
    """Names in a fixed order, with commas between; a long list is cut."""
    shown = sorted(names)
    more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""  # noqa: PLR2004 - a line that can still be read
    return ", ".join(shown[:10]) + more
