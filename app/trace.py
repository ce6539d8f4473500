"""How an answer came about: what the model was asked, word for word, and what spoke for each passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from knowledge.types import Message, Result

if TYPE_CHECKING:
    from app.evidence import Evidence


class TracedMessage(Result):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


class TracedPassage(Result):
    """A passage that the model was shown, and why: `score` orders passages, the others are what it is made of.

    `relevance` is the centred cosine of question and chunk, `coverage` and `concepts` are the shares of the question's
    words and concepts that stand in it.
    """

    marker: int
    score: float
    relevance: float = 0.0
    coverage: float = 0.0
    concepts: float = 0.0


class Trace(Result):
    """`prompt` is empty when no model was asked; `scope` holds the documents that were looked into, None for all."""

    prompt: tuple[TracedMessage, ...] = ()
    passages: tuple[TracedPassage, ...] = ()
    scope: tuple[str, ...] | None = None


def trace_of(evidence: Evidence, prompt: Sequence[Message], scope: Sequence[str] | None) -> Trace:
    """The trace of an answer from this evidence."""
    passages = (
        TracedPassage(
            marker=passage.marker,
            score=round(item.score, 4),
            relevance=round(item.relevance, 4),
            coverage=round(item.coverage, 4),
            concepts=round(item.concept_coverage, 4),
        )
        for passage, item in zip(evidence.passages, evidence.chunks, strict=True)
    )
    return Trace(
        prompt=tuple(TracedMessage(role=message.role, text=message.text) for message in prompt),
        passages=tuple(passages),
        scope=None if scope is None else tuple(scope),
    )
