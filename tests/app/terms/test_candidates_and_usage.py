"""Candidates from documents and the checker; where terms stand; what a change would do."""

from __future__ import annotations

import numpy as np
import pytest

from app.answer import Answer, ModelInfo, Timings
from app.assistant import Assistant
from knowledge.catalog.candidates import Claim, NewCandidate, Place
from knowledge.errors import InvalidInput, NotFound
from knowledge.graph.changes import ConceptForm, Create, Deprecate, Edit, LabelForm
from knowledge.types import AlignmentReport, Chunk, Document, DocumentRecord, Role, User
from tests.app.terms.conftest import BOARD, EMPLOYEE, MANAGER, OPERATOR

ANALYST = User("ana", Role.ANALYST)
OPEN = (
    "The night ferry desk books trips in Meridian. The night ferry desk is open daily. "
    "Ask the night ferry desk about refunds. 差旅组负责夜航服务台。夜航服务台每天开放。请联系夜航服务台。"
)
SECRET = "The night ferry desk works for Project Falcon. Glass harbour plan, glass harbour plan, glass harbour plan."


def put(assistant: Assistant, path: str, text: str, access: frozenset[str] = frozenset()) -> str:
    """A document with one chunk, linked as ingestion links it."""
    concepts = tuple(dict.fromkeys(each.concept for each in assistant.workspace.terms().linker.link(text)))
    document = Document(id="", path=path, title=path, access=access, source_root="/source")
    vectors = np.array([[1.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    chunk = Chunk(id=f"{path}-0", document_id="", ordinal=0, text=text, concepts=concepts)
    stored = assistant.catalog.documents.put(DocumentRecord(document, text, (chunk,), vectors))
    return stored.id


@pytest.fixture
def documents(assistant: Assistant) -> tuple[str, str]:
    return put(assistant, "open.md", OPEN), put(assistant, "secret.md", SECRET, frozenset({"board"}))


def tell(assistant: Assistant, user: User, text: str, documents: list[str]) -> None:
    """An answer that somebody was given."""
    workspace = assistant.workspace
    if workspace.catalog.accounts.get(user.name) is None:
        workspace.accounts.add(user.name, "correct horse battery", role=user.role, groups=user.groups)
    conversation = workspace.conversations.create(user)
    report = AlignmentReport(verdict="supported", answer=text, draft=text)
    answer = Answer(
        question="Where?",
        answer=text,
        abstained=False,
        citations=(),
        alignment=report,
        model=ModelInfo(),
        timings_ms=Timings(),
        id=f"{user.name}-{text[:8]}",
    )
    workspace.conversations.append(conversation.id, user, answer, documents=documents)


# --- candidates ---------------------------------------------------------------------------------------------------


def test_frequent_phrases_are_offered_in_both_languages(assistant: Assistant, documents: tuple[str, str]) -> None:
    terms = assistant.terms
    assert terms.mine_candidates(MANAGER) > 0
    offered = {row.label: row for row in terms.candidates(MANAGER)}
    assert offered["night ferry desk"].count == 3
    assert {each.document_id for each in offered["night ferry desk"].sentences} == {documents[0]}
    assert any("夜航" in label for label in offered)
    assert not any("Meridian" in label or "差旅组" in label for label in offered)
    assert not any("glass" in label.lower() for label in offered)
    assert {row.label: row.count for row in terms.candidates(BOARD)}["night ferry desk"] == 4
    assert terms.mine_candidates(MANAGER) == 0


def test_one_click_makes_a_proposal(assistant: Assistant, documents: tuple[str, str]) -> None:
    terms = assistant.terms
    terms.mine_candidates(MANAGER)
    rows = {row.label: row.id for row in terms.candidates(MANAGER)}
    proposal = terms.accept_candidate(rows["night ferry desk"], MANAGER)
    assert isinstance(proposal.change, Create)
    assert [label.text for label in proposal.change.form.labels] == ["night ferry desk"]
    assert proposal.comment == "night ferry desk: found 3 times in 1 documents"
    with pytest.raises(InvalidInput, match="accepted already"):
        terms.accept_candidate(rows["night ferry desk"], MANAGER)
    chinese = next(number for label, number in rows.items() if "夜航" in label)
    other = terms.accept_candidate(chinese, MANAGER, into="urn:ex:travel", comment="their desk")
    assert isinstance(other.change, Edit)
    assert (other.change.form.id, other.comment) == ("urn:ex:travel", "their desk")
    assert documents


def test_what_was_turned_down_is_not_offered_again(assistant: Assistant, documents: tuple[str, str]) -> None:
    terms = assistant.terms
    terms.mine_candidates(MANAGER)
    row = next(row for row in terms.candidates(MANAGER) if row.label == "night ferry desk")
    assert terms.reject_candidate(row.id, MANAGER, reason="a place, no term").state == "rejected"
    terms.mine_candidates(MANAGER)
    assert "night ferry desk" not in {each.label for each in terms.candidates(MANAGER)}
    assert terms.blocked(MANAGER) == ["night ferry desk"]
    terms.unblock("Night  Ferry desk", MANAGER)
    assert terms.blocked(MANAGER) == []
    assert documents


def test_facts_that_documents_state_become_facts(assistant: Assistant, documents: tuple[str, str]) -> None:
    claim = Claim("urn:ex:systems", "urn:ex:limit", "9000", literal=True)
    place = Place(documents[0], 1, ("The limit of systems is 9,000 CNY.",))
    assistant.catalog.candidates.offer(
        [NewCandidate("fact", "checker", "systems: limit 9000", "en", (place,), claim=claim)]
    )
    (row,) = assistant.terms.candidates(MANAGER, origin="checker")
    assert (row.subject, row.relation, row.object) == ("systems", "limit", "9000")
    proposal = assistant.terms.accept_candidate(row.id, MANAGER)
    (field,) = proposal.diff.fields
    assert (field.field, [value.text for value in field.added]) == ("urn:ex:limit", ["9000"])


def test_what_the_graph_does_not_know_needs_a_change_of_its_own(
    assistant: Assistant, documents: tuple[str, str]
) -> None:
    claim = Claim("The night desk", "urn:ex:owner", "R/D team")
    place = Place(documents[0], 1, ("x",))
    assistant.catalog.candidates.offer([NewCandidate("fact", "checker", "x", "en", (place,), claim=claim)])
    (row,) = assistant.terms.candidates(MANAGER)
    assert (row.subject, row.object) == ("The night desk", "R/D team")
    with pytest.raises(InvalidInput, match="say the change"):
        assistant.terms.accept_candidate(row.id, MANAGER)
    form = ConceptForm(labels=(LabelForm(text="night desk", language="en"),))
    assert assistant.terms.accept_candidate(row.id, MANAGER, change=Create(form=form)).kind == "create"


def test_a_candidate_of_hidden_documents_or_concepts_is_not_there(
    assistant: Assistant, documents: tuple[str, str]
) -> None:
    claim = Claim("urn:ex:falcon", "urn:ex:limit", "1", literal=True)
    assistant.catalog.candidates.offer(
        [
            NewCandidate("fact", "checker", "Falcon: 1", "en", (Place(documents[0], 1, ("x",)),), claim=claim),
            NewCandidate("name", "checker", "Heron", "en", (Place(documents[1], 1, ("Heron",)),)),
        ]
    )
    assert assistant.terms.candidates(MANAGER) == []
    assert len(assistant.terms.candidates(BOARD)) == 2
    for action in (assistant.terms.accept_candidate, lambda n, u: assistant.terms.reject_candidate(n, u, reason="x")):
        words = set()
        for number in (1, 2, 99):
            with pytest.raises(NotFound) as raised:
                action(number, MANAGER)
            words.add(str(raised.value).replace(str(number), "…"))
        assert len(words) == 1


def test_candidates_go_with_their_documents(assistant: Assistant, documents: tuple[str, str]) -> None:
    assistant.terms.mine_candidates(MANAGER)
    assistant.catalog.documents.remove(documents)
    assert assistant.terms.candidates(OPERATOR) == []
    assistant.terms.mine_candidates(MANAGER)
    assert assistant.catalog.candidates.list(None) == []


# --- usage and impact ---------------------------------------------------------------------------------------------


def test_usage_shows_sentences_that_one_may_read(assistant: Assistant, documents: tuple[str, str]) -> None:
    found = assistant.terms.usage("urn:ex:meridian", EMPLOYEE)
    assert (found.documents, found.chunks, found.answers) == (1, 1, 0)
    (sentence,) = found.sentences
    assert sentence.sentence[sentence.start : sentence.end] == "Meridian"
    assert sentence.document_id == documents[0]
    assert assistant.terms.usage("urn:ex:falcon", BOARD).documents == 1


def test_answers_are_ones_own_unless_the_role_reads_them(assistant: Assistant, documents: tuple[str, str]) -> None:
    tell(assistant, EMPLOYEE, "Book it in Meridian.", [documents[0]])
    tell(assistant, BOARD, "Meridian pays for it.", [documents[1]])
    counts = {user.name: assistant.terms.usage("urn:ex:meridian", user).answers for user in (EMPLOYEE, MANAGER, BOARD)}
    assert counts == {"eve": 1, "mei": 0, "ada": 1}
    seen = assistant.terms.usage("urn:ex:meridian", ANALYST).answer_sentences
    assert [(each.sentence, each.own, each.question) for each in seen] == [("Book it in Meridian.", False, "")]


def test_impact_says_what_would_change_where(assistant: Assistant, documents: tuple[str, str]) -> None:
    form = ConceptForm(labels=(LabelForm(text="night ferry desk", language="en"),))
    found = assistant.terms.impact(Create(form=form), MANAGER)
    assert (found.documents_touched, len(found.documents)) == (1, 3)
    assert {name.en for each in found.documents for name in each.gains} == {"night ferry desk"}
    assert assistant.terms.impact(Create(form=form), BOARD).documents_touched == 2
    assert documents


def test_impact_checks_the_last_answers_both_ways(assistant: Assistant, documents: tuple[str, str]) -> None:
    tell(assistant, MANAGER, "Open TripDesk and book.", [documents[0]])
    tell(assistant, MANAGER, "Ask the travel team.", [documents[0]])
    change = Deprecate(concept="urn:ex:tripdesk", replacement="urn:ex:meridian")
    found = assistant.terms.impact(change, MANAGER)
    assert (found.answers_examined, found.answers_touched) == (2, 1)
    (answer,) = found.answers
    assert (answer.before, answer.after) == ("Open TripDesk and book.", "Open Meridian and book.")
    assert assistant.terms.concept("urn:ex:tripdesk").deprecated is False


def test_a_graph_that_is_behind_is_linked_once(assistant: Assistant) -> None:
    relinking = assistant.workspace.relinking
    assert relinking.behind()
    assert relinking.now() == 0
    assert not relinking.behind()
    proposal = assistant.terms.propose(Deprecate(concept="urn:ex:tripdesk"), MANAGER, comment="x")
    assistant.terms.approve(proposal.id, BOARD, wait=True)
    assert not relinking.behind()
