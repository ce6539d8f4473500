"""What an answer shows to be missing in the term graph, offered to the knowledge managers as candidates.

Only what stands in documents that the answer was made from, each with the sentence there: whoever may not read one of
these documents does not see what comes from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from knowledge.alignment.findings import PASSAGE
from knowledge.catalog.candidates import CandidateKind, Claim, NewCandidate, Place
from knowledge.language import detect_language
from knowledge.sentences import split_sentences

if TYPE_CHECKING:
    from app.evidence import Evidence
    from knowledge.graph import TermGraph
    from knowledge.types import AlignmentReport, Finding, Passage

    Stand = tuple[Passage, str]
    """A passage with the id of its document."""

_NAME = re.compile(
    r"\b[A-Z][\w-]*[a-z][\w-]*(?:[ ][A-Z][\w-]*[a-z][\w-]*)+\b"  # Two or more words of a name
    r"|\b[A-Z][a-z]+[A-Z]\w+\b"  # CamelCase
    r"|[《“「](?P<quoted>[^《》“”「」\n。，]{2,24})[》”」]"
)
_CALENDAR = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
_FIRST = re.compile(r"(?:The|A|An|This|These|In|On|At|For|If|When|Please|Yes|No)\b")
_MOST = 10
"""Candidates of one answer; an answer with more has gone astray."""


def candidates(
    report: AlignmentReport, evidence: Evidence, graph: TermGraph, documents: Collection[str]
) -> list[NewCandidate]:
    """Facts that documents state and the graph does not, conflicts of the two, and names that the graph lacks.

    Only what stands in one of `documents`, by id.
    """
    stands = [
        (passage, item.document.id)
        for passage, item in zip(evidence.passages, evidence.chunks, strict=True)
        if item.document.id in documents
    ]
    found = [each for finding in report.findings if (each := _claimed(finding, stands, graph)) is not None]
    found += _names(report, stands)
    return list({each.key: each for each in found}.values())[:_MOST]


def _claimed(finding: Finding, stands: Sequence[Stand], graph: TermGraph) -> NewCandidate | None:
    """The claim of a finding that only a passage speaks for: a fact the graph lacks, or one that it contradicts."""
    passages = [part.removeprefix(PASSAGE) for part in finding.evidence if part.startswith(PASSAGE)]
    kind: CandidateKind
    if finding.kind == "conflict":
        kind = "conflict"
    elif finding.kind == "supported" and len(passages) == len(finding.evidence):
        kind = "fact"
    else:
        return None
    relation = graph.relation(finding.predicate) if finding.predicate else None
    if relation is None or not passages or not finding.concepts:
        return None
    subject = finding.concepts[0]
    target = finding.text if relation.literal else finding.concepts[-1]
    language = detect_language(finding.sentence)
    value = target if relation.literal else graph.label(target, language)
    label = f"{graph.label(subject, language)} · {graph.label(relation.id, language)} · {value}"
    places = _places(stands, finding.text, passages)
    claim = Claim(subject, relation.id, target, relation.literal)
    return NewCandidate(kind, "checker", label, language, places, 1.0, claim) if places else None


def _names(report: AlignmentReport, stands: Sequence[Stand]) -> Iterator[NewCandidate]:
    """Names in the answer that stand in a document word for word and that the graph does not know."""
    known = [(mention.start, mention.end) for mention in report.mentions]
    for match in _NAME.finditer(report.draft):
        start, end = match.span("quoted") if match["quoted"] else match.span()
        start += _length(_FIRST.match(report.draft[start:end]))
        name = report.draft[start:end].strip()
        if any(first < end and start < last for first, last in known) or _CALENDAR.search(name):
            continue
        places = _places(stands, name)
        if places and (match["quoted"] or re.search(r"\s|[a-z][A-Z]", name)):
            yield NewCandidate("name", "checker", name, detect_language(name), places, 0.5)


def _length(match: re.Match[str] | None) -> int:
    return match.end() if match else 0


def _places(stands: Sequence[Stand], text: str, passages: Iterable[str] | None = None) -> tuple[Place, ...]:
    """The documents whose passages have a text, each with its sentence; `passages`: only those."""
    wanted = None if passages is None else frozenset(passages)
    sentences: dict[str, list[str]] = {}
    for passage, document in stands:
        if wanted is None or passage.id in wanted:
            told = [sentence.text for sentence in split_sentences(passage.text) if text in sentence.text]
            if told or wanted is not None:
                sentences.setdefault(document, []).extend(told)
    return tuple(Place(document, max(1, len(told)), tuple(told[:3])) for document, told in sentences.items())
