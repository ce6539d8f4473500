"""What a model's reading of a sentence may and may not bring about. Its answers are given here as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from knowledge.alignment import Checker
from knowledge.alignment.rewriting import TRIES
from knowledge.graph import Linker, TermGraph
from knowledge.types import ANYONE, Language

HERE = Path(__file__).parent
# No wording of the graph says it so
TEXT = "Crates for Buoyant Freight are packed at night by people of Skiff Lines."


@pytest.fixture(scope="module")
def graph() -> TermGraph:
    return TermGraph.from_files([HERE / "harbour.ttl"])


@dataclass
class Answering:
    """Gives the same answers in turn, and keeps what it was asked; `{relation}` is that relation's number."""

    answers: list[str]
    relation: str = "supplies"
    asked: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    def triples(
        self, sentence: str, names: Sequence[str], relations: Sequence[str], _language: Language, attempt: int
    ) -> str:
        self.asked.append((sentence, tuple(names), tuple(relations)))
        number = relations.index(self.relation) + 1 if self.relation in relations else 0
        return self.answers[attempt % len(self.answers)].replace("{relation}", str(number))


@dataclass(frozen=True)
class Chosen:
    edit: bool = True
    prefer_preferred: bool = False
    model: Literal["off", "bounded", "on"] = "bounded"


def checker(graph: TermGraph, reader: Answering, settings: Chosen | None = None) -> Checker:
    return Checker(graph, Linker(graph), settings=settings or Chosen(), model_reader=reader)


def test_the_model_chooses_among_names_and_relations_of_the_sentence(graph: TermGraph) -> None:
    reader = Answering(["none"])
    assert checker(graph, reader).check(TEXT) == Checker(graph, Linker(graph)).check(TEXT)
    ((sentence, names, relations),) = reader.asked
    assert sentence == TEXT
    assert names == ("Buoyant Freight", "Skiff Lines")
    assert {"supplies", "acquired", "parent company"} <= set(relations)
    assert "head" not in relations  # joins no two companies


def test_what_the_graph_states_is_borne_out(graph: TermGraph) -> None:
    report = checker(graph, Answering(["2 | {relation} | 1"])).check(TEXT)
    (finding,) = report.findings
    assert (finding.kind, finding.rule) == ("supported", "supported.model")
    assert finding.evidence == ("Skiff Lines · supplies · Buoyant Freight",)
    assert report.answer == TEXT


@pytest.mark.parametrize("relation", ["supplies", "parent company"])
def test_what_the_graph_states_otherwise_is_marked_and_never_changed(graph: TermGraph, relation: str) -> None:
    report = checker(graph, Answering(["1 | {relation} | 2"], relation)).check(TEXT)
    assert report.answer == TEXT
    assert not report.edits
    assert [(finding.kind, finding.rule) for finding in report.findings] == [("unsupported", "unsupported.model")]


@pytest.mark.parametrize(
    "answer",
    [
        "3 | 1 | 1",
        "1 | 99 | 2",
        "0 | 1 | 2",
        "1 | 1 | 1",
        "Skiff Lines | supplies | Buoyant Freight",
        "yes",
        "",
        "1 | 1",
    ],
)
def test_an_answer_that_names_anything_else_counts_as_none(graph: TermGraph, answer: str) -> None:
    reader = Answering([answer])
    assert checker(graph, reader).check(TEXT).findings == ()
    assert len(reader.asked) == TRIES


def test_a_second_try_may_do_better(graph: TermGraph) -> None:
    report = checker(graph, Answering(["well", "2 | {relation} | 1"])).check(TEXT)
    assert [finding.kind for finding in report.findings] == ["supported"]


@pytest.mark.parametrize(
    "text",
    [
        "Skiff Lines supplies Buoyant Freight.",  # the graph's own wording
        "Skiff Lines shook hands.",  # one name
        "Perhaps Buoyant Freight and Skiff Lines shook hands, and crates may have flowed.",
        "Did Buoyant Freight and the people of Skiff Lines shake hands?",
        "Buoyant Freight and the people of Skiff Lines never shook hands, nor did crates flow.",
    ],
)
def test_no_model_is_asked_where_nothing_is_stated_or_the_wordings_tell(graph: TermGraph, text: str) -> None:
    reader = Answering(["none"])
    checker(graph, reader).check(text)
    assert reader.asked == []


@pytest.mark.parametrize(("model", "sentences"), [("off", 0), ("bounded", 1), ("on", 3)])
def test_the_setting_says_for_how_many_sentences(
    graph: TermGraph, model: Literal["off", "bounded", "on"], sentences: int
) -> None:
    reader = Answering(["none"])
    checker(graph, reader, Chosen(model=model)).check(" ".join([TEXT] * 3))
    assert len(reader.asked) == sentences


def test_a_model_is_not_shown_what_the_asker_may_not_see(graph: TermGraph, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ttl"
    secret.write_text('<urn:harbour:skiff> <urn:plumbline:ns#accessLabel> "treasury" .', encoding="utf-8")
    hidden = TermGraph.from_files([HERE / "harbour.ttl", secret])
    reader = Answering(["2 | {relation} | 1"])
    report = checker(hidden, reader).check(TEXT, user=ANYONE)
    assert reader.asked == []
    assert report.findings == ()
