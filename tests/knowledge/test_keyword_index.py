"""Keyword search over real files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.catalog.documents import KeywordRow, VisibleSet
from knowledge.errors import Damaged
from knowledge.keyword_index import IndexedDocuments, KeywordFilter, KeywordIndex, write_keywords

TEXTS = [
    ("Sensors", "The LT-200 measures from -40 to 120 degrees."),
    ("传感器手册", "LT-200 温度传感器的量程为零下四十度到一百二十度。"),
    ("差旅报销制度", "住宿费标准为每晚650元，超出部分由个人承担。"),
    ("Travel policy", "Hotel costs are reimbursed up to 5,000 yuan; approvals go to the manager."),
    ("Minutes", "What was decided: the launch is postponed."),
    ("年假制度", "员工每年享有十五天年假，须提前申请。"),
]
ROWS = [
    KeywordRow(row, row, "", title, "", text, ("urn:lt",) if "LT-200" in text else ())
    for row, (title, text) in enumerate(TEXTS)
]


def _held(rows: Sequence[KeywordRow]) -> tuple[VisibleSet, IndexedDocuments]:
    numbers = np.array(sorted({row.number for row in rows}), dtype=np.int64)
    keys = tuple({row.number: row.access_key for row in rows}[number] for number in numbers.tolist())
    ones = np.ones(len(numbers), dtype=np.int64)
    return VisibleSet(1, numbers, numbers, ones, keys, ones), IndexedDocuments(numbers, keys)


@pytest.fixture
def index(tmp_path: Path) -> KeywordIndex:
    write_keywords(tmp_path / "keywords", ROWS)
    return KeywordIndex.load(tmp_path / "keywords")


@pytest.fixture
def everything(index: KeywordIndex) -> KeywordFilter:
    return index.prepare(*_held(ROWS))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("lt-200", {0, 1}),
        ("LT 200", {0, 1}),
        ("ＬＴ－２００", {0, 1}),
        ("住宿费报销标准", {2}),
        ("年假有几天", {5}),
        ("how much is reimbursed for a hotel", {3}),
        ("approval", {3}),
        ("5000", {3}),
        ("650 元", {2}),
        ("差旅", {2}),
    ],
)
def test_finds(index: KeywordIndex, everything: KeywordFilter, question: str, first: set[int]) -> None:
    rows = index.search(question, everything, 10).rows.tolist()
    assert set(rows[: len(first)]) == first


def test_question_words_do_not_count(index: KeywordIndex, everything: KeywordFilter) -> None:
    assert 4 not in index.search("What is the LT-200?", everything, 10).rows
    assert 4 in index.search("what was", everything, 10).rows  # nothing else is there to search for


@pytest.mark.parametrize("question", ["", "  ", "？？", "* AND (", '"', "a" * 10_000, "词 " * 5000, "\x00"])
def test_strange_questions_do_no_harm(index: KeywordIndex, everything: KeywordFilter, question: str) -> None:
    hits = index.search(question, everything, 10)
    assert len(hits.rows) == len(hits.scores)


def test_expansions_count_less_than_the_question(index: KeywordIndex, everything: KeywordFilter) -> None:
    assert index.search("温度传感器", everything, 10).rows.tolist() == [1]
    assert index.search("温度传感器", everything, 10, expansions=["LT-200"]).rows.tolist() == [1, 0]


def test_concepts(index: KeywordIndex, everything: KeywordFilter) -> None:
    assert set(index.search_concepts(["urn:lt"], everything, 10).rows.tolist()) == {0, 1}
    assert index.search_concepts(["urn:other"], everything, 10).rows.size == 0
    assert index.search_concepts([], everything, 10).rows.size == 0


def test_documents_are_taken_out_by_number(tmp_path: Path, index: KeywordIndex) -> None:
    write_keywords(tmp_path / "keywords", [KeywordRow(9, 9, "", "New", "", "LT-200 again", ())], removed=[0, 5])
    changed = KeywordIndex.load(tmp_path / "keywords")
    assert len(changed) == len(ROWS) - 1
    rows = [row for row in ROWS if row.number not in {0, 5}]
    held, indexed = _held([*rows, KeywordRow(9, 9, "", "", "", "", ())])
    assert set(changed.search("lt-200 年假", changed.prepare(held, indexed), 10).rows.tolist()) == {1, 9, 2} - {2}


def test_unreadable_index_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="plumbline rebuild"):
        KeywordIndex.load(tmp_path)
    write_keywords(tmp_path / "keywords", ROWS)
    (tmp_path / "keywords" / "meta.json").write_text("{")
    with pytest.raises(Damaged, match="plumbline rebuild"):
        write_keywords(tmp_path / "keywords", ROWS)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeywordIndex, list[KeywordRow]]:
    """Twelve documents that all match, indexed under three access keys."""
    rows = [KeywordRow(number, number, ("", "k1", "k2")[number % 3], "t", "", "word", ()) for number in range(12)]
    folder = tmp_path_factory.mktemp("keywords")
    write_keywords(folder, rows)
    return KeywordIndex.load(folder), rows


@settings(max_examples=60, deadline=None)
@given(seen=st.dictionaries(st.integers(0, 14), st.sampled_from(["", "k1", "k2", "k3"])))
def test_filter_is_exact_whatever_changed_since(
    labelled: tuple[KeywordIndex, list[KeywordRow]], seen: dict[int, str]
) -> None:
    """`seen` are the documents visible now with their present keys; some were relabelled, removed, or are new."""
    index, rows = labelled
    numbers = np.array(sorted(seen), dtype=np.int64)
    ones = np.ones(len(numbers), dtype=np.int64)
    visible = VisibleSet(1, numbers, numbers, ones, tuple(seen[number] for number in sorted(seen)), ones)
    permitted = index.prepare(visible, _held(rows)[1])
    assert set(index.search("word", permitted, 50).rows.tolist()) == {number for number in seen if number < 12}
