"""What the indexes and the retriever read of the catalog: visible sets, rows, vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, select, update

from knowledge.catalog.counters import CHANGES, value_of
from knowledge.catalog.document_rows import (
    INDEXED,
    MANY,
    PENDING,
    STORED,
    KeywordRow,
    StoredChunk,
    VectorRows,
    chunk_of,
    documents_of,
    embedded_by,
    keyword_row,
    parts,
    vector_of,
    vector_rows,
)
from knowledge.catalog.repeats import hold_out_repeated, repeated
from knowledge.catalog.schema import chunks, document_labels, documents, embeddings, held_chunks
from knowledge.catalog.visibility import VisibleSet, visible_to, within
from knowledge.protocols import Vectors
from knowledge.types import User

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog


class IndexFeed:
    """The part of `Documents` that is for the indexes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def change(self) -> int:
        """A number that grows with every change of documents or labels; cheap to read."""
        with self._catalog.connect() as connection:
            return value_of(connection, CHANGES)

    def visible(self, user: User | None, scope: Iterable[str] | None = None) -> VisibleSet:
        """What `user` may read now (None: everything), of what is `within` the scope."""
        return self._visible_set(visible_to(user) & within(scope))

    def indexable(self, embedder: str) -> VisibleSet:
        """The documents whose vectors are by the model with this fingerprint (or by one that was not told)."""
        return self._visible_set(embedded_by(embedder))

    def _visible_set(self, condition: ColumnElement[bool]) -> VisibleSet:
        d = documents.c
        query = select(d.number, d.first_row, d.chunk_count, d.access_key, d.stamp)
        with self._catalog.connect() as connection:
            change = value_of(connection, CHANGES)
            rows = connection.execute(query.where(condition).order_by(d.number)).all()
            held = connection.execute(select(held_chunks.c.row).order_by(held_chunks.c.row)).scalars().all()
        table = np.array([(row[0], row[1], row[2], row[4]) for row in rows], dtype=np.int64).reshape(-1, 4)
        keys = tuple(row[3] for row in rows)
        found = VisibleSet(change, table[:, 0], table[:, 1], table[:, 2], keys, table[:, 3])
        held_out = np.array(held, dtype=np.int64)
        return replace(found, held_out=held_out[found.holds_rows(held_out)])

    def any_with_label(self, label: str) -> bool:
        """Whether a document has this access label."""
        with self._catalog.connect() as connection:
            found = select(document_labels.c.label).where(document_labels.c.label == label).limit(1)
            return connection.execute(found).first() is not None

    def latest_embedder(self) -> str:
        """The fingerprint of the model that embedded the newest document; "" when not told or there is none."""
        query = select(documents.c.embedder).order_by(documents.c.number.desc()).limit(1)
        with self._catalog.connect() as connection:
            return str(connection.execute(query).scalar() or "")

    def dimension(self, embedder: str) -> int:
        """The length of vectors by the model with this fingerprint; 0 when there are none."""
        newest = select(embeddings.c.vector).select_from(embeddings.join(chunks).join(documents))
        with self._catalog.connect() as connection:
            vector = connection.execute(
                newest.where(embedded_by(embedder)).order_by(embeddings.c.row.desc()).limit(1)
            ).scalar()
        return len(vector) // STORED.itemsize if vector else 0

    def languages(self, rows: Iterable[int]) -> dict[str, NDArray[np.int64]]:
        """The given chunk rows by language, ascending; rows that are gone are left out."""
        found: dict[str, list[int]] = {}
        query = select(chunks.c.row, chunks.c.language)
        with self._catalog.connect() as connection:
            for part in parts(rows):
                for row, language in connection.execute(query.where(chunks.c.row.in_(part))):
                    found.setdefault(language, []).append(row)
        return {language: np.array(sorted(group), dtype=np.int64) for language, group in found.items()}

    def stored_chunks(self, rows: Iterable[int]) -> dict[int, StoredChunk]:
        """Chunks by row with their documents and vectors; rows that are gone are left out."""
        query = select(chunks, embeddings.c.vector).join(embeddings)
        with self._catalog.connect() as connection:
            found = [row for part in parts(rows) for row in connection.execute(query.where(chunks.c.row.in_(part)))]
            owners = [
                row
                for part in parts({row.document_id for row in found})
                for row in connection.execute(select(documents).where(documents.c.id.in_(part)))
            ]
            by_id = {document.id: document for document in documents_of(connection, owners)}
        return {
            row.row: StoredChunk(row.row, chunk_of(row), by_id[row.document_id], vector_of(row.vector)) for row in found
        }

    def vectors(self, rows: Iterable[int] | None = None, *, batch: int = MANY) -> Iterator[VectorRows]:
        """Vectors of the given chunk rows (None: of all), in order of rows, in batches.

        All batches see one state of the catalog.
        """
        query = select(chunks.c.row, chunks.c.language, embeddings.c.vector).join(embeddings).order_by(chunks.c.row)
        with self._catalog.connect() as connection:
            if rows is None:
                yield from map(vector_rows, connection.execution_options(yield_per=batch).execute(query).partitions())
                return
            for part in parts(sorted(rows), batch):
                found = connection.execute(query.where(chunks.c.row.in_(part))).all()
                if found:
                    yield vector_rows(found)

    def known_vectors(self, embedded: Iterable[str], embedder: str) -> dict[str, Vectors]:
        """Vectors, shape (dimension,), by the hash of what was embedded; those that no chunk has are left out."""
        query = (
            select(chunks.c.embedded, embeddings.c.vector)
            .select_from(embeddings.join(chunks).join(documents))
            .where(documents.c.embedder == embedder)
        )
        with self._catalog.connect() as connection:
            return {
                hash_: vector_of(vector)
                for part in parts(filter(None, embedded), 1000)
                for hash_, vector in connection.execute(query.where(chunks.c.embedded.in_(part)))
            }

    def keyword_rows(self, numbers: Iterable[int] | None = None) -> Iterator[KeywordRow]:
        """What the keyword index holds of the documents with these numbers (None: of all), in order of rows."""
        query = (
            select(chunks, documents.c.number, documents.c.access_key, documents.c.title)
            .join(documents)
            .where(chunks.c.row.not_in(select(held_chunks.c.row)))
            .order_by(chunks.c.row)
        )
        with self._catalog.connect() as connection:
            if numbers is None:
                yield from map(keyword_row, connection.execution_options(yield_per=MANY).execute(query))
                return
            for part in parts(sorted(numbers), 1000):
                yield from map(keyword_row, connection.execute(query.where(documents.c.number.in_(part))).all())

    def hold_out_repeated(self) -> bool:
        """Decide anew what is held out of the indexes because many documents repeat it; whether that changed."""
        with self._catalog.begin() as connection:
            return hold_out_repeated(connection)

    def repeated(self) -> dict[str, frozenset[str]]:
        """Keys of the paragraphs that many documents repeat, by the access key of these documents."""
        with self._catalog.connect() as connection:
            return repeated(connection)

    def held_out(self, ids: Iterable[str]) -> dict[str, int]:
        """How many chunks of each of these documents are held out; without those that have none."""
        query = select(chunks.c.document_id, func.count()).select_from(held_chunks.join(chunks))
        with self._catalog.connect() as connection:
            return {
                document: count
                for part in parts(ids)
                for document, count in connection.execute(
                    query.where(chunks.c.document_id.in_(part)).group_by(chunks.c.document_id)
                )
            }

    def held_rows(self, user: User | None, scope: Iterable[str], limit: int) -> list[int]:
        """Rows of at most so many chunks within the scope that `user` may read and that are held out, in order."""
        query = select(held_chunks.c.row).select_from(held_chunks.join(chunks).join(documents))
        with self._catalog.connect() as connection:
            return list(
                connection.execute(
                    query.where(visible_to(user), within(scope)).order_by(held_chunks.c.row).limit(limit)
                ).scalars()
            )

    def mark_indexed(self, connection: Connection, embedder: str, up_to_number: int) -> None:
        """Inside the transaction that switches the generation: what it could hold up to that number is indexed."""
        done = (documents.c.state == PENDING) & (documents.c.number <= up_to_number) & embedded_by(embedder)
        connection.execute(update(documents).where(done).values(state=INDEXED))
