"""Queries kept under a name: one's own, shared ones, and nothing that names what is hidden."""

from __future__ import annotations

import pytest

from app.assistant import Assistant
from knowledge.catalog.accounts import AccountRecord
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR, OTHER

NAMES = "SELECT ?n { <urn:ex:meridian> skos:prefLabel ?n }"


@pytest.fixture
def people(assistant: Assistant) -> Assistant:
    for user in (MANAGER, OTHER, BOARD, EMPLOYEE):
        assert assistant.catalog.accounts.add(AccountRecord(user.name, "-", user.role.value, user.groups, "en"))
    return assistant


def test_a_query_is_kept_asked_again_replaced_and_forgotten(people: Assistant) -> None:
    terms = people.terms
    terms.save_query("  names of  Meridian ", NAMES, MANAGER)
    kept = terms.saved_query("names of Meridian", MANAGER)
    assert len(terms.query(kept.text, MANAGER).rows) == 2
    terms.save_query("names of Meridian", NAMES.replace("meridian", "travel"), MANAGER)
    assert [(row.name, "travel" in row.text) for row in terms.saved_queries(MANAGER)] == [("names of Meridian", True)]
    terms.remove_query("names of Meridian", MANAGER)
    assert terms.saved_queries(MANAGER) == []
    with pytest.raises(NotFound, match="you keep none"):
        terms.remove_query("names of Meridian", MANAGER)


def test_others_see_shared_ones_only_and_cannot_change_them(people: Assistant) -> None:
    terms = people.terms
    terms.save_query("mine", NAMES, MANAGER)
    terms.save_query("ours", NAMES, MANAGER, shared=True)
    for user in (OTHER, ADMIN, OPERATOR):
        assert [(row.owner, row.name, row.own) for row in terms.saved_queries(user)] == [("mei", "ours", False)]
    assert terms.saved_query("mei/ours", OTHER).text == NAMES
    with pytest.raises(NotFound):
        terms.saved_query("mine", OTHER)
    with pytest.raises(NotFound):
        terms.remove_query("ours", OTHER)
    terms.save_query("ours", "ASK {}", OTHER, shared=True)
    assert terms.saved_query("ours", OTHER).text == "ASK {}", "one's own goes before"
    with pytest.raises(InvalidInput, match="mei/ours or tom/ours"):
        terms.saved_query("ours", BOARD)


def test_only_those_who_work_on_the_graph_and_have_an_account_keep_queries(people: Assistant) -> None:
    for user in (EMPLOYEE, OPERATOR, ADMIN):
        with pytest.raises(NotPermitted):
            people.terms.save_query("x", NAMES, user)
    with pytest.raises(NotPermitted):
        people.terms.saved_queries(EMPLOYEE)


def test_what_is_no_name_or_would_never_be_asked_is_refused(people: Assistant) -> None:
    refused = [("", NAMES), ("a/b", NAMES), ("x" * 81, NAMES), ("x", " "), ("x", "DELETE WHERE { ?s ?p ?o }")]
    for name, text in refused:
        with pytest.raises(InvalidInput):
            people.terms.save_query(name, text, MANAGER)


def test_a_shared_query_that_names_a_hidden_thing_is_not_there(people: Assistant) -> None:
    secret = [
        "ASK { <urn:ex:falcon> ?p ?o }",
        "PREFIX e: <urn:ex:> ASK { e:falcon ?p ?o }",
        "prefix e: <urn:ex:> ASK { e:f\\alcon ?p ?o }",
        "BASE <urn:ex:> ASK { <falcon> ?p ?o }",
        'ASK { ?s ?p "project FALCON"@en }',
        "# 猎鹰计划\nASK { ?s ?p ?o }",
    ]
    for number, text in enumerate(secret):
        people.terms.save_query(f"secret {number}", text, BOARD, shared=True)
    people.terms.save_query("plain", NAMES, BOARD, shared=True)
    assert len(people.terms.saved_queries(BOARD)) == len(secret) + 1
    assert [row.name for row in people.terms.saved_queries(OTHER)] == ["plain"]
