"""Where documents and answers may mention something: rows for looking closer, of what somebody may read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key
from knowledge.catalog.conversations import conversations, messages
from knowledge.catalog.documents import visible_to
from knowledge.catalog.schema import chunks, documents
from knowledge.types import Language, User, is_document

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Place:
    """A chunk of a document that may be read."""

    document_id: str
    title: str
    path: str
    chunk_id: str
    page: int | None
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that somebody was given, as its JSON; `documents` are those that it was made from."""

    message_id: str
    at: float
    owner: str
    question: str
    answer: dict[str, Any]
    documents: tuple[str, ...]


class Mentions:
    """Chunks and answers of a catalog, for looking through."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def with_concept(self, concept: str, user: User | None) -> Iterator[Place]:
        """The chunks that are linked with a concept and that `user` (None: anybody) may read, by path."""
        linked = sa.func.json_each(chunks.c.concepts).table_valued("value")
        yield from self._places(sa.exists(sa.select(linked).where(linked.c.value == concept)), user)

    def with_text(self, texts: Iterable[str], user: User | None) -> Iterator[Place]:
        """The chunks in which one of these texts stands, whatever its case, and that `user` may read, by path."""
        wanted = [chunks.c.text.icontains(text, autoescape=True) for text in sorted(set(texts)) if text]
        if wanted:
            yield from self._places(sa.or_(*wanted), user)

    def all_chunks(self, user: User | None) -> Iterator[Place]:
        """All chunks that `user` may read, by path and place."""
        yield from self._places(sa.true(), user)

    def _places(self, wanted: sa.ColumnElement[bool], user: User | None) -> Iterator[Place]:
        query = (
            sa.select(
                documents.c.id,
                documents.c.title,
                documents.c.path,
                chunks.c.id.label("chunk_id"),
                chunks.c.page,
                chunks.c.text,
                chunks.c.language,
            )
            .join(documents, documents.c.id == chunks.c.document_id)
            .where(wanted, visible_to(user))
            .order_by(documents.c.path, chunks.c.ordinal)
        )
        with self._catalog.connect() as connection:
            for row in connection.execute(query):
                yield Place(row.id, row.title, row.path, row.chunk_id, row.page, row.text, row.language)

    def answers(self, limit: int, owner: str | None = None) -> Sequence[GivenAnswer]:
        """The newest answers, of one owner or (None) of all."""
        query = (
            sa.select(messages, conversations.c.owner_key)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .order_by(messages.c.at.desc(), messages.c.id)
            .limit(limit)
        )
        if owner is not None:
            query = query.where(conversations.c.owner_key == account_key(owner))
        with self._catalog.connect() as connection:
            return [
                GivenAnswer(row.id, row.at, row.owner_key, row.question, row.answer, tuple(row.documents))
                for row in connection.execute(query)
            ]

    def answer_ids(self, document_ids: Collection[str]) -> frozenset[str]:
        """The ids of all answers that were made from nothing but these documents, attached files and the term graph."""
        with self._catalog.connect() as connection:
            return frozenset(
                row.id
                for row in connection.execute(sa.select(messages.c.id, messages.c.documents))
                if all(each in document_ids or not is_document(each) for each in row.documents)
            )

    def document_texts(self) -> dict[str, str]:
        """The ids of all documents, each with the hash of its text."""
        with self._catalog.connect() as connection:
            return {
                row.id: row.text_hash for row in connection.execute(sa.select(documents.c.id, documents.c.text_hash))
            }

    def readable_ids(self, document_ids: Iterable[str], user: User | None) -> frozenset[str]:
        """Those of these documents that exist and that `user` may read."""
        wanted = sa.select(documents.c.id).where(documents.c.id.in_(sorted(set(document_ids))), visible_to(user))
        with self._catalog.connect() as connection:
            return frozenset(connection.execute(wanted).scalars())
