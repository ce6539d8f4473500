"""What a term graph says, read through our own values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from knowledge.errors import NotFound
from knowledge.graph import TermGraph
from knowledge.types import ANYONE, User

Make = Callable[[str], TermGraph]
TODAY = date(2026, 1, 15)
MERIDIAN = """
ex:System a owl:Class ; rdfs:label "system"@en .
ex:App a owl:Class ; rdfs:subClassOf ex:System .
ex:meridian a skos:Concept, ex:App ; skos:prefLabel "Meridian"@en, "子午平台"@zh ; skos:altLabel "Trips"@en ;
  skos:hiddenLabel "meridan"@en ; skos:definition "Books trips."@en ; plb:forbiddenLabel "小差旅"@zh ;
  plb:deprecatedLabel "TripDesk"@en ; ex:owner ex:travel ; ex:limit 5000 .
ex:travel a skos:Concept ; skos:prefLabel "Travel Team"@en .
ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "owner"@en, "负责团队"@zh ; plb:complete true ;
  rdfs:domain ex:System ; plb:phrase "{subject} is owned by {object}"@en, "no slots"@en .
ex:limit a owl:DatatypeProperty ; rdfs:label "limit"@en ; plb:unit "CNY" .
"""


def test_a_concept_and_its_labels(graph_of: Make) -> None:
    graph = graph_of(MERIDIAN)
    concept = graph.concept("urn:ex:meridian")
    assert concept.texts("preferred", "zh") == ("子午平台",)
    assert [label.kind for label in concept.labels] == [
        *("preferred", "preferred", "alternative", "hidden", "deprecated", "forbidden")
    ]
    assert concept.definition == "Books trips."
    assert concept.types == {"urn:ex:App"}
    assert graph.types_of("urn:ex:meridian") == {"urn:ex:App", "urn:ex:System"}
    assert graph.label("urn:ex:meridian", "zh") == "子午平台"
    assert graph.label("urn:ex:owner", "zh") == "负责团队"
    assert graph.label("urn:ex:travel", "zh") == "Travel Team"
    assert graph.label("urn:ex:nameless", "en") == "nameless"
    with pytest.raises(NotFound, match="urn:ex:nobody"):
        graph.concept("urn:ex:nobody")


def test_relations_and_facts(graph_of: Make) -> None:
    graph = graph_of(MERIDIAN)
    owner, limit = graph.relation("urn:ex:owner"), graph.relation("urn:ex:limit")
    assert owner is not None
    assert limit is not None
    assert owner.closed
    assert [phrase.text for phrase in owner.phrases] == ["{subject} is owned by {object}"]
    assert (limit.literal, limit.unit, limit.closed) == (True, "CNY", False)
    assert [fact.object for fact in graph.values("urn:ex:meridian", "urn:ex:owner", TODAY)] == ["urn:ex:travel"]
    assert [fact.object for fact in graph.values("urn:ex:meridian", "urn:ex:limit", TODAY)] == ["5000"]
    assert graph.relations_of("urn:ex:meridian") == ["urn:ex:limit", "urn:ex:owner"]


LABELS = {
    "SKOS-XL": ('ex:a skosxl:prefLabel [ skosxl:literalForm "Alpha"@en ] .', {("Alpha", "preferred", "en")}),
    "a Chinese subtag": ('ex:a skos:prefLabel "甲"@zh-Hans-CN .', {("甲", "preferred", "zh")}),
    "no tag": (
        'ex:a skos:prefLabel "甲系统", "Alpha" .',
        {("甲系统", "preferred", "zh"), ("Alpha", "preferred", "en")},
    ),
    "another language": ('ex:a skos:prefLabel "Ärzte"@de .', {("Ärzte", "preferred", None)}),
    "control characters": ('ex:a skos:prefLabel "Al\\u200Bpha\\nBeta"@en .', {("Alpha Beta", "preferred", "en")}),
    "endless": (f'ex:a skos:prefLabel "{"x" * 5000}"@en, "Alpha"@en .', {("Alpha", "preferred", "en")}),
    "the names of the concept it replaces": (
        """ex:a skos:prefLabel "Alpha"@en .
        ex:old skos:prefLabel "Beta"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:mid .
        ex:mid skos:prefLabel "Gamma"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:a .""",
        {("Alpha", "preferred", "en"), ("Beta", "deprecated", "en"), ("Gamma", "deprecated", "en")},
    ),
    "a replacement that loops": (
        """ex:a skos:prefLabel "Alpha"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:b .
        ex:b skos:prefLabel "Beta"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:a .""",
        {("Alpha", "preferred", "en")},
    ),
}


@pytest.mark.parametrize(("turtle", "expected"), LABELS.values(), ids=LABELS)
def test_labels(graph_of: Make, turtle: str, expected: set[tuple[str, str, str | None]]) -> None:
    graph = graph_of(turtle)
    assert {(label.text, label.kind, label.language) for label in graph.labels_of("urn:ex:a")} == expected


ENTAILED = {
    "inverse": (
        "ex:owns a owl:ObjectProperty ; owl:inverseOf ex:owner . ex:owner a owl:ObjectProperty . ex:t ex:owns ex:s .",
        ("urn:ex:s", "urn:ex:owner", "urn:ex:t"),
    ),
    "sub-property": (
        """ex:owner a owl:ObjectProperty . ex:soleOwner a owl:ObjectProperty ; rdfs:subPropertyOf ex:owner .
        ex:s ex:soleOwner ex:t .""",
        ("urn:ex:s", "urn:ex:owner", "urn:ex:t"),
    ),
    "symmetric": (
        "ex:near a owl:ObjectProperty, owl:SymmetricProperty . ex:s ex:near ex:t .",
        ("urn:ex:t", "urn:ex:near", "urn:ex:s"),
    ),
    "transitive": (
        "ex:part a owl:ObjectProperty, owl:TransitiveProperty . ex:s ex:part ex:m . ex:m ex:part ex:t .",
        ("urn:ex:s", "urn:ex:part", "urn:ex:t"),
    ),
}


@pytest.mark.parametrize(("turtle", "statement"), ENTAILED.values(), ids=ENTAILED)
def test_what_follows_from_the_facts(graph_of: Make, turtle: str, statement: tuple[str, str, str]) -> None:
    concepts = 'ex:s skos:prefLabel "S"@en . ex:t skos:prefLabel "T"@en . ex:m skos:prefLabel "M"@en .'
    graph = graph_of(concepts + turtle)
    assert graph.reaches(*statement, TODAY)
    assert not graph.reaches(statement[0], statement[1], "urn:ex:elsewhere", TODAY)


@pytest.mark.parametrize(
    ("day", "holds"),
    [(date(2023, 12, 31), False), (date(2024, 1, 1), True), (date(2025, 6, 30), True), (date(2025, 7, 1), False)],
)
def test_a_fact_holds_from_its_first_to_its_last_day(graph_of: Make, day: date, holds: bool) -> None:
    graph = graph_of(
        """ex:owner a owl:ObjectProperty .
        ex:s skos:prefLabel "S"@en ; ex:owner ex:t . ex:t skos:prefLabel "T"@en .
        [] a rdf:Statement ; rdf:subject ex:s ; rdf:predicate ex:owner ; rdf:object ex:t ;
           plb:validFrom "2024"^^xsd:gYear ; plb:validUntil "2025-06"^^xsd:gYearMonth ."""
    )
    assert bool(graph.values("urn:ex:s", "urn:ex:owner", day)) is holds


ACCESS = """ex:open skos:prefLabel "Open Project"@en ; ex:about ex:secret .
ex:secret skos:prefLabel "Kingfisher"@en ; plb:accessLabel "finance" ; ex:about ex:open .
ex:new skos:prefLabel "Newname"@en . ex:old skos:prefLabel "Heron"@en ; plb:accessLabel "hr" ; owl:deprecated true ;
  dcterms:isReplacedBy ex:new .
