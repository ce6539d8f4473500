"""The measures that every checked answer carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.alignment.passages import Passages
from knowledge.graph.linker import Link

if TYPE_CHECKING:
    from knowledge.alignment.relations import Judgement
    from knowledge.protocols import Embedder

_GROUNDED = 0.5
"""A sentence counts as grounded when a passage has at least this share of its content words."""


def term_coverage(links: Sequence[Link]) -> float | None:
    """Mentions by an approved (preferred or alternative) label ÷ all mentions; None without any."""
    mentions = [link for link in links if not link.weak]
    if not mentions:
        return None
    approved = sum(link.readings[0].kind in ("preferred", "alternative") for link in mentions)
    return approved / len(mentions)


def relation_measures(judgements: Sequence[Judgement]) -> tuple[float | None, float | None]:
    """(accuracy, coverage): supported ÷ (supported + contradicted), and what that was measured on ÷ all claims."""
    supported = sum(judgement.status == "supported" for judgement in judgements)
    contradicted = sum(judgement.status == "contradicted" for judgement in judgements)
    checked = supported + contradicted
    accuracy = supported / checked if checked else None
    return accuracy, checked / len(judgements) if judgements else None


def contextual_consistency(sentences: Sequence[str], passages: Passages) -> float | None:
    """The share of sentences whose content words stand in a passage; None without passages or sentences."""
    if not len(passages) or not sentences:
        return None
    return sum(passages.coverage(sentence) >= _GROUNDED for sentence in sentences) / len(sentences)


def similarity(text: str, passages: Sequence[str], embedder: Embedder | None) -> float | None:
    """The cosine of the text and the passage nearest to it; None without an embedder, text or passages."""
    if embedder is None or not passages or not text.strip():
        return None
    vectors = embedder.embed_passages([text, *passages])
    return float(max(vectors[1:] @ vectors[0]))
