from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.graph import TermGraph
from knowledge.graph.quality import RULES, check_graph

HEAD = """
@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix plb: <urn:plumbline:ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
ex:good a skos:Concept ; skos:prefLabel "Good"@en, "好"@zh, "Bon"@fr, "Gut"@de ; skos:altLabel "Fine"@en .
"""

CASES = {
    "no_preferred_label": 'ex:a a skos:Concept ; skos:altLabel "A"@en .',
    "several_preferred_labels": 'ex:a a skos:Concept ; skos:prefLabel "A"@en, "AA"@en .',
    "shared_label": 'ex:a a skos:Concept ; skos:prefLabel "A"@en ; skos:altLabel "ｆｉｎｅ"@en .',
    "outdated_label_in_use": 'ex:a a skos:Concept ; skos:prefLabel "A"@en ; plb:deprecatedLabel "good"@en .',
    "broader_cycle": 'ex:a a skos:Concept ; skos:prefLabel "A"@en ; skos:broader ex:a .',
    "missing_language": """ex:a a skos:Concept ; skos:prefLabel "A"@en .
        ex:b a skos:Concept ; skos:prefLabel "B"@en, "乙"@zh .
        ex:c a skos:Concept ; skos:prefLabel "C"@en, "丙"@zh .""",
    "related_to_broader": """ex:a a skos:Concept ; skos:prefLabel "A"@en, "甲"@zh ; skos:broader ex:good ;
        skos:related ex:good .""",
    "replacement_loop": """ex:a a skos:Concept ; skos:prefLabel "A"@en ; dcterms:isReplacedBy ex:b .
        ex:b a skos:Concept ; skos:prefLabel "B"@en ; dcterms:isReplacedBy ex:a .""",
    "unknown_broader": 'ex:a a skos:Concept ; skos:prefLabel "A"@en ; skos:broader ex:nowhere .',
    "no_replacement": 'ex:a a skos:Concept ; skos:prefLabel "A"@en ; owl:deprecated true .',
    "several_values": """ex:a a skos:Concept ; skos:prefLabel "A"@en ; ex:limit 5, 6 .
        ex:limit a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "limit"@en .""",
    "unknown_object": """ex:a a skos:Concept ; skos:prefLabel "A"@en ; ex:owner ex:nowhere .
        ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en .""",
    "wrong_class": """ex:a a skos:Concept, ex:System ; skos:prefLabel "A"@en ; ex:owner ex:good .
        ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en ; rdfs:domain ex:Team .""",
    "unusable_phrase": """ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en ;
        plb:phrase "{subject} is owned"@en .""",
}


def check(folder: Path, turtle: str):
    file = folder / "graph.ttl"
    file.write_text(HEAD + turtle, encoding="utf-8")
    return check_graph(TermGraph.from_files([file]), date(2026, 1, 1))


def test_good_graph_has_no_issue(tmp_path: Path) -> None:
    report = check(
        tmp_path,
        'ex:old a skos:Concept ; skos:prefLabel "Old"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:good .',
    )
    assert (report.concepts, report.issues, report.counts) == (2, (), {})


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_case_and_nothing_else(tmp_path: Path, rule: str) -> None:
    report = check(tmp_path, CASES[rule])
    assert set(report.counts) == {rule}
    assert all(issue.severity == RULES[rule][0] and issue.message for issue in report.issues)


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)
