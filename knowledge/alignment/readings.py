"""What the checker read in a text and what decided about it, for those who answer for the graph."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.alignment.draft import Draft
from knowledge.alignment.explanations import stated
from knowledge.alignment.relations import Judgement
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Fact
from knowledge.types import Language, Result


class ClaimReading(Result):
    """One claim as it was read. `text` at `start`…`end` of the draft is what the sentence says of `subject`.

    `fit` in [0, 1] tells how well the words fit the relation; `modality` is "asserted" for what may be edited at all.
    `rule` says what decided: "graph.states", "graph.silent" (neither this nor anything against it), "graph.undecided"
    (several readings, or nearly the same), "relation.value", "relation.direction", "quantity.value". `evidence` are the
    graph's facts in words.
    """

    sentence: str
    start: int
    end: int
    text: str
    subject: str
    relation: str
    modality: str
    fit: float
    status: str
    rule: str
    evidence: tuple[str, ...] = ()


def readings(graph: TermGraph, draft: Draft, judgements: Iterable[Judgement], language: Language) -> list[ClaimReading]:
    """The claims of a draft with names in `language`, in the order of the text."""
    return [_reading(graph, draft, judgement, language) for judgement in judgements]


def in_words(graph: TermGraph, fact: Fact, language: Language) -> str:
    """A fact with its names and unit."""
    value = fact.object if fact.literal else graph.label(fact.object, language)
    relation = graph.relation(fact.relation)
    unit = f" {relation.unit}" if fact.literal and relation and relation.unit else ""
    return stated(graph.label(fact.subject, language), graph.label(fact.relation, language), value + unit)


def _reading(graph: TermGraph, draft: Draft, judgement: Judgement, language: Language) -> ClaimReading:
    claim = judgement.claim
    start, end = claim.target.start, claim.target.end
    first, last = draft.sentence_around(start, end)
    return ClaimReading(
        sentence=draft.text[first:last],
        start=start,
        end=end,
        text=draft.text[start:end],
        subject=graph.label(claim.subject, language),
        relation=graph.label(claim.relation, language),
        modality=claim.modality,
        fit=round(claim.score, 2),
        status=judgement.status,
        rule=_rule(judgement),
        evidence=tuple(in_words(graph, fact, language) for fact in judgement.facts),
    )


def _rule(judgement: Judgement) -> str:
    if judgement.status == "supported":
        return "graph.states"
    if judgement.status == "unsupported":
        return "graph.silent" if judgement.silent else "graph.undecided"
    if judgement.reversed:
        return "relation.direction"
    return "quantity.value" if judgement.claim.target.quantity else "relation.value"
