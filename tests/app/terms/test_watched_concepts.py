"""Watching concepts: what others changed since one looked, and nothing of what is hidden."""

from __future__ import annotations

import pytest

from app.assistant import Assistant
from app.terms.views import WatchedView
from knowledge.catalog.accounts import AccountRecord
from knowledge.errors import NotFound, NotPermitted
from knowledge.graph.changes import Delete, Edit, LabelForm
from knowledge.types import User
from tests.app.terms.conftest import BOARD, EMPLOYEE, MANAGER, OPERATOR, OTHER

MERIDIAN, TRAVEL, FALCON = "urn:ex:meridian", "urn:ex:travel", "urn:ex:falcon"


@pytest.fixture
def terms(assistant: Assistant) -> Assistant:
    """An assistant over a workspace in which everybody but the operator has an account."""
    for user in (MANAGER, OTHER, BOARD, EMPLOYEE):
        record = AccountRecord(user.name, "-", user.role.value, user.groups, "en")
        assert assistant.catalog.accounts.add(record)
    return assistant


def renamed(assistant: Assistant, concept: str, text: str, author: User = MANAGER, **fields: object) -> None:
    form = assistant.terms.concept(concept, author).form
    label = LabelForm(text=text, kind="alternative", language="en")
    change = Edit(form=form.model_copy(update={"labels": (*form.labels, label), **fields}))
    proposal = assistant.terms.propose(change, author, comment=f"it is called {text}")
    assistant.terms.approve(proposal.id, OPERATOR)


def told(found: list[WatchedView]) -> list[tuple[str, list[str]]]:
    return [(each.concept.id, [change.comment for change in each.changes]) for each in found]


def test_the_watcher_is_told_what_others_changed_since_the_last_look(terms: Assistant) -> None:
    for concept in (MERIDIAN, TRAVEL):
        terms.terms.watch(concept, EMPLOYEE)
    assert told(terms.terms.watched(EMPLOYEE)) == [(MERIDIAN, []), (TRAVEL, [])]
    assert terms.terms.watched(OTHER) == [], "each has their own"

    renamed(terms, TRAVEL, "trip team")
    renamed(terms, TRAVEL, "travellers")
    changed = [(TRAVEL, ["it is called travellers", "it is called trip team"]), (MERIDIAN, [])]
    assert told(terms.terms.watched(EMPLOYEE)) == changed
    terms.terms.watch(TRAVEL, EMPLOYEE)
    assert told(terms.terms.watched(EMPLOYEE, mark_seen=True)) == changed, "watching it again forgets nothing"
    assert told(terms.terms.watched(EMPLOYEE)) == [(MERIDIAN, []), (TRAVEL, [])]

    assert terms.terms.watches(TRAVEL, EMPLOYEE)
    terms.terms.unwatch(TRAVEL, EMPLOYEE)
    terms.terms.unwatch(TRAVEL, EMPLOYEE)
    assert not terms.terms.watches(TRAVEL, EMPLOYEE)
    assert told(terms.terms.watched(EMPLOYEE)) == [(MERIDIAN, [])]


def test_ones_own_changes_are_no_news(terms: Assistant) -> None:
    terms.terms.watch(MERIDIAN, MANAGER)
    renamed(terms, MERIDIAN, "MRD", MANAGER)
    renamed(terms, MERIDIAN, "trip desk", OTHER)
    assert told(terms.terms.watched(MANAGER)) == [(MERIDIAN, ["it is called trip desk"])]


def test_a_concept_that_becomes_restricted_disappears_from_the_watched(terms: Assistant) -> None:
    for user in (EMPLOYEE, BOARD):
        terms.terms.watch(MERIDIAN, user)
    renamed(terms, MERIDIAN, "Secret Desk", BOARD, access=("board",))
    assert terms.terms.watched(EMPLOYEE, mark_seen=True) == []
    renamed(terms, MERIDIAN, "Desk 7", BOARD)
    assert terms.terms.watched(EMPLOYEE) == []
    assert [each.concept.en for each in terms.terms.watched(BOARD)] == ["Meridian"]


def test_what_is_hidden_cannot_be_watched(terms: Assistant) -> None:
    with pytest.raises(NotFound) as hidden:
        terms.terms.watch(FALCON, EMPLOYEE)
    with pytest.raises(NotFound) as unknown:
        terms.terms.watch("urn:ex:none", EMPLOYEE)
    assert str(hidden.value).replace(FALCON, "") == str(unknown.value).replace("urn:ex:none", "")
    terms.terms.watch(FALCON, BOARD)
    assert [each.concept.en for each in terms.terms.watched(BOARD)] == ["Project Falcon"]


def test_a_deleted_concept_is_told_as_gone_with_its_name(terms: Assistant) -> None:
    terms.terms.watch(MERIDIAN, EMPLOYEE)
    proposal = terms.terms.propose(Delete(concept=MERIDIAN), MANAGER, comment="sold")
    terms.terms.approve(proposal.id, OTHER)
    [found] = terms.terms.watched(EMPLOYEE)
    assert (found.gone, found.concept.en, [change.comment for change in found.changes]) == (True, "Meridian", ["sold"])


@pytest.mark.parametrize("asker", [OPERATOR, None, User("nobody")])
def test_only_accounts_watch(terms: Assistant, asker: User | None) -> None:
    with pytest.raises(NotPermitted, match="account"):
        terms.terms.watch(MERIDIAN, asker)
    with pytest.raises(NotPermitted, match="account"):
        terms.terms.watched(asker)
