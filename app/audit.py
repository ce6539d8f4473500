"""`Audit`: who did what, in a chain of rows that shows every later change.

Each row's SHA-256 covers the row before it, and each hash is signed with a key that lies outside the catalog, in the
workspace's `keys/audit.key`. Beside it `keys/audit.head` remembers the last row, signed too: so a tail that was cut off
and a table that was replaced are noticed as well. The head is written after the row is committed; a crash in between
leaves a head that lags behind, which is fine because the rows after it must carry valid signatures.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.catalog.audit import START, AuditRecord
from knowledge.errors import Damaged
from knowledge.types import Result

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

KEY_NAME = "audit.key"
HEAD_NAME = "audit.head"
_KEY_BYTES = 32


class AuditEntry(Result):
    """One thing that was done; `at` is ISO 8601 in UTC."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class AuditVerdict(Result):
    """Whether the log is whole. `first_bad` is the first row that is wrong or missing, counted from 1."""

    ok: bool
    rows: int
    first_bad: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    seq: int
    hash: str
    signature: str = ""


class Audit:
    """The audit log of a workspace. Safe from many threads and processes."""

    def __init__(self, catalog: Catalog, keys: Path, clock: Callable[[], float] = time.time) -> None:
        self._table = catalog.audit
        self._keys = keys
        self._clock = clock

    def append(
        self, action: str, actor: str = "", detail: Mapping[str, Any] | None = None, *, subject: str = ""
    ) -> None:
        """Write down that `actor` did `action` to `subject`.

        Actions are words joined by dots ("login.ok", "ask", "ingest"). `detail` must be JSON and hold no secret and no
        text that was not desensitized.
        """
        key = self._key()
        self._table.append(
            at=self._clock(),
            actor=actor,
            action=action,
            subject=subject,
            detail=detail or {},
            sign=lambda digest: _signed(key, "row", digest),
            floor=self._floor,
        )
        self._table.with_last(lambda last: self._write_head(key, last))

    def restored(self, actor: str, detail: Mapping[str, Any]) -> None:
        """Write down that the catalog was restored from a backup, and go on from the log's end as it is now.

        Where the damaged catalog's last rows could not be brought along, the row says how many are missing.
        """
        reached, _ = self._floor()
        key = self._key()

        def accept(last: AuditRecord | None) -> None:
            _replace(self._keys / HEAD_NAME, _head_text(key, last.seq if last else 0, last.hash if last else START))

        records = self._table.newest(limit=1)
        rows = records[0].seq if records else 0
        self._table.with_last(accept)
        self.append("catalog.restored", actor, {**detail, "rows": rows, "rows_missing": max(0, reached - rows)})

    def list(self, *, limit: int = 100, action: str | None = None, actor: str | None = None) -> Iterable[AuditEntry]:
        """The newest entries first; `action` "login" means all that begin with "login."."""
        records = self._table.newest(limit=limit, action=action, actor=actor)
        return [_entry(record) for record in records]

    def verify(self) -> AuditVerdict:
        """Read the whole log and name the first row that was changed, deleted, inserted, moved or cut off."""
        # The head first: rows that are appended meanwhile stand behind it
        head_file = self._keys / HEAD_NAME
        head_text = head_file.read_text(encoding="utf-8") if head_file.is_file() else None
        key_file = self._keys / KEY_NAME
        key = _checked_key(key_file) if key_file.is_file() else None
        count, previous = 0, START
        head = _Head(0, START)
        if key is not None and head_text is not None:
            found = _parsed_head(key, head_text)
            if found is None:
                return AuditVerdict(ok=False, rows=0, problem=f"{head_file}: not signed with this workspace's key")
            head = found
        for record in self._table.rows():
            problem = self._problem_of(record, count + 1, previous, head, key)
            if problem:
                return AuditVerdict(ok=False, rows=count, first_bad=count + 1, problem=problem)
            count, previous = count + 1, record.hash
        if count < head.seq:
            problem = f"row {count + 1}: missing, the log once reached row {head.seq}"
            return AuditVerdict(ok=False, rows=count, first_bad=count + 1, problem=problem)
        if count and head_text is None:
            return AuditVerdict(ok=False, rows=count, problem=f"{head_file}: missing, so a cut-off tail cannot be seen")
        return AuditVerdict(ok=True, rows=count)

    @staticmethod
    def _problem_of(record: AuditRecord, seq: int, previous: str, head: _Head, key: bytes | None) -> str:
        """What is wrong with this row at this place; "" for nothing."""
        checks = (
            (record.seq > seq, f"row {seq}: missing"),
            (record.seq < seq, f"row {record.seq}: inserted"),
            (record.previous != previous, f"row {seq}: does not follow the row before it"),
            (record.computed_hash() != record.hash, f"row {seq}: changed after it was written"),
            (
                key is None or not hmac.compare_digest(record.signature, _signed(key, "row", record.hash)),
                f"row {seq}: not signed with this workspace's key",
            ),
            (seq == head.seq and record.hash != head.hash, f"row {seq}: not the row that was written at this place"),
        )
        return next((problem for wrong, problem in checks if wrong), "")

    # --- key and head -------------------------------------------------------------------------------------------

    def _key(self) -> bytes:
        """The signing key, made when first needed."""
        file = self._keys / KEY_NAME
        if not file.is_file():
            self._keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = secrets.token_bytes(_KEY_BYTES)
            if _write_once(file, key) and not (self._keys / HEAD_NAME).exists():
                _replace(self._keys / HEAD_NAME, _head_text(key, 0, START))
        return _checked_key(file)

    def _floor(self) -> tuple[int, str]:
        """Where the log has been already: rows cut off before it leave a gap that no later row can close."""
        file = self._keys / HEAD_NAME
        if not file.is_file():
            return 0, START
        head = _parsed_head(self._key(), file.read_text(encoding="utf-8"))
        return (0, START) if head is None else (head.seq, head.hash)

    def _write_head(self, key: bytes, last: AuditRecord | None) -> None:
        if last is not None:
            _replace(self._keys / HEAD_NAME, _head_text(key, last.seq, last.hash))


def _entry(record: AuditRecord) -> AuditEntry:
    return AuditEntry(
        seq=record.seq,
        at=datetime.fromtimestamp(record.at, UTC).isoformat(timespec="seconds"),
        actor=record.actor,
        action=record.action,
        subject=record.subject,
        detail=json.loads(record.detail),
    )


def _signed(key: bytes, kind: str, text: str) -> str:
    return hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def _head_text(key: bytes, seq: int, digest: str) -> bytes:
    head = _Head(seq, digest, _signed(key, "head", f"{seq}:{digest}"))
    return json.dumps(asdict(head)).encode()


def _parsed_head(key: bytes, text: str) -> _Head | None:
    """The head, or None when it is damaged or forged."""
    try:
        head = _Head(**json.loads(text))
    except (ValueError, TypeError):
        return None
    return head if hmac.compare_digest(str(head.signature), _signed(key, "head", f"{head.seq}:{head.hash}")) else None


def _checked_key(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        raise Damaged(f"{file}: not a key of {_KEY_BYTES} bytes; restore it from a backup")
    return key


def _write_once(file: Path, content: bytes) -> bool:
    """Write a private file whole or not at all; False when another process was first."""
    temporary = _temporary(file, content)
    try:
        os.link(temporary, file)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    _sync_folder(file.parent)
    return True


def _replace(file: Path, content: bytes) -> None:
    _temporary(file, content).replace(file)
    _sync_folder(file.parent)


def _temporary(file: Path, content: bytes) -> Path:
    path = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return path


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder, and keeps its entries by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
