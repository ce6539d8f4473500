"""Accounts and failed sign-ins as the catalog holds them; rules about passwords and roles live in `app.accounts`."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("display_name", sa.Text, nullable=False, server_default=""),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
)

sign_in_failures = sa.Table(
    "sign_in_failures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index(None, "scope", "key", "at"),
)


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account; `password_hash` is an encoded argon2id hash, never a password."""

    name: str
    password_hash: str
    role: str
    groups: frozenset[str]
    language: str
    display_name: str = ""
    disabled: bool = False
    created_at: float = 0.0
    changed_at: float = 0.0


def account_key(name: str) -> str:
    """What two spellings of one name share: NFKC, without case and outer blanks."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Accounts:
    """The accounts of a workspace."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get(self, name: str) -> AccountRecord | None:
        """The account of that name, whatever its case, or None."""
        with self._catalog.connect() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.key == account_key(name))).mappings().first()
        return None if row is None else _record(row)

    def all(self) -> list[AccountRecord]:
        """All accounts, sorted by name."""
        with self._catalog.connect() as connection:
            rows = connection.execute(sa.select(accounts).order_by(accounts.c.key)).mappings().all()
        return [_record(row) for row in rows]

    def add(self, record: AccountRecord) -> bool:
        """Store a new account; False when the name is taken."""
        values = {
            "key": account_key(record.name),
            "name": record.name,
            "display_name": record.display_name,
            "password_hash": record.password_hash,
            "role": record.role,
            "groups": sorted(record.groups),
            "language": record.language,
            "disabled": record.disabled,
            "created_at": record.created_at,
            "changed_at": record.changed_at,
        }
        with self._catalog.begin() as connection:
            taken = connection.execute(sa.select(accounts.c.key).where(accounts.c.key == values["key"])).first()
            if taken is None:
                connection.execute(sa.insert(accounts).values(values))
        return taken is None

    def change(self, name: str, at: float, **values: Any) -> bool:
        """Set columns of one account; False when there is no such account."""
        if "groups" in values:
            values["groups"] = sorted(values["groups"])
        change = sa.update(accounts).where(accounts.c.key == account_key(name)).values(changed_at=at, **values)
        with self._catalog.begin() as connection:
            return connection.execute(change).rowcount == 1


class SignInFailures:
    """Failed sign-ins per account and per address, shared by all processes of the workspace."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def reserve(self, keys: Sequence[tuple[str, str]], at: float, *, limit: int, window: float) -> float | None:
        """Count one try against every (scope, key), or say when the next one is allowed.

        None: counted, go on (and `forgive` it if the password was right). A number: the earliest time of the next
        try, because one key has `limit` failures within the last `window` seconds; then nothing is counted.
        Checking and counting are one transaction, so that tries made side by side cannot slip through.
        """
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sign_in_failures).where(sign_in_failures.c.at <= at - window))
            blocked_until: list[float] = []
            for scope, key in keys:
                newest = (
                    sa.select(sign_in_failures.c.at)
                    .where(sign_in_failures.c.scope == scope, sign_in_failures.c.key == key)
                    .order_by(sign_in_failures.c.at.desc())
                    .limit(limit)
                )
                times = connection.execute(newest).scalars().all()
                if len(times) >= limit:
                    blocked_until.append(times[-1] + window)
            if blocked_until:
                return max(blocked_until)
            rows = [{"scope": scope, "key": key, "at": at} for scope, key in keys]
            if rows:
                connection.execute(sa.insert(sign_in_failures), rows)
        return None

    def forgive(self, scope: str, key: str, at: float | None = None) -> None:
        """Forget all failures of a key, or only one counted at `at`."""
        forgiven = sa.and_(sign_in_failures.c.scope == scope, sign_in_failures.c.key == key)
        if at is not None:
            one = sa.select(sa.func.max(sign_in_failures.c.id)).where(forgiven, sign_in_failures.c.at == at)
            forgiven = sa.and_(sign_in_failures.c.id == one.scalar_subquery())
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sign_in_failures).where(forgiven))


def _record(row: sa.RowMapping) -> AccountRecord:
    return AccountRecord(
        name=row["name"],
        password_hash=row["password_hash"],
        role=row["role"],
        groups=frozenset(row["groups"]),
        language=row["language"],
        display_name=row["display_name"],
        disabled=row["disabled"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )
