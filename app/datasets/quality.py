"""The checks that every row passes before it is kept, each with its reason and count.

A row is looked at alone first, personal data before all else, so that no sample of another reason shows any. Then the
rows are compared with one another; of rows that say the same the first stays.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.datasets.near import near_pairs, normalized, numbers
from app.datasets.types import Candidate, Limits
from knowledge.language import detect_language

if TYPE_CHECKING:
    from knowledge.alignment import Checker
    from knowledge.graph import Linker
    from knowledge.types import Language, User

MEANING = {
    "incomplete": "the question or the answer is empty, has a gap left in it, or breaks off",
    "inconsistent": "rows answer the same question in different ways",
    "inaccurate": "what the answer rests on does not stand in its source, or it has numbers that are not there",
    "duplicate": "another row says the same",
    "near_duplicate": "another row says nearly the same, with the same numbers and concepts",
    "personal_data": "the desensitizer found personal data or a secret",
    "placeholder": "a desensitized value stands in the question or the answer",
    "graph_contradiction": "the term graph says otherwise",
    "term": "the answer uses a deprecated or forbidden term",
    "too_long": "longer than the limits",
    "too_short": "shorter than the limits",
    "wrong_language": "in none of the languages asked for, or question and answer are in different ones",
    "access": "made from something that the chosen access labels do not allow",
    "not_allowed": "from a user whose conversations are not to be learnt from",
    "weak": "feedback that does not say which answer is good",
    "unverified": "the model's answer does not stand in the passage",
    "older_version": "there is a newer version of the document",
}
"""Every reason for which something is left out."""
_SAMPLES = 5
_LIMITS = Limits()
_GAP = re.compile(r"\{\w*\}|<\w+>|_{3,}|\bTODO\b|\bTBD\b|待补充|待定")
_BROKEN_OFF = re.compile(r"(?:…|\.\.\.|[,，、;；:：(（])$")
_PLACEHOLDER = re.compile("⟨[^⟨⟩\n]{1,80}⟩")
_UNIT = re.compile(r"[㐀-鿿]|[^\W_]+")
_BLANK = re.compile(r"[\s*`|]+")
_TELLING = 4
"""Words from which on the language of an answer can be told; shorter ones are names and numbers."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What the rows are held against.

    `personal` gives the kinds of personal data in a text that was made from these documents, each as often as it stands
    there; `text_of` a document's text, "" for one that is gone.
    """

    personal: Callable[[str, Collection[str]], Counter[str]]
    checker: Checker
    linker: Linker
    reader: User
    text_of: Callable[[str], str]
    languages: Collection[Language] = ("zh", "en")
    limits: Limits = _LIMITS


@dataclass(slots=True)
class Report:
    """What was left out and why, with a few samples of each reason."""

    examined: int = 0
    kept: int = 0
    dropped: dict[str, dict[str, Any]] = field(default_factory=dict)

    def drop(
        self, reason: str, candidate: Candidate | None = None, count: int = 1, kinds: Collection[str] = ()
    ) -> None:
        """Count what is left out; `candidate` becomes a sample, without its words where they are the reason.

        `kinds`: of what kind the reason is, such as PERSON; each counts once.
        """
        entry = self.dropped.setdefault(reason, {"count": 0, "meaning": MEANING[reason], "samples": []})
        entry["count"] += count
        for kind in sorted(set(kinds)):
            rows = entry.setdefault("kinds", {})
            rows[kind] = rows.get(kind, 0) + 1
        if candidate is not None and len(entry["samples"]) < _SAMPLES:
            question = "" if reason == "personal_data" else candidate.question[:200]
            entry["samples"].append({"kind": candidate.kind, "source": candidate.source.id, "question": question})

    def to_json(self) -> dict[str, Any]:
        """With the measures: shares of the examined rows that are as they should be."""

        def share(*reasons: str) -> float:
            wrong = sum(self.dropped[reason]["count"] for reason in reasons if reason in self.dropped)
            return round(1 - wrong / self.examined, 4) if self.examined else 1.0

        measures = {
            "completeness": share("incomplete"),
            "consistency": share("inconsistent"),
            "accuracy": share("inaccurate", "graph_contradiction"),
            "uniqueness": share("duplicate", "near_duplicate"),
        }
        return {"examined": self.examined, "kept": self.kept, "measures": measures, "dropped": self.dropped}


def examine(
    candidates: Iterable[Candidate], checks: Checks, report: Report, told: Callable[[int], None] = lambda _: None
) -> list[Candidate]:
    """The candidates that are good enough, in their order; the others are counted in `report`."""
    alone: list[Candidate] = []
    for number, candidate in enumerate(candidates, 1):
        told(number)
        report.examined += 1
        personal = personal_in(candidate, checks)
        reason = "personal_data" if personal else wrong_with(candidate, checks)
        if reason:
            report.drop(reason, candidate, kinds=personal)
        else:
            alone.append(candidate)
    kept = _without_copies(alone, checks, report)
    report.kept = len(kept)
    return kept


def personal_in(candidate: Candidate, checks: Checks) -> Counter[str]:
    """The kinds of personal data and secrets in all that a candidate says, each as often as it stands there."""
    texts = (candidate.question, candidate.context, candidate.answer, candidate.rejected)
    said = [*texts, candidate.system, *(message.text for message in candidate.before)]
    return checks.personal("\n\n".join(text for text in said if text), candidate.documents)


def wrong_with(candidate: Candidate, checks: Checks) -> str:
    """The first reason but personal data why a candidate is not good enough by itself; "" when it is."""
    if _PLACEHOLDER.search(f"{candidate.question}\n{candidate.answer}"):
        return "placeholder"
    return (
        _incomplete(candidate)
        or _length(candidate, checks.limits)
        or _language(candidate, checks.languages)
        or _accuracy(candidate, checks)
        or _alignment(candidate, checks)
    )


def stands_in(words: str, text: str) -> bool:
    """Whether words stand in a text, as they are but for spacing and Markdown."""
    wanted = _BLANK.sub("", words)
    return bool(wanted) and wanted in _BLANK.sub("", text)


def length(text: str) -> int:
    """Words and Han characters."""
    return len(_UNIT.findall(text))


# --- one by one -----------------------------------------------------------------------------------------------------


def _incomplete(candidate: Candidate) -> str:
    question, answer = candidate.question.strip(), candidate.answer.strip()
    if not question or not answer or candidate.rejected == candidate.answer:
        return "incomplete"
    gap = _GAP.search(f"{question}\n{answer}") or _BROKEN_OFF.search(answer)
    return "incomplete" if gap else ""


def _length(candidate: Candidate, limits: Limits) -> str:
    question, answer = length(candidate.question), length(candidate.answer)
    if question < limits.min_question or answer < limits.min_answer:
        return "too_short"
    long_answer = max(answer, length(candidate.rejected)) > limits.max_answer
    if question > limits.max_question or long_answer or length(candidate.context) > limits.max_context:
        return "too_long"
    return ""


def _language(candidate: Candidate, languages: Collection[Language]) -> str:
    if candidate.language not in languages:
        return "wrong_language"
    told = [text for text in (candidate.question, candidate.answer) if length(text) >= _TELLING]
    return "wrong_language" if any(detect_language(text) != candidate.language for text in told) else ""


def _accuracy(candidate: Candidate, checks: Checks) -> str:
    """What it quotes stands there still, and it has no number that is neither asked nor shown."""
    shown = candidate.context
    for document, quote in candidate.quotes:
        text = checks.text_of(document)
        if not stands_in(quote, text):
            return "inaccurate"
        shown += f"\n{quote}"
    if candidate.verbatim and candidate.context and not stands_in(candidate.answer, candidate.context):
        return "inaccurate"
    told = numbers(candidate.answer) - numbers(candidate.question)
    return "inaccurate" if shown and not told <= numbers(shown) else ""


def _alignment(candidate: Candidate, checks: Checks) -> str:
    """What the term graph says to the answer."""
    found = checks.checker.check(candidate.answer, question=candidate.question, user=checks.reader)
    kinds = {finding.kind for finding in found.findings}
    if "contradicted" in kinds:
        return "graph_contradiction"
    return "term" if kinds & {"deprecated", "forbidden"} else ""


# --- together -------------------------------------------------------------------------------------------------------


def _without_copies(candidates: Sequence[Candidate], checks: Checks, report: Report) -> list[Candidate]:
    """Without copies; a question that is answered in ways that do not agree loses all its answers."""
    seen: set[tuple[str, ...]] = set()
    by_question: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        said = (candidate.question, candidate.answer, candidate.rejected)
        key = tuple(normalized(text) or text for text in said)
        if key in seen:
            report.drop("duplicate", candidate)
        else:
            seen.add(key)
            asked = "\n".join(message.text for message in candidate.before) + candidate.question
            by_question[normalized(asked)].append(candidate)
    unique: list[Candidate] = []
    for same in by_question.values():
        first, *others = same
        agree = all(_states(other, checks) == _states(first, checks) for other in others)
        for candidate in others if agree else same:
            if not agree:
                report.drop("inconsistent", candidate)
            elif candidate.rejected:
                unique.append(candidate)  # one good answer, and several that are worse
            else:
                report.drop("near_duplicate", candidate)
        if agree:
            unique.append(first)
    return _without_near_copies(unique, checks, report)


def _without_near_copies(candidates: Sequence[Candidate], checks: Checks, report: Report) -> list[Candidate]:
    texts = [f"{each.question}\n{each.answer}\n{each.rejected}" for each in candidates]
    dropped: set[int] = set()
    for first, second in near_pairs(texts):
        if first not in dropped and second not in dropped and _same(candidates[first], candidates[second], checks):
            dropped.add(second)
            report.drop("near_duplicate", candidates[second])
    return [candidate for place, candidate in enumerate(candidates) if place not in dropped]


def _same(one: Candidate, other: Candidate, checks: Checks) -> bool:
    """Whether what tells two similar rows apart, their numbers and concepts, is the same too."""
    return _asks(one, checks) == _asks(other, checks) and _states(one, checks) == _states(other, checks)


def _states(candidate: Candidate, checks: Checks) -> tuple[frozenset[str], Counter[str]]:
    return numbers(candidate.answer), _concepts(candidate.answer, checks)


def _asks(candidate: Candidate, checks: Checks) -> tuple[frozenset[str], Counter[str]]:
    return numbers(candidate.question), _concepts(candidate.question, checks)


def _concepts(text: str, checks: Checks) -> Counter[str]:
    return Counter(mention.concept for mention in checks.linker.link(text, checks.reader))
