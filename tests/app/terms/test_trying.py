"""Trying things out before they are proposed, each within what one may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.assistant import Assistant
from knowledge.errors import NotPermitted
from knowledge.graph.changes import SetRelation, TextForm
from tests.app.terms.conftest import BOARD, EMPLOYEE, MANAGER, OTHER


def test_a_phrase_is_tried_before_it_is_approved(assistant: Assistant) -> None:
    terms = assistant.terms
    text = "Meridian answers to the finance team."
    form = terms.relation("urn:ex:owner")
    phrase = TextForm(text="{subject} answers to {object}", language="en")
    change = SetRelation(form=form.model_copy(update={"phrases": (*form.phrases, phrase)}))
    assert terms.read(text, MANAGER)[0].verdict == "nothing_to_check"
    report, readings = terms.read(text, MANAGER, change=change)
    assert report.verdict == "contradicted"
    assert readings
    assert terms.relation("urn:ex:owner") == form


def test_an_import_is_planned_within_what_one_may_see(assistant: Assistant, tmp_path: Path) -> None:
    terms = assistant.terms
    file = tmp_path / "more.ttl"
    skos = "http://www.w3.org/2004/02/skos/core#"
    file.write_text(
        f'<urn:ex:new> a <{skos}Concept> ; <{skos}prefLabel> "Project Falcon"@en, "New"@en .', encoding="utf-8"
    )
    preview, change = terms.plan_import(file, MANAGER)
    assert "falcon" not in str(preview).replace("Project Falcon", "")
    proposal = terms.propose(change, MANAGER, comment="from our spreadsheet")
    terms.approve(proposal.id, OTHER)
    assert terms.search("New", MANAGER)


def test_quality_names_nothing_hidden(assistant: Assistant) -> None:
    assert "alcon" not in str(assistant.terms.quality(MANAGER))
    assert "alcon" in str(assistant.terms.quality(BOARD))
    assert assistant.terms.classes() == []
    with pytest.raises(NotPermitted):
        assistant.terms.quality(EMPLOYEE)


def test_names_are_given_for_what_exists_and_left_out_for_everything_else(assistant: Assistant) -> None:
    asked = ["urn:ex:meridian", "urn:ex:owner", "urn:ex:System", "urn:ex:none", "Meridian", "a b <c>", "50%:x", ""]
    names = assistant.terms.names(asked, EMPLOYEE)
    assert {one: name.en for one, name in names.items()} == {"urn:ex:meridian": "Meridian", "urn:ex:owner": "owner"}
