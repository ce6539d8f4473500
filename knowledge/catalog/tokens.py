"""Tokens of the service: only their hashes are stored, so that a copy of the catalog opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    # Null: never yet
    sa.Column("used_at", sa.Float),
)


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One token: its public id, whose it is, and what it is for; times are seconds since 1970."""

    id: str
    name: str
    label: str
    created_at: float
    used_at: float | None = None


class ApiTokens:
    """The tokens of a workspace, by the SHA-256 of their secret."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, record: TokenRecord, token_hash: str) -> None:
        """Store the token of an existing account."""
        values = {
            "id": record.id,
            "token_hash": token_hash,
            "account_key": account_key(record.name),
            "label": record.label,
            "created_at": record.created_at,
        }
        with self._catalog.begin() as connection:
            connection.execute(sa.insert(api_tokens).values(values))

    def get(self, token_hash: str) -> TokenRecord | None:
        """The token with that hash, or None."""
        found = self._read(api_tokens.c.token_hash == token_hash)
        return found[0] if found else None

    def of(self, name: str | None = None) -> list[TokenRecord]:
        """The tokens of one account, or of all, in the order in which they were made."""
        return self._read(sa.true() if name is None else api_tokens.c.account_key == account_key(name))

    def _read(self, wanted: sa.ColumnElement[bool]) -> list[TokenRecord]:
        query = (
            sa.select(
                api_tokens.c.id, accounts.c.name, api_tokens.c.label, api_tokens.c.created_at, api_tokens.c.used_at
            )
            .join_from(api_tokens, accounts)
            .where(wanted)
            .order_by(api_tokens.c.created_at, api_tokens.c.id)
        )
        with self._catalog.connect() as connection:
            return [TokenRecord(*row) for row in connection.execute(query)]

    def touch(self, token_id: str, at: float) -> None:
        """Note that a token was used."""
        with self._catalog.begin() as connection:
            connection.execute(sa.update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=at))

    def remove(self, token_id: str) -> bool:
        """Forget a token; False when there is none of that id."""
        with self._catalog.begin() as connection:
            return connection.execute(sa.delete(api_tokens).where(api_tokens.c.id == token_id)).rowcount == 1
