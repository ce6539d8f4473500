"""What a file says, before it is compared with the graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field
from pyoxigraph import NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.types import Result

_FORBIDDEN = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


class Problem(Result):
    """Something in a file that is wrong or was left out. `line` counts from 1 and is a table's row; None: not known.

    `message` is English; `rule` and `values` are for a page that says it in another language.
    """

    severity: Literal["error", "warning", "info"]
    rule: str
    message: str
    line: int | None = None
    column: str = ""
    concept: str = ""
    values: dict[str, str] = Field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """The statements of a file. `lines`: where each subject is first described.

    `scope`: the predicates that the file can speak about, None for all: what it leaves out of these is no longer so.
    `guessed`: subjects whose ids the reader made up, because the file names concepts by their labels only.
    """

    quads: set[Quad] = field(default_factory=set)
    format: str = ""
    encoding: str = "utf-8"
    lines: dict[str, int] = field(default_factory=dict)
    scope: frozenset[str] | None = None
    guessed: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def wrong(
        self,
        rule: str,
        message: str,
        *,
        severity: Literal["error", "warning", "info"] = "error",
        line: int | None = None,
        column: str = "",
        values: Mapping[str, str] | None = None,
    ) -> None:
        """Note a problem."""
        self.problems.append(
            Problem(severity=severity, rule=rule, message=message, line=line, column=column, values=dict(values or {}))
        )


def node(iri: str) -> NamedNode:
    """The node of an IRI. Raises InvalidInput for what is none."""
    if not _ABSOLUTE.fullmatch(iri) or _FORBIDDEN.search(iri):
        raise InvalidInput(f"{iri[:100]!r} is not an IRI")
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise InvalidInput(f"{iri[:100]!r} is not an IRI") from error


def is_iri(text: str) -> bool:
    """Whether a text can be taken for an absolute IRI."""
    return bool(_ABSOLUTE.fullmatch(text)) and not _FORBIDDEN.search(text)
