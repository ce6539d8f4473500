"""A file that is attached to one question: its passages stand beside those that are found; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.evidence import Evidence
    from knowledge.retriever import RankedChunk


class AttachmentRefused(InvalidInput):
    """A file that cannot be read along with a question; the message names it and says why and what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was given: the name tells its kind where the content leaves that open."""

    name: str
    data: bytes = field(repr=False)


def joined(attached: Sequence[RankedChunk], found: Sequence[RankedChunk], passages: int) -> list[RankedChunk]:
    """Both lists as one. The best of the attached file come first, up to half of the passages that will be shown:
    whoever attaches a file asks about it, and perhaps about what the company's documents say on the same.
    """
    first = max(1, passages // 2)
    rest = sorted([*attached[first:], *found], key=lambda each: -each.score)
    return [*attached[:first], *rest]


def without_attached(evidence: Evidence) -> Evidence:
    """The evidence from documents, which will still be there at the next question; no attached file, no term graph."""
    from app.evidence import Evidence
    from knowledge.types import is_document

    kept = [
        each
        for each in zip(evidence.passages, evidence.chunks, evidence.quotes, strict=True)
        if is_document(each[1].document.id)
    ]
    return Evidence(*(tuple(column) for column in zip(*kept, strict=True))) if kept else Evidence()
