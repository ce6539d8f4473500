"""What an answer shows to be missing in the term graph becomes a candidate, with the documents that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.evidence import Evidence
from app.graph_gaps import candidates
from knowledge.alignment import Checker
from knowledge.catalog.candidates import NewCandidate
from knowledge.graph import Linker, TermGraph
from knowledge.retriever import RankedChunk
from knowledge.types import Chunk, Document, Passage

HARBOUR = Path(__file__).parents[1] / "knowledge" / "alignment" / "harbour.ttl"


@pytest.fixture(scope="module")
def graph() -> TermGraph:
    return TermGraph.from_files([HARBOUR])


def evidence(**documents: str) -> Evidence:
    """One passage of each document; its id is the document's with "-1"."""
    chunks = tuple(
        RankedChunk(Chunk(f"{name}-1", name, 0, text), Document(name, f"{name}.md", name), 1.0)
        for name, text in documents.items()
    )
    passages = tuple(Passage(each.chunk.id, each.chunk.text, number) for number, each in enumerate(chunks, 1))
    return Evidence(passages, chunks, tuple(documents.values()))


def found(graph: TermGraph, text: str, given: Evidence, documents: set[str] | None = None) -> list[NewCandidate]:
    report = Checker(graph, Linker(graph)).check(text, given.passages)
    there = {item.document.id for item in given.chunks} if documents is None else documents
    return candidates(report, given, graph, there)


def test_a_fact_that_only_a_document_states_is_offered(graph: TermGraph) -> None:
    text = "Molehaven Holdings has its headquarters in Leeds."
    offered = found(graph, text, evidence(memo=f"{text} It is old.", other="Nothing."))
    assert [(each.kind, each.label) for each in offered] == [("fact", "Molehaven Holdings · headquarters · Leeds")]
    claim = offered[0].claim
    assert claim is not None
    said = (claim.subject, claim.relation, claim.object)
    assert said == ("urn:harbour:mole", "urn:harbour:city", "urn:harbour:leeds")
    assert [(place.document_id, place.sentences) for place in offered[0].places] == [("memo", (text,))]


def test_a_document_against_the_graph_is_a_conflict(graph: TermGraph) -> None:
    text = "Tern Towage has its headquarters in Ningbo."
    offered = found(graph, text, evidence(memo=text))
    assert [(each.kind, each.label) for each in offered] == [("conflict", "Tern Towage · headquarters · Ningbo")]


def test_a_name_of_the_documents_that_the_graph_lacks_is_offered(graph: TermGraph) -> None:
    text = "The Gannet Reporting Desk answers. Berth Planning asks on Monday. 请看《潮位公告》。"
    offered = found(graph, text, evidence(memo=text, bare="Something else."))
    assert [(each.kind, each.label) for each in offered] == [("name", "Gannet Reporting Desk"), ("name", "潮位公告")]
    assert all([place.document_id for place in each.places] == ["memo"] for each in offered)


@pytest.mark.parametrize(
    "text",
    [
        "Skiff Lines supplies Buoyant Freight.",  # the graph has it
        "Molehaven Holdings has its headquarters in Ningbo.",  # no document states it
        "Ask the Quarterdeck Liaison Office.",  # no document names it
    ],
)
def test_nothing_else_is_offered(graph: TermGraph, text: str) -> None:
    assert found(graph, text, evidence(memo="Skiff Lines supplies Buoyant Freight.")) == []


def test_a_document_that_is_gone_offers_nothing(graph: TermGraph) -> None:
    text = "Molehaven Holdings has its headquarters in Leeds."
    assert found(graph, text, evidence(memo=text), documents=set()) == []
