"""The vault: originals of pseudonyms, encrypted, for the few who may see them. Off unless it is asked for.

A SQLite file with one row per value: AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce each, bound to its
placeholder. The keys never lie in the workspace; without them nothing can be recovered. What tells equal values is an
HMAC under a key derived from the vault's, so that the file cannot be searched by guessing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.desensitize.entities import ENTITIES
from knowledge.errors import InvalidInput, NotFound

VAULT_NAME = "vault.sqlite"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WAIT_SECONDS = 30.0
_TRUSTED_SECONDS = 60.0
"""So long a value that was kept counts as kept; another process may forget it meanwhile."""
_IN_HAND_SECONDS = 600.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS originals (
    placeholder TEXT NOT NULL,
    mark BLOB NOT NULL,
    entity TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce BLOB NOT NULL,
    sealed BLOB NOT NULL,
    kept_at REAL NOT NULL,
    PRIMARY KEY (placeholder, mark)
);
"""


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """The keys by their id; the first seals, the others only open what was sealed before a rotation."""

    keys: tuple[bytes, ...]

    @property
    def current(self) -> bytes:
        """The key that seals."""
        return self.keys[0]

    def by_id(self, key_id: str) -> bytes:
        """Raises InvalidInput when the key is not among these."""
        for key in self.keys:
            if key_id_of(key) == key_id:
                return key
        known = ", ".join(key_id_of(key) for key in self.keys)
        raise InvalidInput(
            f"vault: a value was sealed with key {key_id}, but only {known} is here; add the old key's line"
        )


def key_id_of(key: bytes) -> str:
    """What names a key without telling it."""
    return hashlib.sha256(b"plumbline vault key id\n" + key).hexdigest()[:8]


def new_key() -> str:
    """A fresh key as its line in a key file."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode("ascii")


def read_keys(text: str, place: str) -> VaultKeys:
    """The keys in a text, one base64 line of 32 bytes each, newest first. Raises InvalidInput that names `place`."""
    keys = []
    for number, line in enumerate(text.replace(",", "\n").splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            key = base64.b64decode(stripped, validate=True)
        except binascii.Error as error:
            raise InvalidInput(
                f"{place}: line {number} is no base64 key; make one with `plumbline vault new-key`"
            ) from error
        if len(key) != _KEY_BYTES:
            raise InvalidInput(f"{place}: line {number} has {len(key)} bytes instead of {_KEY_BYTES}")
        keys.append(key)
    if not keys:
        raise InvalidInput(f"{place}: holds no key; make one with `plumbline vault new-key`")
    return VaultKeys(tuple(keys))


class Vault:
    """The vault in `file`, made when the first value comes. Safe from many threads and processes."""

    def __init__(self, file: Path, keys: VaultKeys, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, bytes], float] = {}

    def keep(self, entity: str, placeholder: str, value: str) -> None:
        """Remember what a placeholder stands for; nothing happens when it is remembered already."""
        mark, now = self._mark(value), self._clock()
        with self._lock:
            if now - self._kept.get((placeholder, mark), 0.0) < _TRUSTED_SECONDS:
                return
            with self._opened() as database:
                row = (placeholder, mark, entity, *self._sealed(placeholder, value), now)
                database.execute(
                    "INSERT INTO originals VALUES (?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (placeholder, mark) DO UPDATE SET kept_at = excluded.kept_at",
                    row,
                )
            self._kept[placeholder, mark] = now

    def reveal(self, placeholder: str) -> list[str]:
        """The originals of a placeholder, nearly always one. Raises NotFound, and InvalidInput for a wrong key."""
        with self._lock, self._opened() as database:
            query = "SELECT key_id, nonce, sealed FROM originals WHERE placeholder = ? ORDER BY kept_at"
            rows = database.execute(query, (placeholder,)).fetchall()
        if not rows:
            raise NotFound(f"{placeholder}: not in the vault; only pseudonyms made while it was on are")
        return [self._opened_value(placeholder, *row) for row in rows]

    def known(self, code: str) -> list[str]:
        """The placeholders with this code, of whatever kind, that it holds originals of."""
        possible = [f"⟨{word}·{code}⟩" for word in ENTITIES.values()]
        with self._lock, self._opened() as database:
            query = "SELECT DISTINCT placeholder FROM originals ORDER BY placeholder"
            return [found for (found,) in database.execute(query) if found in possible]

    def count(self) -> dict[str, int]:
        """How many values it holds, by kind."""
        with self._lock, self._opened() as database:
            rows = database.execute("SELECT entity, COUNT(*) FROM originals GROUP BY entity ORDER BY entity").fetchall()
        return dict(rows)

    def forget_others(self, standing: Collection[str]) -> int:
        """Forget the originals of all placeholders but those in `standing`; gives how many originals went.

        What was kept in the last ten minutes stays: it may belong to a question that is being answered.
        """
        with self._lock, self._opened() as database:
            rows = database.execute("SELECT DISTINCT placeholder FROM originals WHERE kept_at < ?", (self._old(),))
            gone = [(placeholder, self._old()) for (placeholder,) in rows if placeholder not in standing]
            database.executemany("DELETE FROM originals WHERE placeholder = ? AND kept_at < ?", gone)
            self._kept.clear()
        return len(gone)

    def _old(self) -> float:
        return self._clock() - _IN_HAND_SECONDS

    def rotate(self) -> int:
        """Seal everything with the first key; gives how many values were sealed anew. Old keys can go afterwards."""
        current = key_id_of(self._keys.current)
        with self._lock, self._opened() as database:
            query = "SELECT placeholder, mark, key_id, nonce, sealed FROM originals WHERE key_id != ?"
            rows = database.execute(query, (current,)).fetchall()
            for placeholder, mark, key_id, nonce, sealed in rows:
                value = self._opened_value(placeholder, key_id, nonce, sealed)
                fresh = (self._mark(value), *self._sealed(placeholder, value), placeholder, mark)
                database.execute(
                    "UPDATE OR REPLACE originals SET mark = ?, key_id = ?, nonce = ?, sealed = ? "
                    "WHERE placeholder = ? AND mark = ?",
                    fresh,
                )
            self._kept.clear()
        return len(rows)

    def _mark(self, value: str) -> bytes:
        key = hmac.new(self._keys.current, b"plumbline vault mark", hashlib.sha256).digest()
        return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:16]

    def _sealed(self, placeholder: str, value: str) -> tuple[str, bytes, bytes]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._keys.current).encrypt(
            nonce, value.encode("utf-8", "surrogatepass"), placeholder.encode("utf-8")
        )
        return key_id_of(self._keys.current), nonce, sealed

    def _opened_value(self, placeholder: str, key_id: str, nonce: bytes, sealed: bytes) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            value = AESGCM(self._keys.by_id(key_id)).decrypt(nonce, sealed, placeholder.encode("utf-8"))
        except InvalidTag as error:
            raise InvalidInput(
                f"{self._file}: the value of {placeholder} was changed in the file; restore the vault"
            ) from error
        return value.decode("utf-8", "surrogatepass")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database in one transaction. Raises InvalidInput when the file is no vault."""
        fresh = not self._file.exists()
        database = sqlite3.connect(self._file, timeout=_WAIT_SECONDS)
        try:
            if fresh:
                self._file.chmod(0o600)
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(_SCHEMA)
            with database:
                yield database
        except sqlite3.DatabaseError as error:
            raise InvalidInput(f"{self._file}: cannot be used as a vault: {error}") from error
        finally:
            database.close()
