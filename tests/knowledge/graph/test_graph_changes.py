"""Changes as values become statements that touch nothing else; two changes of one graph are merged field by field."""

from __future__ import annotations

from math import log2
from pathlib import Path

import pytest

from knowledge.graph import TermGraph
from knowledge.graph.candidates import c_values
from knowledge.graph.changes import Change, ConceptForm, Delete, Edit, FactForm, LabelForm, Merge, SetRelation
from knowledge.graph.forms import concept_form, relation_form
from knowledge.graph.merging import composed, merge
from knowledge.graph.patching import patch_of
from knowledge.graph.quads import Patch
from knowledge.graph.reading import read_lines
from knowledge.graph.statements import Statements
from knowledge.graph.veil import Veil

TURTLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix xl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix plb: <urn:plumbline:ns#> . @prefix ex: <urn:ex:> .
ex:a a skos:Concept ; skos:prefLabel "A"@en ; skos:altLabel "alias"@en, "Alias"@de ; ex:near "unknown" ; ex:of ex:b ;
    xl:altLabel [ xl:literalForm "long name"@en ; ex:source "list" ] .
ex:b a skos:Concept ; skos:prefLabel "B"@en ; skos:narrower ex:a ; skos:related ex:c .
ex:c a skos:Concept ; skos:prefLabel "C"@en ; ex:of ex:a .
ex:of a owl:ObjectProperty ; rdfs:label "of"@en ; rdfs:comment "kept" .
[] a rdf:Statement ; rdf:subject ex:a ; rdf:predicate ex:of ; rdf:object ex:b ; plb:validFrom "2024" .
"""


@pytest.fixture
def graph(tmp_path: Path) -> TermGraph:
    file = tmp_path / "g.ttl"
    file.write_text(TURTLE, encoding="utf-8")
    return TermGraph.from_files([file])


def form_of(graph: TermGraph, concept: str = "urn:ex:a") -> ConceptForm:
    return concept_form(Statements(graph), concept)


def lines(graph: TermGraph, change: Change) -> tuple[list[str], list[str]]:
    added, removed = patch_of(change, graph).lines()
    return added.splitlines(), removed.splitlines()


def test_a_form_shows_what_is_there_and_changes_nothing_by_itself(graph: TermGraph) -> None:
    form = form_of(graph)
    assert {(label.text, label.language) for label in form.labels} == {
        ("A", "en"),
        ("alias", "en"),
        ("Alias", "de"),
        ("long name", "en"),
    }
    assert form.broader == ("urn:ex:b",)
    assert form.facts == (FactForm(relation="urn:ex:of", object="urn:ex:b", since="2024"),)
    assert form_of(graph, "urn:ex:c").related == ("urn:ex:b",)
    for concept in ("urn:ex:a", "urn:ex:b", "urn:ex:c"):
        assert lines(graph, Edit(form=form_of(graph, concept))) == ([], [])
    assert lines(graph, SetRelation(form=relation_form(Statements(graph), "urn:ex:of"))) == ([], [])


def test_a_label_with_a_node_of_its_own_goes_with_it(graph: TermGraph) -> None:
    form = form_of(graph)
    fewer = form.model_copy(update={"labels": tuple(each for each in form.labels if each.text != "long name")})
    added, removed = lines(graph, Edit(form=fewer))
    assert (added, len(removed)) == ([], 3)


def test_a_fact_gets_an_end(graph: TermGraph) -> None:
    form = form_of(graph)
    ended = form.facts[0].model_copy(update={"until": "2026"})
    after = graph.patched(
        *(tuple(quads) for quads in _patch(graph, Edit(form=form.model_copy(update={"facts": (ended,)}))))
    )
    assert form_of(after).facts == (ended,)
    assert len(list(after.quads)) == len(list(graph.quads)) + 1


def _patch(graph: TermGraph, change: Change) -> tuple[frozenset[object], frozenset[object]]:
    patch = patch_of(change, graph)
    return patch.added, patch.removed


@pytest.mark.parametrize("change", [Delete(concept="urn:ex:a"), Merge(into="urn:ex:c", sources=("urn:ex:a",))])
def test_nothing_leads_to_what_is_gone(graph: TermGraph, change: Change) -> None:
    patch = patch_of(change, graph)
    after = graph.patched(patch.added, patch.removed)
    targets = {quad.object for quad in after.quads} | {quad.subject for quad in after.quads}
    stays = isinstance(change, Merge)
    assert any(str(term) == "<urn:ex:a>" for term in targets) is stays
    assert not [quad for quad in after.quads if str(quad.object) == "<urn:ex:a>"]


# --- merging ------------------------------------------------------------------------------------------------------

ALT = "<urn:ex:a> <http://www.w3.org/2004/02/skos/core#altLabel>"


def patch(added: str = "", removed: str = "") -> Patch:
    return Patch(frozenset(read_lines(added)), frozenset(read_lines(removed)))


@pytest.mark.parametrize(
    ("theirs", "mine", "conflicts"),
    [
        (patch(f'{ALT} "x"@en .'), patch(f'{ALT} "y"@en .'), 0),
        (patch(f'{ALT} "x"@en .'), patch(removed=f'{ALT} "alias"@en .'), 0),
        (patch(removed=f'{ALT} "alias"@en .'), patch(removed=f'{ALT} "alias"@en .'), 0),
        (
            patch(f'{ALT} "x"@en .', f'{ALT} "alias"@en .'),
            patch(f'{ALT} "y"@en .', f'{ALT} "alias"@en .'),
            1,
        ),
    ],
    ids=["both add", "one adds, one removes", "both remove", "both replace one value"],
)
def test_lists_merge_unless_one_value_is_replaced_twice(
    graph: TermGraph, theirs: Patch, mine: Patch, conflicts: int
) -> None:
    now = graph.patched(theirs.added, theirs.removed)
    merged = merge(now, theirs, mine)
    assert len(merged.conflicts) == conflicts
    if conflicts:
        key = str(merged.conflicts[0].key)
        both = merge(now, theirs, mine, {key: "both"}).patch
        assert both.added == mine.added
        mine_only = merge(now, theirs, mine, {key: "mine"}).patch
        assert (mine_only.added, mine_only.removed) == (mine.added, theirs.added)
        assert not merge(now, theirs, mine, {key: "theirs"}).patch
    else:
        assert merged.patch.added == mine.added - theirs.added


def test_changes_in_a_row_are_one_change() -> None:
    first, second = patch(f'{ALT} "x"@en .', f'{ALT} "alias"@en .'), patch(f'{ALT} "alias"@en .', f'{ALT} "x"@en .')
    assert not composed([first, second])
    assert composed([first]) == first


# --- what is hidden, and what is frequent -------------------------------------------------------------------------


def test_nodes_that_speak_of_hidden_things_are_hidden_with_them() -> None:
    subject = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#subject>"
    text = f'_:n {subject} <urn:s> .\n_:n <urn:p> "secret" .\n<urn:s> <urn:p> "x" .\n<urn:o> <urn:p> "open" .\n'
    veil = Veil(["urn:s"])
    veil.learn(text)
    assert veil.seen(text) == ['<urn:o> <urn:p> "open" .']
    assert veil.seen('_:n <urn:p> "later" .\n') == []


def test_a_phrase_counts_by_how_often_it_stands_alone() -> None:
    counts = {("night", "desk"): 4, ("desk",): 5, ("night", "desk", "office"): 3, ("rare", "thing"): 2}
    values = c_values(counts)
    assert values["night", "desk"] == pytest.approx(log2(3) * (4 - 3))
    assert values["night", "desk", "office"] == pytest.approx(log2(4) * 3)
    assert values[("desk",)] == pytest.approx(log2(2) * (5 - 3.5))
    assert ("rare", "thing") not in values


def test_labels_are_told_apart_by_kind(graph: TermGraph) -> None:
    form = form_of(graph)
    moved = tuple(
        LabelForm(text=each.text, kind="deprecated", language=each.language) if each.text == "alias" else each
        for each in form.labels
    )
    added, removed = lines(graph, Edit(form=form.model_copy(update={"labels": moved})))
    assert added == ['<urn:ex:a> <urn:plumbline:ns#deprecatedLabel> "alias"@en .']
    assert removed == [f'{ALT} "alias"@en .']
