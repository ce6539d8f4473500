"""Facts of the term graph stand in the evidence beside the passages, cited as the graph with its revision."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.answer import Citation
from app.attachment import without_attached
from app.citations import cite
from app.conversation import _ids
from app.evidence import Evidence, other_names, relevance
from app.facts import facts_for, with_facts
from knowledge.graph import Linker, TermGraph
from knowledge.language import detect_language
from knowledge.types import ANYONE, User
from tests.tests_support import NoEmbedder

DAY = date(2026, 11, 24)
GRAPH = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix plb: <urn:plumbline:ns#> . @prefix ex: <urn:ex:> .
ex:meridian a skos:Concept ; skos:prefLabel "Meridian"@en, "子午平台"@zh ; plb:deprecatedLabel "TripDesk"@en ;
    ex:owner ex:travel ; ex:wait 3 .
ex:travel a skos:Concept ; skos:prefLabel "Travel team"@en, "差旅组"@zh .
ex:falcon a skos:Concept ; skos:prefLabel "Falcon"@en ; plb:accessLabel "board" ; ex:owner ex:travel .
ex:atlas a skos:Concept ; skos:prefLabel "Atlas"@en ; ex:owner ex:travel .
[] a rdf:Statement ; rdf:subject ex:atlas ; rdf:predicate ex:owner ; rdf:object ex:travel ; plb:validUntil "2025" .
ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en, "负责团队"@zh ;
    plb:phrase "the owner of {subject} is {object}"@en, "{subject}由{object}负责"@zh .
ex:wait a owl:DatatypeProperty ; rdfs:label "waiting time"@en ; plb:unit "mo" .
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> TermGraph:
    file = Path(tmp_path_factory.mktemp("facts")) / "terms.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    return TermGraph.from_files([file])


def told(graph: TermGraph, question: str, user: User = ANYONE) -> list[str]:
    return [each.text for each in facts_for(question, graph, Linker(graph), detect_language(question), user, DAY)]


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("Who is the owner of Meridian?", ["The owner of Meridian is Travel team."]),
        ("Who is the owner of TripDesk?", ["The owner of Meridian is Travel team."]),
        ("子午平台由哪个团队负责？", ["子午平台由差旅组负责。"]),
        ("What is the waiting time for Meridian?", ["Meridian: waiting time: 3 months"]),
        ("How do I reset the password of Meridian?", []),
        ("Who was the owner of Meridian in 2019?", []),
        ("Who is the owner of Atlas?", []),
        ("Who is the owner of Falcon?", []),
        ("What is a good lunch?", []),
    ],
)
def test_a_question_gets_the_facts_that_it_asks_for(graph: TermGraph, question: str, facts: list[str]) -> None:
    assert told(graph, question) == facts


def test_what_not_everybody_may_know_is_no_evidence(graph: TermGraph) -> None:
    assert told(graph, "Who is the owner of Falcon?", User("ada", groups=frozenset({"board"}))) == []


def test_a_fact_is_cited_as_the_graph_with_its_revision(graph: TermGraph) -> None:
    question = "Who is the owner of Meridian?"
    facts = facts_for(question, graph, Linker(graph), "en", ANYONE, DAY)
    evidence = with_facts(Evidence(), facts, "r7-abc", "en")
    assert relevance(question, (), evidence) > 0
    assert evidence.as_text() == "[1] Term graph\nThe owner of Meridian is Travel team."
    cited = cite("The owner of Meridian is the Travel team [1].", evidence, NoEmbedder(), question)
    (citation,) = cited.citations
    assert (citation.of_graph, citation.revision, citation.title) == (True, "r7-abc", "Term graph")
    assert citation.quote == "The owner of Meridian is Travel team."
    assert not citation.attached


def test_the_graph_is_no_document(graph: TermGraph) -> None:
    facts = facts_for("Who is the owner of Meridian?", graph, Linker(graph), "en", ANYONE, DAY)
    evidence = with_facts(Evidence(), facts, "r7-abc", "en")
    assert without_attached(evidence) == Evidence()
    assert _ids({"citations": [each.to_json() for each in evidence.citations()]}, "citations") == set()


def test_older_answers_have_citations_without_a_revision() -> None:
    assert Citation(marker=1, document_id="d", title="t", path="p").revision == ""


def test_an_answer_may_call_what_its_source_tells_of_by_the_name_asked_for(graph: TermGraph) -> None:
    question = "Who runs TripDesk?"
    told_facts = facts_for("Who is the owner of TripDesk?", graph, Linker(graph), "en", ANYONE, DAY)
    evidence = with_facts(Evidence(), told_facts, "r1", "en")
    draft = "TripDesk is run by Travel people."
    assert not cite(draft, evidence, NoEmbedder(), question).citations, "by its words alone it speaks of something else"
    names = other_names(question, evidence, Linker(graph), ANYONE)
    assert ["TripDesk" in each for each in names] == [True]
    assert cite(draft, evidence, NoEmbedder(), question, names).citations
    assert other_names("Who runs Atlas?", evidence, Linker(graph), ANYONE) == ("",), "of what it does not speak of"
