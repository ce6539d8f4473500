"""SPARQL queries: only reading, within bounds, over what is given and nothing else, without a network."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from knowledge.errors import InvalidInput
from knowledge.graph import query_child
from knowledge.graph.querying import Queries, QueryAnswer, check_query

LINES = "".join(f'<urn:ex:c{n}> <http://www.w3.org/2004/02/skos/core#prefLabel> "name {n}"@en .\n' for n in range(300))
LINES += '<urn:ex:c1> <urn:ex:limit> "5"^^<http://www.w3.org/2001/XMLSchema#integer> <urn:ex:graph> .\n'
FOREVER = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . FILTER(?c < ?f && ?i < ?l) }"


@pytest.fixture(scope="module")
def queries() -> Iterator[Queries]:
    made = Queries()
    yield made
    made.close()


def ask(queries: Queries, query: str, *, seconds: float = 60, rows: int = 1000) -> QueryAnswer:
    return queries.ask("all", lambda: LINES, query, seconds=seconds, rows=rows)


def test_select_ask_construct(queries: Queries) -> None:
    found = ask(queries, 'SELECT ?c ?l ?none WHERE { ?c skos:prefLabel ?l FILTER(STR(?l) = "name 7") }')
    assert (found.kind, found.columns, found.more) == ("select", ("c", "l", "none"), False)
    ((concept, label, none),) = found.rows
    assert concept is not None
    assert label is not None
    assert (concept.type, concept.value, label.value, label.language, none) == (
        "iri", "urn:ex:c7", "name 7", "en", None,
    )  # fmt: skip
    assert ask(queries, "ASK { <urn:ex:c1> <urn:ex:limit> 5 }").holds, "statements of named graphs count"
    assert ask(queries, "ASK { <urn:ex:c2> <urn:ex:limit> 5 }").holds is False
    made = ask(queries, "CONSTRUCT { ?c skos:altLabel ?l } WHERE { ?c skos:prefLabel ?l }", rows=2)
    assert (made.kind, made.triples, made.more, "skos:altLabel" in made.turtle) == ("construct", 2, True, True)


def test_rows_are_bounded(queries: Queries) -> None:
    found = ask(queries, "SELECT * WHERE { ?s ?p ?o }", rows=10)
    assert (len(found.rows), found.more) == (10, True)
    assert not ask(queries, "SELECT * WHERE { ?s ?p ?o } LIMIT 10", rows=10).more


def test_time_is_bounded_and_the_next_query_is_answered(queries: Queries) -> None:
    with pytest.raises(InvalidInput, match="took longer than"):
        ask(queries, FOREVER, seconds=0.2)
    assert ask(queries, "ASK {}").holds


def test_every_set_of_statements_is_asked_by_itself() -> None:
    queries = Queries()
    try:
        for name in ("a", "b", "c", "a"):
            found = queries.ask(
                name, lambda name=name: f'<urn:x> <urn:y> "{name}" .', "SELECT ?o {?s ?p ?o}", seconds=60, rows=9
            )
            assert [term.value for row in found.rows for term in row if term] == [name]
    finally:
        queries.close()


REFUSED = {
    "insert": ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "INSERT changes"),
    "after a prefix": ("PREFIX e: <urn:e:> DELETE WHERE { ?s ?p ?o }", "DELETE changes"),
    "load": ("load <http://127.0.0.1/x.ttl>", "LOAD changes"),
    "two at once": ("ASK {} ; DROP ALL", "DROP changes"),
    "service": ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE asks"),
    "small letters": ("SELECT * { service silent ?where { ?s ?p ?o } }", "SERVICE asks"),
    "right after a number": ("SELECT * { ?s ?p 1SERVICE <http://h/> { } }", "SERVICE asks"),
    "right before a name": ("PREFIX : <http://h/> SELECT * { SERVICE:x { ?s ?p ?o } }", "SERVICE asks"),
    "after an empty name": ("PREFIX e: <urn:e:> SELECT * { ?s ?p e:.SERVICE <http://h/> { } }", "SERVICE asks"),
    "after what is no comment": ("SELECT * { ?s ?p e:a\\#b . SERVICE <http://h/> { } }", "SERVICE asks"),
    "after a comment": ("SELECT * { # so\rSERVICE <http://h/> { } }", "SERVICE asks"),
    "spelt in code points": ("SELECT * { \\u0053ERVICE <http://h/> { } }", "escapes"),
    "nothing": ("  \n", "write a SPARQL query"),
    "too long": ("ASK {} #" + "x" * 20_000, "write a SPARQL query"),
}


@pytest.mark.parametrize(("query", "why"), REFUSED.values(), ids=REFUSED)
def test_what_changes_or_fetches_is_refused(query: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check_query(query)


@pytest.mark.parametrize(
    "query",
    [
        'ASK { ?service <urn:ex:SERVICE> "SERVICE <x>" } # SERVICE',
        "PREFIX ex: <urn:ex:> SELECT ?insert { ?s ex:service ?insert ; ex:add ''' it's SERVICE ''' }",
        'ASK { ?s <urn:a> "DROP" FILTER(?s < 3) }',
    ],
)
def test_words_that_are_data_are_not_refused(queries: Queries, query: str) -> None:
    ask(queries, query)


@pytest.mark.parametrize("query", ["SELECT", "SELECT * WHERE { ?s nope:x ?o }", "DESCRIBE ?x WHERE"])
def test_a_wrong_query_is_told_in_one_line(queries: Queries, query: str) -> None:
    with pytest.raises(InvalidInput, match=r"^query: .+") as told:
        ask(queries, query)
    assert "\n" not in str(told.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no open files; there only the words are looked at")
def test_the_process_that_answers_reaches_no_server() -> None:
    """Even if SERVICE got past the look at the words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        asked = {
            "query": f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}",
            "rows": 5,
            "prefixes": {},
        }
        done = subprocess.run(
            [sys.executable, "-I", query_child.__file__],
            input=b"0\n" + json.dumps(asked).encode() + b"\n",
            capture_output=True,
            timeout=120,
            check=True,
        )
        ready, answer = done.stdout.splitlines()
        assert json.loads(ready) == {"ready": True}
        assert "failed" in json.loads(answer)
        with pytest.raises(TimeoutError):
            server.accept()
