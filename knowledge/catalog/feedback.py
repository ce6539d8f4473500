"""What users say about answers: one word per user and message, and every edit they take back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.conversations import messages
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

FeedbackKind = Literal["up", "down", "undo", "redo", "report"]

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, sa.ForeignKey(messages.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("edit", sa.Integer, nullable=True),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """One word on one answer. `text` is desensitized; `edit` is the edit's index for all but thumbs."""

    message_id: str
    user: str
    kind: FeedbackKind
    reason: str = ""
    text: str = ""
    edit: int | None = None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class RuleUse:
    """How often a rule of the checker edited an answer that is kept; `undone`: taken back, or reported as wrong."""

    rule: str
    edits: int
    undone: int

    @property
    def undo_share(self) -> float:
        """Edits taken back ÷ edits; 0.0 without any."""
        return self.undone / self.edits if self.edits else 0.0


class Feedback:
    """The feedback of a workspace."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, record: FeedbackRecord) -> None:
        """Store one word."""
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(feedback).values(_values(record)))

    def put_vote(self, record: FeedbackRecord) -> None:
        """Store a thumb, in place of an earlier one of the same user on the same message."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(feedback).where(_vote_of(record.message_id, record.user)))
            connection.execute(sa.insert(feedback).values(_values(record)))

    def remove_vote(self, message_id: str, user: str) -> None:
        """Take a thumb back."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(feedback).where(_vote_of(message_id, user)))

    def votes(self, message_ids: Collection[str], user: str) -> dict[str, FeedbackRecord]:
        """The user's thumbs on these messages, by message."""
        wanted = sa.select(feedback).where(
            feedback.c.message_id.in_(list(message_ids)),
            feedback.c.account_key == account_key(user),
            feedback.c.kind.in_(["up", "down"]),
        )
        with self._catalog.connect() as connection:
            return {row.message_id: _record(row) for row in connection.execute(wanted)}

    def rules(self, since: float = 0.0) -> list[RuleUse]:
        """The use of each rule over all answers that are kept and were given after `since` (epoch), by rule."""
        edits: Counter[str] = Counter()
        undone: Counter[str] = Counter()
        reported: dict[str, set[int]] = defaultdict(set)
        with self._catalog.connect() as connection:
            for row in connection.execute(sa.select(feedback).where(feedback.c.kind == "report")):
                reported[row.message_id].add(row.edit)
            given = sa.select(messages.c.id, messages.c.answer, messages.c.undone).where(messages.c.at >= since)
            for row in connection.execute(given):
                made = (row.answer.get("alignment") or {}).get("edits") or []
                edits.update(edit["rule"] for edit in made)
                wrong = {*row.undone, *reported[row.id]}
                undone.update(made[number]["rule"] for number in wrong if number < len(made))
        return [RuleUse(rule, edits[rule], undone[rule]) for rule in sorted(edits)]

    def reported(self, message_ids: Collection[str], user: str) -> dict[str, frozenset[int]]:
        """The edits of each message that the user reported as wrong."""
        wanted = sa.select(feedback.c.message_id, feedback.c.edit).where(
            feedback.c.message_id.in_(message_ids),
            feedback.c.account_key == account_key(user),
            feedback.c.kind == "report",
        )
        found: dict[str, set[int]] = defaultdict(set)
        with self._catalog.connect() as connection:
            for row in connection.execute(wanted):
                found[row.message_id].add(row.edit)
        return {message: frozenset(edits) for message, edits in found.items()}

    def newest(self, *, since: float = 0.0, limit: int = 1000) -> list[FeedbackRecord]:
        """Everything said since a time, newest first."""
        wanted = sa.select(feedback).where(feedback.c.at >= since).order_by(feedback.c.id.desc()).limit(limit)
        with self._catalog.connect() as connection:
            return [_record(row) for row in connection.execute(wanted)]


def _vote_of(message_id: str, user: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        feedback.c.message_id == message_id,
        feedback.c.account_key == account_key(user),
        feedback.c.kind.in_(["up", "down"]),
    )


def _values(record: FeedbackRecord) -> dict[str, Any]:
    return {
        "message_id": record.message_id,
        "account_key": account_key(record.user),
        "kind": record.kind,
        "reason": record.reason,
        "text": record.text,
        "edit": record.edit,
        "at": record.at,
    }


def _record(row: sa.Row[Any]) -> FeedbackRecord:
    return FeedbackRecord(row.message_id, row.account_key, row.kind, row.reason, row.text, row.edit, row.at)
