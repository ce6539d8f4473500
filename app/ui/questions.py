"""Questions to begin with: the demo company's own, else about documents that the user may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.demo import demo_questions
from app.ui.texts import words
from knowledge.types import Language, User

if TYPE_CHECKING:
    from app.assistant import Assistant

_MOST = 4
_LOOKED_AT = 200


def starters(assistant: Assistant, user: User, language: Language) -> list[str]:
    """At most four questions in `language`; none while there are no documents."""
    found = demo_questions(assistant, language)
    return found or _about_documents(assistant, user, language)


def _about_documents(assistant: Assistant, user: User, language: Language) -> list[str]:
    """What the documents that came last are about."""
    say = words(language)
    documents = assistant.catalog.documents.list(user, state="indexed", limit=_LOOKED_AT)
    newest = sorted((each for each in documents if each.language == language), key=lambda each: -each.ingested_at)
    return [say("chat.about_document", title=document.title) for document in newest[:_MOST]]
