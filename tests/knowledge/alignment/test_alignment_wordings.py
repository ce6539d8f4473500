"""The same facts in many words: none of them is called wrong, most false ones are found."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

HERE = Path(__file__).parent
SENTENCES = tomllib.loads((HERE / "harbour.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checker() -> Checker:
    graph = TermGraph.from_files([HERE / "harbour.ttl"])
    return Checker(graph, Linker(graph))


@pytest.mark.parametrize("text", SENTENCES["good"])
def test_a_true_sentence_is_neither_changed_nor_called_wrong(checker: Checker, text: str) -> None:
    report = checker.check(text)
    assert report.answer == text
    assert not [finding for finding in report.findings if finding.kind == "contradicted"]


def test_most_false_sentences_are_found(checker: Checker) -> None:
    found = [text for text in SENTENCES["wrong"] if checker.check(text).verdict == "contradicted"]
    assert len(found) >= 0.8 * len(SENTENCES["wrong"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Buoyant Freight supplies Skiff Lines.", "Skiff Lines supplies Buoyant Freight."),
        ("Skiff Lines is supplied by Buoyant Freight.", "Buoyant Freight is supplied by Skiff Lines."),
        ("AstroDesk, as agreed, sends data to TideBook.", "TideBook, as agreed, sends data to AstroDesk."),
        ("星台每晚向潮汐簿推送数据。", "潮汐簿每晚向星台推送数据。"),
        ("燕鸥拖轮于去年春天收购了轻舟航运。", "燕鸥拖轮于去年春天收购了轻舟航运。"),  # of last year: only marked
        ("Berth Planning has 24 staff.", "Berth Planning has 42 staff."),
        ("泊位计划科有24名员工。", "泊位计划科有42名员工。"),
    ],
)
def test_a_turned_direction_is_put_right_only_in_the_wordings_of_the_graph(
    checker: Checker, text: str, right: str
) -> None:
    assert checker.check(text).answer == right
