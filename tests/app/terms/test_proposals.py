"""Every change is a proposal; an approved one is a revision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.assistant import Assistant
from app.settings import Settings, TermsSettings
from app.terms import Conflicted
from app.wiring import Workspace
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.graph.changes import (
    Change,
    ConceptForm,
    Create,
    Delete,
    Deprecate,
    Edit,
    LabelForm,
    Merge,
    Raw,
    SetRelation,
    Several,
    Split,
    TextForm,
)
from knowledge.types import User
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR, OTHER

MERIDIAN, TRIPDESK = "urn:ex:meridian", "urn:ex:tripdesk"


def form_of(assistant: Assistant, concept: str = MERIDIAN, user: User = MANAGER) -> ConceptForm:
    return assistant.terms.concept(concept, user).form


def with_label(form: ConceptForm, text: str, kind: str = "alternative", language: str = "en") -> ConceptForm:
    label = LabelForm.model_validate({"text": text, "kind": kind, "language": language})
    return form.model_copy(update={"labels": (*form.labels, label)})


def new(text: str, **fields: object) -> Create:
    return Create(form=ConceptForm(labels=(LabelForm(text=text, language="en"),), **fields))  # type: ignore[arg-type]


def test_an_edit_goes_from_proposal_to_revision(assistant: Assistant) -> None:
    terms = assistant.terms
    view = terms.concept(MERIDIAN, MANAGER)
    proposal = terms.propose(
        Edit(form=with_label(view.form, "MRD")), MANAGER, comment="people say so", base=view.revision
    )
    assert (proposal.state, proposal.own, proposal.behind, proposal.may_approve) == ("proposed", True, False, False)
    assert [(each.field_name, each.added[0].text) for each in proposal.diff.fields] == [("altLabel", "MRD")]
    assert terms.concept(MERIDIAN, MANAGER).pending == (proposal.id,)
    assert not terms.search("MRD", EMPLOYEE)

    revision = terms.approve(proposal.id, OTHER)

    assert (revision.author, revision.approved_by, revision.comment) == ("mei", "tom", "people say so")
    assert (revision.added, revision.removed, revision.kind, revision.proposal) == (1, 0, "edit", proposal.id)
    assert [hit.concept.id for hit in terms.search("MRD", EMPLOYEE)] == [MERIDIAN]
    assert terms.proposal(proposal.id, MANAGER).revision == terms.current() == revision.id
    assert assistant.catalog.revisions.check() == []
    entries = [(entry.action, entry.actor, entry.subject) for entry in assistant.workspace.audit.list()]
    assert entries[:2] == [("graph.approve", "tom", proposal.id), ("graph.propose", "mei", proposal.id)]


def test_an_edit_touches_nothing_that_the_form_does_not_show(assistant: Assistant) -> None:
    before = assistant.terms.export(OPERATOR, format="nt")
    proposal = assistant.terms.propose(Edit(form=with_label(form_of(assistant), "MRD")), MANAGER, comment="x")
    assistant.terms.approve(proposal.id, OTHER)
    after = assistant.terms.export(OPERATOR, format="nt").decode().splitlines()
    old = before.decode().splitlines()
    blank = [line for line in old if not line.startswith("_:")]
    assert [line for line in blank if line not in after] == []
    assert len(after) == len(old) + 1


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (new("Atlas"), {"Atlas": True}),
        (Delete(concept=TRIPDESK), {"TripDesk": False}),
        (Merge(into=MERIDIAN, sources=(TRIPDESK,)), {"TripDesk": True, "Meridian": True}),
        (Deprecate(concept=TRIPDESK, replacement=MERIDIAN), {"TripDesk": True}),
        (Raw(added=f'<{MERIDIAN}> <http://www.w3.org/2004/02/skos/core#altLabel> "Mx"@en .\n'), {"Mx": True}),
        (
            Split(source=TRIPDESK, parts=tuple(new(name).form for name in ("Desk A", "Desk B"))),
            {"Desk A": True, "Desk B": True},
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_each_kind_of_change_becomes_a_revision(assistant: Assistant, change: Change, then: dict[str, bool]) -> None:
    terms = assistant.terms
    proposal = terms.propose(change, MANAGER, comment="because")
    assert terms.proposal(proposal.id, OTHER).kind == change.kind
    terms.approve(proposal.id, OTHER)
    for text, found in then.items():
        assert any(hit.label == text for hit in terms.search(text, EMPLOYEE)) is found


def test_names_of_a_merged_concept_lead_to_the_one_that_stays(assistant: Assistant) -> None:
    proposal = assistant.terms.propose(Merge(into=MERIDIAN, sources=(TRIPDESK,)), MANAGER, comment="same thing")
    assistant.terms.approve(proposal.id, OTHER)
    mentions = assistant.workspace.terms().linker.link("Book it in TripDesk.")
    assert [(mention.concept, mention.label_kind) for mention in mentions] == [(MERIDIAN, "alternative")]
    old = assistant.terms.concept(TRIPDESK)
    assert (old.deprecated, [each.id for each in old.replaced_by]) == (True, [MERIDIAN])


def test_a_relation_is_edited_as_a_form(assistant: Assistant) -> None:
    terms = assistant.terms
    form = terms.relation("urn:ex:owner")
    phrase = TextForm(text="{object} runs {subject}", language="en")
    changed = SetRelation(form=form.model_copy(update={"phrases": (*form.phrases, phrase)}))
    terms.approve(terms.propose(changed, MANAGER, comment="another way to say it").id, OTHER)
    assert phrase in terms.relation("urn:ex:owner").phrases


# --- deciding -----------------------------------------------------------------------------------------------------


def test_rejecting_needs_a_reason_and_keeps_the_label_from_being_offered(assistant: Assistant) -> None:
    terms = assistant.terms
    proposal = terms.propose(new("Synergy hub"), MANAGER, comment="?")
    with pytest.raises(InvalidInput, match="reason: it is empty"):
        terms.reject(proposal.id, OTHER, reason=" ")
    assert terms.reject(proposal.id, OTHER, reason="nobody says so").reason == "nobody says so"
    assert [each.label for each in assistant.catalog.candidates.blocked()] == ["Synergy hub"]
    with pytest.raises(InvalidInput, match="it is rejected"):
        terms.approve(proposal.id, OTHER)


def test_withdrawing_is_for_the_author(assistant: Assistant) -> None:
    terms = assistant.terms
    proposal = terms.propose(new("Atlas"), MANAGER, comment="x")
    with pytest.raises(NotPermitted, match="only mei"):
        terms.withdraw(proposal.id, OTHER)
    assert terms.withdraw(proposal.id, MANAGER).state == "withdrawn"


def test_a_draft_is_its_authors_until_it_is_submitted(assistant: Assistant) -> None:
    terms = assistant.terms
    draft = terms.propose(new("Atlas"), MANAGER, comment="x", draft=True)
    with pytest.raises(NotFound):
        terms.proposal(draft.id, OTHER)
    assert terms.waiting(OTHER) == 0
    with pytest.raises(InvalidInput, match="it is draft"):
        terms.approve(draft.id, OPERATOR)
    terms.submit(draft.id, MANAGER)
    assert terms.waiting(OTHER) == 1
    terms.approve(draft.id, OTHER)


def test_revising_asks_for_the_version_that_was_seen(assistant: Assistant) -> None:
    terms = assistant.terms
    first = terms.propose(new("Atlas"), MANAGER, comment="x")
    assert isinstance(first.change, Create)
    again = Create(form=with_label(first.change.form, "Atlas system"))
    second = terms.revise(first.id, MANAGER, change=again, version=first.version)
    assert second.subjects == first.subjects
    with pytest.raises(InvalidInput, match="somebody changed it meanwhile"):
        terms.revise(first.id, MANAGER, comment="y", version=first.version)
    with pytest.raises(NotPermitted):
        terms.revise(first.id, OTHER, comment="y")


@pytest.mark.parametrize(
    ("rule", "user", "allowed"),
    [
        ("managers", MANAGER, False),
        ("managers", ADMIN, True),
        ("everyone", ADMIN, False),
        ("off", MANAGER, True),
    ],
)
def test_four_eyes(assistant: Assistant, rule: str, user: User, allowed: bool) -> None:
    settings = Settings(terms=TermsSettings.model_validate({"four_eyes": rule}))
    workspace = Workspace(settings.model_copy(update={"workspace": assistant.workspace.folder}), assistant.catalog)
    terms = Assistant(workspace).terms
    proposal = terms.propose(new("Atlas"), user, comment="x")
    assert terms.proposal(proposal.id, user).may_approve is allowed
    if allowed:
        terms.approve(proposal.id, user)
    else:
        with pytest.raises(NotPermitted, match="four eyes"):
            terms.approve(proposal.id, user)


@pytest.mark.parametrize("user", [EMPLOYEE, None], ids=["employee", "nobody"])
def test_employees_read_and_no_more(assistant: Assistant, user: User | None) -> None:
    terms = assistant.terms
    assert terms.search("Meridian", user)
    proposal = terms.propose(new("Atlas"), MANAGER, comment="x")
    for forbidden in (
        lambda: terms.propose(new("B"), user, comment="x"),
        lambda: terms.preview(new("B"), user),
        lambda: terms.proposals(user),
        lambda: terms.proposal(proposal.id, user),
        lambda: terms.approve(proposal.id, user),
        lambda: terms.reject(proposal.id, user, reason="x"),
        lambda: terms.comment(MERIDIAN, "x", user),
        lambda: terms.release("1.0", user),
        lambda: terms.rollback("1", user),
    ):
        with pytest.raises(NotPermitted):
            forbidden()
    assert terms.waiting(user) == 0


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (Edit(form=ConceptForm(id=MERIDIAN)), InvalidInput, "at least one label"),
        (new(" "), InvalidInput, "label: it is empty"),
        (new("x", broader=("urn:ex:nothing",)), NotFound, "no such concept"),
        (new("x", id="urn:mine"), InvalidInput, "gets its id by itself"),
        (new("x", access=("board",)), InvalidInput, "none of them is yours"),
        (Delete(concept="urn:ex:nothing"), NotFound, "no such concept"),
        (Delete(concept="nothing"), InvalidInput, "not an id"),
        (Merge(into=MERIDIAN, sources=()), InvalidInput, "at least one other"),
        (Deprecate(concept=TRIPDESK, replacement=TRIPDESK), InvalidInput, "cannot replace itself"),
        (Raw(added="nonsense"), InvalidInput, "statements:"),
        (Raw(), InvalidInput, "changes nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused(
    assistant: Assistant, change: Change, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        assistant.terms.propose(change, MANAGER, comment="x")
    assert assistant.terms.proposals(MANAGER) == []


def test_a_proposal_needs_a_comment(assistant: Assistant) -> None:
    with pytest.raises(InvalidInput, match="comment: it is empty"):
        assistant.terms.propose(new("Atlas"), MANAGER, comment="  ")


def test_comments_stand_beside_concepts_and_proposals(assistant: Assistant) -> None:
    terms = assistant.terms
    proposal = terms.propose(new("Atlas"), MANAGER, comment="x")
    terms.comment(proposal.id, "Is that the official name?", OTHER)
    terms.comment(MERIDIAN, "Check the definition.", OTHER)
    assert [(each.author, each.text) for each in terms.discussion(proposal.id, MANAGER)] == [
        ("tom", "Is that the official name?")
    ]
    assert terms.concept(MERIDIAN, MANAGER).comments == 1
    with pytest.raises(NotFound):
        terms.comment("urn:ex:nothing", "x", MANAGER)


# --- three-way merge ----------------------------------------------------------------------------------------------


def test_edits_of_different_fields_merge_by_themselves(assistant: Assistant) -> None:
    terms = assistant.terms
    view = terms.concept(MERIDIAN, MANAGER)
    mine = terms.propose(Edit(form=with_label(view.form, "MRD")), MANAGER, comment="mine", base=view.revision)
    defined = view.form.model_copy(update={"definitions": (TextForm(text="Books trips.", language="en"),)})
    theirs = terms.propose(Edit(form=defined), OTHER, comment="theirs", base=view.revision)
    terms.approve(theirs.id, MANAGER)
    assert terms.proposal(mine.id, OTHER).behind
    terms.approve(mine.id, OTHER)
    after = terms.concept(MERIDIAN).form
    assert "MRD" in {label.text for label in after.labels}
    assert [text.text for text in after.definitions] == ["Books trips."]


def renamed(form: ConceptForm, text: str) -> Edit:
    labels = tuple(each for each in form.labels if (each.kind, each.language) != ("preferred", "en"))
    return Edit(form=form.model_copy(update={"labels": (*labels, LabelForm(text=text, language="en"))}))


@pytest.mark.parametrize(("choice", "stays"), [("mine", "Meridian One"), ("theirs", "Meridian Two")])
def test_a_field_changed_twice_is_chosen_about(assistant: Assistant, choice: str, stays: str) -> None:
    terms = assistant.terms
    view = terms.concept(MERIDIAN, MANAGER)
    mine = terms.propose(renamed(view.form, "Meridian One"), MANAGER, comment="mine", base=view.revision)
    theirs = terms.propose(renamed(view.form, "Meridian Two"), OTHER, comment="theirs", base=view.revision)
    second = terms.approve(theirs.id, MANAGER)

    with pytest.raises(Conflicted) as raised:
        terms.approve(mine.id, OTHER)

    (conflict,) = raised.value.conflicts
    assert conflict == terms.proposal(mine.id, OTHER).conflicts[0]
    sides = [[value.text for value in side] for side in (conflict.base, conflict.theirs, conflict.mine)]
    assert sides == [["Meridian"], ["Meridian Two"], ["Meridian One"]]
    assert (conflict.theirs_by, conflict.theirs_revision, conflict.language) == ("tom", second.id, "en")
    if choice == "theirs":
        with pytest.raises(InvalidInput, match="says so already"):
            terms.approve(mine.id, OTHER, choices={conflict.key: "theirs"})
    else:
        terms.approve(mine.id, OTHER, choices={conflict.key: "mine"})
    preferred = [label.text for label in terms.concept(MERIDIAN).form.labels if label.kind == "preferred"]
    assert stays in preferred
    assert len(preferred) == 2


def test_deleting_what_somebody_edited_meanwhile_is_chosen_about(assistant: Assistant) -> None:
    terms = assistant.terms
    view = terms.concept(TRIPDESK, MANAGER)
    gone = terms.propose(Delete(concept=TRIPDESK), MANAGER, comment="gone", base=view.revision)
    edit = terms.propose(Edit(form=with_label(view.form, "TD")), OTHER, comment="still here", base=view.revision)
    terms.approve(edit.id, MANAGER)
    with pytest.raises(Conflicted) as raised:
        terms.approve(gone.id, OTHER)
    (conflict,) = raised.value.conflicts
    assert "TD" in {value.text for value in conflict.theirs}
    terms.approve(gone.id, OTHER, choices={conflict.key: "mine"})
    with pytest.raises(NotFound):
        terms.concept(TRIPDESK)


def test_a_choice_that_is_not_offered_is_refused(assistant: Assistant) -> None:
    terms = assistant.terms
    view = terms.concept(MERIDIAN, MANAGER)
    mine = terms.propose(renamed(view.form, "One"), MANAGER, comment="mine", base=view.revision)
    terms.approve(terms.propose(renamed(view.form, "Two"), OTHER, comment="theirs").id, MANAGER)
    key = terms.proposal(mine.id, OTHER).conflicts[0].key
    with pytest.raises(InvalidInput, match="choose one of mine, theirs"):
        terms.approve(mine.id, OTHER, choices={key: "both"})


def test_the_board_proposes_about_its_own(assistant: Assistant) -> None:
    terms = assistant.terms
    proposal = terms.propose(new("Project Heron", access=("board",)), BOARD, comment="secret")
    with pytest.raises(NotFound):
        terms.proposal(proposal.id, MANAGER)
    assert terms.proposals(MANAGER) == []
    assert terms.waiting(MANAGER) == 0


def test_approvals_at_the_same_moment_lose_nothing(assistant: Assistant) -> None:
    terms = assistant.terms
    ids = [terms.propose(new(f"System {number}"), MANAGER, comment="x").id for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(lambda each: terms.approve(each, OTHER).number, ids))
    assert sorted(revisions) == [2, 3, 4, 5]
    assert assistant.catalog.revisions.check() == []
    assert len(terms.search("System ", limit=10)) >= 4


def test_the_tree_is_in_the_order_of_ones_language_and_ends_with_what_is_out_of_use(assistant: Assistant) -> None:
    names = {"Apple": "子", "Banana": "甲", "Cherry": "乙"}
    made = tuple(
        Create(form=ConceptForm(labels=(LabelForm(text=en, language="en"), LabelForm(text=zh, language="zh"))))
        for en, zh in names.items()
    )
    terms = assistant.terms
    terms.approve(terms.propose(Several(changes=made), MANAGER, comment="x").id, ADMIN)
    banana = next(hit.concept.id for hit in terms.search("Banana"))
    terms.approve(terms.propose(Deprecate(concept=banana), MANAGER, comment="x").id, ADMIN)

    def tops(user: User) -> list[str]:
        return [row.concept.en for row in terms.tree(user).rows if row.concept.en in names]

    assert tops(User("anna", language="en")) == ["Apple", "Cherry", "Banana"]
    assert tops(User("wei", language="zh")) == ["Cherry", "Apple", "Banana"], "yi, zi; and jia is out of use"
    assert tops(BOARD) == ["Apple", "Cherry", "Banana"], "also for those from whom nothing is hidden"
