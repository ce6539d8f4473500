"""Documents with their chunks and vectors: what is written and read of them."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from knowledge.catalog.counters import CHANGES, advance
from knowledge.catalog.document_rows import (
    CONTAINER,
    INDEXED,
    PENDING,
    KeywordRow,
    StoredChunk,
    VectorRows,
    chunk_of,
    document_id,
    documents_of,
    embedded_by,
    newness,
    no_such,
    parts,
    under,
    vector_of,
)
from knowledge.catalog.document_writing import checked_vectors, insert_labels, put_document
from knowledge.catalog.index_feed import IndexFeed
from knowledge.catalog.labels import access_key, checked_labels
from knowledge.catalog.schema import (
    chunks,
    document_labels,
    document_texts,
    documents,
    embeddings,
    likenesses,
    repeats,
    sketches,
)
from knowledge.catalog.visibility import VisibleSet, visible_to, within
from knowledge.protocols import Vectors
from knowledge.types import Chunk, Document, DocumentRecord, User

__all__ = [
    "CONTAINER",
    "INDEXED",
    "PENDING",
    "Documents",
    "KeywordRow",
    "StoredChunk",
    "VectorRows",
    "VisibleSet",
    "document_id",
    "newness",
    "visible_to",
    "within",
]


class Documents(IndexFeed):
    """The documents of a catalog."""

    # --- writing ------------------------------------------------------------------------------------------------

    def put(self, record: DocumentRecord) -> Document:
        """Commit a document whole, in place of an earlier version of the same path; gives it as stored.

        Its state becomes "pending", its id stays that of the earlier version. The earlier version's chunks are gone
        at once: no search gives them any more. Raises InvalidInput for vectors that do not fit the chunks or are not
        of unit length, and for unusable access labels. Labels that an operator set by hand hold in place of the given
        ones.
        """
        return self.put_all([record])[0]

    def put_all(self, records: Sequence[DocumentRecord]) -> builtins.list[Document]:
        """As `put`, several in one transaction, in order: all of them or none."""
        checked = [(record, checked_labels(record.document.access), checked_vectors(record)) for record in records]
        with self._catalog.begin() as connection:
            return [put_document(connection, *each) for each in checked]

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents with all that belongs to them; gives how many there were."""
        with self._catalog.begin() as connection:
            removed = sum(
                connection.execute(delete(documents).where(documents.c.id.in_(part))).rowcount for part in parts(ids)
            )
            if removed:
                advance(connection, CHANGES)
        return removed

    def set_access(self, document_id: str, labels: Iterable[str]) -> None:
        """Replace a document's access labels, from the next query on and without embedding again.

        Raises NotFound, and InvalidInput for an unusable label.
        """
        checked = checked_labels(labels)
        with self._catalog.begin() as connection:
            changed = connection.execute(
                update(documents)
                .where(documents.c.id == document_id)
                .values(access_key=access_key(checked), stamp=documents.c.stamp + 1)
            ).rowcount
            if not changed:
                raise no_such(document_id)
            connection.execute(delete(document_labels).where(document_labels.c.document_id == document_id))
            insert_labels(connection, document_id, checked)
            advance(connection, CHANGES)

    def set_concepts(self, document_id: str, concepts: Mapping[str, Sequence[str]]) -> None:
        """Replace the concepts of chunks (by chunk id) of one document; searches follow at the next publish.

        Raises NotFound.
        """
        with self._catalog.begin() as connection:
            found = connection.execute(
                update(documents).where(documents.c.id == document_id).values(stamp=documents.c.stamp + 1)
            ).rowcount
            if not found:
                raise no_such(document_id)
            for chunk_id, ids in concepts.items():
                belongs = (chunks.c.id == chunk_id) & (chunks.c.document_id == document_id)
                connection.execute(update(chunks).where(belongs).values(concepts=list(ids)))
            advance(connection, CHANGES)

    def set_modified(self, times: Mapping[str, float]) -> None:
        """Note when the files of documents (by id) were last changed, where their content stayed the same."""
        if not times:
            return
        changed = update(documents).where(documents.c.id == bindparam("of")).values(modified_at=bindparam("at"))
        with self._catalog.begin() as connection:
            connection.execute(changed, [{"of": id_, "at": at} for id_, at in times.items()])

    # --- reading ------------------------------------------------------------------------------------------------

    def get(self, id: str, user: User | None = None) -> Document | None:  # noqa: A002 - the contract's name
        """The document, or None when there is none or `user` may not see it."""
        return self._first(documents.c.id == id, user)

    def by_path(self, path: str, source_root: str | None = None, user: User | None = None) -> Document | None:
        """The document at `path`, under any root when none is named; None when there is none that may be seen."""
        condition = documents.c.path == path
        return self._first(condition if source_root is None else condition & under(source_root), user)

    def of_file(self, source_root: str, path: str) -> builtins.list[Document]:
        """The documents that come from a file: its own, and those of what is inside it."""
        inside = documents.c.path.startswith(f"{path}!/", autoescape=True)
        query = select(documents).where(under(source_root), (documents.c.path == path) | inside)
        with self._catalog.connect() as connection:
            return documents_of(connection, connection.execute(query.order_by(documents.c.path)).all())

    def list(
        self,
        user: User | None = None,
        *,
        prefix: str = "",
        source_root: str | None = None,
        state: str | None = None,
        text_hash: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> builtins.list[Document]:
        """Documents that `user` may see (None: all) in order of their paths.

        `prefix` is the beginning of the path; `text_hash` finds documents with the same text.
        """
        condition = visible_to(user)
        if prefix:
            condition &= documents.c.path.startswith(prefix, autoescape=True)
        if source_root is not None:
            condition &= under(source_root)
        if state is not None:
            condition &= documents.c.state == state
        if text_hash is not None:
            condition &= documents.c.text_hash == text_hash
        query = select(documents).where(condition).order_by(documents.c.path, documents.c.source_root)
        with self._catalog.connect() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            return documents_of(connection, rows)

    def folders(self, user: User | None, depth: int = 2) -> dict[str, int]:
        """Folders down to `depth` of documents that `user` may see, in order, with how many lie in each and below."""
        found: dict[str, int] = {}
        with self._catalog.connect() as connection:
            for (path,) in connection.execute(select(documents.c.path).where(visible_to(user))):
                parts = path.split("/")[:-1]
                for end in range(1, min(len(parts), depth) + 1):
                    folder = "/".join(parts[:end])
                    found[folder] = found.get(folder, 0) + 1
        return dict(sorted(found.items()))

    def find(self, text: str, user: User | None, limit: int) -> builtins.list[Document]:
        """Documents that `user` may see with `text` in title or path, in order of their paths."""
        named = documents.c.title.icontains(text, autoescape=True) | documents.c.path.icontains(text, autoescape=True)
        query = select(documents).where(visible_to(user), named).order_by(documents.c.path).limit(limit)
        with self._catalog.connect() as connection:
            return documents_of(connection, connection.execute(query).all())

    def count(
        self,
        user: User | None = None,
        *,
        state: str | None = None,
        embedder: str | None = None,
        scope: Iterable[str] | None = None,
    ) -> int:
        """How many documents `user` may see (None: all), in this state, with vectors by this model, in this scope."""
        condition = visible_to(user) & within(scope)
        if state is not None:
            condition &= documents.c.state == state
        if embedder is not None:
            condition &= embedded_by(embedder)
        with self._catalog.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(documents).where(condition)).scalar_one())

    def count_chunks(self) -> int:
        """How many chunks all documents have."""
        with self._catalog.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(chunks)).scalar_one())

    def text(self, document_id: str) -> str:
        """The whole desensitized text. Raises NotFound."""
        query = select(document_texts.c.text).where(document_texts.c.document_id == document_id)
        with self._catalog.connect() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise no_such(document_id)
        return str(found)

    def desensitized(self, document_id: str) -> dict[str, int]:
        """How many values of each kind were replaced. Raises NotFound."""
        query = select(documents.c.desensitized).where(documents.c.id == document_id)
        with self._catalog.connect() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise no_such(document_id)
        return dict(found)

    def chunks(self, document_id: str) -> builtins.list[Chunk]:
        """The document's chunks in order; none when there is no such document."""
        query = select(chunks).where(chunks.c.document_id == document_id).order_by(chunks.c.ordinal)
        with self._catalog.connect() as connection:
            return [chunk_of(row) for row in connection.execute(query)]

    def mean_vectors(self, ids: Iterable[str], embedder: str) -> dict[str, Vectors]:
        """Of each of these documents the mean of its chunks' vectors, at unit length; without those that have none.

        Only vectors by the model with this fingerprint, or by one that was not told.
        """
        query = select(chunks.c.document_id, embeddings.c.vector).select_from(embeddings.join(chunks).join(documents))
        found: dict[str, builtins.list[Vectors]] = {}
        with self._catalog.connect() as connection:
            for part in parts(ids):
                wanted = chunks.c.document_id.in_(part) & embedded_by(embedder)
                for document, vector in connection.execute(query.where(wanted).order_by(chunks.c.row)):
                    found.setdefault(document, []).append(vector_of(vector))
        means = {document: np.mean(vectors, axis=0) for document, vectors in found.items()}
        return {
            document: np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)
            for document, mean in means.items()
        }

    def chunks_by_ids(self, ids: Iterable[str]) -> dict[str, Chunk]:
        """Chunks by id; those that do not exist are left out."""
        with self._catalog.connect() as connection:
            return {
                row.id: chunk_of(row)
                for part in parts(ids)
                for row in connection.execute(select(chunks).where(chunks.c.id.in_(part)))
            }

    def conflicting(self, limit: int = 50) -> builtins.list[tuple[str, str]]:
        """Paths of documents that are nearly the same, though not wholly, and of which none says that it is newer."""
        one, two = documents.alias("one"), documents.alias("two")
        query = (
            select(one.c.path, two.c.path)
            .select_from(
                likenesses.join(one, likenesses.c.document_id == one.c.id).join(two, likenesses.c.other_id == two.c.id)
            )
            .where((one.c.id < two.c.id) & (one.c.text_hash != two.c.text_hash))
            .where(one.c.effective_date == two.c.effective_date)
            .order_by(one.c.path, two.c.path)
            .limit(limit)
        )
        with self._catalog.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def embedder(self, document_id: str) -> str:
        """The fingerprint of the model that made a document's vectors; empty: not told. Raises NotFound."""
        return str(self._column(documents.c.embedder, document_id))

    def quality_of(self, document_id: str) -> dict[str, Any]:
        """What ingestion found to be said about a document. Raises NotFound."""
        return dict(self._column(documents.c.quality, document_id))

    def embedded(self, document_id: str) -> tuple[str, ...]:
        """The hash of what was embedded of each chunk of a document, in order."""
        query = select(chunks.c.embedded).where(chunks.c.document_id == document_id).order_by(chunks.c.ordinal)
        with self._catalog.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def paragraphs(self, document_id: str) -> tuple[str, ...]:
        """Keys of the paragraphs of a document that others may repeat (knowledge/catalog/repeats.py)."""
        query = select(repeats.c.key).where(repeats.c.document_id == document_id).order_by(repeats.c.key)
        with self._catalog.connect() as connection:
            return tuple(connection.execute(query).scalars())

    def sketch(self, document_id: str) -> NDArray[np.uint32] | None:
        """A document's sketch (knowledge/likeness.py); None when it has none."""
        query = select(sketches.c.sketch).where(sketches.c.document_id == document_id)
        with self._catalog.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else np.frombuffer(found, dtype="<u4").astype(np.uint32)

    def _column(self, column: ColumnElement[Any], document_id: str) -> Any:
        with self._catalog.connect() as connection:
            row = connection.execute(select(column).where(documents.c.id == document_id)).first()
        if row is None:
            raise no_such(document_id)
        return row[0]

    def alike(self, ids: Iterable[str], user: User | None) -> dict[str, builtins.list[Document]]:
        """For each of these documents those that are alike, as far as `user` may see them, the newest first.

        Whoever may not see a document does not learn of it: what is alike is looked up inside what `user` may see.
        """
        query = (
            select(likenesses.c.document_id.label("of"), documents)
            .join(documents, documents.c.id == likenesses.c.other_id)
            .where(visible_to(user))
        )
        with self._catalog.connect() as connection:
            rows = [
                row
                for part in parts(ids, 1000)
                for row in connection.execute(query.where(likenesses.c.document_id.in_(part)))
            ]
            by_id = {document.id: document for document in documents_of(connection, rows)}
        found: dict[str, builtins.list[Document]] = {}
        for row in rows:
            found.setdefault(row.of, []).append(by_id[row.id])
        return {of: sorted(others, key=newness, reverse=True) for of, others in found.items()}

    def quality(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """What ingestion found to be said about each document, with its path, by document id; [] of it left out."""
        query = select(documents.c.id, documents.c.path, documents.c.quality).order_by(documents.c.path)
        with self._catalog.connect() as connection:
            return {row.id: (row.path, dict(row.quality)) for row in connection.execute(query) if row.quality}

    def _first(self, condition: ColumnElement[bool], user: User | None) -> Document | None:
        query = select(documents).where(condition & visible_to(user)).order_by(documents.c.source_root).limit(1)
        with self._catalog.connect() as connection:
            found = documents_of(connection, connection.execute(query).all())
        return found[0] if found else None
