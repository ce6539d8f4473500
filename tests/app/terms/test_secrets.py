"""A restricted concept's name, facts and existence reach nobody who may not see it, by no way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.assistant import Assistant
from knowledge.errors import NotFound
from knowledge.graph.changes import ConceptForm, Create, Delete, Edit, LabelForm, Merge, Raw, Several
from knowledge.types import Role, User
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR

FALCON, UNKNOWN = "urn:ex:falcon", "urn:ex:nothing"
WORDS = ("Falcon", "falcon", "猎鹰", "board")
STRANGERS = [EMPLOYEE, MANAGER, ADMIN, None]
BOARD_2 = User("bob", Role.KNOWLEDGE_MANAGER, frozenset({"board"}))


def everything(assistant: Assistant, user: User | None) -> str:
    """All that somebody gets to see by asking for everything."""
    terms = assistant.terms
    seen = [
        terms.search("Falcon", user),
        terms.search("o", user, limit=1000),
        terms.tree(user),
        terms.tree(user, parent="urn:ex:systems"),
        terms.listing(user),
        terms.listing(user, order="changed"),
        terms.listing(user, language="zh"),
        terms.concept("urn:ex:systems", user),
        terms.concept("urn:ex:finance", user),
        terms.neighbourhood(user, around="urn:ex:finance", steps=3),
        terms.names([FALCON], user),
        terms.relations(user),
        terms.history(user),
        terms.history(user, concept="urn:ex:finance"),
        terms.diff("", "current", user),
        terms.diff("", "current", user, concept="urn:ex:systems"),
        terms.export(user, format="nt").decode(),
        terms.turtle("urn:ex:finance", user),
        terms.usage("urn:ex:finance", user),
        terms.releases(user),
    ]
    if user is not None and user.role != Role.EMPLOYEE:
        seen.append(terms.duplicates(user))
        seen += [terms.proposals(user), terms.candidates(user, state=None), terms.blocked(user)]
        seen.append(terms.preview(Delete(concept="urn:ex:finance"), user))
    return "\n".join("".join(map(str, each)) if isinstance(each, list) else str(each) for each in seen)


@pytest.mark.parametrize("user", STRANGERS, ids=str)
def test_no_list_page_or_count_tells(assistant: Assistant, user: User | None) -> None:
    assistant.terms.release("one", OPERATOR)
    seen = everything(assistant, user)
    assert "Meridian" in seen
    assert [word for word in WORDS if word in seen] == []


def test_the_board_sees_it_everywhere(assistant: Assistant) -> None:
    seen = everything(assistant, BOARD)
    assert seen.count("Falcon") > 5


def test_counts_are_of_what_one_may_see(assistant: Assistant) -> None:
    terms = assistant.terms
    assert terms.listing(BOARD).total == terms.listing(EMPLOYEE).total + 1
    assert terms.tree(BOARD, parent="urn:ex:systems").total == 2
    assert terms.tree(EMPLOYEE, parent="urn:ex:systems").total == 1
    hidden = terms.diff("", "current", BOARD).added - terms.diff("", "current", EMPLOYEE).added
    assert hidden == 11  # six statements of the concept, five of the nameless node that dates a fact of it
    assert terms.history(BOARD)[0].added - terms.history(EMPLOYEE)[0].added == hidden


@pytest.mark.parametrize("user", [MANAGER, ADMIN], ids=str)
def test_hidden_and_unknown_are_refused_alike(assistant: Assistant, user: User) -> None:
    terms = assistant.terms
    form = ConceptForm(id=FALCON, labels=(LabelForm(text="x", language="en"),))

    def link(target: str) -> Create:
        return Create(form=ConceptForm(labels=(LabelForm(text="x", language="en"),), broader=(target,)))

    attempts: list[Callable[[str], object]] = [
        lambda thing: terms.concept(thing, user),
        lambda thing: terms.concept(thing, user, revision="1"),
        lambda thing: terms.tree(user, parent=thing),
        lambda thing: terms.history(user, concept=thing),
        lambda thing: terms.diff("", "1", user, concept=thing),
        lambda thing: terms.usage(thing, user),
        lambda thing: terms.turtle(thing, user),
        lambda thing: terms.neighbourhood(user, around=thing),
        lambda thing: terms.discussion(thing, user),
        lambda thing: terms.comment(thing, "x", user),
        lambda thing: terms.propose(Delete(concept=thing), user, comment="x"),
        lambda thing: terms.propose(Edit(form=form.model_copy(update={"id": thing})), user, comment="x"),
        lambda thing: terms.propose(Merge(into="urn:ex:systems", sources=(thing,)), user, comment="x"),
        lambda thing: terms.propose(link(thing), user, comment="x"),
        lambda thing: terms.preview(Delete(concept=thing), user),
        lambda thing: terms.impact(Delete(concept=thing), user),
    ]
    for attempt in attempts:
        words = []
        for thing in (FALCON, UNKNOWN):
            with pytest.raises(NotFound) as raised:
                attempt(thing)
            words.append(str(raised.value).replace(thing, "…"))
        assert words[0] == words[1]


def test_what_one_may_not_see_stays_as_it_is(assistant: Assistant) -> None:
    terms = assistant.terms
    form = terms.concept("urn:ex:finance", MANAGER).form
    label = LabelForm(text="FIN", kind="alternative", language="en")
    edit = Edit(form=form.model_copy(update={"labels": (*form.labels, label)}))
    secret = f'<{FALCON}> <http://www.w3.org/2004/02/skos/core#altLabel> "known"@en .\n'
    proposal = terms.propose(Several(changes=(edit, Raw(removed=secret, added=secret))), MANAGER, comment="x")
    assert "falcon" not in str(proposal)
    terms.approve(proposal.id, ADMIN)
    assert [fact.relation for fact in terms.concept(FALCON, BOARD).form.facts] == ["urn:ex:owner"]
    assert "known" not in terms.turtle(FALCON, BOARD)


@pytest.mark.parametrize("ending", ["delete", "rename", "open"])
def test_its_past_stays_hidden_after_it_is_gone(assistant: Assistant, ending: str) -> None:
    terms = assistant.terms
    form = terms.concept(FALCON, BOARD).form
    change = {
        "delete": Delete(concept=FALCON),
        "rename": Edit(form=form.model_copy(update={"labels": (LabelForm(text="Kite", language="en"),)})),
        "open": Edit(form=form.model_copy(update={"access": (), "labels": (LabelForm(text="Kite", language="en"),)})),
    }[ending]
    terms.approve(terms.propose(change, BOARD, comment="about Falcon").id, BOARD_2)
    for user in STRANGERS:
        seen = everything(assistant, user)
        assert [word for word in ("Falcon", "猎鹰", "board") if word in seen] == []
        assert ("Kite" in seen) is (ending == "open")
    assert "Falcon" in everything(assistant, BOARD)


def test_restricting_a_concept_hides_its_past(assistant: Assistant) -> None:
    terms = assistant.terms
    form = terms.concept("urn:ex:tripdesk", BOARD).form
    terms.approve(
        terms.propose(Edit(form=form.model_copy(update={"access": ("board",)})), BOARD, comment="TripDesk").id, BOARD_2
    )
    seen = everything(assistant, EMPLOYEE)
    assert "TripDesk" not in seen
    assert "tripdesk" not in seen


def test_proposals_about_it_are_hidden(assistant: Assistant) -> None:
    terms = assistant.terms
    proposal = terms.propose(Delete(concept=FALCON), BOARD, comment="over")
    terms.comment(proposal.id, "really?", BOARD_2)
    for action in (
        lambda name: terms.proposal(name, MANAGER),
        lambda name: terms.approve(name, ADMIN),
        lambda name: terms.reject(name, MANAGER, reason="x"),
        lambda name: terms.discussion(name, MANAGER),
        lambda name: terms.comment(name, "x", MANAGER),
        lambda name: terms.impact(name, MANAGER),
    ):
        words = []
        for name in (proposal.id, "p99"):
            with pytest.raises(NotFound) as raised:
                action(name)
            words.append(str(raised.value).replace(name, "…"))
        assert words[0] == words[1]
    assert terms.waiting(MANAGER) == 0
    assert terms.waiting(BOARD_2) == 1


def test_a_rollback_leaves_alone_what_one_may_not_see(assistant: Assistant) -> None:
    terms = assistant.terms
    form = terms.concept(FALCON, BOARD).form
    renamed = Edit(form=form.model_copy(update={"labels": (LabelForm(text="Kite", language="en"),)}))
    terms.approve(terms.propose(renamed, BOARD, comment="x").id, BOARD_2)
    visible = Create(form=ConceptForm(labels=(LabelForm(text="Atlas", language="en"),)))
    terms.approve(terms.propose(visible, MANAGER, comment="x").id, ADMIN)
    terms.rollback("1", ADMIN)
    assert terms.concept(FALCON, BOARD).concept.en == "Kite"
    assert not terms.search("Atlas")
