"""Sign-in sessions: only the hash of a token is stored, so that a copy of the catalog opens no session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("used_at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session: whose it is, when it began and when it was last seen in use."""

    name: str
    created_at: float
    used_at: float


class Sessions:
    """The open sessions of a workspace, by the SHA-256 of their token."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def start(self, token_hash: str, name: str, at: float) -> None:
        """Open a session of an existing account."""
        values = {"token_hash": token_hash, "account_key": account_key(name), "created_at": at, "used_at": at}
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(sessions).values(values))

    def get(self, token_hash: str) -> SessionRecord | None:
        """The session of that token, however old, or None."""
        wanted = (
            sa.select(accounts.c.name, sessions.c.created_at, sessions.c.used_at)
            .join_from(sessions, accounts)
            .where(sessions.c.token_hash == token_hash)
        )
        with self._catalog.connect() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else SessionRecord(row.name, row.created_at, row.used_at)

    def touch(self, token_hash: str, at: float) -> None:
        """Note that the session is in use; nothing happens when it has ended."""
        with self._catalog.begin() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=at))

    def end(self, token_hash: str) -> None:
        """End one session, if it exists."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))

    def end_all_of(self, name: str) -> None:
        """End every session of one account."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.account_key == account_key(name)))

    def end_older(self, *, created_before: float, used_before: float) -> None:
        """End the sessions that began or were last used before these times."""
        old = (sessions.c.created_at < created_before) | (sessions.c.used_at < used_before)
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sessions).where(old))
