"""Linking: forms of writing, rules per label, ambiguity that is decided or left open, and suggestions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.graph import Linker, TermGraph
from knowledge.graph.normal import fold, normalize, spread
from knowledge.types import ANYONE, User

Make = Callable[[str], TermGraph]
FORMS = """
ex:platform skos:prefLabel "差旅平台"@zh, "Office Portal"@en . ex:erp skos:prefLabel "鼎信ERP系统"@zh .
ex:cafe skos:prefLabel "Café Noir"@en . ex:fi skos:prefLabel "Fino Files"@en . ex:four skos:prefLabel "Phase IV"@en .
ex:ka skos:prefLabel "ガス台"@zh . ex:co skos:prefLabel "CO2 Report"@en .
"""
WRITTEN = {
    "traditional characters": ("請登入差旅平臺。", ["差旅平臺"]),
    "a traditional label form": ("鼎信ERP系統", ["鼎信ERP系統"]),
    "one blank of two": ("鼎信 ERP系统和鼎信ERP 系统", ["鼎信 ERP系统", "鼎信ERP 系统"]),
    "an accent apart": ("At Cafe\u0301 Noir we met", ["Cafe\u0301 Noir"]),
    "a ligature": ("The Fino ﬁles and more", ["Fino ﬁles"]),
    "a Roman numeral": ("in Phase Ⅳ now", ["Phase Ⅳ"]),
    "half-width kana": ("新ｶﾞｽ台很好", ["ｶﾞｽ台"]),
    "a subscript": ("the CO₂ Report", ["CO₂ Report"]),
    "full width": ("Ｏｆｆｉｃｅ　Ｐｏｒｔａｌ", ["Ｏｆｆｉｃｅ　Ｐｏｒｔａｌ"]),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_ways_of_writing(graph_of: Make, text: str, expected: list[str]) -> None:
    mentions = Linker(graph_of(FORMS)).link(text)
    assert [mention.text for mention in mentions] == expected
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("aﬁée\u0301Ⅳ①㈱平臺 ｶﾞ²İ😀"), max_size=20))
def test_offsets_lead_back(text: str) -> None:
    assert len(fold(text)) == len(normalize(text)) == len(text)
    apart = spread(text)
    if apart is None:
        return
    assert len(apart.starts) == len(apart.ends) == len(apart.text)
    assert apart.original(0, len(apart.text)) == (0, len(text))
    for start in range(len(apart.text)):
        place = apart.original(start, start + 1)
        assert place is None or spread(text[slice(*place)]) is None or place[1] - place[0] > 0


def test_half_of_a_ligature_is_no_mention(graph_of: Make) -> None:
    assert Linker(graph_of('ex:a skos:prefLabel "do if"@en .')).link("do iﬁ") == []


RULES = """
ex:it skos:prefLabel "It Crowd"@en ; plb:exactCase "It Crowd"@en .
ex:ops skos:prefLabel "Operation"@en ; skos:altLabel "Copy"@en ; plb:exactNumber "Operation"@en, "Copy"@en .
ex:erp skos:prefLabel "鼎信ERP系统"@zh ; plb:exactSpacing "鼎信ERP系统"@zh . ex:free skos:prefLabel "Free Form"@en .
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It Crowd, IT CROWD, it crowd", ["It Crowd"]),
        ("Operation and Operations", ["Operation"]),
        ("Copy and Copies", ["Copy"]),
        ("鼎信ERP系统与鼎信 ERP 系统", ["鼎信ERP系统"]),
        ("Free Forms, FREE FORM", ["Free Forms", "FREE FORM"]),
    ],
)
def test_rules_per_label(graph_of: Make, text: str, expected: list[str]) -> None:
    assert [mention.text for mention in Linker(graph_of(RULES)).link(text)] == expected


AMBIGUOUS = """
ex:Team a owl:Class ; rdfs:label "team"@en, "团队"@zh . ex:Tool a owl:Class ; rdfs:label "tool"@en .
ex:lead a owl:ObjectProperty .
ex:t a ex:Team ; skos:prefLabel "Atlas"@en ; ex:lead ex:jo . ex:s a ex:Tool ; skos:prefLabel "Atlas"@en ;
  skos:broader ex:suite .
ex:jo skos:prefLabel "Jo Park"@en . ex:suite skos:prefLabel "Suite Nine"@en . ex:other skos:prefLabel "Kestrel"@en .
"""
MEANT = {
    "nothing tells": ("Atlas is new.", [], None),
    "a neighbour is named": ("Jo Park says Atlas is new.", [], "urn:ex:t"),
    "a neighbour by a broader link": ("Atlas belongs to Suite Nine.", [], "urn:ex:s"),
    "both have a neighbour": ("Jo Park likes Atlas and Suite Nine.", [], None),
    "a neighbour in a passage": ("Atlas is new.", ["Suite Nine costs more."], "urn:ex:s"),
    "its class stands beside it": ("The Atlas team is new.", [], "urn:ex:t"),
    "the class within another word": ("Atlas toolbox", [], None),
    "the class far away": ("Atlas is new and much is to be said before any tool comes.", [], None),
    "something else is named": ("Kestrel and Atlas", [], None),
}


@pytest.mark.parametrize(("text", "context", "expected"), MEANT.values(), ids=MEANT)
def test_what_an_ambiguous_name_means(graph_of: Make, text: str, context: list[str], expected: str | None) -> None:
    mention = next(one for one in Linker(graph_of(AMBIGUOUS)).link(text, context=context) if one.text == "Atlas")
    assert (None if mention.candidates else mention.concept) == expected


SUGGESTED = {
    "a letter wrong": ("Ask the Ofice Portal.", [("Ofice Portal", "urn:ex:platform")]),
    "a character wrong": ("登录差旅平合系统。", [("差旅平合", "urn:ex:platform")]),
    "right ones need none": ("Office Portal and 差旅平台", []),
    "something else": ("Nothing of the kind.", []),
    "too short": ("Fin Fil", []),
}


@pytest.mark.parametrize(("text", "expected"), SUGGESTED.values(), ids=SUGGESTED)
def test_suggestions_are_no_mentions(graph_of: Make, text: str, expected: list[tuple[str, str]]) -> None:
    linker = Linker(graph_of(FORMS))
    found = linker.suggest(text)
    assert [(one.text, one.concept) for one in found] == expected
    assert all(text[one.start : one.end] == one.text for one in found)
    if expected:
        assert not any(mention.concept == expected[0][1] for mention in linker.link(text))


def test_suggestions_name_nothing_restricted(graph_of: Make) -> None:
    linker = Linker(graph_of('ex:a skos:prefLabel "Kingfisher"@en ; plb:accessLabel "board" .'))
    assert linker.suggest("Kingfischer", ANYONE) == []
    assert linker.suggest("Kingfischer", User("b", groups=frozenset({"board"})))


def test_linking_on_newspaper_sentences(shared_data: Path) -> None:
    folder = shared_data / "alignment" / "finre-zh"
    linker = Linker(TermGraph.from_files([folder / "graph.ttl"]))
    right = wrong = missed = 0
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case.get("task") == "linking":
            gold = {tuple(span) for span in case["expect"]["mentions"]}
            free = {tuple(span) for span in case["expect"]["mentions_optional"]} - gold
            found = {(one.start, one.end) for one in linker.link(case["text"])} - free
            right, wrong, missed = right + len(gold & found), wrong + len(found - gold), missed + len(gold - found)
    assert 2 * right / (2 * right + wrong + missed) >= 0.97
