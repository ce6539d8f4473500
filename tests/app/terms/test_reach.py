"""Knowledge managers for some languages and concept schemes: what they may propose and decide, by every way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.assistant import Assistant
from knowledge.catalog.accounts import AccountRecord
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.graph.changes import (
    Change,
    ConceptForm,
    Create,
    Delete,
    Deprecate,
    Edit,
    FactForm,
    LabelForm,
    Merge,
    Raw,
    RelationForm,
    SetRelation,
    Several,
    TextForm,
)
from knowledge.types import User
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR, OTHER

TRAVEL_TERMS, MONEY_TERMS = "urn:ex:scheme-travel", "urn:ex:scheme-money"
SCHEMES = f"""
<urn:ex:meridian> <http://www.w3.org/2004/02/skos/core#inScheme> <{TRAVEL_TERMS}> .
<urn:ex:travel> <http://www.w3.org/2004/02/skos/core#topConceptOf> <{TRAVEL_TERMS}> .
<{MONEY_TERMS}> <http://www.w3.org/2004/02/skos/core#hasTopConcept> <urn:ex:finance> .
<urn:ex:finance> <http://www.w3.org/2004/02/skos/core#inScheme> <{MONEY_TERMS}> .
<{TRAVEL_TERMS}> <http://www.w3.org/2000/01/rdf-schema#label> "travel terms"@en .
"""
SKOS = "http://www.w3.org/2004/02/skos/core#"
XL = "http://www.w3.org/2008/05/skos-xl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@pytest.fixture
def limited(assistant: Assistant) -> Assistant:
    """Everybody has an account; some concepts are in one of two schemes."""
    for user in (MANAGER, OTHER, BOARD, EMPLOYEE, ADMIN):
        assert assistant.catalog.accounts.add(AccountRecord(user.name, "-", user.role.value, user.groups, "en"))
    proposal = assistant.terms.propose(Raw(added=SCHEMES), OPERATOR, comment="schemes")
    assistant.terms.approve(proposal.id, OPERATOR)
    return assistant


def edited(assistant: Assistant, concept: str, **more: object) -> Edit:
    form = assistant.terms.concept(concept, OPERATOR).form
    return Edit(form=form.model_copy(update={k: (*getattr(form, k), v) for k, v in more.items()}))


def label(text: str, language: str) -> LabelForm:
    return LabelForm(text=text, kind="alternative", language=language)


def outcome(assistant: Assistant, change: Change, user: User = MANAGER) -> str:
    """ "" where a proposal of it is taken, else why it is not."""
    try:
        assistant.terms.propose(change, user, comment="x")
    except NotPermitted as error:
        return str(error)
    return ""


def test_texts_in_other_languages_are_not_theirs(limited: Assistant) -> None:
    limited.terms.set_reach("mei", ADMIN, languages=["ZH"])
    reach = limited.terms.reach(MANAGER)
    assert (reach.languages, reach.schemes) == (("zh",), ())

    assert outcome(limited, edited(limited, "urn:ex:meridian", labels=label("差旅", "zh"))) == ""
    assert outcome(limited, edited(limited, "urn:ex:meridian", labels=label("差旅平臺", "zh-Hant"))) == ""
    why = outcome(limited, edited(limited, "urn:ex:meridian", labels=label("MRD", "en")))
    assert "a text in 'en' of 'Meridian'" in why
    assert "texts in zh only" in why
    assert "'no language'" in outcome(limited, edited(limited, "urn:ex:meridian", notes=TextForm(text="a note")))
    fact = FactForm(relation="urn:ex:limit", object="1", literal=True)
    assert outcome(limited, edited(limited, "urn:ex:tripdesk", facts=fact)) == "", "facts have no language"
    assert outcome(limited, Create(form=ConceptForm(labels=(label("新词", "zh"),)))) == ""
    assert outcome(limited, Delete(concept="urn:ex:meridian")), "it takes English names away"
    assert outcome(limited, Merge(into="urn:ex:finance", sources=("urn:ex:travel",)))
    relation = limited.terms.relation("urn:ex:owner", OPERATOR)
    phrases = (*relation.phrases, TextForm(text="{subject} belongs to {object}", language="en"))
    assert outcome(limited, SetRelation(form=relation.model_copy(update={"phrases": phrases})))
    assert outcome(limited, edited(limited, "urn:ex:meridian", labels=label("MRD", "en")), OTHER) == "", "only mei is"


def test_a_preview_says_so_before_anything_is_written(limited: Assistant) -> None:
    limited.terms.set_reach("mei", ADMIN, languages=["zh"])
    with pytest.raises(NotPermitted, match="texts in zh only"):
        limited.terms.preview(edited(limited, "urn:ex:meridian", labels=label("MRD", "en")), MANAGER)
    with pytest.raises(NotPermitted, match="texts in zh only"):
        limited.terms.propose(
            edited(limited, "urn:ex:meridian", labels=label("MRD", "en")), MANAGER, comment="x", draft=True
        )
    assert limited.terms.proposals(OPERATOR, state="draft") == []


CHANGES: list[tuple[Change, bool]] = [
    (Deprecate(concept="urn:ex:meridian"), True),
    (Deprecate(concept="urn:ex:finance"), False),
    (Deprecate(concept="urn:ex:tripdesk"), False),
    (Create(form=ConceptForm(labels=(label("new", "en"),), schemes=(TRAVEL_TERMS,))), True),
    (Create(form=ConceptForm(labels=(label("new", "en"),), broader=("urn:ex:meridian",))), False),
    (Create(form=ConceptForm(labels=(label("new", "en"),), schemes=(TRAVEL_TERMS, MONEY_TERMS))), False),
    (SetRelation(form=RelationForm(labels=(TextForm(text="r", language="en"),))), False),
    (Raw(added=f"<urn:ex:tripdesk> <{SKOS}inScheme> <{TRAVEL_TERMS}> .\n"), False),
    (Raw(added=f"<{TRAVEL_TERMS}> <{SKOS}hasTopConcept> <urn:ex:finance> .\n"), False),
    (Raw(added=f"<urn:ex:meridian> <{SKOS}narrower> <urn:ex:finance> .\n"), False),
    (Raw(added=f'<{TRAVEL_TERMS}> <{SKOS}note> "ours"@en .\n'), True),
    (Raw(added=f'<{MONEY_TERMS}> <{SKOS}note> "not ours"@en .\n'), False),
    (Raw(added='<urn:ex:owner> <urn:plumbline:ns#phrase> "{subject}: {object}"@en .\n'), False),
    (Several(changes=(Deprecate(concept="urn:ex:meridian"), Deprecate(concept="urn:ex:finance"))), False),
    (Raw(added=f'<urn:ex:meridian> <{SKOS}XL> _:x .\n_:x <urn:ex:p> "v" .\n'), True),
    (Raw(added=f'<urn:ex:finance> <{SKOS}XL> _:x .\n_:x <urn:ex:p> "v" .\n'), False),
    # Nothing of others becomes a part of one's own by being called one
    (
        Raw(added=f'<urn:ex:meridian> <{XL}altLabel> <urn:ex:finance> .\n<urn:ex:finance> <{SKOS}note> "x"@en .\n'),
        False,
    ),
    (
        Raw(added=f'<urn:ex:finance> <{RDF}subject> <urn:ex:meridian> .\n<urn:ex:finance> <{SKOS}note> "x"@en .\n'),
        False,
    ),
    (Raw(added=f'<urn:ex:meridian> <{XL}altLabel> <urn:ex:n> .\n<urn:ex:n> <{SKOS}prefLabel> "x"@en .\n'), False),
    (Raw(added=f'<urn:ex:meridian> <{XL}altLabel> <urn:ex:l> .\n<urn:ex:l> <{XL}literalForm> "x"@en .\n'), True),
    (Raw(added=f'<urn:ex:finance> <{XL}altLabel> <urn:ex:l> .\n<urn:ex:l> <{XL}literalForm> "x"@en .\n'), False),
]


def test_only_concepts_of_their_schemes_are_theirs(limited: Assistant) -> None:
    limited.terms.set_reach("mei", ADMIN, schemes=[TRAVEL_TERMS])
    assert [one.en for one in limited.terms.reach(MANAGER).schemes] == ["travel terms"]
    for change, allowed in CHANGES:
        why = outcome(limited, change)
        assert bool(why) != allowed, (change, why)
        assert allowed or "concepts in travel terms only" in why


def test_a_dated_fact_belongs_to_its_subject(limited: Assistant) -> None:
    limited.terms.set_reach("mei", ADMIN, schemes=[TRAVEL_TERMS])
    fact = FactForm(relation="urn:ex:limit", object="9", literal=True, since="2026")
    assert outcome(limited, edited(limited, "urn:ex:meridian", facts=fact)) == ""
    assert outcome(limited, edited(limited, "urn:ex:finance", facts=fact))


def test_decisions_are_limited_alike(limited: Assistant) -> None:
    terms = limited.terms
    terms.set_reach("mei", ADMIN, languages=["zh"])
    english = terms.propose(edited(limited, "urn:ex:meridian", labels=label("MRD", "en")), OTHER, comment="x")
    chinese = terms.propose(edited(limited, "urn:ex:travel", labels=label("差旅部", "zh")), OTHER, comment="x")

    shown = terms.proposal(english.id, MANAGER)
    assert (shown.may_approve, "texts in zh only" in shown.why_not) == (False, True)
    for decide in (
        lambda: terms.approve(english.id, MANAGER),
        lambda: terms.reject(english.id, MANAGER, reason="no"),
    ):
        with pytest.raises(NotPermitted, match="texts in zh only"):
            decide()
    assert terms.proposal(english.id, OTHER).state == "proposed"
    assert terms.proposal(chinese.id, MANAGER).may_approve
    assert terms.approve(chinese.id, MANAGER).number == 3
    assert terms.approve(english.id, ADMIN).number == 4, "admins are not limited"


def test_imports_rollbacks_and_releases_are_limited_alike(limited: Assistant, tmp_path: Path) -> None:
    terms = limited.terms
    terms.set_reach("mei", ADMIN, languages=["zh"])
    file = tmp_path / "more.ttl"
    file.write_text(f'<urn:ex:travel> <{SKOS}altLabel> "trips"@en .', encoding="utf-8")
    with pytest.raises(NotPermitted, match="texts in zh only"):
        terms.import_file(file, MANAGER)
    file.write_text(f'<urn:ex:trip> a <{SKOS}Concept> ; <{SKOS}prefLabel> "出行"@zh .', encoding="utf-8")
    assert terms.import_file(file, MANAGER).proposal
    change = edited(limited, "urn:ex:travel", labels=label("trips", "en"))
    terms.approve(terms.propose(change, OTHER, comment="x").id, ADMIN)
    for undo in (lambda: terms.rollback("2", MANAGER), lambda: terms.undo("3", MANAGER)):
        with pytest.raises(NotPermitted, match="texts in zh only"):
            undo()
    with pytest.raises(NotPermitted, match="whole term graph"):
        terms.release("one", MANAGER)


def test_limits_are_set_by_admins_and_make_sense(limited: Assistant) -> None:
    terms = limited.terms
    for user in (MANAGER, EMPLOYEE):
        with pytest.raises(NotPermitted, match="only admins"):
            terms.set_reach("mei", user)
    with pytest.raises(NotFound, match="no such account"):
        terms.set_reach("nobody", ADMIN, languages=["zh"])
    with pytest.raises(InvalidInput, match="no language tag"):
        terms.set_reach("mei", ADMIN, languages=["Chinese!"])
    with pytest.raises(NotFound, match=f"there are {MONEY_TERMS}, {TRAVEL_TERMS}"):
        terms.set_reach("mei", ADMIN, schemes=["urn:ex:nothing"])
    terms.set_reach("tom", OPERATOR, languages=["en"], schemes=[MONEY_TERMS])
    found = {row.name: (row.languages, [one.id for one in row.schemes]) for row in terms.reaches(ADMIN)}
    assert found == {"mei": ((), []), "tom": (("en",), [MONEY_TERMS]), "ada": ((), [])}
    terms.set_reach("tom", ADMIN)
    assert terms.reach(OTHER).languages == ()
    entries = limited.workspace.audit.list(action="graph.rights")
    assert [entry.subject for entry in entries] == ["tom", "tom"]


def test_a_scheme_that_is_hidden_is_not_named(limited: Assistant) -> None:
    secret = Raw(
        added=f'<urn:ex:secret> <urn:plumbline:ns#accessLabel> "board" .\n'
        f"<urn:ex:tripdesk> <{SKOS}inScheme> <urn:ex:secret> .\n"
    )
    terms = limited.terms
    terms.approve(terms.propose(secret, OPERATOR, comment="x").id, OPERATOR)
    assert "urn:ex:secret" in terms.schemes(BOARD)
    assert "urn:ex:secret" not in terms.schemes(MANAGER)
    assert terms.concept("urn:ex:tripdesk", MANAGER).form.schemes == ()
    words = []
    for scheme in ("urn:ex:secret", "urn:ex:nothing"):
        with pytest.raises(NotFound) as raised:
            terms.propose(Create(form=ConceptForm(labels=(label("n", "en"),), schemes=(scheme,))), MANAGER, comment="x")
        words.append(str(raised.value).replace(scheme, "…"))
    assert words[0] == words[1]
    terms.set_reach("mei", OPERATOR, schemes=["urn:ex:secret"])
    why = outcome(limited, edited(limited, "urn:ex:meridian", labels=label("MRD", "en")))
    assert why
    assert "secret" not in why
    kept = edited(limited, "urn:ex:tripdesk", labels=label("TD", "en"))
    mine = kept.form.model_copy(update={"schemes": ()})
    terms.approve(terms.propose(Edit(form=mine), OTHER, comment="x").id, ADMIN)
    assert terms.concept("urn:ex:tripdesk", BOARD).form.schemes == ("urn:ex:secret",), "what is hidden stays"
