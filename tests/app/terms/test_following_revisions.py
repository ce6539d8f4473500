"""Other processes use a new revision from the next question on, however large the graph is."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from app import wiring
from app.assistant import Assistant
from app.settings import Settings
from app.wiring import open_workspace
from knowledge.graph import TermGraph
from knowledge.graph.changes import Deprecate, Edit, LabelForm
from tests.app.terms.conftest import OPERATOR


def renamed(assistant: Assistant, name: str) -> str:
    """A revision in which Meridian has another name."""
    terms = assistant.terms
    form = terms.concept("urn:ex:meridian", OPERATOR).form
    labels = (*form.labels, LabelForm(text=name, kind="alternative", language="en"))
    made = terms.propose(Edit(form=form.model_copy(update={"labels": labels})), OPERATOR, comment="people say so")
    return terms.approve(made.id, OPERATOR, wait=True).id


def test_a_reader_elsewhere_makes_the_new_revision_from_its_own(
    assistant: Assistant, folder: Path, monkeypatch
) -> None:
    with closing(open_workspace(Settings(workspace=folder))) as other:
        before, _ = other.terms(), assistant.workspace.terms()
        assert not before.linker.link("Ask MRD.")
        monkeypatch.setattr(TermGraph, "load", lambda *_: pytest.fail("the whole graph is not loaded again"))
        for name in ("MRD", "MRX"):
            revision = renamed(assistant, name)
            now = other.terms()
            assert now.graph.revision == revision
            assert [mention.concept for mention in now.linker.link(f"Ask {name}.")] == ["urn:ex:meridian"]
            assert [match.concept.id for match in now.graph.search(name)] == ["urn:ex:meridian"]
        assert not before.linker.link("Ask MRD."), "whoever asked before goes on with what they had"
        assert [each.concept for each in assistant.check("Ask MRX.").mentions] == ["urn:ex:meridian"]


def test_a_change_looked_at_beforehand_needs_no_second_graph(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.workspace.terms()
    monkeypatch.setattr(TermGraph, "load", lambda *_: pytest.fail("the whole graph is not loaded again"))
    change = Deprecate(concept="urn:ex:tripdesk", replacement="urn:ex:meridian")
    report, _ = assistant.terms.read("Ask TripDesk.", OPERATOR, change=change)
    assert [finding.kind for finding in report.findings] == ["deprecated"]


def test_the_graph_is_built_anew_when_much_lies_over_it(
    assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "_FOLLOWED", 3)
    with closing(open_workspace(Settings(workspace=folder))) as other:
        other.terms()
        for name in ("MRA", "MRB", "MRC", "MRD"):
            revision = renamed(assistant, name)
            assert other.terms().graph.revision == revision
        for _ in range(6_000):
            if other.terms().graph.lying <= 3:
                break
            time.sleep(0.01)
        assert other.terms().graph.lying <= 3
        assert other.terms().graph.revision == revision
        assert len(other.terms().linker.link("MRA, MRB, MRC and MRD")) == 4
