"""What somebody may not see is not there for their queries: not in rows, counts, orderings or templates."""

from __future__ import annotations

import pytest

from app.assistant import Assistant
from knowledge.errors import InvalidInput, NotPermitted
from knowledge.graph.changes import Edit
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR

ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"
QUERIES = {
    "everything": ALL,
    "in any graph": "SELECT ?s ?p ?o { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }",
    "by its class": "SELECT * { ?s a skos:Concept ; ?p ?o }",
    "what leads there": "SELECT ?s { ?s ?p <urn:ex:falcon> }",
    "statements about it": "SELECT * { ?s rdf:subject ?o ; rdf:object ?t }",
    "joined names": 'SELECT (GROUP_CONCAT(?o; separator=" ") AS ?s) { ?c skos:prefLabel ?o }',
    "a template": "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "described": "DESCRIBE <urn:ex:falcon> <urn:ex:systems>",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_restricted_concept_does_not_appear(assistant: Assistant, query: str) -> None:
    answers = {}
    for asker in (MANAGER, ADMIN, BOARD, OPERATOR):
        found = assistant.terms.query(query, asker)
        answers[asker.name] = (frozenset(found.rows), found.turtle)
        told = [word for word in ("falcon", "Falcon", "猎鹰", "board", "Statement") if word in str(found)]
        assert told == [] or asker in (BOARD, OPERATOR)
    assert answers["mei"] == answers["root"]
    assert answers["ada"] == answers["cli:ops"]
    differ = answers["mei"] != answers["ada"]
    assert differ, "there is something that the others do not see"


def test_counts_are_of_what_is_seen(assistant: Assistant) -> None:
    counting = "SELECT (COUNT(?c) AS ?n) { ?c a skos:Concept }"
    counts = []
    for user in (MANAGER, BOARD):
        ((count,),) = assistant.terms.query(counting, user).rows
        assert count is not None
        counts.append(int(count.value))
    assert counts == [5, 6]


def test_queries_follow_the_graph(assistant: Assistant) -> None:
    terms = assistant.terms
    asked = "ASK { <urn:ex:systems> ?said ?anything }"
    assert terms.query(asked, MANAGER).holds
    form = terms.concept("urn:ex:systems", BOARD).form.model_copy(update={"access": ("board",)})
    made = terms.propose(Edit(form=form), BOARD, comment="for the board")
    revision = terms.approve(made.id, OPERATOR, wait=True).id
    found = terms.query(asked, MANAGER)
    assert (found.holds, found.revision) == (False, revision), "restricted a moment ago"
    assert terms.query(asked, BOARD).holds


def test_only_those_who_work_on_the_graph_may_ask(assistant: Assistant) -> None:
    with pytest.raises(NotPermitted):
        assistant.terms.query(ALL, EMPLOYEE)
    with pytest.raises(NotPermitted):
        assistant.terms.query(ALL, None)
    for bounds in ({"rows": 0}, {"rows": 10_001}, {"seconds": 61.0}):
        with pytest.raises(InvalidInput, match="may be asked for"):
            assistant.terms.query(ALL, MANAGER, **bounds)
