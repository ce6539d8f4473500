"""The audit log as a chain: each row's hash covers the row and the hash before it. Signing lives in `app.audit`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

START = "0" * 64
"""What the first row takes for the hash before it."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One row. `seq` counts from 1 without gaps; `detail` is JSON text as it was hashed."""

    seq: int
    at: float
    actor: str
    action: str
    subject: str
    detail: str
    previous: str = START
    hash: str = ""
    signature: str = ""

    def computed_hash(self) -> str:
        """SHA-256 over the content and `previous`; equals `hash` in an honest row."""
        content = [self.seq, repr(float(self.at)), self.actor, self.action, self.subject, self.detail, self.previous]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


class Audit:
    """The rows of the audit log, in order."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def append(
        self,
        *,
        at: float,
        actor: str,
        action: str,
        subject: str,
        detail: Mapping[str, Any],
        sign: Callable[[str], str],
        floor: Callable[[], tuple[int, str]],
    ) -> AuditRecord:
        """Add a row behind the last one, in one transaction; `sign` gives the signature of its hash.

        `floor` gives (seq, hash) of the last row known from outside: when the table ends before it, the new row goes
        behind that one instead, so that what is missing stays visible.
        """
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        newest = sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        with self._catalog.begin() as connection:
            row = connection.execute(newest).first()
            last = (0, START) if row is None else (int(row.seq), str(row.hash))
            known = floor()
            seq, previous = known if known[0] > last[0] else last
            bare = AuditRecord(seq + 1, at, actor, action, subject, text, previous)
            digest = bare.computed_hash()
            record = replace(bare, hash=digest, signature=sign(digest))
            connection.execute(sa.insert(audit).values(asdict(record)))
        return record

    def with_last(self, use: Callable[[AuditRecord | None], None]) -> None:
        """Call `use` with the last committed row while nobody else can append."""
        with self._catalog.begin() as connection:
            row = connection.execute(sa.select(audit).order_by(audit.c.seq.desc()).limit(1)).first()
            use(None if row is None else _record(row))

    def rows(self, *, batch: int = 1000) -> Iterator[AuditRecord]:
        """All rows in order, read in batches so that a long log fits into memory."""
        after = -(2**62)
        while True:
            wanted = sa.select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(batch)
            with self._catalog.connect() as connection:
                rows = connection.execute(wanted).all()
            if not rows:
                return
            yield from map(_record, rows)
            after = rows[-1].seq

    def newest(self, *, limit: int, action: str | None = None, actor: str | None = None) -> list[AuditRecord]:
        """The newest rows first, of one action (or all that begin with it and a dot) and one actor if given."""
        wanted = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if action is not None:
            begins = audit.c.action.startswith(f"{action}.", autoescape=True)
            wanted = wanted.where((audit.c.action == action) | begins)
        if actor is not None:
            wanted = wanted.where(audit.c.actor == actor)
        with self._catalog.connect() as connection:
            return [_record(row) for row in connection.execute(wanted)]


def _record(row: sa.Row[Any]) -> AuditRecord:
    return AuditRecord(
        row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.previous, row.hash, row.signature
    )
