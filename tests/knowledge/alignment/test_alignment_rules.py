"""Direction among relations that are akin, rules that only suggest, and what was read."""

from __future__ import annotations

import pytest

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

PREFIXES = """@prefix ex: <urn:ex:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
FIRMS = """ex:Firm a owl:Class .
ex:leases a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "leases"@en ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} leases {object}"@en .
ex:plans a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "plans to lease"@en ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} plans to lease {object}"@en .
ex:advises a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "advises"@en ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} advises {object}"@en .
ex:a a skos:Concept, ex:Firm ; skos:prefLabel "Amberline"@en ; ex:plans ex:b ; ex:advises ex:c .
ex:b a skos:Concept, ex:Firm ; skos:prefLabel "Brookfold"@en .
ex:c a skos:Concept, ex:Firm ; skos:prefLabel "Cinderway"@en .
"""


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    file = tmp_path_factory.mktemp("firms") / "firms.ttl"
    file.write_text(PREFIXES + FIRMS, encoding="utf-8")
    graph = TermGraph.from_files([file])
    return Checker(graph, Linker(graph))


def test_a_relation_akin_speaks_against_the_other_direction(firms: Checker) -> None:
    report = firms.check("Brookfold leases Amberline.")
    assert [finding.kind for finding in report.findings] == ["contradicted"]
    assert report.answer == "Brookfold leases Amberline."


@pytest.mark.parametrize("text", ["Amberline leases Brookfold.", "Cinderway leases Amberline."])
def test_but_not_against_the_same_direction_or_another_relation(firms: Checker, text: str) -> None:
    assert "contradicted" not in {finding.kind for finding in firms.check(text).findings}


def test_a_direction_told_of_last_year_is_marked_and_stays(checker: Checker) -> None:
    text = "Last year Ledgerline sends data to Meridian."
    report = checker.check(text)
    assert [finding.kind for finding in report.findings] == ["contradicted"]
    assert report.answer == text


@pytest.mark.parametrize(
    "text", ["Ledgerline formerly sent data to Meridian.", "Last year Meridian was owned by Payroll."]
)
def test_what_was_once_is_not_marked(checker: Checker, text: str) -> None:
    assert "contradicted" not in {finding.kind for finding in checker.check(text).findings}


def test_a_rule_that_lost_the_right_to_edit_only_suggests(company: TermGraph) -> None:
    checker = Checker(company, Linker(company), suggesting=lambda: {"relation.value"})
    report = checker.check("Meridian is owned by Payroll. TripDesk books trains.")
    assert report.answer == "Meridian is owned by Payroll. Meridian books trains."
    finding = next(finding for finding in report.findings if finding.kind == "contradicted")
    assert finding.rule == "relation.value"
    assert "Travel Desk" in finding.reason


def test_what_was_read(checker: Checker) -> None:
    text = "Meridian is owned by Payroll. It went live on 1 March 2024. It may soon be owned by Travel Desk."
    owner, launch, later = checker.read(text)
    assert (owner.subject, owner.relation, owner.text) == ("Meridian", "owner", "Payroll")
    assert (owner.status, owner.rule, owner.modality) == ("contradicted", "relation.value", "asserted")
    assert owner.evidence == ("Meridian · owner · Travel Desk",)
    assert (launch.status, launch.rule, launch.evidence) == (
        "supported",
        "graph.states",
        ("Meridian · launch date · 2024-03-01",),
    )
    assert (later.status, later.modality) == ("supported", "hedged")
    assert text[owner.start : owner.end] == owner.text
