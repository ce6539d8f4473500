"""Claims against the graph: supported, contradicted, or neither. Only what is closed can be contradicted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from knowledge.alignment.claims import Claim
from knowledge.alignment.profiles import Profiles
from knowledge.alignment.quantity_comparing import comparable, differs
from knowledge.alignment.values import quantity_of, states
from knowledge.alignment.wording import tokens
from knowledge.graph.normal import normalize
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Fact, Relation
from knowledge.types import User

Status = Literal["supported", "contradicted", "unsupported"]

_MARGIN = 0.34
"""A reading that the graph supports wins over one that fits the words better by no more than this."""

_RIVAL = 0.15
_STEPS = 3
_SHORT_NAME = 2
_NEAR, _FAR, _ONLY = 0.55, 0.66, 0.45
"""How well words must fit before a contradiction is believed: names side by side, apart, and without any rival."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim with what the graph says. `right` holds the values it states instead; `reversed`: the other way round.

    `silent`: unsupported only because the graph states neither this nor anything against it.
    `borrowed`: a relation like it is worded better, so the fault is sure but not what should stand there.
    """

    claim: Claim
    status: Status
    facts: tuple[Fact, ...] = ()
    right: tuple[str, ...] = ()
    reversed: bool = False
    silent: bool = False
    borrowed: bool = False


class RelationJudge:
    """Judges claims for one graph, one user and one day."""

    def __init__(self, graph: TermGraph, profiles: Profiles, user: User | None, day: date) -> None:
        self._graph = graph
        self._profiles = profiles
        self._user = user
        self._day = day

    def judge(self, claims: Sequence[Claim]) -> list[Judgement]:
        """One judgement for each name or quantity that states something, in the order of the text.

        A reading that the graph supports is preferred: a contradiction is only told when no fair reading is right.
        """
        by_target: dict[tuple[int, int], list[Claim]] = defaultdict(list)
        for claim in claims:
            by_target[claim.target.start, claim.target.end].append(claim)
        judged = [self._best(rivals) for _, rivals in sorted(by_target.items())]
        told = {_statement(each.claim): each.claim.target.start for each in judged if each.status == "supported"}
        for place, (_, rivals) in enumerate(sorted(by_target.items())):
            # What is rightly said of another name or number in the sentence is hardly said again of this one
            left = [
                claim
                for claim in rivals
                if claim.group > 1 or told.get(_statement(claim), claim.target.start) == claim.target.start
            ]
            if left and len(left) < len(rivals) and judged[place].status == "contradicted":
                judged[place] = self._best(left)
        return _consistent(judged, self._profiles)

    def _best(self, rivals: list[Claim]) -> Judgement:
        """What the name or quantity comes to that these claims compete for."""
        judgements = [self._one(claim) for claim in rivals]
        top = max(judgement.claim.score for judgement in judgements)
        right = [judgement for judgement in judgements if judgement.status == "supported"]
        if right:
            best = max(right, key=_strength)
            if best.claim.score >= top - _MARGIN or best.claim.exact:
                return best
        wrong = [judgement for judgement in judgements if judgement.status == "contradicted"]
        if not wrong:
            return max(judgements, key=_strength)
        best = max(wrong, key=_strength)
        others = [other for other in judgements if other.claim.relation != best.claim.relation]
        if best.reversed:
            kin = [other for other in others if other.silent and self._kin(other.claim, best.claim)]
            others = [other for other in others if other not in kin]
            best = _worded(best, kin)
        needed = _ONLY if not others else _NEAR if best.claim.near else _FAR
        unsure = best.reversed and not best.claim.certain
        if unsure or best.claim.score < needed or _several_subjects(best, wrong):
            return _undecided(best)
        equals = [other for other in others if _rivals(other, best.claim)]
        if any(other.status != "contradicted" for other in equals):
            return _undecided(best)
        if equals and any(other.claim.known == best.claim.known for other in equals):
            # Wrong in every reading, but nobody knows which value was meant
            values = {value for other in (best, *equals) for value in other.right}
            return best if len(values) == 1 else replace(best, right=())
        return replace(best, right=()) if best.claim.vague and not best.claim.known else best

    def _kin(self, one: Claim, other: Claim) -> bool:
        """Whether two claims about the same pair differ only in how far it has come: "acquires", "plans to acquire".

        Then the graph, which has the pair the other way round, speaks against both.
        """
        if (one.subject, one.object, one.modality) != (other.subject, other.object, other.modality):
            return False
        first, second = self._names(one.relation), self._names(other.relation)
        return any(ours <= theirs or theirs <= ours for ours in first for theirs in second if ours and theirs)

    def _names(self, relation_id: str) -> list[frozenset[str]]:
        relation = self._graph.relation(relation_id)
        return [frozenset(tokens(label.text)) for label in relation.labels] if relation else []

    # --- one claim ------------------------------------------------------------------------------------------------

    def _one(self, claim: Claim) -> Judgement:
        relation = self._graph.relation(claim.relation)
        if relation is None:
            return Judgement(claim, "unsupported")
        if relation.literal:
            return self._literal(claim, relation)
        return self._named(claim, relation)

    def _named(self, claim: Claim, relation: Relation) -> Judgement:
        graph, day = self._graph, self._day
        link = claim.target.link
        meant = claim.target.concepts
        facts = self._visible(graph.values(claim.subject, relation.id, day))
        for concept in meant:
            if any(fact.object == concept for fact in facts) or graph.reaches(claim.subject, relation.id, concept, day):
                return Judgement(claim, "supported", tuple(fact for fact in facts if fact.object == concept) or facts)
        undecided = Judgement(claim, "unsupported", facts)
        if link is None or link.ambiguous:
            return undecided
        return self._unstated(claim, relation, facts, undecided)

    def _unstated(self, claim: Claim, relation: Relation, facts: tuple[Fact, ...], undecided: Judgement) -> Judgement:
        """What a claim comes to that the graph does not state."""
        graph, day, meant = self._graph, self._day, claim.target.concepts
        said = meant[0]
        back = self._visible(graph.values(said, relation.id, day))
        if relation.asymmetric and any(fact.object == claim.subject for fact in back):
            return Judgement(
                claim, "contradicted", tuple(fact for fact in back if fact.object == claim.subject), reversed=True
            )
        # "X is from Y" and "X is in Y" may be any of the facts that join the two
        loose = claim.vague or relation.id in self._profiles.containing
        if loose and graph.related(claim.subject, said):
            return undecided
        if not facts or not self._closed(relation, facts):
            return replace(undecided, silent=True)
        # What this user may not see may well be what is said
        hidden = len(facts) < len(graph.values(claim.subject, relation.id, day))
        apposed = any(graph.related(said, other) for other in claim.beside)
        if hidden or apposed or any(self._akin(fact.object, claim) for fact in facts):
            return undecided
        return Judgement(claim, "contradicted", facts, tuple(fact.object for fact in facts))

    def _literal(self, claim: Claim, relation: Relation) -> Judgement:
        said = claim.target.quantity
        facts = tuple(fact for fact in self._graph.values(claim.subject, relation.id, self._day) if fact.literal)
        values = [(fact, value) for fact in facts if (value := quantity_of(fact, relation)) is not None]
        if said is None or not values:
            return Judgement(claim, "unsupported", facts, silent=not facts)
        for fact, value in values:
            if states(said, value):
                return Judgement(claim, "supported", (fact,))
        doubtful = any(not differs(said, value) for _, value in values if comparable(said, value))
        if said.bound in ("above", "range") or doubtful or not relation.closed or len(values) < len(facts):
            return Judgement(claim, "unsupported", facts)
        return Judgement(claim, "contradicted", facts, tuple(fact.object for fact in facts))

    def _closed(self, relation: Relation, facts: Sequence[Fact]) -> bool:
        """Whether there can be no other value: functional or complete, itself or by what it was derived from."""
        if relation.closed:
            return True
        parents = [self._graph.relation(parent) for parent in relation.parents]
        return bool(facts) and any(parent is not None and parent.functional for parent in parents)

    def _akin(self, true: str, claim: Claim) -> bool:
        """Whether one is part of or nearly named like the other: a looser or finer statement, not a false one."""
        graph, said = self._graph, claim.object
        if true not in graph:
            return False
        if said in graph.concept(true).broader or true in graph.concept(said).broader:
            return True
        loose = claim.relation in self._profiles.containing or not claim.known
        if loose and (self._inside(true, said) or self._inside(said, true)):
            return True
        ours = {normalize(label.text) for label in graph.labels_of(true)}
        theirs = {normalize(label.text) for label in graph.labels_of(said)}
        return any(
            one != other and (one in other or other in one)
            for one in ours
            for other in theirs
            if min(len(one), len(other)) > _SHORT_NAME
        )

    def _inside(self, small: str, large: str) -> bool:
        """Whether facts about places and parts lead from one to the other in a few steps."""
        graph, here, seen = self._graph, {small}, {small}
        for _ in range(_STEPS):
            ahead = {
                fact.object
                for one in here
                for fact in graph.facts(one)
                if fact.relation in self._profiles.containing and not fact.literal
            }
            if large in ahead:
                return True
            here = ahead - seen
            seen |= ahead
        return False

    def _visible(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        return tuple(fact for fact in facts if fact.literal or self._graph.visible(fact.object, self._user))


def _worded(best: Judgement, kin: Sequence[Judgement]) -> Judgement:
    """The judgement, believed as much as the best worded of its kin; but then no swap of names is planned."""
    certain = best.claim.certain or any(other.claim.certain for other in kin)
    score = max((other.claim.score for other in kin if other.claim.near == best.claim.near), default=0.0)
    if score <= best.claim.score:
        return replace(best, claim=replace(best.claim, certain=certain))
    return replace(best, claim=replace(best.claim, score=score, certain=certain), borrowed=True)


def _rivals(judgement: Judgement, best: Claim) -> bool:
    """Whether another reading is about as good; one that the graph has no value for must be the better one."""
    other = judgement.claim
    if best.exact != other.exact:
        return other.exact
    if judgement.status == "unsupported" and not judgement.facts:
        return (other.known and not best.known) or other.score > best.score + _RIVAL
    return other.score > best.score - _RIVAL and (other.known or not best.known)


def _several_subjects(best: Judgement, wrong: Iterable[Judgement]) -> bool:
    """Whether equally good readings are about different subjects, so that nobody knows which one is meant."""
    subjects = {
        other.claim.subject
        for other in wrong
        if other.claim.relation == best.claim.relation
        and other.claim.rank == best.claim.rank
        and other.claim.score > best.claim.score - _RIVAL
    }
    return len(subjects) > 1


def _consistent(judgements: Sequence[Judgement], profiles: Profiles) -> list[Judgement]:
    """The judgements without contradictions that another one explains.

    Two names that a true statement joins, or a relation whose true value stands in the same sentence, contradict
    nothing unless the graph's own phrase says so; of several wrong values of one relation the best worded one counts.
    """
    true_pairs = {
        pair for judgement in judgements if judgement.status == "supported" and (pair := _pair(judgement.claim))
    }
    told: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    for judgement in judgements:
        if judgement.status == "supported":
            told[_statement(judgement.claim)].add(judgement.claim.joint)
    explained = {pair[0] for pair in true_pairs} | {pair[1] for pair in true_pairs}
    best: dict[tuple[int, str, str], Judgement] = {}
    for judgement in judgements:
        if judgement.status == "contradicted":
            key = _statement(judgement.claim)
            best[key] = max(best.get(key, judgement), judgement, key=_strength)
    kept = []
    for judgement in judgements:
        claim = judgement.claim
        if judgement.status == "contradicted":
            strongest = best[_statement(claim)].claim
            beaten = strongest is not claim and claim.group == 1 and _strength_of(strongest) > _strength_of(claim)
            # "Texas, United States" is one address, "A and B" are two names
            listed = (
                claim.relation not in profiles.containing
                and claim.group > 1
                and claim.joint in told.get(_statement(claim), ())
            )
            joined = _pair(claim) in true_pairs or (_statement(claim) in told and not listed)
            afar = not claim.near and claim.target.start in explained
            if beaten or ((joined or afar) and not claim.exact) or (_statement(claim) in told and not listed):
                kept.append(_undecided(judgement))
                continue
        kept.append(judgement)
    return kept


def _pair(claim: Claim) -> tuple[int, int] | None:
    if claim.subject_slot is None:
        return None
    first, second = sorted((claim.subject_slot.start, claim.target.start))
    return first, second


def _statement(claim: Claim) -> tuple[int, str, str]:
    return claim.unit, claim.subject, claim.relation


def _strength(judgement: Judgement) -> tuple[bool, bool, int, float, float, bool, int, str]:
    return _strength_of(judgement.claim)


def _strength_of(claim: Claim) -> tuple[bool, bool, int, float, float, bool, int, str]:
    place = claim.subject_slot.start if claim.subject_slot else -1
    return claim.exact, claim.known, -claim.rank, claim.score, claim.size, claim.near, place, claim.relation


def _undecided(judgement: Judgement) -> Judgement:
    return Judgement(judgement.claim, "unsupported", judgement.facts)
