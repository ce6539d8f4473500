"""Answers put into a conversation as the assistant stores them, for what no model writes on demand."""

import uuid

from conftest import Site

from app.answer import Answer, Citation, ModelInfo, Timings
from knowledge.types import AlignmentReport


def store(
    site: Site,
    name: str,
    question: str,
    report: AlignmentReport,
    citations: tuple[Citation, ...],
    conversation: str | None = None,
) -> str:
    """One more answer in a conversation of this user, in a new one without `conversation`; gives its id."""
    stored = site.assistant.workspace.conversations
    conversation = conversation or stored.create(site.user(name)).id
    answer = Answer(
        id=uuid.uuid4().hex,
        question=question,
        answer=report.answer,
        abstained=False,
        citations=citations,
        alignment=report,
        model=ModelInfo(version="m+prompt.1", base="m", backend="llama.cpp"),
        timings_ms=Timings(total=1000),
        conversation=conversation,
    )
    stored.append(conversation, site.user(name), answer)
    return conversation


def unchecked(text: str) -> AlignmentReport:
    return AlignmentReport(verdict="nothing_to_check", answer=text, draft=text)


def cited(site: Site, name: str, query: str, marker: int = 1) -> Citation:
    """A citation of the best hit for `query`."""
    hit = site.assistant.search(query, name, 1)[0]
    return Citation(
        marker=marker,
        document_id=hit.document_id,
        title=hit.title,
        path=hit.path,
        page=hit.page,
        heading=hit.heading,
        chunk_id=hit.chunk_id,
        quote=hit.text[:60],
    )
