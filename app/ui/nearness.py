"""How near a passage is to the question: in words for everyone, in numbers for those who run Plumbline.

Scores rest on word statistics of all documents, hidden ones too; exact ones are not for everybody's eyes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.trace import Trace, TracedPassage
from app.ui.texts import Words
from knowledge.types import Role, User

_VERY_NEAR = 0.5
_NEAR = 0.25


def nearness(trace: Mapping[str, Any] | None, user: User, say: Words) -> dict[int, str]:
    """By marker of a passage; nothing when it is not known or may not be seen."""
    if not trace:
        return {}
    return {passage.marker: _said(passage, user, say) for passage in Trace.model_validate(trace).passages}


def _said(passage: TracedPassage, user: User, say: Words) -> str:
    step = "very_near" if passage.score >= _VERY_NEAR else "near" if passage.score >= _NEAR else "loose"
    words = say(f"near.{step}")
    return f"{words} ({passage.score:.2f})" if sees_scores(user) else words


def sees_scores(user: User) -> bool:
    """Whether exact scores are shown to this user."""
    return user.role in (Role.OPERATOR, Role.ADMIN)
