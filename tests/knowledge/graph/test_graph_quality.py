"""Each shape finds its case and nothing else, its fix makes it go away, and one changed concept is checked alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from knowledge.errors import InvalidInput
from knowledge.graph import TermGraph
from knowledge.graph.quality import RULES, QualityReport, check_change, check_concepts, check_graph, check_shapes
from knowledge.types import ANYONE, User

Make = Callable[[str], TermGraph]
TODAY = date(2026, 1, 1)
GOOD = """
ex:good a skos:Concept ; skos:prefLabel "Agate"@en, "玛瑙"@zh, "Bon"@fr, "Gut"@de ; skos:altLabel "Sard"@en ;
  skos:definition "A stone."@en ; skos:topConceptOf ex:scheme .
"""

CASES = {
    "no_preferred_label": 'ex:a a skos:Concept ; skos:altLabel "Jasper"@en .',
    "several_preferred_labels": 'ex:a skos:prefLabel "Jasper"@en, "Onyx"@en, "碧玉"@zh .',
    "label_of_two_kinds": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel "Jasper"@en .',
    "shared_label": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel "ａｇａｔｅ"@en .',
    "outdated_label_in_use": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; plb:deprecatedLabel "agate"@en .',
    "label_language": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel "Onyx" .',
    "missing_language": 'ex:a skos:prefLabel "Jasper"@en .',
    "empty_label": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel " "@en .',
    "long_label": f'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel "{"x" * 300}"@en .',
    "common_word": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:altLabel "公司"@zh .',
    "broader_cycle": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:broader ex:a .',
    "related_to_broader": """ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:broader ex:good ;
        skos:related ex:good .""",
    "unknown_broader": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:broader ex:nowhere .',
    "unknown_related": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:related ex:nowhere .',
    "orphan": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:definition "A stone."@en .',
    "no_definition": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; skos:broader ex:good .',
    "no_replacement": 'ex:a skos:prefLabel "Jasper"@en ; owl:deprecated true .',
    "replacement_loop": """ex:a skos:prefLabel "Jasper"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:b .
        ex:b skos:prefLabel "Onyx"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:a .""",
    "replacement_deprecated": """ex:a skos:prefLabel "Jasper"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:b .
        ex:b skos:prefLabel "Onyx"@en ; owl:deprecated true .""",
    "unknown_replacement": 'ex:a skos:prefLabel "Jasper"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:gone .',
    "replaced_in_use": 'ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; dcterms:isReplacedBy ex:good .',
    "several_values": """ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; ex:limit 5, 6 .
        ex:limit a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "limit"@en .""",
    "unknown_object": """ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; ex:owner ex:nowhere .
        ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en .""",
    "wrong_class": """ex:a a ex:System ; skos:prefLabel "Jasper"@en, "碧玉"@zh ; ex:owner ex:good .
        ex:owner a owl:ObjectProperty ; rdfs:label "owner"@en ; rdfs:domain ex:Team .""",
    "wrong_datatype": """ex:a skos:prefLabel "Jasper"@en, "碧玉"@zh ; ex:limit "many" .
        ex:limit a owl:DatatypeProperty ; rdfs:range xsd:integer .""",
    "unusable_phrase": 'ex:owner a owl:ObjectProperty ; plb:phrase "{subject} is owned"@en .',
}
COME_ALONG = {"no_preferred_label": {"missing_language"}, "replacement_deprecated": {"no_replacement"}}
"""What is wrong as well in a case, unavoidably."""

MORE = {
    "a circle over others": (
        "broader_cycle",
        "ex:a skos:broader ex:b . ex:c skos:narrower ex:b . ex:c skos:broader ex:a .",
    ),
    "the object's class": (
        "wrong_class",
        """ex:owner a owl:ObjectProperty ; rdfs:range ex:Team . ex:a ex:owner ex:b . ex:b a ex:Tool .
        ex:Tool rdfs:subClassOf ex:Thing .""",
    ),
    "two owners through an inverse": (
        "several_values",
        """ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; owl:inverseOf ex:owns .
        ex:owns a owl:ObjectProperty .
        ex:b ex:owns ex:a . ex:c ex:owns ex:a .""",
    ),
    "two values through a sub-relation": (
        "several_values",
        """ex:owner a owl:ObjectProperty, owl:FunctionalProperty . ex:lead a owl:ObjectProperty ;
        rdfs:subPropertyOf ex:owner . ex:a ex:lead ex:b ; ex:owner ex:c .""",
    ),
    "a wrong tag": ("label_language", 'ex:a skos:altLabel "甲"@cn .'),
    "Chinese tagged as English": ("label_language", 'ex:a skos:altLabel "甲系统"@en .'),
    "a long way to a loop": (
        "replacement_loop",
        """ex:a owl:deprecated true ; dcterms:isReplacedBy ex:b . ex:b owl:deprecated true ; dcterms:isReplacedBy ex:c .
        ex:c owl:deprecated true ; dcterms:isReplacedBy ex:b .""",
    ),
    "a SKOS-XL label twice": (
        "label_of_two_kinds",
        'ex:a skosxl:altLabel [ skosxl:literalForm "Aa"@en ] .',
    ),
}
THREE = """ex:a a skos:Concept ; skos:prefLabel "Aa"@en, "甲石"@zh .
ex:b a skos:Concept ; skos:prefLabel "Bb"@en, "乙石"@zh .
ex:c a skos:Concept ; skos:prefLabel "Cc"@en, "丙石"@zh .
"""


def grave(report: QualityReport) -> set[str]:
    return {issue.rule for issue in report.issues if issue.severity != "info"}


def test_a_good_graph_has_no_issue(graph_of: Make) -> None:
    old = 'ex:old a skos:Concept ; skos:prefLabel "Achates"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:good .'
    report = check_graph(graph_of(GOOD + old), TODAY)
    assert (report.concepts, report.issues, report.counts) == (2, (), {})


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_case_and_nothing_else(graph_of: Make, rule: str) -> None:
    report = check_graph(graph_of(GOOD + CASES[rule]), TODAY)
    if RULES[rule].severity == "info":
        assert [issue.rule for issue in report.issues] == [rule]
    else:
        assert grave(report) - COME_ALONG.get(rule, set()) == {rule}
    for issue in report.issues:
        assert issue.severity == RULES[issue.rule].severity
        assert issue.message
        assert "{" not in issue.message.replace("{subject}", "").replace("{object}", "")


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize(("rule", "turtle"), MORE.values(), ids=MORE)
def test_the_less_plain_cases(graph_of: Make, rule: str, turtle: str) -> None:
    assert rule in check_graph(graph_of(THREE + turtle), TODAY).counts


INNOCENT = {
    "scripts of one language": 'ex:a skos:prefLabel "碧玉"@zh-Hans, "碧玉"@zh-Hant .',
    "the same word in two languages": 'ex:a skos:prefLabel "Gut"@en .',
    "bounded in time": """ex:limit a owl:DatatypeProperty, owl:FunctionalProperty . ex:good ex:limit 5, 6 .
        [] a rdf:Statement ; rdf:subject ex:good ; rdf:predicate ex:limit ; rdf:object 5 ; plb:validUntil "2020" .""",
    "an acronym": 'ex:a skos:prefLabel "IT"@en .',
    "of a subclass": """ex:a a ex:Van ; skos:prefLabel "Van 4"@en ; ex:plate "K 1" . ex:Van rdfs:subClassOf ex:Car .
        ex:plate a owl:DatatypeProperty ; rdfs:domain ex:Car .""",
    "names of a concept out of use": """ex:a skos:prefLabel "Agate"@en ; owl:deprecated true ;
        dcterms:isReplacedBy ex:good .""",
}


@pytest.mark.parametrize("turtle", INNOCENT.values(), ids=INNOCENT)
def test_what_is_right_is_not_reported(graph_of: Make, turtle: str) -> None:
    assert grave(check_graph(graph_of(GOOD + turtle), TODAY)) <= {"missing_language"}


NEEDS_A_PERSON = {
    *("missing_language", "long_label", "orphan", "no_definition", "no_replacement", "replacement_deprecated"),
    "wrong_datatype",
}


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule not in NEEDS_A_PERSON])
def test_a_fix_makes_its_issue_go_away(graph_of: Make, rule: str) -> None:
    graph = graph_of(GOOD + CASES[rule])
    issue = next(issue for issue in check_graph(graph, TODAY).issues if issue.rule == rule)
    assert issue.fix is not None
    added, removed = issue.fix.quads()
    assert removed <= set(graph.quads)
    mended = check_graph(TermGraph((set(graph.quads) - removed) | added), TODAY)
    assert (issue.rule, issue.concept) not in {(one.rule, one.concept) for one in mended.issues}
    # The same said without building the graph anew
    assert issue.rule not in {
        one.rule for one in check_change(graph, added, removed, TODAY).issues if one.concept == issue.concept
    }


@pytest.mark.parametrize("rule", CASES)
def test_a_change_is_checked_before_it_is_made(graph_of: Make, rule: str) -> None:
    graph, after = graph_of(GOOD), graph_of(GOOD + CASES[rule])
    added = set(after.quads) - set(graph.quads)
    touched = {quad.subject.value for quad in added}
    expected = [issue for issue in check_graph(after, TODAY).issues if issue.concept in touched]
    assert list(check_change(graph, added, set(), TODAY).issues) == expected
    assert list(check_concepts(after, touched, TODAY).issues) == expected


def test_only_the_asked_concepts_are_checked(graph_of: Make) -> None:
    graph = graph_of(GOOD + CASES["several_preferred_labels"])
    assert check_concepts(graph, ["urn:ex:good", "urn:ex:nobody"], TODAY).issues == ()
    assert check_concepts(graph, ["urn:ex:a"], TODAY).counts["several_preferred_labels"] == 1


def test_issues_about_what_a_user_may_not_see_are_left_out(graph_of: Make) -> None:
    graph = graph_of(
        GOOD + 'ex:a skos:prefLabel "Agate"@en, "碧玉"@zh ; skos:definition "x"@en ; plb:accessLabel "board" .'
        'ex:b skos:prefLabel "Onyx"@en .'
    )
    report = check_graph(graph, TODAY)
    for user, sees in ((None, True), (ANYONE, False), (User("b", groups=frozenset({"board"})), True)):
        seen = report.visible(graph, user)
        assert ("urn:ex:a" in seen.model_dump_json()) is sees
        assert ("shared_label" in seen.counts) is sees
        assert seen.concepts == (3 if sees else 2)


HOSTILE = {
    "a deep tree": "".join(f"ex:c{i} skos:broader ex:c{i + 1} ; skos:related ex:c{i + 2} ." for i in range(800)),
    "a large circle": "".join(f"ex:c{i} skos:broader ex:c{(i + 1) % 300} ." for i in range(300)),
    "a label like a format": 'ex:a skos:prefLabel "{label} {0!r} %s", "x"@en-x-y .',
}


@pytest.mark.parametrize("turtle", HOSTILE.values(), ids=HOSTILE)
def test_odd_graphs_are_checked_to_the_end(graph_of: Make, turtle: str) -> None:
    named = "".join(f'ex:c{i} skos:prefLabel "Name {i}"@en .' for i in range(802))
    assert check_graph(graph_of(named + turtle), TODAY).concepts >= 802


SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:s> a sh:NodeShape ; sh:targetClass skos:Concept ;
  sh:property [ sh:path skos:notation ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "needs a number" ] .
"""


def test_shapes_of_ones_own(graph_of: Make, tmp_path: Path) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is an optional package: pip install 'plumbline-assistant[shacl]'")
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    report = check_shapes(graph_of(GOOD), shapes)
    assert [(one.concept, one.severity, one.rule) for one in report.issues] == [
        ("urn:ex:good", "warning", "MinCountConstraintComponent")
    ]
    assert "needs a number" in report.issues[0].message
    shapes.write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no SHACL shapes"):
        check_shapes(graph_of(GOOD), shapes)


def test_a_fix_is_made_of_statements_that_read_back() -> None:
    quads = frozenset(parse('<urn:a> <urn:b> "x\\ny"@en .', RdfFormat.N_TRIPLES))
    from knowledge.graph.quality import Fix, _lines

    assert Fix(name="x", added=_lines(quads)).quads() == (quads, frozenset())
