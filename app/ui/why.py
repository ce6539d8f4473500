"""What stands behind an answer: what was searched, what was read, who wrote it, how long it took, what was checked."""

from __future__ import annotations

from collections import Counter

from app.answer import Answer
from app.ui import pieces
from app.ui.markup import Html, element, join
from app.ui.texts import Words


def why(found: Answer, say: Words) -> Html:
    """Tables under "Why this answer"."""
    return join([pieces.rows(_general(found, say)), _title(say("why.timings")), pieces.rows(_timings(found, say))])


def _title(text: str) -> Html:
    return element("p", text, class_="plb-label")


def _general(found: Answer, say: Words) -> list[tuple[str, object]]:
    model = found.model
    pairs: list[tuple[str, object]] = []
    if found.search_question:
        pairs.append((say("why.searched_for"), found.search_question))
    if found.citations:
        lines = [element("div", f"[{citation.marker}] {pieces.where(citation, say)}") for citation in found.citations]
        pairs.append((say("why.passages"), join(lines)))
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
