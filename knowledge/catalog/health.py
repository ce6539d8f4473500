"""What `plumbline doctor` looks for in the catalog itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DatabaseError

from knowledge.catalog.schema import chunks, document_texts, documents, embeddings
from knowledge.embedding import embedded_hash, embedding_text

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog


UNIT_TOLERANCE = 0.02
"""How far the length of a stored vector may be from 1: what is stored is rounded."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be: what, where, and what mends it."""

    what: str
    where: str
    fix: str


RESTORE = "plumbline restore FILE --force, with a backup"
_INGEST = "ingest the document again: plumbline ingest"


def check_catalog(catalog: Catalog) -> list[Problem]:
    """Damage of the file, and rows that do not fit one another; [] when all is well."""
    where = str(catalog.path)
    try:
        with catalog.connect() as connection:
            problems = [Problem(line, where, RESTORE) for line in _integrity(connection)]
            problems += [Problem(what, where, _INGEST) for what in _misfits(connection)]
            if not problems:  # what cannot be read cannot be compared either
                problems += [Problem(what, where, RESTORE) for what in _altered(connection)]
                changed = "a revision of the term graph is not what was approved"
                problems += [Problem(changed, revision, RESTORE) for revision in catalog.revisions.check()]
    except DatabaseError as error:
        return [Problem(f"cannot be read: {error.orig}", where, RESTORE)]
    return problems


def _integrity(connection: Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)"))]
    found = [] if found == ["ok"] else found
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    if orphans:
        found.append(f"{len(orphans)} rows belong to nothing, the first of them in table {orphans[0][0]}")
    return found


def _altered(connection: Connection) -> Iterator[str]:
    """Texts and vectors that are not what was written: SQLite has no checksums for them."""
    texts = select(documents.c.path, documents.c.text_hash, document_texts.c.text).join(document_texts)
    for path, expected, stored in connection.execution_options(yield_per=100).execute(texts):
        if expected and hashlib.sha256(stored.encode("utf-8", "surrogatepass")).hexdigest() != expected:
            yield f"document {path!r}: its text does not match its checksum"
    of_chunks = select(documents.c.path, documents.c.title, chunks, embeddings.c.vector)
    joined = of_chunks.select_from(chunks.join(documents).join(embeddings))
    for row in connection.execution_options(yield_per=1000).execute(joined):
        made_of = embedding_text(row.title, row.heading, row.text)
        if row.embedded and embedded_hash(made_of) != row.embedded:
            yield f"document {row.path!r}: chunk {row.ordinal} does not match its checksum"
        length = float(np.linalg.norm(np.frombuffer(row.vector, dtype="<f2").astype(np.float32)))
        if not abs(length - 1) < UNIT_TOLERANCE:  # also for not-a-number
            yield f"document {row.path!r}: the vector of chunk {row.ordinal} has length {length:.3f} instead of 1"


def _misfits(connection: Connection) -> list[str]:
    counted = (
        select(documents.c.path, documents.c.chunk_count, func.count(chunks.c.row).label("found"))
        .join(chunks, chunks.c.document_id == documents.c.id, isouter=True)
        .group_by(documents.c.id)
        .subquery()
    )
    wrong = select(counted).where(counted.c.chunk_count != counted.c.found)
    bare = (
        select(documents.c.path, func.count().label("missing"))
        .join(chunks, chunks.c.document_id == documents.c.id)
        .join(embeddings, isouter=True)
        .where(embeddings.c.row.is_(None))
        .group_by(documents.c.id)
    )
    return [
        f"document {row.path!r} should have {row.chunk_count} chunks, has {row.found}"
        for row in connection.execute(wrong)
    ] + [f"document {row.path!r}: {row.missing} chunks have no vector" for row in connection.execute(bare)]
