"""What stands behind an answer: what was searched, what was read, who wrote it, how long it took, what was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.answer import Answer
from app.trace import Trace, TracedPassage
from app.ui import pieces
from app.ui.markup import Html, element, join
from app.ui.nearness import nearness, sees_scores
from app.ui.texts import Words
from knowledge.types import User


def why(found: Answer, trace: Mapping[str, Any] | None, user: User, say: Words) -> Html:
    """Tables under "Why this answer", and at the end the prompt, word for word."""
    told = Trace.model_validate(trace or {})
    return join(
        [
            pieces.rows(_general(found, told, nearness(trace, user, say), say)),
            _title(say("why.timings")),
            pieces.rows(_timings(found, say)),
            _scores(told.passages, say) if sees_scores(user) else "",
            _prompt(told, say),
        ]
    )


def _title(text: str) -> Html:
    return element("p", text, class_="plb-label")


def _general(found: Answer, told: Trace, near: Mapping[int, str], say: Words) -> list[tuple[str, object]]:
    model = found.model
    pairs: list[tuple[str, object]] = []
    if found.search_question:
        pairs.append((say("why.searched_for"), found.search_question))
    for name, citations in (("passages", found.citations), ("nearest", found.nearest)):
        lines = [
            element("div", f"[{citation.marker}] {pieces.where(citation, say, near.get(citation.marker, ''))}")
            for citation in citations
        ]
        if lines:
            pairs.append((say(f"why.{name}"), join(lines)))
    if told.passages:
        pairs.append((say("why.read"), len(told.passages)))
    if model.base:
        pairs += [(say("why.model"), model.base), (say("why.backend"), model.backend)]
        pairs.append((say("why.version"), model.version))
        if model.adapter:
            pairs.append((say("why.adapter"), model.adapter))
    else:
        pairs.append((say("why.model"), say("why.no_model")))
    pairs += _alignment(found, say)
    if found.removed_markers:
        pairs.append((say("why.removed_markers"), found.removed_markers))
    return pairs


def _alignment(found: Answer, say: Words) -> list[tuple[str, object]]:
    report = found.alignment
    pairs: list[tuple[str, object]] = []
    if report.graph_revision:
        pairs.append((say("why.revision"), report.graph_revision))
    for name in ("term_coverage", "relation_accuracy", "contextual_consistency"):
        value = getattr(report, name)
        if value is not None:
            pairs.append((say(f"why.{name}"), f"{value:.0%}"))
    if report.similarity is not None:
        pairs.append((say("why.similarity"), f"{report.similarity:.2f}"))
    kinds = Counter(finding.kind for finding in report.findings)
    if kinds:
        seen = ", ".join(f"{say(f'finding.{kind}')} × {count}" for kind, count in kinds.items())
        pairs.append((say("why.findings"), seen))
    return pairs


def _timings(found: Answer, say: Words) -> list[tuple[str, object]]:
    values = found.timings_ms
    names = ("retrieve", "first_token", "generate", "align", "total")
    return [(say(f"why.{name}"), _duration(getattr(values, name), say)) for name in names if getattr(values, name)]


def _duration(milliseconds: float, say: Words) -> str:
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return say("why.milliseconds", value=f"{milliseconds:.0f}")
    return say("why.seconds", value=f"{milliseconds / 1000:.1f}")


def _scores(passages: Sequence[TracedPassage], say: Words) -> Html:
    """What each passage's score is made of, for those who run Plumbline."""
    if not passages:
        return Html("")
    names = ("marker", "score", "relevance", "coverage", "concepts")
    head = element("tr", *(element("th", say(f"scores.{name}")) for name in names))
    lines = (
        element("tr", element("td", f"[{each.marker}]"), *(element("td", f"{getattr(each, n):.2f}") for n in names[1:]))
        for each in passages
    )
    table = element("table", element("thead", head), element("tbody", *lines), class_="plb-table plb-scores")
    return join([_title(say("scores.title")), element("div", table, class_="plb-wide", tabindex="0")])


def _prompt(told: Trace, say: Words) -> Html:
    """Word for word what the model was given; placeholders of hidden personal data stay as they are."""
    if not told.prompt:
        return Html("")
    parts = [
        join([_title(say(f"prompt.{message.role}")), element("pre", message.text, class_="plb-wide", tabindex="0")])
        for message in told.prompt
    ]
    return element("details", element("summary", say("prompt.title")), *parts, class_="plb-prompt")
