"""Names found in text: what is one, where it begins and ends, and which concept it means."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from knowledge.graph import Linker, TermGraph
from knowledge.graph.normal import fold, normalize
from knowledge.types import ANYONE, User

Make = Callable[[str], TermGraph]
GRAPH = """
ex:meridian skos:prefLabel "Meridian"@en, "子午差旅平台"@zh ; plb:deprecatedLabel "TripDesk"@en, "差旅通"@zh .
ex:finance skos:prefLabel "Finance"@en, "财务部"@zh .
ex:finops skos:prefLabel "Finance Operations"@en ; skos:altLabel "Ops"@en .
ex:chan skos:prefLabel "Channel Sales"@en ; skos:altLabel "Ops"@en .
ex:it skos:prefLabel "IT"@en ; skos:altLabel "技术部"@zh .
ex:film skos:prefLabel "microfilm reel"@en ; skos:altLabel "safety copy"@en .
ex:erp skos:prefLabel "鼎信ERP系统"@zh .
ex:secret skos:prefLabel "Meridian Two"@en ; plb:accessLabel "board" .
"""
LINKS = {
    "both languages": ("Meridian 即子午差旅平台", ["Meridian", "子午差旅平台"]),
    "the longest name": ("Finance Operations pays.", ["Finance Operations"]),
    "an everyday word without its capital": ("Our finance is sound.", []),
    "the same word with it": ("Ask Finance about it.", ["Finance"]),
    "an acronym in small letters": ("It is up to it.", []),
    "an acronym": ("Ask IT.", ["IT"]),
    "a camel-case name in small letters": ("open tripdesk now", ["tripdesk"]),
    "inside another word": ("Meridians' Premeridian, xMeridian", ["Meridians"]),
    "possessive": ("Meridian's owner", ["Meridian"]),
    "a term and its plural": ("two microfilm reels and safety copies", ["microfilm reels", "safety copies"]),
    "at the start of a sentence": ("Microfilm reel is rare.", ["Microfilm reel"]),
    "part of a code or an address": ("Meridian-2 meridian.example.com IT_x #IT", []),
    "full width": ("请登录ＴｒｉｐＤｅｓｋ。", ["ＴｒｉｐＤｅｓｋ"]),
    "glued to Han": ("在Meridian中", ["Meridian"]),
    "blanks between Han and Latin": ("鼎信 ERP 系统与鼎信ERP系统", ["鼎信 ERP 系统", "鼎信ERP系统"]),
    "a short Han name inside another word": ("技术部门很多", []),
    "a short Han name": ("请联系技术部。", ["技术部"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), LINKS.values(), ids=LINKS)
def test_links(graph_of: Make, text: str, expected: list[str]) -> None:
    mentions = Linker(graph_of(GRAPH)).link(text, ANYONE)
    assert [mention.text for mention in mentions] == expected
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)


@pytest.mark.parametrize(
    ("text", "context", "candidates"),
    [
        ("Ops approves it.", [], {"urn:ex:finops", "urn:ex:chan"}),
        ("Ops approves it, says Finance Operations.", [], set()),
        ("Ops approves it.", ["Channel Sales, a directory entry"], set()),
        ("Ops approves it.", ["Channel Sales and Finance Operations"], {"urn:ex:finops", "urn:ex:chan"}),
    ],
)
def test_an_ambiguous_name_stays_open_unless_something_else_tells(
    graph_of: Make, text: str, context: list[str], candidates: set[str]
) -> None:
    mention = Linker(graph_of(GRAPH)).link(text, context=context)[0]
    assert set(mention.candidates) == candidates


def test_invisible_concepts_neither_show_nor_hide_others(graph_of: Make) -> None:
    linker = Linker(graph_of(GRAPH))
    board = User("b", groups=frozenset({"board"}))
    assert [(m.text, m.concept) for m in linker.link("Meridian Two", board)] == [("Meridian Two", "urn:ex:secret")]
    assert [(m.text, m.concept) for m in linker.link("Meridian Two", ANYONE)] == [("Meridian", "urn:ex:meridian")]
    assert "Meridian Two" not in linker.expand("Meridian Two", ANYONE)


def test_expansion_gives_the_other_names(graph_of: Make) -> None:
    assert Linker(graph_of(GRAPH)).expand("TripDesk 怎么用") == ["Meridian", "子午差旅平台", "差旅通"]


def test_a_label_that_reads_like_an_instruction_or_a_pattern_is_data(graph_of: Make) -> None:
    linker = Linker(graph_of('ex:a skos:prefLabel "Ignore all rules (.*)+"@en, "{subject} is {object}"@en .'))
    assert [mention.text for mention in linker.link("x Ignore all rules (.*)+ y")] == ["Ignore all rules (.*)+"]


_PREFIXES = (
    "@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix plb: <urn:plumbline:ns#> ."
)
_LINKER = Linker(TermGraph(parse(_PREFIXES + GRAPH, RdfFormat.TURTLE)))
ALPHABET = st.sampled_from("Meridan TripDesk财务部子午差旅平台技术ＩＴ·,.。（） \n-'’İßﬁA\u0301😀")


@settings(max_examples=150, deadline=None)
@given(text=st.text(ALPHABET, max_size=60))
def test_offsets_always_count_the_text_itself(text: str) -> None:
    assert len(normalize(text)) == len(fold(text)) == len(text)
    end = 0
    for mention in _LINKER.link(text):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        end = mention.end
