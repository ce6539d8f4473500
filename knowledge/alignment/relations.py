"""Claims against the graph: supported, contradicted, or neither. Open world: only what is closed can be contradicted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from knowledge.alignment.claims import Claim
from knowledge.alignment.quantities import Quantity, bare_year, comparable, from_literal, same
from knowledge.graph.normal import normalize
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Fact, Relation
from knowledge.types import User

Status = Literal["supported", "contradicted", "unsupported"]

_MARGIN = 0.34
"""A reading that the graph supports wins over one that fits the words better by no more than this."""

_RIVAL = 0.15
_NEAR, _FAR, _ONLY = 0.55, 0.66, 0.45
"""How well words must fit before a contradiction is believed: names side by side, apart, and without any rival."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim with what the graph says. `right` holds the values it states instead; `reversed`: the other way round."""

    claim: Claim
    status: Status
    facts: tuple[Fact, ...] = ()
    right: tuple[str, ...] = ()
    reversed: bool = False


class RelationJudge:
    """Judges claims for one graph, one user and one day."""

    def __init__(self, graph: TermGraph, user: User | None, day: date) -> None:
        self._graph = graph
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
        return self._explained([judgement for judgement in judged if judgement is not None])

    def _best(self, rivals: list[Claim]) -> Judgement | None:
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
        rivalled = any(other.claim.score > best.claim.score - _RIVAL for other in others)
        needed = _ONLY if not others else _NEAR if best.claim.near else _FAR
        if best.claim.score < needed or (rivalled and not best.claim.exact):
            return _undecided(best)
        if self._several_subjects(best, wrong):
            return _undecided(best)
        return best

    def _several_subjects(self, best: Judgement, wrong: Iterable[Judgement]) -> bool:
        """Whether equally good readings are about different subjects, so that nobody knows which one is meant."""
        subjects = {
            other.claim.subject
            for other in wrong
            if other.claim.relation == best.claim.relation
            and other.claim.topic == best.claim.topic
            and other.claim.near == best.claim.near
            and other.claim.score > best.claim.score - _RIVAL
        }
        return len(subjects) > 1

    def _explained(self, judgements: list[Judgement]) -> list[Judgement]:
        """A name whose place in the sentence is explained by a true statement contradicts nothing from afar."""
        explained = {
            judgement.claim.subject_slot.start
            for judgement in judgements
            if judgement.status == "supported" and judgement.claim.subject_slot is not None
        }
        return [
            _undecided(judgement)
            if judgement.status == "contradicted"
            and not judgement.claim.exact
            and not judgement.claim.near
            and judgement.claim.target.start in explained
            else judgement
            for judgement in judgements
        ]

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
            if any(fact.object == concept for fact in facts) or graph.reaches(
                claim.subject, relation.id, concept, day
            ):
                return Judgement(claim, "supported", tuple(fact for fact in facts if fact.object == concept) or facts)
        if link is None or link.ambiguous:
            return Judgement(claim, "unsupported", facts)
        said = meant[0]
        back = self._visible(graph.values(said, relation.id, day))
        if relation.asymmetric and any(fact.object == claim.subject for fact in back):
            return Judgement(
                claim, "contradicted", tuple(fact for fact in back if fact.object == claim.subject), reversed=True
            )
        if not facts or not self._closed(relation, facts) or any(self._akin(fact.object, said) for fact in facts):
            return Judgement(claim, "unsupported", facts)
        if len(facts) < len(graph.values(claim.subject, relation.id, day)):
            # What this user may not see may well be what is said
            return Judgement(claim, "unsupported", facts)
        return Judgement(claim, "contradicted", facts, tuple(fact.object for fact in facts))

    def _literal(self, claim: Claim, relation: Relation) -> Judgement:
        said = claim.target.quantity
        facts = tuple(fact for fact in self._graph.values(claim.subject, relation.id, self._day) if fact.literal)
        values = [(fact, value) for fact in facts if (value := _quantity(fact, relation)) is not None]
        if said is None or not values:
            return Judgement(claim, "unsupported", facts)
        for fact, value in values:
            if states(said, value):
                return Judgement(claim, "supported", (fact,))
        if said.bound in ("above", "range") or not relation.closed or len(values) < len(facts):
            return Judgement(claim, "unsupported", facts)
        return Judgement(claim, "contradicted", facts, tuple(fact.object for fact in facts))

    def _closed(self, relation: Relation, facts: Sequence[Fact]) -> bool:
        """Whether there can be no other value: functional or complete, itself or by what it was derived from."""
        if relation.closed:
            return True
        parents = [self._graph.relation(parent) for parent in relation.parents]
        return bool(facts) and any(parent is not None and parent.functional for parent in parents)

    def _akin(self, true: str, said: str) -> bool:
        """Whether one is part of or nearly named like the other: a looser or finer statement, not a false one."""
        graph = self._graph
        if said in graph.concept(true).broader or true in graph.concept(said).broader:
            return True
        for relation in graph.relations():
            if relation.transitive and (
                graph.reaches(true, relation.id, said, self._day) or graph.reaches(said, relation.id, true, self._day)
            ):
                return True
        ours = {normalize(label.text) for label in graph.labels_of(true)}
        theirs = {normalize(label.text) for label in graph.labels_of(said)}
        return any(one != other and (one in other or other in one) for one in ours for other in theirs if min(len(one), len(other)) > 2)  # noqa: PLR2004 - short ones occur by chance

    def _visible(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        return tuple(fact for fact in facts if fact.literal or self._graph.visible(fact.object, self._user))


def true_quantities(graph: TermGraph, relation: Relation, subject: str) -> list[Quantity]:
    """What the graph states as numbers or dates of a subject, whenever it held."""
    facts = [fact for fact in graph.facts(subject) if fact.relation == relation.id and fact.literal]
    return [value for fact in facts if (value := _quantity(fact, relation)) is not None]


def fact_quantity(graph: TermGraph, fact: Fact) -> Quantity | None:
    """The number or date that a fact states."""
    relation = graph.relation(fact.relation)
    return _quantity(fact, relation) if relation else None


def _quantity(fact: Fact, relation: Relation) -> Quantity | None:
    return from_literal(fact.object, relation.unit, fact.datatype)


def states(said: Quantity, true: Quantity) -> bool:
    """Whether the text's quantity states the graph's."""
    if true.is_date and not said.is_date:
        year = bare_year(said)
        return year is not None and same(year, true)
    if comparable(said, true):
        return same(said, true)
    # The graph has a number without a unit: the figure alone is compared
    return true.unit is None and not true.is_date and not said.is_date and said.value == true.value


def _strength(judgement: Judgement) -> tuple[bool, float, bool, bool, int, str]:
    claim = judgement.claim
    place = claim.subject_slot.start if claim.subject_slot else -1
    return claim.exact, claim.score, claim.near, not claim.topic, place, claim.relation


def _undecided(judgement: Judgement) -> Judgement:
    return Judgement(judgement.claim, "unsupported", judgement.facts)
