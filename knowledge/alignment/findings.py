"""Findings: how they are made, ordered, told with their reasons and dates, and what they come to together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from knowledge.alignment.draft import Draft, Slot
from knowledge.alignment.explanations import Edition
from knowledge.alignment.terms import TermFinding
from knowledge.types import Edit, Finding, FindingKind, Language, Verdict

PASSAGE = "passage "
"""How evidence begins that names a passage by its id."""

T = TypeVar("T", Finding, Edit)


def finding_at(
    draft: Draft,
    kind: FindingKind,
    slot: Slot,
    concepts: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
    predicate: str | None = None,
) -> Finding:
    """A finding about the place of a slot, with the sentence that it stands in."""
    start, end = draft.sentence_around(slot.start, slot.end)
    return Finding(
        kind=kind,
        start=slot.start,
        end=slot.end,
        text=draft.text[slot.start : slot.end],
        concepts=concepts,
        predicate=predicate,
        evidence=evidence,
        sentence=draft.text[start:end],
    )


def term_finding(draft: Draft, term: TermFinding) -> Finding:
    """A finding about a name that is old or not to be used."""
    slot = Slot(term.link.start, term.link.end, link=term.link)
    return finding_at(draft, term.kind if term.kind == "forbidden" else "deprecated", slot, slot.concepts)


def ambiguous(draft: Draft) -> list[Finding]:
    """Names that more than one concept may be meant by."""
    return [
        finding_at(draft, "ambiguous", slot, slot.concepts)
        for unit in draft.units
        for slot in unit.slots
        if slot.link is not None and slot.link.ambiguous and not slot.link.weak
    ]


def with_reasons(findings: Sequence[Finding], repairs: Sequence[tuple[Edit, ...]]) -> list[Finding]:
    """The findings, each with the rule and the reason of the edit that is made or suggested in its place."""
    edits = [edit for repair in repairs for edit in repair]
    told = []
    for finding in findings:
        edit = next((edit for edit in edits if edit.start < finding.end and finding.start < edit.end), None)
        wrong = finding.kind in ("contradicted", "deprecated", "forbidden")
        told.append(
            finding.model_copy(update={"rule": edit.rule, "reason": edit.reason}) if edit and wrong else finding
        )
    return told


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the text."""
    return tuple(sorted(findings, key=lambda finding: (finding.start, finding.end, finding.kind)))


def dated(told: T, edition: Edition, language: Language) -> T:
    """A finding or edit whose reason and evidence from the graph name the graph's edition."""
    evidence = [part if part.startswith(PASSAGE) else edition.dated(part, language) for part in told.evidence]
    of_graph = told.reason and not told.rule.startswith(("quantity.passage", "unsupported"))
    reason = edition.dated(told.reason, language) if of_graph else told.reason
    return told.model_copy(update={"evidence": tuple(evidence), "reason": reason})


def told_by_graph(finding: Finding) -> bool:
    """Whether the graph says what is right where a finding is wrong."""
    return finding.kind == "contradicted" and any(not part.startswith(PASSAGE) for part in finding.evidence)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """What a text with these findings comes to."""
    kinds = {finding.kind for finding in findings}
    if "contradicted" in kinds:
        return "contradicted"
    if kinds & {"unsupported", "conflict", "ambiguous"}:
        return "unsupported"
    return "supported" if "supported" in kinds else "nothing_to_check"
