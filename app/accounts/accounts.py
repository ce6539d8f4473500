"""`Accounts`: adding, changing, signing in, and the sessions that follow."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from app.accounts.errors import TooManyAttempts
from app.accounts.names import checked_display_name, checked_groups, checked_language, checked_name, checked_role
from app.accounts.passwords import NOBODY, checked_password, hash_password, needs_new_hash, verify_password
from knowledge.catalog.accounts import AccountRecord, SignInFailures, account_key
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.types import Language, Role, User

if TYPE_CHECKING:
    from app.audit import Audit
    from knowledge.catalog import Catalog

FAILURES_ALLOWED = 5
FAILURE_WINDOW = 15 * 60.0
TOUCH_EVERY = 60.0
_TOKEN_BYTES = 32
_IPV6_SITE = 64

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as operators see it; times are seconds since 1970."""

    user: User
    disabled: bool
    created_at: float
    changed_at: float


class Accounts:
    """The accounts of a workspace. Safe from many threads and processes.

    Whoever calls changes something in the name of `by`, which the audit log shows. Commands on the machine itself
    need no password and are never locked out.
    """

    def __init__(
        self,
        catalog: Catalog,
        clock: Clock = time.time,
        *,
        idle_seconds: float = 30 * 60,
        absolute_seconds: float = 12 * 3600,
        audit: Audit | None = None,
    ) -> None:
        self._catalog = catalog
        self._failures = SignInFailures(catalog)
        self._clock = clock
        self._idle = idle_seconds
        self._absolute = absolute_seconds
        self._audit = audit

    # --- looking up ---------------------------------------------------------------------------------------------

    def user(self, name: str) -> User:
        """The user of that name; raises NotPermitted when unknown or disabled, which look alike."""
        record = self._catalog.accounts.get(name)
        if record is None or record.disabled:
            raise NotPermitted(f"user {name!r}: unknown or disabled; see `plumbline users list`")
        return _user(record)

    def all(self) -> list[Account]:
        """All accounts, disabled ones included, sorted by name."""
        records = self._catalog.accounts.all()
        return [Account(_user(record), record.disabled, record.created_at, record.changed_at) for record in records]

    # --- adding and changing ------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        password: str,
        *,
        role: str = Role.EMPLOYEE,
        groups: Iterable[str] = (),
        display_name: str = "",
        language: str = "en",
        by: str = "",
    ) -> User:
        """A new account. Raises InvalidInput when the name is taken or anything is refused."""
        name = checked_name(name)
        now = self._clock()
        record = AccountRecord(
            name=name,
            password_hash="",
            role=checked_role(role),
            groups=checked_groups(groups),
            language=checked_language(language),
            display_name=checked_display_name(display_name),
            created_at=now,
            changed_at=now,
        )
        if self._catalog.accounts.get(name) is not None:
            raise InvalidInput(_taken(name))
        record = replace(record, password_hash=hash_password(checked_password(password, name)))
        if not self._catalog.accounts.add(record):
            raise InvalidInput(_taken(name))
        self._note("account.added", by, name, role=record.role, groups=sorted(record.groups))
        return _user(record)

    def set_password(self, name: str, password: str, *, by: str = "") -> None:
        """A new password; ends all sessions of the account and lifts its lock."""
        record = self._existing(name)
        encoded = hash_password(checked_password(password, record.name))
        self._catalog.accounts.change(record.name, self._clock(), password_hash=encoded)
        self._catalog.sessions.end_all_of(record.name)
        self._failures.forgive("account", _account_scope_key(record.name))
        self._note("account.password", by, record.name)

    def set_role(self, name: str, role: str, *, by: str = "") -> None:
        """Another role, in force at the user's next click."""
        record = self._existing(name)
        self._catalog.accounts.change(record.name, self._clock(), role=checked_role(role))
        self._note("account.role", by, record.name, before=record.role, after=role)

    def set_groups(self, name: str, groups: Iterable[str], *, by: str = "") -> None:
        """Other groups in place of the present ones, in force at the user's next query."""
        record = self._existing(name)
        wanted = checked_groups(groups)
        self._catalog.accounts.change(record.name, self._clock(), groups=wanted)
        self._note("account.groups", by, record.name, before=sorted(record.groups), after=sorted(wanted))

    def set_language(self, name: str, language: str) -> None:
        """The language of the interface that this user wants."""
        record = self._existing(name)
        self._catalog.accounts.change(record.name, self._clock(), language=checked_language(language))

    def set_display_name(self, name: str, display_name: str) -> None:
        """The name that pages show."""
        record = self._existing(name)
        self._catalog.accounts.change(record.name, self._clock(), display_name=checked_display_name(display_name))

    def disable(self, name: str, *, by: str = "") -> None:
        """Nobody may sign in or be named as this user any more; open sessions end."""
        record = self._existing(name)
        self._catalog.accounts.change(record.name, self._clock(), disabled=True)
        self._catalog.sessions.end_all_of(record.name)
        self._note("account.disabled", by, record.name)

    def enable(self, name: str, *, by: str = "") -> None:
        """Undo `disable`."""
        record = self._existing(name)
        self._catalog.accounts.change(record.name, self._clock(), disabled=False)
        self._note("account.enabled", by, record.name)

    # --- signing in ---------------------------------------------------------------------------------------------

    def authenticate(self, name: str, password: str, address: str = "") -> User:
        """The user whose name and password these are.

        `address` is where the request comes from ("" when unknown: then only the account is counted). Five failures
        within 15 minutes on one account or from one address raise TooManyAttempts until the oldest of them is 15
        minutes old. Unknown name, disabled account and wrong password raise the same NotPermitted after the same work.
        """
        now = self._clock()
        keys = [("account", _account_scope_key(name))]
        if address:
            keys.append(("address", _address_key(address)))
        retry_at = self._failures.reserve(keys, now, limit=FAILURES_ALLOWED, window=FAILURE_WINDOW)
        record = self._catalog.accounts.get(name)
        # A name that is no account may be a password typed into the wrong field: it is not written down
        known = record.name if record is not None else "(unknown)"
        if retry_at is not None:
            self._note("login.locked", known, known, address=address)
            raise TooManyAttempts(retry_at - now)
        right = verify_password(record.password_hash if record is not None else NOBODY, password)
        if record is None or record.disabled or not right:
            self._note("login.failed", known, known, address=address)
            raise NotPermitted("name or password is wrong")
        # The account starts anew; of the address only this try is taken back, or one good account would allow
        # endless guesses at the others
        self._failures.forgive(*keys[0])
        for scope, key in keys[1:]:
            self._failures.forgive(scope, key, now)
        if needs_new_hash(record.password_hash):
            self._catalog.accounts.change(record.name, record.changed_at, password_hash=hash_password(password))
        self._note("login.ok", record.name, record.name, address=address)
        return _user(record)

    def start_session(self, user: User, *, replaces: str | None = None) -> str:
        """A new secret token for a user who has just signed in; an older token of the browser is ended."""
        now = self._clock()
        if replaces:
            self.end_session(replaces)
        self._catalog.sessions.end_older(created_before=now - self._absolute, used_before=now - self._idle)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._catalog.sessions.start(_token_hash(token), user.name, now)
        return token

    def user_of(self, token: str) -> User | None:
        """The user of a session as the catalog has them now, or None when it has ended or the user is disabled.

        Asking counts as use, which is written down once a minute at most.
        """
        hashed = _token_hash(token)
        found = self._catalog.sessions.get(hashed)
        if found is None:
            return None
        now = self._clock()
        record = self._catalog.accounts.get(found.name)
        ended = now - found.used_at >= self._idle or now - found.created_at >= self._absolute
        if ended or record is None or record.disabled:
            self._catalog.sessions.end(hashed)
            return None
        if now - found.used_at >= min(TOUCH_EVERY, self._idle / 2):
            self._catalog.sessions.touch(hashed, now)
        return _user(record)

    def end_session(self, token: str) -> None:
        """Sign out: the token is worth nothing from now on."""
        hashed = _token_hash(token)
        found = self._catalog.sessions.get(hashed)
        self._catalog.sessions.end(hashed)
        if found is not None:
            self._note("logout", found.name, found.name)

    # --- inside -------------------------------------------------------------------------------------------------

    def _existing(self, name: str) -> AccountRecord:
        record = self._catalog.accounts.get(name)
        if record is None:
            raise NotFound(f"user {name!r}: no such account; see `plumbline users list`")
        return record

    def _note(self, action: str, actor: str, subject: str, **detail: Any) -> None:
        if self._audit is not None:
            self._audit.append(action, actor, detail, subject=subject)


def _user(record: AccountRecord) -> User:
    return User(
        name=record.name,
        role=Role(record.role),
        groups=record.groups,
        display_name=record.display_name,
        language=cast("Language", record.language),
    )


def _taken(name: str) -> str:
    return f"user {name!r}: exists already; change it with `plumbline users role|groups|password`"


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _account_scope_key(name: str) -> str:
    # Hashed, because what is typed as a name may be anything
    return hashlib.sha256(account_key(name).encode()).hexdigest()


def _address_key(address: str) -> str:
    """The address, or its /64 for IPv6: one household owns a whole one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_SITE), strict=False))
    return str(found)
