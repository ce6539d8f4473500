"""A graph made from the one before by a small change is in nothing unlike one that is built anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad

from knowledge.catalog import Catalog
from knowledge.graph import Linker, TermGraph
from knowledge.graph.following import follow
from knowledge.graph.quads import Patch
from knowledge.graph.reading import read_lines, write_lines
from knowledge.types import ANYONE, User
from tests.knowledge.graph.conftest import HEAD

# Everything that one statement may do to what another one means stands here at least once
TURTLE = """
ex:a a skos:Concept ; skos:prefLabel "Meridian"@en, "子午"@zh ; skos:altLabel "差旅台"@zh ;
    plb:exactCase "Meridian"@en ; skos:broader ex:s ; ex:owner ex:t ; ex:limit 5 ; skos:definition "Where."@en ;
    plb:accessLabel "board" .
ex:b a skos:Concept ; skos:prefLabel "Meridien"@en, "重庆行"@zh ; skos:hiddenLabel "mrd"@en ; skos:related ex:a .
ex:old a skos:Concept ; skos:prefLabel "Trip Desk"@en, "行程"@zh ;
    owl:deprecated true ; dcterms:isReplacedBy ex:older, ex:b .
ex:older skos:prefLabel "Trips"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:a .
ex:s a skos:Concept ; skosxl:prefLabel _:x ; skosxl:altLabel ex:form ; skos:narrower ex:b .
_:x skosxl:literalForm "systems"@en .
ex:form skosxl:literalForm "系统"@zh .
ex:t a skos:Concept, ex:Team ; skos:prefLabel "travel team"@en, "子午组"@zh . ex:Team rdfs:subClassOf ex:Group .
ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; skos:prefLabel "owner"@en ; owl:inverseOf ex:owns ;
    plb:phrase "{subject} is owned by {object}"@en ; rdfs:subPropertyOf ex:knows .
ex:owns a owl:ObjectProperty . ex:knows a owl:ObjectProperty, owl:SymmetricProperty .
ex:limit a owl:DatatypeProperty ; plb:unit "CNY" .
_:v a rdf:Statement ; rdf:subject ex:a ; rdf:predicate ex:owner ; rdf:object ex:t ; plb:validFrom "2024" .
ex:v2 a rdf:Statement ; rdf:subject ex:b ; rdf:predicate ex:knows ; rdf:object ex:a ; plb:validUntil "2025-03" .
"""
IDS = ["a", "b", "old", "older", "s", "t", "owner", "owns", "knows", "limit", "nothing"]
TEXTS = (
    "Meridian and the Meridiens, meridian, of the travel team: Trip Desk, Trips, systems, mrd and owner.",
    "子午差旅台由子午组负责，重庆行行程系统里的差旅台。",
)
TYPED = ("mer", "meridian", "desk", "ziwu", "cqx", "chaily", "xitong", "Meirdian", "子", "trisp", "sytsems", "x")
DAY = date(2024, 6, 1)
BOARD = User("b", groups=frozenset({"board"}))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> list[Quad]:
    file = tmp_path_factory.mktemp("following") / "graph.ttl"
    file.write_text(HEAD + TURTLE, encoding="utf-8")
    return sorted(TermGraph.from_files([file]).quads, key=str)


def seen(graph: TermGraph, linker: Linker) -> dict[str, object]:
    """What people and the checker get to see of a graph."""
    ids = [f"urn:ex:{name}" for name in IDS]
    return {
        "statements": write_lines(graph.quads),
        "concepts": graph.concepts(),
        "known": [one in graph for one in ids],
        "what": [graph.concept(one) for one in graph.concepts()],
        "names": [(graph.label(one, "zh"), graph.preferred(one, "en"), graph.labels_of(one)) for one in ids],
        "successors": [(graph.deprecated(one), graph.successors(one)) for one in ids],
        "called": [graph.named(text) for text in ("Meridian", "子午", "trip desk", "systems", "系统", "owner")],
        "languages": graph.languages,
        "seen": [[graph.visible(one, user) for one in ids] for user in (ANYONE, BOARD)],
        "relations": graph.relations(),
        "facts": [(graph.facts(one), graph.facts_about(one), graph.roles(one)) for one in ids],
        "within": [sorted(graph.facts_in(one), key=repr) for one in ids],
        "values": [
            graph.values(one, f"urn:ex:{relation}", DAY) for one in ids for relation in ("owner", "owns", "knows")
        ],
        "near": [(graph.neighbours(one), graph.related_to(one), graph.types_of(one)) for one in ids],
        "found": [graph.search(text, user) for text in TYPED for user in (ANYONE, BOARD)],
        "links": [linker.find(text, user) for text in TEXTS for user in (ANYONE, BOARD)],
        "mentions": [linker.link(text, ANYONE, context=TEXTS) for text in TEXTS],
        "suggested": [linker.suggest("Meridain of the travel taem, sysetms")],
    }


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_following_equals_building_anew(pool: list[Quad], data: st.DataObject) -> None:
    some = st.frozensets(st.sampled_from(pool), max_size=6)
    now = set(pool) - data.draw(st.frozensets(st.sampled_from(pool), max_size=25), label="not there at first")
    graph = TermGraph(now)
    linker = Linker(graph)
    for step in range(data.draw(st.integers(1, 3))):
        if data.draw(st.booleans(), label="used before"):
            seen(graph, linker)
        change = Patch(data.draw(some, label="added"), data.draw(some, label="removed"))
        graph = graph.after(change, f"r{step}")
        linker = linker.after(graph)
        now = (now - change.removed) | change.added
    anew = TermGraph(now)
    assert seen(graph, linker) == seen(anew, Linker(anew))
    assert all((quad in now) == graph.holds(quad) for quad in pool)


def test_the_graph_before_stays_as_it_was(graph_of: Callable[[str], TermGraph]) -> None:
    graph = graph_of(TURTLE)
    linker = Linker(graph)
    before = seen(graph, linker)
    quads = frozenset(graph.quads)
    after = graph.after(Patch(removed=frozenset(quad for quad in quads if "Meridi" in str(quad))))
    assert seen(after, linker.after(after)) != before
    assert seen(graph, linker) == before


def revision(catalog: Catalog, added: str = "", removed: str = "") -> str:
    parent = catalog.revisions.current_id()
    lines = [set(read_lines(text)) for text in (added, removed)]
    return catalog.revisions.append(*lines, author="mei", comment="", parent=parent).id


def test_a_catalogs_revisions_are_followed(tmp_path: Path) -> None:
    word = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    first, second, third = (f'<urn:ex:a> {word} "{name}"@en .\n' for name in ("One", "Two", "Three"))
    with Catalog.open(tmp_path / "c.sqlite", create=True) as catalog:
        begin = TermGraph.load(catalog, revision(catalog, first))
        revision(catalog, second, first)
        end = revision(catalog, third, second)
        graph = follow(begin, catalog, end, 10)
        assert graph is not None
        assert (graph.revision, [label.text for label in graph.labels_of("urn:ex:a")]) == (end, ["Three"])
        assert follow(begin, catalog, end, 3) is None, "more statements differ"
        assert follow(graph, catalog, begin.revision, 10) is None, "there is no way back"
        assert follow(TermGraph((), "r1-elsewhere"), catalog, end, 10) is None
        assert follow(begin, catalog, begin.revision, 0) is begin
