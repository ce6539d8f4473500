"""BERTScore: how near an answer comes to a reference in meaning, token by token.

Zhang et al. 2020, "BERTScore: Evaluating Text Generation with BERT", section 3: every token of the reference is matched
with the candidate's token whose vector is nearest (recall), and the other way round (precision). The vectors are those
of the workspace's own embedder, so that values are not to be compared with published ones. There is neither weighting
by rarity nor rescaling with a baseline: even unrelated texts reach about 0.7 to 0.8, only differences count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.protocols import TokenEmbedder, Vectors


@dataclass(frozen=True, slots=True)
class Match:
    """How far the tokens of two texts find one another; each from -1 to 1, 1 for the same tokens."""

    precision: float
    recall: float
    f1: float


NOTHING = Match(0.0, 0.0, 0.0)


def matched(candidate: Vectors, reference: Vectors) -> Match:
    """Greedy matching of unit vectors, one a token, shape (tokens, dimension); a text without any matches nothing."""
    if not len(candidate) or not len(reference):
        return NOTHING
    cosines = reference @ candidate.T
    precision, recall = float(cosines.max(axis=0).mean()), float(cosines.max(axis=1).mean())
    total = precision + recall
    return Match(precision, recall, 2 * precision * recall / total if total > 0 else 0.0)


def bert_scores(
    embedder: TokenEmbedder, texts: Sequence[str], references: Sequence[Sequence[str]]
) -> list[float | None]:
    """F1 of each text against the best of its references; None where it has none.

    Texts longer than the embedder's `max_tokens` are cut there.
    """
    wanted = list(dict.fromkeys([*texts, *(each for group in references for each in group)]))
    vectors = dict(zip(wanted, embedder.embed_tokens(wanted), strict=True))
    return [
        max((matched(vectors[text], vectors[each]).f1 for each in group), default=None)
        for text, group in zip(texts, references, strict=True)
    ]
