"""Concepts found as somebody types: both languages, pinyin, letters wrong; best first; nothing restricted shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from knowledge.graph import TermGraph
from knowledge.graph.grams import Grams
from knowledge.graph.pinyin import all_spellings, spellings
from knowledge.graph.search import _all_searchable, _searchable
from knowledge.types import ANYONE, User

Make = Callable[[str], TermGraph]
TERMS = """
ex:travel skos:prefLabel "Travel Desk"@en, "差旅平台"@zh ; skos:hiddenLabel "tdesk"@en .
ex:trav skos:prefLabel "Travel"@en, "出差"@zh .
ex:erp skos:prefLabel "鼎信ERP系统"@zh, "Dingxin ERP"@en .
ex:cq skos:prefLabel "重庆银行"@zh, "Bank of Chongqing"@en .
ex:green skos:prefLabel "绿色通道"@zh, "Fast Lane"@en .
ex:untravel skos:prefLabel "Untravelled Roads"@en .
ex:secret skos:prefLabel "Travel Kingfisher"@en, "翠鸟计划"@zh ; plb:accessLabel "board" .
"""
FOUND = {
    "the whole name before longer ones": ("travel", ["trav", "travel", "untravel"], "exact"),
    "the beginning": ("trave", ["trav", "travel", "untravel"], "prefix"),
    "a later word": ("desk", ["travel", "travel"], "word"),
    "inside a word": ("ravelled", ["untravel"], "inside"),
    "full width and capitals": ("ＴＲＡＶＥＬ ｄｅｓｋ", ["travel"], "exact"),
    "a piece of a Chinese name": ("平台", ["travel"], "inside"),
    "without the blanks": ("鼎信ERP", ["erp"], "prefix"),
    "with more blanks": ("鼎信 erp 系统", ["erp"], "exact"),
    "initials": ("clpt", ["travel"], "pinyin"),
    "first initials": ("clp", ["travel"], "pinyin"),
    "full pinyin": ("chailvpingtai", ["travel"], "pinyin"),
    "pinyin with blanks": ("chai lv", ["travel"], "pinyin"),
    "pinyin from the middle": ("pingtai", ["travel"], "pinyin"),
    "a character with two readings": ("chongqing", ["cq"], "word"),
    "its bank": ("chongqingyinhang", ["cq"], "pinyin"),
    "mixed initials": ("dxerpxt", ["erp"], "pinyin"),
    "two letters exchanged": ("Tarvel Desk", ["travel"], "fuzzy"),
    "a letter missing": ("Untravlled Roads", ["untravel"], "fuzzy"),
    "a wrong word of several": ("Rouds", ["untravel"], "fuzzy"),
    "a wrong character": ("差旅平合", ["travel"], "fuzzy"),
    "nothing like it": ("xylophone", [], ""),
    "not from within a syllable": ("ingtai", [], ""),
}


@pytest.mark.parametrize(("text", "expected", "how"), FOUND.values(), ids=FOUND)
def test_what_is_found_and_how(graph_of: Make, text: str, expected: list[str], how: str) -> None:
    found = graph_of(TERMS).search(text, ANYONE)
    assert [match.concept.id.removeprefix("urn:ex:") for match in found] == list(dict.fromkeys(expected))
    assert not found or found[0].how == how
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


@pytest.mark.parametrize(
    "text", ["travel kingfisher", "kingf", "cnjh", "cuiniaojihua", "翠鸟", "Travel Kingfishre", "计"]
)
def test_a_restricted_concept_is_never_found(graph_of: Make, text: str) -> None:
    graph = graph_of(TERMS)
    board = User("b", groups=frozenset({"board"}))
    assert any(match.concept.id == "urn:ex:secret" for match in graph.search(text, board))
    assert all(match.concept.id != "urn:ex:secret" for match in graph.search(text, ANYONE))


def test_a_limit_counts_concepts_that_are_seen(graph_of: Make) -> None:
    many = "".join(f'ex:h{i} skos:prefLabel "Travel {i}"@en ; plb:accessLabel "board" .' for i in range(30))
    found = graph_of(TERMS + many).search("travel", ANYONE, 2)
    assert [match.concept.id for match in found] == ["urn:ex:trav", "urn:ex:travel"]
    assert graph_of(TERMS).search("travel", ANYONE, 0) == []


def test_many_names_with_one_beginning(graph_of: Make) -> None:
    many = "".join(f'ex:m{i} skos:prefLabel "Part {i:05}"@en .' for i in range(2500))
    assert [match.label for match in graph_of(many).search("par", ANYONE, 3)] == [
        "Part 00000",
        "Part 00001",
        "Part 00002",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("差旅", ["cha lv", "chai lv"]),
        ("重庆的重量", ["chong qing de zhong liang", "chong qing di zhong liang"]),
        ("绿 A1", ["lv A 1", "lu A 1"]),
        ("", [""]),
    ],
)
def test_spellings(text: str, expected: list[str]) -> None:
    assert [" ".join(way) for way in spellings(text)] == expected


@settings(deadline=None, max_examples=60)  # the tables are loaded by the first
@given(st.lists(st.text(alphabet="重庆行长乐差旅绿的都得了中 aA1-·\U000f0001é", max_size=8), max_size=6))
@example([])
@example(["重庆的重量", "绿 A1", "", "长长长"])
def test_many_names_are_spelled_as_each_by_itself(names: list[str]) -> None:
    one_by_one = [
        (number, "".join(way), "".join(syllable[0] for syllable in way))
        for number, name in enumerate(names)
        for way in spellings(name.replace("\U000f0001", "\ufffd"))
    ]
    assert all_spellings(names) == one_by_one


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet="差 旅A\nΣσİ９ｂ", max_size=6), max_size=5))
def test_many_names_are_made_searchable_as_each_by_itself(names: list[str]) -> None:
    assert _all_searchable(names) == [_searchable(name) for name in names]


WORDS = ["meridian", "meridiem", "差旅平台", "x\U0001f600y", "abc", "kingfisher", "kingfishers"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WORDS), st.integers(0, 12), st.sampled_from(["drop", "swap", "put"]))
def test_near_texts_are_those_within_the_distance(word: str, place: int, how: str) -> None:
    place %= len(word)
    changed = {
        "drop": word[:place] + word[place + 1 :],
        "swap": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        "put": f"{word[:place]}q{word[place:]}",
    }[how]
    near = Grams(WORDS).near(changed)
    limit = 1 if len(changed) <= 4 else 2 if len(changed) <= 8 else 3
    expected = sorted(
        (distance, number)
        for number, other in enumerate(WORDS)
        if len(changed) > 2 and (distance := OSA.distance(changed, other)) <= limit
    )
    # A text of three or four letters may share no pair with the right one
    assert near == expected or len(changed) <= 4
