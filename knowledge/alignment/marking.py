"""What neither graph nor passages bear out, and what only a model can read: marked, never edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from knowledge.alignment.draft import Draft, Slot, read_draft
from knowledge.alignment.examining import Examination, Examined
from knowledge.alignment.explanations import explain
from knowledge.alignment.findings import finding_at
from knowledge.alignment.model_reading import SentenceReader, unread
from knowledge.alignment.relations import Judgement
from knowledge.alignment.rewriting import TRIES
from knowledge.types import Finding, FindingKind

if TYPE_CHECKING:
    from knowledge.alignment.grounding import Doubt

_FAIR = 0.5
"""How well words must fit a relation for the sentence to count as read."""

_SURE = 0.75
"""How well words must fit a relation before the lack of a fact is worth a mark."""


def unsupported(look: Examination, seen: Examined) -> list[Finding]:
    """What neither graph nor passages bear out. It is marked, not edited, so the repairs need not know of it."""
    draft = seen.draft
    settled = {(finding.start, finding.end) for finding in seen.findings}
    found: list[Finding] = []
    for judgement in seen.judgements:
        target = judgement.claim.target
        if (target.start, target.end) not in settled and _clear(judgement):
            finding = _silent(look, draft, judgement)
            if finding is not None:
                found.append(finding)
                settled.add((target.start, target.end))
    if len(look.passages):
        asked = read_draft(look.question, look.linker, look.user, None)
        places = [*settled, *(_subject_places(seen.judgements))]
        read = [judgement.claim.target.start for judgement in seen.judgements if judgement.claim.score >= _FAIR]
        doubts = look.passages.grounds.doubts(draft, places, read, asked)
        found += [_doubt(look, draft, doubt) for doubt in doubts]
    return found


def read_by_model(look: Examination, seen: Examined, reader: SentenceReader, most: int) -> list[Finding]:
    """What up to `most` sentences state that only a model can read, as far as the graph speaks of it."""
    draft, graph = seen.draft, look.graph
    read = [judgement.claim for judgement in seen.judgements]
    settled = [(finding.start, finding.end) for finding in seen.findings]
    found: list[Finding] = []
    for sentence in islice(unread(graph, look.reader.profiles, draft, read, settled), most):
        spoken = draft.language_at(sentence.unit.start, sentence.unit.end)
        names = [draft.text[slot.start : slot.end] for slot in sentence.slots]
        relations = [graph.label(relation.id, spoken) for relation in sentence.relations]
        for attempt in range(TRIES):
            claims = sentence.claims(reader.triples(sentence.text, names, relations, spoken, attempt))
            if claims is not None:
                found += [
                    _by_model(look, draft, judgement) for judgement in look.judge.judge(claims) if judgement.facts
                ]
                break
    return found


def _by_model(look: Examination, draft: Draft, judgement: Judgement) -> Finding:
    """Supported, or a mark: a reading that nobody checked is no ground to call a sentence wrong."""
    kind: FindingKind = "supported" if judgement.status == "supported" else "unsupported"
    rule, language = f"{kind}.model", look.language or draft.language
    finding = look.claim_finding(draft, kind, judgement)
    return finding.model_copy(update={"rule": rule, "reason": explain(rule, language)})


def _silent(look: Examination, draft: Draft, judgement: Judgement) -> Finding | None:
    """What a claim comes to that the graph says nothing about: a passage may bear it out."""
    claim = judgement.claim
    if claim.target.quantity is not None:
        # The passages were asked about all quantities already
        return None if len(look.passages) else _unborne(look, draft, judgement)
    told = look.passages.says(claim) or look.passages.together(claim.subject, claim.object)
    if told:
        return look.claim_finding(draft, "supported", judgement, told)
    return _unborne(look, draft, judgement)


def _unborne(look: Examination, draft: Draft, judgement: Judgement) -> Finding:
    rule, language = "unsupported.claim", look.language or draft.language
    finding = look.claim_finding(draft, "unsupported", replace(judgement, facts=()))
    return finding.model_copy(update={"rule": rule, "reason": explain(rule, language)})


def _doubt(look: Examination, draft: Draft, doubt: Doubt) -> Finding:
    rule, language = f"unsupported.{doubt.reason}", look.language or draft.language
    finding = finding_at(draft, "unsupported", Slot(doubt.start, doubt.end))
    return finding.model_copy(update={"rule": rule, "reason": explain(rule, language, text=finding.text)})


def _clear(judgement: Judgement) -> bool:
    """Whether a claim that the graph does not know is read without doubt and asserted."""
    claim = judgement.claim
    sure = claim.exact or (claim.near and claim.score >= _SURE)
    return judgement.silent and sure and not claim.vague and claim.modality == "asserted"


def _subject_places(judgements: Sequence[Judgement]) -> list[tuple[int, int]]:
    """Where the subjects of what the graph speaks about stand: it vouches for them."""
    slots = [judgement.claim.subject_slot for judgement in judgements if judgement.status != "unsupported"]
    return [(slot.start, slot.end) for slot in slots if slot is not None]
