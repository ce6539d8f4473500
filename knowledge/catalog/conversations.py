"""Conversations and their messages; who may see what of them is decided in `app.conversation`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    # The last message of the path that is shown; NULL before the first one
    sa.Column("leaf_id", sa.Text),
    sa.Index(None, "owner_key", "updated_at"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("documents", sa.JSON, nullable=False),
    sa.Column("undone", sa.JSON, nullable=False),
    # The message that it follows; NULL at the beginning. Those that follow the same one are versions of each other
    sa.Column("parent_id", sa.Text),
    # How the answer came about: what the model was shown
    sa.Column("trace", sa.JSON),
    sa.UniqueConstraint("conversation_id", "ordinal"),
)


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """One conversation without its messages; `leaf` is the last message of the path that is shown, "" for none."""

    id: str
    owner: str
    title: str
    created_at: float
    updated_at: float
    leaf: str = ""


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A question with its answer as JSON, the documents the answer was made from, and the edits taken back.

    `parent` is the message that it follows, "" at the beginning; `trace` tells how the answer came about.
    """

    id: str
    conversation_id: str
    ordinal: int
    at: float
    question: str
    answer: Mapping[str, Any]
    documents: tuple[str, ...]
    undone: frozenset[int]
    parent: str = ""
    trace: Mapping[str, Any] | None = None


class Conversations:
    """All conversations of a workspace. Owners are compared as account names are: whatever their case."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def create(self, record: ConversationRecord) -> None:
        """Store a new conversation of an existing account."""
        values = {
            "id": record.id,
            "owner_key": account_key(record.owner),
            "title": record.title,
            "created_at": record.created_at,
            "updated_at": record.updated_at,
        }
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(conversations).values(values))

    def get(self, conversation_id: str) -> ConversationRecord | None:
        """One conversation, or None."""
        with self._catalog.connect() as connection:
            row = connection.execute(sa.select(conversations).where(conversations.c.id == conversation_id)).first()
        return None if row is None else _conversation(row)

    def of_owner(self, owner: str, search: str = "", limit: int = 200) -> list[ConversationRecord]:
        """The owner's conversations, last used first; `search` is looked for in titles and questions.

        Answers are not searched: they may hold what the owner may no longer see.
        """
        wanted = sa.select(conversations).where(conversations.c.owner_key == account_key(owner))
        if search.strip():
            text = search.strip()
            asked = sa.select(messages.c.conversation_id).where(messages.c.question.icontains(text, autoescape=True))
            wanted = wanted.where(
                conversations.c.title.icontains(text, autoescape=True) | conversations.c.id.in_(asked),
            )
        wanted = wanted.order_by(conversations.c.updated_at.desc(), conversations.c.id).limit(limit)
        with self._catalog.connect() as connection:
            return [_conversation(row) for row in connection.execute(wanted)]

    def rename(self, conversation_id: str, title: str) -> None:
        """Set the title."""
        with self._catalog.begin() as connection:
            connection.execute(
                sa.update(conversations).where(conversations.c.id == conversation_id).values(title=title),
            )

    def delete(self, conversation_id: str) -> None:
        """Remove the conversation with its messages and their feedback."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(conversations).where(conversations.c.id == conversation_id))

    def append(self, record: MessageRecord, *, title: str = "") -> int:
        """Store a message after its parent, show the path to it, and give its ordinal (0 for the first).

        `title` becomes the conversation's when it has none yet. `record.ordinal` is not read.
        """
        with self._catalog.begin() as connection:
            last = connection.execute(
                sa.select(sa.func.max(messages.c.ordinal)).where(messages.c.conversation_id == record.conversation_id),
            ).scalar()
            ordinal = 0 if last is None else last + 1
            connection.execute(
                sa.insert(messages).values(
                    id=record.id,
                    conversation_id=record.conversation_id,
                    ordinal=ordinal,
                    at=record.at,
                    question=record.question,
                    answer=dict(record.answer),
                    documents=list(record.documents),
                    undone=sorted(record.undone),
                    parent_id=record.parent or None,
                    trace=None if record.trace is None else dict(record.trace),
                ),
            )
            same = conversations.c.id == record.conversation_id
            connection.execute(sa.update(conversations).where(same).values(updated_at=record.at, leaf_id=record.id))
            if title:
                connection.execute(
                    sa.update(conversations).where(same, conversations.c.title == "").values(title=title),
                )
        return ordinal

    def parents(self, conversation_id: str) -> dict[str, str]:
        """For each message the one that it follows ("": none), in the order in which they were asked."""
        wanted = sa.select(messages.c.id, messages.c.parent_id).where(messages.c.conversation_id == conversation_id)
        with self._catalog.connect() as connection:
            return {row.id: row.parent_id or "" for row in connection.execute(wanted.order_by(messages.c.ordinal))}

    def messages(self, ids: Sequence[str]) -> list[MessageRecord]:
        """These messages, in this order; those that do not exist are left out."""
        with self._catalog.connect() as connection:
            rows = connection.execute(sa.select(messages).where(messages.c.id.in_(ids)))
            found = {row.id: _message(row) for row in rows}
        return [found[each] for each in ids if each in found]

    def message(self, message_id: str) -> MessageRecord | None:
        """One message, or None."""
        with self._catalog.connect() as connection:
            row = connection.execute(sa.select(messages).where(messages.c.id == message_id)).first()
        return None if row is None else _message(row)

    def set_undone(self, message_id: str, edits: Collection[int]) -> None:
        """Store which edits of the answer the owner has taken back."""
        with self._catalog.begin() as connection:
            connection.execute(sa.update(messages).where(messages.c.id == message_id).values(undone=sorted(edits)))

    def set_leaf(self, conversation_id: str, message_id: str) -> None:
        """Show the path to this message from now on."""
        same = conversations.c.id == conversation_id
        with self._catalog.begin() as connection:
            connection.execute(sa.update(conversations).where(same).values(leaf_id=message_id))


def _conversation(row: sa.Row[Any]) -> ConversationRecord:
    return ConversationRecord(row.id, row.owner_key, row.title, row.created_at, row.updated_at, row.leaf_id or "")


def _message(row: sa.Row[Any]) -> MessageRecord:
    return MessageRecord(
        id=row.id,
        conversation_id=row.conversation_id,
        ordinal=row.ordinal,
        at=row.at,
        question=row.question,
        answer=row.answer,
        documents=tuple(row.documents),
        undone=frozenset(row.undone),
        parent=row.parent_id or "",
        trace=row.trace,
    )
