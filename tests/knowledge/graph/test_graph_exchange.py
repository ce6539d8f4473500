"""The graph in and out of files, its history in the catalog, and files that are broken or mean harm."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.errors import Damaged, InvalidInput, NotFound
from knowledge.graph import TermGraph
from knowledge.graph.exchange import export, import_file

HEAD = """@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix other: <https://example.org/other#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
BODY = """ex:a a skos:Concept ; skos:prefLabel "Alpha"@en, "甲"@zh ;
    other:weight "3"^^other:stones ; other:note [ other:by "me" ] .
ex:b a skos:Concept ; skos:prefLabel "Beta"@en .
[] a owl:AllDisjointClasses ; owl:members ( ex:A ex:B ) .
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def written(folder: Path, body: str, name: str = "terms.ttl") -> Path:
    file = folder / name
    file.write_text(HEAD + body, encoding="utf-8")
    return file


def test_import_makes_one_revision_and_the_same_file_none(catalog: Catalog, tmp_path: Path) -> None:
    assert catalog.revisions.current_id() == ""
    first = import_file(catalog, written(tmp_path, BODY), author="eva", comment="first")
    assert (first.changed, first.concepts, first.removed) == (True, 2, 0)
    assert first.revision == catalog.revisions.current_id() == TermGraph.load(catalog).revision
    again = import_file(catalog, written(tmp_path, BODY), author="eva")
    assert (again.changed, again.revision) == (False, first.revision)
    assert [(revision.author, revision.comment) for revision in catalog.revisions.history()] == [("eva", "first")]


def test_a_file_changes_what_it_describes_and_leaves_the_rest(catalog: Catalog, tmp_path: Path) -> None:
    import_file(catalog, written(tmp_path, BODY), author="eva")
    import_file(catalog, written(tmp_path, 'ex:a a skos:Concept ; skos:prefLabel "Alef"@en .', "2.ttl"), author="jo")
    graph = TermGraph.load(catalog)
    assert [label.text for label in graph.labels_of("urn:ex:a")] == ["Alef"]
    assert [label.text for label in graph.labels_of("urn:ex:b")] == ["Beta"]
    assert not any("other#by" in str(quad) for quad in graph.quads), "what only the old description led to is gone"
    import_file(
        catalog, written(tmp_path, 'ex:c a skos:Concept ; skos:prefLabel "C" .', "3.ttl"), author="jo", replace=True
    )
    assert TermGraph.load(catalog).concepts() == ("urn:ex:c",)


def test_every_revision_can_be_read_again(catalog: Catalog, tmp_path: Path) -> None:
    first = import_file(catalog, written(tmp_path, BODY), author="eva").revision
    import_file(catalog, written(tmp_path, 'ex:a skos:prefLabel "Alef"@en .', "2.ttl"), author="jo")
    assert "Alpha" in [label.text for label in TermGraph.load(catalog, first).labels_of("urn:ex:a")]
    with pytest.raises(NotFound, match="r9-none"):
        TermGraph.load(catalog, "r9-none")


def test_a_dry_run_counts_and_changes_nothing(catalog: Catalog, tmp_path: Path) -> None:
    report = import_file(catalog, written(tmp_path, BODY), author="eva", dry_run=True)
    assert report.changed
    assert report.added > 0
    assert catalog.revisions.current_id() == ""


def test_two_people_cannot_change_the_same_revision(catalog: Catalog) -> None:
    quads = list(parse("<urn:a> <urn:b> <urn:c> .", RdfFormat.N_TRIPLES))
    catalog.revisions.append(quads, (), author="eva", comment="", parent="")
    with pytest.raises(InvalidInput, match="changed meanwhile"):
        catalog.revisions.append((), quads, author="jo", comment="", parent="")
    with pytest.raises(InvalidInput, match="adds nothing"):
        catalog.revisions.append((), (), author="jo", comment="", parent=catalog.revisions.current_id())


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE graph_revisions SET author = 'mallory' WHERE number = 1",
        "UPDATE graph_revisions SET added = added || '<urn:x> <urn:y> <urn:z> .' || char(10) WHERE number = 2",
        "DELETE FROM graph_revisions WHERE number = 1",
    ],
)
def test_a_changed_history_is_noticed(catalog: Catalog, tmp_path: Path, tamper: str) -> None:
    for number in range(3):
        import_file(catalog, written(tmp_path, f'ex:c{number} skos:prefLabel "C{number}"@en .'), author="eva")
    assert catalog.revisions.check() == []
    with catalog.begin() as connection:
        connection.execute(text(tamper))
    assert catalog.revisions.check() != []


def test_an_unreadable_revision_is_damage(catalog: Catalog, tmp_path: Path) -> None:
    revision = import_file(catalog, written(tmp_path, BODY), author="eva").revision
    with catalog.begin() as connection:
        connection.execute(text("UPDATE graph_revisions SET added = 'no triples'"))
    with pytest.raises(Damaged, match=revision):
        TermGraph.load(catalog)


@pytest.mark.parametrize("name", ["out.ttl", "out.nt", "out.rdf", "out.trig", "out.jsonld", "out.nq"])
def test_what_nobody_understands_survives_the_round_trip(catalog: Catalog, tmp_path: Path, name: str) -> None:
    import_file(catalog, written(tmp_path, BODY), author="eva")
    target = tmp_path / name
    export(catalog, target)
    with Catalog.open(tmp_path / "second.sqlite", create=True) as second:
        import_file(second, target, author="jo")
        ours, theirs = (set(one.revisions.quads(one.revisions.current_id())) for one in (catalog, second))
    assert {str(quad.triple) for quad in ours} == {str(quad.triple) for quad in theirs}


@pytest.mark.parametrize("name", ["out.trig", "out.nq", "out.jsonld"])
def test_named_graphs_survive_the_round_trip(catalog: Catalog, tmp_path: Path, name: str) -> None:
    trig = tmp_path / "in.trig"
    trig.write_text(HEAD + f"{BODY} ex:g {{ ex:a other:seen ex:b . ex:n other:is [ other:by 1 ] }}", encoding="utf-8")
    import_file(catalog, trig, author="eva")
    export(catalog, tmp_path / name)
    ours = catalog.revisions.quads(catalog.revisions.current_id())
    assert any(str(quad.graph_name) == "<urn:ex:g>" for quad in ours)
    assert not import_file(catalog, tmp_path / name, author="jo").changed


@pytest.mark.parametrize("name", ["out.ttl", "out.rdf", "out.jsonld"])
def test_skos_xl_labels_are_read_and_kept(catalog: Catalog, tmp_path: Path, name: str) -> None:
    xl = "@prefix xl: <http://www.w3.org/2008/05/skos-xl#> . @prefix dct: <http://purl.org/dc/terms/> ."
    body = """ex:x xl:prefLabel ex:l ; xl:altLabel [ xl:literalForm "Ix"@en ] .
        ex:l xl:literalForm "X-ray"@en ; dct:created "2020" ."""
    import_file(catalog, written(tmp_path, xl + body), author="eva")
    assert [label.text for label in TermGraph.load(catalog).labels_of("urn:ex:x")] == ["X-ray", "Ix"]
    export(catalog, tmp_path / name)
    assert not import_file(catalog, tmp_path / name, author="jo").changed


def test_export_to_a_stream_needs_a_format(catalog: Catalog, tmp_path: Path) -> None:
    import_file(catalog, written(tmp_path, BODY), author="eva")
    stream = io.BytesIO()
    assert export(catalog, stream, "turtle") > 0
    assert "Alpha" in stream.getvalue().decode()
    with pytest.raises(InvalidInput, match="name the format"):
        export(catalog, io.BytesIO())
    with pytest.raises(InvalidInput, match="'docx' is not known"):
        export(catalog, io.BytesIO(), "docx")
    with pytest.raises(InvalidInput, match=r"nowhere"):
        export(catalog, tmp_path / "nowhere" / "out.ttl")


_LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
_RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{}</rdf:RDF>'
BROKEN = {
    "a Turtle mistake": ("bad.ttl", b"@prefix ex: <urn:ex:> .\nex:a ex:b ;;; .\nex:c ex:d", r"bad\.ttl: line \d"),
    "an undeclared prefix": ("bad.ttl", b"\n\nfoo:a foo:b foo:c .", r"bad\.ttl: line 3"),
    "a bad IRI": ("bad.nt", b"<not an iri> <urn:b> <urn:c> .", r"bad\.nt: line 1"),
    "UTF-16": ("bad.ttl", "<urn:a> <urn:b> <urn:c> .".encode("utf-16"), r"bad\.ttl.*UTF-16"),
    "GB 18030": ("bad.ttl", '<urn:a> <urn:b> "差旅平台" .'.encode("gb18030"), r"bad\.ttl.*not UTF-8"),
    "another format": ("bad.docx", b"PK", r"bad\.docx.*known: .*\.csv.*\.ttl"),
    "nothing in it": ("bad.ttl", b"# only a comment", r"bad\.ttl: no statements"),
    "a huge text": ("bad.nt", b'<urn:a> <urn:b> "' + b"x" * 1_000_001 + b'" .', r"1000001 characters"),
    "billion laughs": (
        "bad.rdf",
        f"<?xml version='1.0'?><!DOCTYPE r [{_LAUGHS}]>{_RDF.format('&l8;')}".encode(),
        r"bad\.rdf: line 1: XML entities within entities",
    ),
    "an external entity": (
        "bad.rdf",
        f"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{_RDF.format('&x;')}".encode(),
        r"bad\.rdf: line 1: external XML entities",
    ),
    "a remote JSON-LD context": (
        "bad.jsonld",
        b'{"@context": "https://example.org/context", "@id": "urn:a", "name": "x"}',
        r"bad\.jsonld",
    ),
    "not JSON": ("bad.jsonld", b"{", r"bad\.jsonld"),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_or_hostile_file_is_one_clear_line_and_changes_nothing(
    catalog: Catalog, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as caught:
        import_file(catalog, file, author="eva")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert catalog.revisions.current_id() == ""


def test_a_missing_file(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        import_file(catalog, tmp_path / "none.ttl", author="eva")


def test_plain_entities_as_ontology_editors_write_them_are_read(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "editor.rdf"
    file.write_text(
        '<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY skos "http://www.w3.org/2004/02/skos/core#">]>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:skos="http://www.w3.org/2004/02/skos/core#">'
        '<rdf:Description rdf:about="urn:ex:a"><rdf:type rdf:resource="&skos;Concept"/>'
        '<skos:prefLabel xml:lang="en">A one</skos:prefLabel></rdf:Description></rdf:RDF>',
        encoding="utf-8",
    )
    assert import_file(catalog, file, author="eva").concepts == 1


def test_the_demo_graph_is_read_whole() -> None:
    terms = Path(__file__).resolve().parents[3] / "examples" / "terms.ttl"
    graph = TermGraph.from_files([terms])
    assert len(graph.concepts()) > 200
    assert sum(len(relation.phrases) for relation in graph.relations()) > 100
    assert graph.revision == TermGraph.from_files([terms]).revision
