"""Writing one document into the tables of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from knowledge.catalog.counters import CHANGES, CHUNK_ROWS, DOCUMENT_NUMBERS, advance
from knowledge.catalog.decisions import labels_by_hand
from knowledge.catalog.document_rows import CONTAINER, PENDING, STORED, document_id
from knowledge.catalog.labels import access_key
from knowledge.catalog.likenesses import insert_sketch
from knowledge.catalog.repeats import insert_repeats, with_repeated
from knowledge.catalog.schema import chunks, document_labels, document_texts, documents, embeddings
from knowledge.errors import InvalidInput
from knowledge.protocols import Vectors
from knowledge.types import Chunk, Document, DocumentRecord

_UNIT_TOLERANCE = 0.01


def put_document(connection: Connection, record: DocumentRecord, labels: frozenset[str], vectors: Vectors) -> Document:
    """What `Documents.put` does, inside its transaction."""
    given = record.document
    same_path = (documents.c.source_root == given.source_root) & (documents.c.path == given.path)
    known = connection.execute(select(documents.c.id).where(same_path)).scalar()
    by_hand = labels_by_hand(connection, given.source_root, given.metadata.get(CONTAINER) or given.path)
    stored = replace(
        given,
        id=known or given.id or document_id(given.source_root, given.path),
        access=labels if by_hand is None else by_hand,
        state=PENDING,
        metadata=dict(given.metadata),
    )
    connection.execute(delete(documents).where(documents.c.id == stored.id))
    insert_document(connection, stored, record, vectors)
    advance(connection, CHANGES)
    return stored


def insert_document(connection: Connection, stored: Document, record: DocumentRecord, vectors: Vectors) -> None:
    """All rows of one document, under a new number and new chunk rows; vectors as `checked_vectors` gives them."""
    number = advance(connection, DOCUMENT_NUMBERS)
    first_row = advance(connection, CHUNK_ROWS, by=len(record.chunks)) - len(record.chunks) + 1
    connection.execute(
        insert(documents).values(
            id=stored.id,
            source_root=stored.source_root,
            path=stored.path,
            number=number,
            first_row=first_row,
            chunk_count=len(record.chunks),
            access_key=access_key(stored.access),
            stamp=0,
            title=stored.title,
            language=stored.language,
            state=stored.state,
            format=stored.format,
            bytes=stored.bytes,
            content_hash=stored.content_hash,
            text_hash=stored.text_hash,
            fingerprint=stored.fingerprint,
            embedder=record.embedder,
            modified_at=stored.modified_at,
            ingested_at=stored.ingested_at,
            effective_date=stored.effective_date,
            metadata=dict(stored.metadata),
            desensitized=dict(record.desensitized),
            quality=with_repeated(record.quality, 0),
        )
    )
    connection.execute(insert(document_texts).values(document_id=stored.id, text=record.text))
    insert_labels(connection, stored.id, stored.access)
    if record.sketch is not None:
        insert_sketch(connection, stored.id, record.sketch)
    if not record.chunks:
        return
    rows = range(first_row, first_row + len(record.chunks))
    embedded = record.embedded or ("",) * len(record.chunks)
    of_chunks = zip(rows, record.chunks, embedded, strict=True)
    connection.execute(insert(chunks), [_chunk_values(row, stored.id, chunk, hash_) for row, chunk, hash_ in of_chunks])
    packed = vectors.astype(STORED)
    connection.execute(insert(embeddings), [{"row": row, "vector": packed[i].tobytes()} for i, row in enumerate(rows)])
    insert_repeats(connection, stored.id, rows, record.chunks, record.paragraphs)


def insert_labels(connection: Connection, document_id: str, labels: frozenset[str]) -> None:
    """The access labels of a document that has none yet."""
    if labels:
        connection.execute(
            insert(document_labels), [{"document_id": document_id, "label": label} for label in sorted(labels)]
        )


def checked_vectors(record: DocumentRecord) -> Vectors:
    """The record's vectors as float32, one unit row per chunk. Raises InvalidInput for others."""
    vectors = np.asarray(record.vectors, dtype=np.float32)
    count = len(record.chunks)
    if count == 0:
        return vectors.reshape(0, 0)
    if vectors.ndim != 2 or vectors.shape[0] != count or vectors.shape[1] == 0:  # noqa: PLR2004 - rows and columns
        raise InvalidInput(f"{record.document.path}: {count} chunks need as many vectors, found {vectors.shape}")
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1) < _UNIT_TOLERANCE):  # also false for not-a-number
        worst = float(lengths[np.argmax(np.abs(np.nan_to_num(lengths, nan=np.inf) - 1))])
        raise InvalidInput(f"{record.document.path}: vectors must have unit length, found {worst:.3f}")
    return vectors


def _chunk_values(row: int, document_id: str, chunk: Chunk, embedded: str) -> dict[str, Any]:
    return {
        "row": row,
        "id": chunk.id or f"{document_id}-{chunk.ordinal}",
        "document_id": document_id,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "heading": chunk.heading,
        "page": chunk.page,
        "language": chunk.language,
        "tokens": chunk.tokens,
        "concepts": list(chunk.concepts),
        "embedded": embedded,
    }
