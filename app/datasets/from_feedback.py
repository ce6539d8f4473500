"""Examples and preference pairs from what users said about answers.

A kept answer (thumb up) is an example; an answer that the checker edited and nobody took back is one too. Edits make
pairs: where they stood the edited text is the better one, where they were taken back or reported the text before is. A
question that was asked again makes a pair of the version with a thumb up and the one with a thumb down.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.datasets.types import Candidate, Source
from app.edits import show
from knowledge.catalog.feedback import FeedbackRecord
from knowledge.language import detect_language
from knowledge.types import AlignmentReport, User, is_document

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.catalog.mentions import GivenAnswer
    from knowledge.graph import Linker, TermGraph

MOST_ANSWERS = 100_000
_MARKER = re.compile(r"\s*\[\d{1,2}\]")


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with what was said about it: the text that its owner left standing, and the texts that gave way."""

    given: GivenAnswer
    report: AlignmentReport
    vote: str
    undone: frozenset[int]
    reported: frozenset[int]

    @property
    def kind(self) -> str:
        """Which word on the answer weighs most."""
        if self.reported:
            return "feedback.reported"
        if self.undone:
            return "feedback.undone"
        return "feedback.edited" if self.report.edits else "feedback.kept"

    @property
    def text(self) -> str:
        """The answer without the edits that were taken back or reported as wrong."""
        return _plain(show(self.report, self.undone | self.reported).text)


@dataclass(slots=True)
class FeedbackExamples:
    """Makes candidates from feedback. `left_out` counts answers by reason: access, not_allowed, weak."""

    catalog: Catalog
    graph: TermGraph
    linker: Linker
    reader: User
    may_train: Collection[str]
    left_out: Counter[str] = field(default_factory=Counter)

    def examples(self, since: float) -> Iterator[Candidate]:
        """Questions with the answers that their owners kept."""
        for judged in self._judged(since):
            if judged.vote == "down" or (judged.vote != "up" and judged.kind == "feedback.kept"):
                self.left_out["weak"] += 1
            else:
                yield _candidate(judged, judged.kind, judged.text)

    def pairs(self, since: float) -> Iterator[Candidate]:
        """Questions with a better and a worse answer."""
        asked: dict[tuple[str, str], list[Judged]] = defaultdict(list)
        for judged in self._judged(since):
            asked[judged.given.owner, judged.given.question].append(judged)
            made = list(_pairs_of(judged))
            yield from made
            if not made:
                self.left_out["weak"] += 1
        for versions in asked.values():
            better = [each for each in versions if each.vote == "up"]
            worse = [each for each in versions if each.vote == "down"]
            for good, bad in zip(better, worse, strict=False):
                yield _candidate(good, "feedback.better", good.text, bad.text)

    def asked(self, since: float, until: float) -> Iterator[GivenAnswer]:
        """All answers that were given in this window and may be learnt from, whatever was said about them."""
        for given in self.catalog.mentions.answers(MOST_ANSWERS):
            if since <= given.at < until and given.owner in self.may_train:
                report = AlignmentReport.model_validate(given.answer["alignment"])
                if self._readable(given, report):
                    yield given

    def _judged(self, since: float) -> Iterator[Judged]:
        """The answers about which something was said, and which may be learnt from, the oldest first."""
        said = _said(self.catalog.feedback.newest(limit=MOST_ANSWERS))
        for given in reversed(self.catalog.mentions.answers(MOST_ANSWERS)):
            report = AlignmentReport.model_validate(given.answer["alignment"])
            words = said.get(given.message_id, [])
            if given.at < since or (not words and not report.edits) or given.answer.get("abstained"):
                continue
            if given.owner not in self.may_train:
                self.left_out["not_allowed"] += 1
            elif not self._readable(given, report):
                self.left_out["access"] += 1
            else:
                yield _judge(given, report, words)

    def _readable(self, given: GivenAnswer, report: AlignmentReport) -> bool:
        """Whether the reader may see all that the question and the answer were made from and speak of."""
        behind = {document for document in given.documents if is_document(document)}
        if given.answer.get("attached") or behind != self.catalog.mentions.readable_ids(behind, self.reader):
            return False
        concepts = {mention.concept for mention in report.mentions}
        for mention in self.linker.link(f"{given.question}\n{report.draft}"):
            concepts |= {mention.concept, *mention.candidates}
        return all(self.graph.visible(concept, self.reader) for concept in concepts if concept)


def understood(given: GivenAnswer) -> str:
    """The question as it was searched for: a follow-up is not understood without the turns before it otherwise."""
    return str(given.answer.get("search_question") or given.question)


def _said(records: Iterable[FeedbackRecord]) -> dict[str, list[FeedbackRecord]]:
    """By message, the newest word first."""
    found: dict[str, list[FeedbackRecord]] = defaultdict(list)
    for record in records:
        found[record.message_id].append(record)
    return found


def _judge(given: GivenAnswer, report: AlignmentReport, words: list[FeedbackRecord]) -> Judged:
    """What stands of undoing and putting in again is the last word on each edit."""
    last: dict[int, str] = {}
    for word in words:
        if word.edit is not None and word.kind in {"undo", "redo"}:
            last.setdefault(word.edit, word.kind)
    return Judged(
        given,
        report,
        vote=next((word.kind for word in words if word.kind in {"up", "down"}), ""),
        undone=frozenset(edit for edit, kind in last.items() if kind == "undo"),
        reported=frozenset(word.edit for word in words if word.kind == "report" and word.edit is not None),
    )


def _pairs_of(judged: Judged) -> Iterator[Candidate]:
    """The pairs that the edits of one answer make."""
    wrong = judged.undone | judged.reported
    edited, draft = _plain(judged.report.answer), _plain(judged.report.draft)
    if wrong and judged.text != edited:
        yield _candidate(judged, judged.kind, judged.text, edited)
    stood = len(judged.report.edits) > len(wrong)
    if stood and judged.vote != "down" and judged.text != draft:
        yield _candidate(judged, "feedback.edited", judged.text, draft)


def _candidate(judged: Judged, kind: str, answer: str, rejected: str = "") -> Candidate:
    given = judged.given
    value: dict[str, Any] = given.answer
    question = understood(given)
    hashed = hashlib.sha256(f"{question}\n{answer}".encode()).hexdigest()
    quotes = tuple(
        (str(each["document_id"]), str(each["quote"]))
        for each in value.get("citations", ())
        if is_document(each["document_id"]) and each.get("quote")
    )
    return Candidate(
        kind=kind,
        question=question,
        answer=answer,
        rejected=rejected,
        source=Source("feedback", given.message_id, sha256=hashed),
        language=detect_language(question),
        documents=tuple(sorted({document for document in given.documents if is_document(document)})),
        quotes=quotes,
    )


def _plain(text: str) -> str:
    """Text without citation markers, which mean nothing where no passages are shown."""
    return _MARKER.sub("", text).strip()
