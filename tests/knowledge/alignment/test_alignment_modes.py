"""Failure modes one by one, each with its control that must stay: pairs, lists, tables, entailed facts, time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

GRAPH = """
@prefix ex: <urn:z:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
ex:House a owl:Class . ex:Keeper a owl:Class . ex:Area a owl:Class .
ex:keeper a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "keeper"@en, "饲养员"@zh ; rdfs:domain ex:House ;
  rdfs:range ex:Keeper ; plb:phrase "the keeper of {subject} is {object}"@en, "{subject}的饲养员是{object}"@zh .
ex:keeps a owl:ObjectProperty ; owl:inverseOf ex:keeper ; rdfs:label "keeps"@en ; rdfs:domain ex:Keeper ;
  rdfs:range ex:House ; plb:phrase "{subject} keeps {object}"@en .
ex:vet a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "vet"@en ; plb:complete true ; rdfs:domain ex:House ;
  rdfs:range ex:Keeper ; plb:phrase "{subject} is treated by {object}"@en .
ex:headvet a owl:ObjectProperty ; rdfs:subPropertyOf ex:vet ; rdfs:label "head vet"@en ; rdfs:domain ex:House ;
  rdfs:range ex:Keeper ; plb:phrase "the head vet of {subject} is {object}"@en .
ex:inside a owl:ObjectProperty, owl:TransitiveProperty, owl:FunctionalProperty ; rdfs:label "lies in"@en, "位于"@zh ;
  plb:phrase "{subject} lies in {object}"@en, "{subject}位于{object}"@zh .
ex:next a owl:ObjectProperty, owl:SymmetricProperty, owl:FunctionalProperty ; rdfs:label "neighbour"@en ;
  rdfs:domain ex:House ; rdfs:range ex:House ; plb:phrase "{subject} stands beside {object}"@en .
ex:owl a skos:Concept, ex:House ; skos:prefLabel "Owl House"@en, "鸮馆"@zh ; ex:keeper ex:moss ; ex:inside ex:dell ;
  ex:next ex:stork ; ex:headvet ex:fenn .
ex:stork a skos:Concept, ex:House ; skos:prefLabel "Stork House"@en, "鹳馆"@zh ; ex:keeper ex:fenn ; ex:inside ex:moor .
ex:crane a skos:Concept, ex:House ; skos:prefLabel "Crane House"@en, "鹤馆"@zh .
ex:dell a skos:Concept, ex:Area ; skos:prefLabel "Alder Dell"@en, "桤木谷"@zh ; ex:inside ex:moor .
ex:moor a skos:Concept, ex:Area ; skos:prefLabel "West Moor"@en, "西沼"@zh .
ex:park a skos:Concept, ex:Area ; skos:prefLabel "South Park"@en, "南园"@zh .
ex:moss a skos:Concept, ex:Keeper ; skos:prefLabel "Ivo Moss"@en, "莫伊"@zh .
ex:fenn a skos:Concept, ex:Keeper ; skos:prefLabel "Lea Fenn"@en, "芬莱"@zh .
ex:reed a skos:Concept, ex:Keeper ; skos:prefLabel "Una Reed"@en, "里德"@zh .
ex:s1 a rdf:Statement ; rdf:subject ex:crane ; rdf:predicate ex:keeper ; rdf:object ex:moss ;
  plb:validUntil "2024-12-31" .
ex:s2 a rdf:Statement ; rdf:subject ex:crane ; rdf:predicate ex:keeper ; rdf:object ex:reed ;
  plb:validFrom "2025-01-01" .
"""

MODES = {
    "respectively": (
        "The keepers of Owl House and Stork House are Lea Fenn and Ivo Moss respectively.",
        "The keepers of Owl House and Stork House are Ivo Moss and Lea Fenn respectively.",
    ),
    "分别": ("鸮馆和鹳馆的饲养员分别是里德和芬莱。", "鸮馆和鹳馆的饲养员分别是莫伊和芬莱。"),
    "list": ("Owl House:\n- Keeper: Una Reed", "Owl House:\n- Keeper: Ivo Moss"),
    "table": (
        "| House | Keeper |\n|---|---|\n| Owl House | Una Reed |",
        "| House | Keeper |\n|---|---|\n| Owl House | Ivo Moss |",
    ),
    "the sentence before": (
        "Owl House is open all year. Its keeper is Una Reed.",
        "Owl House is open all year. Its keeper is Ivo Moss.",
    ),
    "前一句": ("鸮馆全年开放。该馆的饲养员是里德。", "鸮馆全年开放。该馆的饲养员是莫伊。"),
    "transitive": ("Owl House lies in South Park.", "Owl House lies in West Moor."),
    "symmetric": ("Stork House stands beside Crane House.", "Stork House stands beside Owl House."),
    "inverse": ("The keeper of Owl House is Una Reed.", "Ivo Moss keeps Owl House."),
    "sub-property": ("Owl House is treated by Una Reed.", "Owl House is treated by Lea Fenn."),
    "valid today": ("The keeper of Crane House is Ivo Moss.", "The keeper of Crane House is Una Reed."),
}
"""Mode -> (wrong, its control)."""
CHANGED = {"分别", "list", "table", "the sentence before", "前一句", "symmetric", "sub-property", "valid today"}
"""Where one text is right and the control is just that text."""
BEFORE = (
    "In 2024 the keeper of Crane House was Ivo Moss.",
    "Until 2024 the keeper of Crane House was Ivo Moss.",
    "In early 2019, Owl House was treated by Una Reed.",
    "2024年，鹤馆的饲养员是莫伊。",
    "2019年时鸮馆的饲养员是里德。",
)


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    file: Path = tmp_path_factory.mktemp("zoo") / "zoo.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    graph = TermGraph.from_files([file])
    return Checker(graph, Linker(graph), today=lambda: date(2026, 1, 15))


@pytest.mark.parametrize(("wrong", "right"), MODES.values(), ids=MODES)
def test_what_is_wrong_is_found(checker: Checker, wrong: str, right: str) -> None:
    assert checker.check(wrong).verdict == "contradicted"


@pytest.mark.parametrize(("wrong", "right"), MODES.values(), ids=MODES)
def test_its_control_stays(checker: Checker, wrong: str, right: str) -> None:
    report = checker.check(right)
    assert (report.answer, report.verdict) == (right, "supported")


@pytest.mark.parametrize("mode", sorted(CHANGED))
def test_and_put_right(checker: Checker, mode: str) -> None:
    wrong, right = MODES[mode]
    assert checker.check(wrong).answer == right


@pytest.mark.parametrize("text", BEFORE)
def test_what_held_earlier_is_left_alone(checker: Checker, text: str) -> None:
    assert checker.check(text).answer == text
