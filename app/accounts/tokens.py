"""`Tokens`: what programs show instead of a name and password. Each acts as one account, with its rights of now."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.accounts.names import checked_display_name
from knowledge.catalog.tokens import TokenRecord
from knowledge.errors import NotFound, NotPermitted
from knowledge.types import User

if TYPE_CHECKING:
    from app.accounts.accounts import Accounts
    from app.audit import Audit
    from knowledge.catalog import Catalog

PREFIX = "plb_"
_BYTES = 32
_TOUCH_EVERY = 60.0


class Tokens:
    """The tokens of a workspace. Safe from many threads and processes."""

    def __init__(
        self, catalog: Catalog, accounts: Accounts, audit: Audit, clock: Callable[[], float] = time.time
    ) -> None:
        self._catalog = catalog
        self._accounts = accounts
        self._audit = audit
        self._clock = clock

    def issue(self, name: str, label: str = "", *, by: str = "") -> str:
        """A new token of an account. It is told here and never again. Raises NotPermitted for a disabled account."""
        user = self._accounts.user(name)
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        record = TokenRecord(secrets.token_hex(4), user.name, checked_display_name(label), self._clock())
        self._catalog.tokens.add(record, _hash(token))
        self._audit.append("token.issued", by, {"token": record.id, "label": record.label}, subject=user.name)
        return token

    def user_of(self, token: str) -> User | None:
        """The account of a token as it is now; None when the token is unknown or revoked, or the account disabled."""
        record = self._catalog.tokens.get(_hash(token)) if token.startswith(PREFIX) else None
        if record is None:
            return None
        try:
            user = self._accounts.user(record.name)
        except NotPermitted:
            return None
        now = self._clock()
        if record.used_at is None or now - record.used_at >= _TOUCH_EVERY:
            self._catalog.tokens.touch(record.id, now)
        return user

    def all(self, name: str | None = None) -> list[TokenRecord]:
        """The tokens of one account, or of all; without their secrets, which nobody has."""
        return self._catalog.tokens.of(name)

    def revoke(self, token_id: str, *, by: str = "") -> None:
        """End a token at once. Raises NotFound."""
        if not self._catalog.tokens.remove(token_id):
            raise NotFound(f"token {token_id!r}: no such token; see `plumbline users tokens`")
        self._audit.append("token.revoked", by, {"token": token_id})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
