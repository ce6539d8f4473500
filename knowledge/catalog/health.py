"""What `plumbline doctor` looks for in the catalog itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DatabaseError

from knowledge.catalog.schema import chunks, documents, embeddings

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be: what, where, and what mends it."""

    what: str
    where: str
    fix: str


_RESTORE = "restore the catalog from a backup: plumbline restore"
_INGEST = "ingest the document again: plumbline ingest"


def check_catalog(catalog: Catalog) -> list[Problem]:
    """Damage of the file, and rows that do not fit one another; [] when all is well."""
    where = str(catalog.path)
    try:
        with catalog.connect() as connection:
            problems = [Problem(line, where, _RESTORE) for line in _integrity(connection)]
            problems += [Problem(what, where, _INGEST) for what in _misfits(connection)]
    except DatabaseError as error:
        return [Problem(f"cannot be read: {error.orig}", where, _RESTORE)]
    return problems


def _integrity(connection: Connection) -> list[str]:
    found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)"))]
    found = [] if found == ["ok"] else found
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    if orphans:
        found.append(f"{len(orphans)} rows belong to nothing, the first of them in table {orphans[0][0]}")
    return found


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
