"""Rules of the checker lose the right to edit when too many of their edits are taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answer import Answer, ModelInfo, Timings
from app.conversation import Conversations
from app.rules import LOOK_AGAIN, Suggesting, rule_views, suggest_only
from knowledge.catalog import Catalog
from knowledge.catalog.accounts import AccountRecord
from knowledge.catalog.feedback import RuleUse
from knowledge.types import AlignmentReport, Edit, User

NEVER = 1e12
"""Seconds since the epoch, when no answer has been given yet."""
USES = {
    "too few edits to tell": (RuleUse("term", 19, 19), False),
    "seldom taken back": (RuleUse("term", 100, 5), False),
    "too often taken back": (RuleUse("term", 100, 6), True),
    "just enough edits": (RuleUse("term", 20, 2), True),
    "never used": (RuleUse("term", 0, 0), False),
}


@pytest.mark.parametrize(("use", "lost"), USES.values(), ids=USES)
def test_which_rules_only_suggest(use: RuleUse, lost: bool) -> None:
    assert suggest_only([use]) == (frozenset({"term"}) if lost else frozenset())


def test_feedback_is_counted_now_and_then() -> None:
    now, uses = [0.0], [RuleUse("term", 30, 0)]
    suggesting = Suggesting(lambda: uses, clock=lambda: now[0])
    assert suggesting() == frozenset()
    uses[0] = RuleUse("term", 30, 10)
    assert suggesting() == frozenset()
    now[0] = LOOK_AGAIN
    assert suggesting() == frozenset({"term"})


def test_edits_and_undone_edits_are_counted_by_rule(tmp_path: Path) -> None:
    amy = User("amy")
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        assert catalog.feedback.rules() == []
        catalog.accounts.add(AccountRecord(amy.name, "hash", "employee", amy.groups, "en"))
        conversations = Conversations(catalog)
        message = conversations.append(conversations.create(amy).id, amy, edited("term.deprecated", "quantity.value"))
        conversations.append(conversations.create(amy).id, amy, edited("term.deprecated"))
        conversations.set_undone(message, 1, True, user=amy)
        assert catalog.feedback.rules() == [RuleUse("quantity.value", 1, 1), RuleUse("term.deprecated", 2, 0)]
        assert catalog.feedback.rules(since=NEVER) == []
        assert [(row.rule, row.undo_share, row.edits_texts) for row in rule_views(catalog)] == [
            ("quantity.value", 1.0, True),
            ("term.deprecated", 0.0, True),
        ], "too few edits to lose the right"


def edited(*rules: str) -> Answer:
    edits = tuple(Edit(kind="term", start=0, end=1, before="a", after="b", rule=rule) for rule in rules)
    report = AlignmentReport(verdict="supported", answer="b", draft="a", edits=edits)
    return Answer(
        id="+".join(rules),
        question="?",
        answer="b",
        abstained=False,
        citations=(),
        alignment=report,
        model=ModelInfo(),
        timings_ms=Timings(),
    )
