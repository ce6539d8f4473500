"""Rows of the tables of documents as values: documents, chunks, vectors, and what the indexes hold of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, select

from knowledge.catalog.schema import document_labels, documents
from knowledge.errors import Damaged, NotFound
from knowledge.protocols import Vectors
from knowledge.types import Chunk, Document

PENDING = "pending"
"""Committed, but not yet in the live generation of the indexes."""
INDEXED = "indexed"
CONTAINER = "container"
"""The metadata of a document that lay in an archive, mail, mailbox or PDF: the path of that file."""

STORED = np.dtype("<f2")
MANY = 10_000
"""Values of one IN list; SQLite takes 32,766."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with its place in the indexes, its document and its vector (float32, unit length)."""

    row: int
    chunk: Chunk
    document: Document
    vector: Vectors


@dataclass(frozen=True, slots=True)
class KeywordRow:
    """What the keyword index holds of one chunk."""

    row: int
    number: int
    access_key: str
    title: str
    heading: str
    text: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VectorRows:
    """Vectors of chunks: `vectors` has shape (len(rows), dimension), unit rows."""

    rows: NDArray[np.int64]
    languages: tuple[str, ...]
    vectors: Vectors


def document_id(source_root: str, path: str) -> str:
    """The id of the document at `path` under `source_root`: the same for each version of it."""
    return hashlib.sha256(f"{source_root}\n{path}".encode()).hexdigest()[:20]


def newness(document: Document) -> tuple[str, float, str]:
    """Orders versions of a document: by the day from which they are in force, else that of the file's last change."""
    day = document.effective_date or datetime.fromtimestamp(max(0.0, document.modified_at), UTC).date().isoformat()
    return day, document.modified_at, document.id


def documents_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[Document]:
    """Rows of `documents` as values, with their access labels."""
    labels: dict[str, set[str]] = {}
    for part in parts(row.id for row in rows if row.access_key):
        query = select(document_labels).where(document_labels.c.document_id.in_(part))
        for found in connection.execute(query):
            labels.setdefault(found.document_id, set()).add(found.label)
    return [_document(row, frozenset(labels.get(row.id, ()))) for row in rows]


def _document(row: Row[Any], access: frozenset[str]) -> Document:
    return Document(
        id=row.id,
        path=row.path,
        title=row.title,
        access=access,
        language=row.language,
        state=row.state,
        format=row.format,
        bytes=row.bytes,
        content_hash=row.content_hash,
        text_hash=row.text_hash,
        fingerprint=row.fingerprint,
        source_root=row.source_root,
        modified_at=row.modified_at,
        ingested_at=row.ingested_at,
        effective_date=row.effective_date,
        metadata=row._mapping["metadata"],  # noqa: SLF001 - `row.metadata` would do, but reads like SQLAlchemy's
    )


def chunk_of(row: Row[Any]) -> Chunk:
    """A row of `chunks` as a value."""
    return Chunk(
        id=row.id,
        document_id=row.document_id,
        ordinal=row.ordinal,
        text=row.text,
        heading=row.heading,
        page=row.page,
        language=row.language,
        tokens=row.tokens,
        concepts=tuple(row.concepts),
    )


def keyword_row(row: Row[Any]) -> KeywordRow:
    """A row of `chunks` joined with its document's number, access key and title."""
    return KeywordRow(row.row, row.number, row.access_key, row.title, row.heading, row.text, tuple(row.concepts))


def vector_rows(found: Sequence[Any]) -> VectorRows:
    """Rows of (row, language, packed vector) as arrays. Raises Damaged when the vectors differ in length."""
    rows = np.fromiter((row[0] for row in found), dtype=np.int64, count=len(found))
    lengths = {len(row[2]) for row in found}
    if len(lengths) != 1:
        raise Damaged(
            f"chunks {rows[0]} to {rows[-1]}: vectors of different lengths, so of different embedding models; run "
            "`plumbline ingest` on all documents"
        )
    packed = b"".join(row[2] for row in found)
    matrix = np.frombuffer(packed, dtype=STORED).reshape(len(found), -1).astype(np.float32)
    return VectorRows(rows, tuple(row[1] for row in found), matrix)


def vector_of(packed: bytes) -> Vectors:
    """A stored vector, shape (dimension,), float32."""
    return np.frombuffer(packed, dtype=STORED).astype(np.float32)


def embedded_by(embedder: str) -> ColumnElement[bool]:
    """Documents whose vectors are by the model with this fingerprint, or by one that was not told."""
    return documents.c.embedder.in_(["", embedder])


def under(source_root: str) -> ColumnElement[bool]:
    """Documents of one source."""
    return documents.c.source_root == source_root


def parts(values: Iterable[_T], size: int = MANY) -> Iterator[tuple[_T, ...]]:
    """The values in tuples of at most `size`, as one IN list takes them."""
    rest = iter(values)
    while part := tuple(islice(rest, size)):
        yield part


def no_such(document_id: str) -> NotFound:
    """The error for a document id that the catalog does not know."""
    return NotFound(f"document {document_id!r}: not in the catalog; see `plumbline documents list`")
