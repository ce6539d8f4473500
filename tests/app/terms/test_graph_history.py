"""The past of the term graph: revisions, differences, the way back, releases; other processes follow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.assistant import Assistant
from knowledge.catalog.health import check_catalog
from knowledge.errors import InvalidInput, NotFound
from knowledge.graph.changes import Change, ConceptForm, Create, Delete, Edit, LabelForm
from knowledge.types import User
from tests.app.terms.conftest import ADMIN, MANAGER, OPERATOR, OTHER

MERIDIAN = "urn:ex:meridian"


def named(text: str) -> Create:
    return Create(form=ConceptForm(labels=(LabelForm(text=text, language="en"),)))


def approved(assistant: Assistant, change: Change, user: User = MANAGER, comment: str = "x") -> str:
    proposal = assistant.terms.propose(change, user, comment=comment)
    return assistant.terms.approve(proposal.id, OTHER if user != OTHER else MANAGER).id


def relabelled(assistant: Assistant, text: str) -> Edit:
    form = assistant.terms.concept(MERIDIAN).form
    labels = tuple(each for each in form.labels if (each.kind, each.language) != ("preferred", "en"))
    return Edit(form=form.model_copy(update={"labels": (*labels, LabelForm(text=text, language="en"))}))


def test_history_of_all_and_of_one(assistant: Assistant) -> None:
    approved(assistant, named("Atlas"), comment="a new system")
    approved(assistant, relabelled(assistant, "Meridian One"), comment="renamed")
    rows = assistant.terms.history()
    assert [(row.number, row.kind) for row in rows] == [(3, "edit"), (2, "create"), (1, "raw")]
    assert [name.en for name in rows[1].subjects] == ["Atlas"]
    about = assistant.terms.history(concept=MERIDIAN)
    assert [(row.number, row.comment, row.added, row.removed) for row in about][:1] == [(3, "renamed", 1, 1)]
    assert [row.number for row in assistant.terms.history(limit=1, before=3)] == [2]


def test_difference_between_any_two_states_either_way(assistant: Assistant) -> None:
    approved(assistant, relabelled(assistant, "Meridian One"))
    approved(assistant, relabelled(assistant, "Meridian Two"))
    assistant.terms.release("2026.1", MANAGER, revision="2")
    (field,) = assistant.terms.diff("1", "current").fields
    assert ([value.text for value in field.removed], [value.text for value in field.added]) == (
        ["Meridian"],
        ["Meridian Two"],
    )
    back = assistant.terms.diff("3", "2026.1").fields[0]
    assert ([value.text for value in back.removed], [value.text for value in back.added]) == (
        ["Meridian Two"],
        ["Meridian One"],
    )
    assert assistant.terms.diff("2", "2").fields == ()
    assert assistant.terms.diff("", "1").added > 20


def test_any_state_can_be_read(assistant: Assistant) -> None:
    approved(assistant, relabelled(assistant, "Meridian One"))
    before, now = (assistant.terms.concept(MERIDIAN, revision=each) for each in ("1", None))
    assert (before.concept.en, now.concept.en) == ("Meridian", "Meridian One")
    assert b'"Meridian"@en' in assistant.terms.export(revision="1", format="nt")
    assert '"Meridian One"@en' in assistant.terms.turtle(MERIDIAN)
    assert "Falcon" not in assistant.terms.turtle(MERIDIAN)


def test_rollback_is_a_new_revision(assistant: Assistant) -> None:
    before = assistant.terms.export(OPERATOR, format="nt")
    approved(assistant, relabelled(assistant, "Meridian One"))
    approved(assistant, Delete(concept="urn:ex:travel"))
    done = assistant.terms.rollback("1", ADMIN, comment="that was wrong")
    assert (done.state, done.kind) == ("approved", "rollback")
    assert assistant.terms.export(OPERATOR, format="nt") == before
    assert [row.number for row in assistant.terms.history(OPERATOR)] == [4, 3, 2, 1]
    assert assistant.catalog.revisions.check() == []


def test_rollback_waits_where_four_eyes_are_asked_for(assistant: Assistant) -> None:
    approved(assistant, relabelled(assistant, "Meridian One"))
    waiting = assistant.terms.rollback("1", MANAGER)
    assert (waiting.state, waiting.comment) == ("proposed", "back to 1")
    assistant.terms.approve(waiting.id, OTHER)
    assert assistant.terms.concept(MERIDIAN).concept.en == "Meridian"
    with pytest.raises(InvalidInput, match="newest revision already"):
        assistant.terms.rollback("current", ADMIN)


def test_one_change_is_undone_and_later_ones_stay(assistant: Assistant) -> None:
    approved(assistant, relabelled(assistant, "Meridian One"))
    approved(assistant, named("Atlas"))
    undone = assistant.terms.undo("2", ADMIN)
    assert (undone.kind, undone.state, undone.comment) == ("rollback", "approved", "undo #2")
    assert assistant.terms.search("Meridian")[0].concept.en == "Meridian"
    assert assistant.terms.search("Atlas"), "what came later is still there"
    assert assistant.terms.undo(undone.revision, ADMIN).state == "approved"
    assert assistant.terms.search("Meridian")[0].concept.en == "Meridian One", "an undo can be undone"


def test_an_undo_of_what_was_changed_again_waits_for_a_choice(assistant: Assistant) -> None:
    approved(assistant, relabelled(assistant, "Meridian One"))
    approved(assistant, relabelled(assistant, "Meridian Two"))
    waiting = assistant.terms.undo("2", ADMIN)
    assert (waiting.state, [one.field_name for one in waiting.conflicts]) == ("proposed", ["prefLabel"])
    choices = {one.key: "mine" for one in waiting.conflicts}
    assistant.terms.approve(waiting.id, OPERATOR, choices=choices)
    assert assistant.terms.search("Meridian")[0].concept.en == "Meridian"
    assert assistant.terms.undo("3", MANAGER).state == "proposed", "four eyes"


def test_releases_name_revisions_once(assistant: Assistant) -> None:
    made = assistant.terms.release("2026 spring", MANAGER, comment="approved by legal")
    assert [each.name for each in assistant.terms.releases()] == ["2026 spring"]
    assert assistant.terms.history()[0].releases == ("2026 spring",)
    assert made.revision == assistant.terms.current()
    with pytest.raises(InvalidInput, match="there is one of that name"):
        assistant.terms.release("2026 spring", MANAGER)


@pytest.mark.parametrize("name", ["", "12", "current", "r1-abc", "a/b", "x" * 81, "\u202ex"])
def test_what_no_release_may_be_called(assistant: Assistant, name: str) -> None:
    with pytest.raises(InvalidInput, match="release"):
        assistant.terms.release(name, MANAGER)


@pytest.mark.parametrize("name", ["9", "r9-none", "nothing"])
def test_states_that_do_not_exist(assistant: Assistant, name: str) -> None:
    with pytest.raises(NotFound, match="no such revision or release"):
        assistant.terms.diff(name, "current")


_READER = """
import sys
from app.assistant import Assistant
with Assistant.open(sys.argv[1]) as assistant:
    for line in sys.stdin:
        found = assistant.terms.search("Atlas")
        print(assistant.workspace.terms().checker.check("x").graph_revision, len(found), flush=True)
"""


def test_another_process_uses_a_new_revision_without_a_restart(assistant: Assistant, folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _READER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None

        def seen() -> tuple[str, str]:
            print("look", file=reader.stdin, flush=True)
            revision, found = reader.stdout.readline().split() if reader.stdout else ("", "")
            return revision, found

        assert seen() == (assistant.terms.current(), "0")
        newest = approved(assistant, named("Atlas"))
        assert seen() == (newest, "1")
        reader.stdin.close()


def test_doctor_sees_a_revision_that_was_tampered_with(assistant: Assistant) -> None:
    newest = approved(assistant, named("Atlas"))
    assert check_catalog(assistant.catalog) == []
    with assistant.catalog.begin() as connection:
        connection.execute(sa.text("UPDATE graph_revisions SET author = 'nobody' WHERE number = 2"))
    assert [problem.where for problem in check_catalog(assistant.catalog)] == [newest]
