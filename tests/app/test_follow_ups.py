from pathlib import Path

import pytest

from app.evidence import Evidence
from app.follow_ups import suggest
from knowledge.graph import TermGraph
from knowledge.retriever import RankedChunk
from knowledge.types import ANYONE, AlignmentReport, Chunk, Document, MentionResult, Passage

TERMS = Path(__file__).parents[2] / "examples" / "terms.ttl"


@pytest.fixture(scope="module")
def graph() -> TermGraph:
    return TermGraph.from_files([TERMS])


def report(graph: TermGraph, name: str) -> AlignmentReport:
    concept = graph.search(name, ANYONE, 1)[0].concept.id
    mention = MentionResult(start=0, end=len(name), concept=concept, label_kind="preferred")
    return AlignmentReport(verdict="supported", answer=name, draft=name, mentions=(mention,))


@pytest.mark.parametrize(("language", "name"), [("en", "Meridian"), ("zh", "子午差旅平台")])
def test_facts_that_were_not_asked_for_are_offered(graph: TermGraph, language: str, name: str) -> None:
    questions = suggest(report(graph, name), Evidence(), graph, "", language, ANYONE)
    assert questions
    assert all(name in question for question in questions)
    assert not [question for question in questions if "hosted at of" in question]


def test_what_was_just_asked_is_not_offered_again(graph: TermGraph) -> None:
    questions = suggest(report(graph, "Meridian"), Evidence(), graph, "Who is the owner of Meridian?", "en", ANYONE)
    assert not [question for question in questions if "owner" in question]


def test_sections_beside_the_cited_one_are_offered_without_their_numbers(graph: TermGraph) -> None:
    document = Document(id="d", path="travel.docx", title="差旅管理制度", language="zh")
    chunks = [
        RankedChunk(Chunk(id=heading, document_id="d", ordinal=0, text=heading, heading=heading), document, 1.0)
        for heading in ("二、住宿标准", "三、交通")
    ]
    passages = [Passage(item.chunk.id, item.chunk.text, marker=place) for place, item in enumerate(chunks, 1)]
    checked = AlignmentReport(verdict="supported", answer="每晚 650 元[1]。", draft="")
    questions = suggest(checked, Evidence(tuple(passages), tuple(chunks)), graph, "一晚多少钱？", "zh", ANYONE)
    assert [question for question in questions if "交通" in question and "三、" not in question]
    assert not [question for question in questions if "住宿标准" in question]
