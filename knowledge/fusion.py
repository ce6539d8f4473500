"""One score out of three signals: how near a chunk is, which words it holds, which concepts it was linked to.

The signals are brought to comparable scales and added with weights (a convex combination, up to a factor), after
S. Bruch, S. Gai, A. Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, ACM TOIS 42(1), 2023. Reciprocal rank
fusion (Cormack et al., SIGIR 2009) sees ranks alone: when a question is asked in another language than its answer is
written in, the first keyword hit is the best of nothing, and still gets the full vote (document recall@1 .55 against
.85, bench/retrieval_languages.py).
"""

from __future__ import annotations

from dataclasses import dataclass

# What a chunk with all the question's words gains over one with none, in units of centred cosine; likewise for concepts
_KEYWORD_SCALE = 0.2
_CONCEPT_SCALE = 0.2
FOREIGN_SHARE = 0.2
"""The share of the question's words that a chunk in another language is taken to hold: about what wrong chunks in the
question's own language do, which otherwise pass the right one (document recall@1 .79 against .86)."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the searches say of one chunk.

    `relevance` is the centred cosine, in [-1, 1]. `coverage` is the share of the question's words that the chunk holds,
    rarer ones counting more, and `concepts` that of its concepts, both in [0, 1].
    """

    relevance: float
    coverage: float = 0.0
    concepts: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; 1 is what was found best for dense and keyword search."""

    dense: float = 1.0
    keyword: float = 1.0
    concept: float = 0.5


def fused(signals: Signals, weights: Weights) -> float:
    """The chunk's score: a relevance, raised by the words and concepts it shares with the question."""
    return (
        weights.dense * signals.relevance
        + weights.keyword * _KEYWORD_SCALE * signals.coverage
        + weights.concept * _CONCEPT_SCALE * signals.concepts
    )
