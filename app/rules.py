"""Which rules of the checker only suggest, because too many of their edits were taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from knowledge.types import Result

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.catalog.feedback import RuleUse

MOST_UNDONE = 0.05
"""A rule whose edits are taken back more often than this drops to suggesting."""

FEWEST_EDITS = 20
"""With fewer edits the share says nothing."""

COUNTED_DAYS = 90
"""Answers of so many days count. A rule that only suggests makes no edits: after this time it may edit again."""

LOOK_AGAIN = 300.0
"""Seconds until the feedback is counted anew."""

_DAY = 86_400.0


class RuleView(Result):
    """How often a rule's edits were made and taken back; `edits_texts`: whether it still edits or only suggests."""

    rule: str
    edits: int
    undone: int
    undo_share: float
    edits_texts: bool


def recent_uses(catalog: Catalog) -> list[RuleUse]:
    """The use of each rule over the answers that count."""
    return catalog.feedback.rules(since=time.time() - COUNTED_DAYS * _DAY)


def rule_views(catalog: Catalog) -> list[RuleView]:
    """Each rule that has edited an answer, the one whose edits are taken back most often first."""
    uses = recent_uses(catalog)
    suggesting = suggest_only(uses)
    rows = [
        RuleView(
            rule=use.rule,
            edits=use.edits,
            undone=use.undone,
            undo_share=round(use.undo_share, 3),
            edits_texts=use.rule not in suggesting,
        )
        for use in uses
    ]
    return sorted(rows, key=lambda row: (-row.undo_share, row.rule))


def suggest_only(uses: Iterable[RuleUse]) -> frozenset[str]:
    """The rules that have lost the right to edit."""
    return frozenset(use.rule for use in uses if use.edits >= FEWEST_EDITS and use.undo_share > MOST_UNDONE)


class Suggesting:
    """The rules that only suggest, counted from the feedback every few minutes. Safe from many threads."""

    def __init__(self, uses: Callable[[], Iterable[RuleUse]], clock: Callable[[], float] = time.monotonic) -> None:
        self._uses = uses
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: frozenset[str] = frozenset()
        self._counted_at: float | None = None

    def __call__(self) -> frozenset[str]:
        """The rules as of at most `LOOK_AGAIN` seconds ago."""
        with self._lock:
            now = self._clock()
            if self._counted_at is None or now - self._counted_at >= LOOK_AGAIN:
                self._rules, self._counted_at = suggest_only(self._uses()), now
            return self._rules