ex:about a owl:ObjectProperty ."""


def test_who_may_not_see_a_concept_finds_no_trace_of_it(graph_of: Make) -> None:
    graph = graph_of(ACCESS)
    clerk, controller = User("clerk", groups=frozenset({"sales"})), User("eva", groups=frozenset({"finance"}))
    for user, sees in ((None, True), (ANYONE, False), (clerk, False), (controller, True)):
        assert graph.visible("urn:ex:secret", user) is sees
        assert bool(graph.search("kingf", user)) is sees
        assert bool(graph.relations_of("urn:ex:secret", user)) is sees
        assert bool(graph.relations_of("urn:ex:open", user)) is sees


def test_the_names_of_a_restricted_concept_do_not_pass_to_an_open_one(graph_of: Make) -> None:
    assert [label.text for label in graph_of(ACCESS).labels_of("urn:ex:new")] == ["Newname"]


SEARCHES = [
    ("Meridian", "urn:ex:meridian"),
    ("meri", "urn:ex:meridian"),
    ("子午", "urn:ex:meridian"),
    ("平台", "urn:ex:meridian"),
    ("team", "urn:ex:travel"),
    ("ＭＥＲＩＤＩＡＮ", "urn:ex:meridian"),
    ("Meridain", "urn:ex:meridian"),
    ("tripdesk", "urn:ex:meridian"),
]


@pytest.mark.parametrize(("text", "expected"), SEARCHES)
def test_search(graph_of: Make, text: str, expected: str) -> None:
    found = graph_of(MERIDIAN).search(text, None, 5)
    assert found[0].concept.id == expected
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


@pytest.mark.parametrize("text", ["", "  ", "zzzzqq"])
def test_search_for_nothing(graph_of: Make, text: str) -> None:
    assert graph_of(MERIDIAN).search(text, None, 5) == []


def test_an_empty_graph_answers_everything() -> None:
    graph = TermGraph()
    assert graph.concepts() == ()
    assert graph.relations() == ()
    assert graph.search("a", None, 3) == []
    assert graph.revision == ""
