"""Candidates for the term graph: found in documents or by the checker, accepted into a proposal or turned down.

Of a candidate only what stands in documents that the viewer may read is shown and counted; one that stands in no such
document, or that speaks of a concept which the viewer may not see, is not there for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.terms import proposing
from app.terms.base import Base
from app.terms.proposing import LONGEST_TEXT, propose
from app.terms.rights import Asker, Viewer, must_see
from app.terms.views import CandidateSentence, CandidateView, DuplicateView, ProposalView
from knowledge.catalog.candidates import (
    Candidate,
    CandidateKind,
    CandidateState,
    Claim,
    Origin,
    Place,
    no_such_candidate,
)
from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.candidates import mine
from knowledge.graph.changes import Change, ConceptForm, Create, Edit, FactForm, LabelForm, Raw
from knowledge.graph.differing import Names
from knowledge.graph.duplicates import duplicates
from knowledge.graph.forms import concept_form
from knowledge.graph.statements import Statements
from knowledge.language import detect_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.terms.parts import Parts
    from knowledge.catalog.proposals import Proposal
    from knowledge.graph import TermGraph
    from knowledge.types import Document

_MOST_SENTENCES = 10
_MOST_MINED = 200


@dataclass(frozen=True, slots=True)
class _Seen:
    """A candidate as a viewer may see it."""

    candidate: Candidate
    places: tuple[Place, ...]
    documents: Mapping[str, Document]

    @property
    def count(self) -> int:
        return sum(place.count for place in self.places)


def candidates(
    parts: Parts,
    viewer: Viewer,
    state: CandidateState | None,
    kind: CandidateKind | None,
    origin: Origin | None,
    limit: int,
) -> list[CandidateView]:
    """What is offered, the best first."""
    viewer.must_edit()
    found = _seen(parts, viewer, parts.catalog.candidates.list(state, kind, origin))
    return [_view(parts, each) for each in found[:limit]]


def _seen(parts: Parts, viewer: Viewer, given: Iterable[Candidate]) -> list[_Seen]:
    given = list(given)
    ids = {place.document_id for each in given for place in each.places}
    readable = parts.catalog.mentions.readable_ids(ids, viewer.user)
    documents = {each: document for each in readable if (document := parts.catalog.documents.get(each))}
    veil = parts.sights.now(viewer, parts.graph())
    found = []
    for each in given:
        claim = each.claim
        if claim and any(veil.hides(thing) for thing in (claim.subject, claim.relation, claim.object)):
            continue
        places = tuple(place for place in each.places if place.document_id in documents)
        if places:
            found.append(_Seen(each, places, documents))
    return found


def _one(parts: Parts, viewer: Viewer, number: int) -> _Seen:
    viewer.must_edit()
    found = _seen(parts, viewer, [parts.catalog.candidates.get(number)])
    if not found:
        raise no_such_candidate(number)
    return found[0]


def view(parts: Parts, viewer: Viewer, number: int) -> CandidateView:
    """One candidate."""
    return _view(parts, _one(parts, viewer, number))


def _view(parts: Parts, seen: _Seen) -> CandidateView:
    candidate, claim = seen.candidate, seen.candidate.claim
    names = Names(parts.graph())
    sentences = tuple(
        CandidateSentence(document_id=place.document_id, title=seen.documents[place.document_id].title, text=sentence)
        for place in seen.places
        for sentence in place.sentences
    )
    told: dict[str, str | bool] = {}
    if claim is not None:
        told = {
            "subject": names.name(claim.subject).en,
            "relation": names.name(claim.relation).en,
            "object": claim.object if claim.literal else names.name(claim.object).en,
            "literal": claim.literal,
        }
    return CandidateView(
        id=candidate.number,
        kind=candidate.kind,
        origin=candidate.origin,
        label=candidate.label,
        language=candidate.language,
        count=seen.count,
        score=candidate.score,
        state=candidate.state,
        sentences=sentences[:_MOST_SENTENCES],
        proposal=candidate.proposal,
        reason=candidate.reason,
        decided_by=candidate.decided_by,
        **told,
    )


def find(parts: Parts, viewer: Viewer) -> int:
    """Look through all documents for frequent phrases that mean no concept; gives how many are new."""
    viewer.must_edit()
    catalog = parts.catalog
    found = mine(
        lambda: ((place.document_id, place.text) for place in catalog.mentions.all_chunks(None)),
        parts.workspace.terms().linker,
        catalog.candidates.blocked_keys(),
        _MOST_MINED,
    )
    return catalog.candidates.offer(found)


def accept(
    parts: Parts, viewer: Viewer, number: int, comment: str, change: Change | None, into: str | None
) -> Proposal:
    """Make a proposal of a candidate."""
    seen = _one(parts, viewer, number)
    if seen.candidate.state != "open":
        raise InvalidInput(f"candidate {number}: it has been {seen.candidate.state} already")
    change = change or _change(parts, viewer, seen.candidate, into)
    found = f"{seen.candidate.label}: found {seen.count} times in {len(seen.places)} documents"
    proposal = propose(parts, viewer, change, comment.strip() or found[:LONGEST_TEXT])
    parts.catalog.candidates.decide(number, "accepted", viewer.name, proposal=proposal.id)
    return proposal


def _change(parts: Parts, viewer: Viewer, candidate: Candidate, into: str | None) -> Change:
    """What accepting it means where nobody says otherwise."""
    graph, claim = parts.graph(), candidate.claim
    label = LabelForm(text=candidate.label, language=candidate.language or detect_language(candidate.label))
    if claim is None and into is None:
        return Create(form=ConceptForm(labels=(label,)))
    relation = graph.relation(claim.relation) if claim else None
    if claim is not None and (claim.subject not in graph or relation is None):
        raise InvalidInput(
            f"candidate {candidate.number}: the graph lacks the concept or relation that it speaks of; say the change"
        )
    subject = claim.subject if claim else into or ""
    must_see(graph, subject, viewer)
    form = concept_form(Statements(graph), subject)
    if claim is None:
        other = label.model_copy(update={"kind": "alternative"})
        return Edit(form=form.model_copy(update={"labels": (*form.labels, other)}))
    others = form.facts
    if candidate.kind == "conflict" and relation is not None and relation.functional:
        # It can have one value only: the documents' one stands in place of the graph's
        others = tuple(each for each in others if each.relation != claim.relation)
    return Edit(form=form.model_copy(update={"facts": (*others, _fact(graph, claim))}))


def _fact(graph: TermGraph, claim: Claim) -> FactForm:
    if not claim.literal:
        return FactForm(relation=claim.relation, object=claim.object)
    # Written as the other values of the relation are
    datatypes = {fact.datatype for fact in graph.facts_in(claim.relation) if fact.literal}
    datatype = datatypes.pop() if len(datatypes) == 1 else ""
    plain = datatype.endswith(("#string", "#langString"))
    return FactForm(relation=claim.relation, object=claim.object, literal=True, datatype="" if plain else datatype)


def turn_down(parts: Parts, viewer: Viewer, number: int, reason: str) -> CandidateView:
    """Reject a candidate; its label is not offered again."""
    seen = _one(parts, viewer, number)
    clean = reason.strip()
    if not clean or len(clean) > LONGEST_TEXT:
        raise InvalidInput(f"reason: {len(clean)} characters; type 1 to {LONGEST_TEXT}")
    parts.catalog.candidates.decide(number, "rejected", viewer.name, reason=clean)
    if seen.candidate.claim is None:
        parts.catalog.candidates.block([seen.candidate.label], viewer.name, clean)
    parts.workspace.audit.append("graph.candidate.reject", viewer.name, subject=str(number))
    return view(parts, viewer, number)


def tell_apart(parts: Parts, viewer: Viewer, first: str, second: str, comment: str) -> Proposal:
    """A proposal to state that two concepts are not one."""
    viewer.must_edit()
    if first == second:
        raise InvalidInput(f"{first}: this is one concept; name two")
    graph = parts.graph()
    for concept in (first, second):
        must_see(graph, concept, viewer)
    change = Raw(added=f"<{first}> <{words.DIFFERENT_FROM}> <{second}> .")
    names = Names(graph)
    called = " · ".join(names.name(concept).en for concept in (first, second))
    return propose(parts, viewer, change, comment or f"two things: {called}"[:LONGEST_TEXT])


def _decides(proposal: Proposal, first: str, second: str) -> bool:
    """Whether it would merge the two or tell them apart."""
    if proposal.kind == "merge":
        return {first, second} <= set(proposal.subjects)
    apart = (f"<{one}> <{words.DIFFERENT_FROM}> <{other}> " for one, other in ((first, second), (second, first)))
    return any(statement in proposal.added for statement in apart)


class Offering(Base):
    """The part of `Terminology` that offers candidates and takes decisions about them."""

    def candidates(
        self,
        user: Asker,
        *,
        state: CandidateState | None = "open",
        kind: CandidateKind | None = None,
        origin: Origin | None = None,
        limit: int = 50,
    ) -> list[CandidateView]:
        """What documents and the checker offer for the graph, the best first."""
        return candidates(self._parts, self._viewer(user), state, kind, origin, limit)

    def duplicates(self, user: Asker, *, limit: int = 200) -> list[DuplicateView]:
        """Pairs of concepts that may be one, the surest first; to be merged by a proposal (`Merge`)."""
        viewer, graph = self._viewer(user), self._parts.graph()
        viewer.must_edit()
        veil, names = self._parts.sights.now(viewer, graph), Names(graph)
        waiting = proposing.listed(self._parts, viewer, "proposed", None, None)
        return [
            DuplicateView(
                first=names.name(pair.first),
                second=names.name(pair.second),
                first_label=pair.first_label,
                second_label=pair.second_label,
                same=pair.same,
                proposal=next((each.id for each in waiting if _decides(each, pair.first, pair.second)), ""),
            )
            for pair in duplicates(graph, lambda one: not veil.hides(one))[:limit]
        ]

    def mine_candidates(self, user: Asker) -> int:
        """Look for frequent phrases of the documents that mean no concept; gives how many are new."""
        return find(self._parts, self._viewer(user))

    def accept_candidate(
        self,
        candidate_id: int,
        user: Asker,
        *,
        comment: str = "",
        change: Change | None = None,
        into: str | None = None,
    ) -> ProposalView:
        """Propose a candidate: a phrase as a new concept, or as another name of the concept `into`; a fact as a fact
        of its subject. `change` says it otherwise.
        """
        viewer = self._viewer(user)
        proposal = accept(self._parts, viewer, candidate_id, comment, change, into)
        return proposing.view(self._parts, viewer, proposal)

    def reject_candidate(self, candidate_id: int, user: Asker, *, reason: str) -> CandidateView:
        """Turn a candidate down; its label is not offered again."""
        return turn_down(self._parts, self._viewer(user), candidate_id, reason)

    def blocked(self, user: Asker) -> list[str]:
        """Labels that are not to be offered."""
        self._viewer(user).must_edit()
        return [each.label for each in self._parts.catalog.candidates.blocked()]

    def unblock(self, label: str, user: Asker) -> None:
        """Allow a label to be offered again."""
        self._viewer(user).must_edit()
        self._parts.catalog.candidates.unblock(label)
