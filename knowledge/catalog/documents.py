"""Documents with their chunks and vectors, and the one rule of access."""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from knowledge.catalog.counters import CHANGES, CHUNK_ROWS, DOCUMENT_NUMBERS, advance, value_of
from knowledge.catalog.decisions import labels_by_hand
from knowledge.catalog.labels import access_key, checked_labels
from knowledge.catalog.likenesses import insert_sketch
from knowledge.catalog.schema import (
    chunks,
    document_labels,
    document_texts,
    documents,
    embeddings,
    likenesses,
    sketches,
)
from knowledge.errors import Damaged, InvalidInput, NotFound
from knowledge.protocols import Vectors
from knowledge.types import Chunk, Document, DocumentRecord, User

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

PENDING = "pending"
"""Committed, but not yet in the live generation of the indexes."""
INDEXED = "indexed"
CONTAINER = "container"
"""The metadata of a document that lay in an archive, mail, mailbox or PDF: the path of that file."""

_STORED = np.dtype("<f2")
_UNIT_TOLERANCE = 0.01
_MANY = 10_000  # values of one IN list; SQLite takes 32,766
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class VisibleSet:
    """What one person may read, as parallel arrays ordered by `numbers` (which also orders `first_rows`).

    A document's chunks have the rows first_row … first_row + chunk_count - 1. `change` is the catalog's count of
    changes that this set was read at.
    """

    change: int
    numbers: NDArray[np.int64]
    first_rows: NDArray[np.int64]
    chunk_counts: NDArray[np.int64]
    access_keys: tuple[str, ...]
    stamps: NDArray[np.int64]

    def holds_rows(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each chunk row whether it belongs to a document of the set."""
        if not self.first_rows.size:
            return np.zeros(rows.shape, dtype=np.bool_)
        # Documents without chunks share their first row with the next one; "right" finds the last, which has chunks
        place = np.searchsorted(self.first_rows, rows, side="right") - 1
        inside = rows < (self.first_rows + self.chunk_counts)[place]
        return np.asarray((place >= 0) & inside, dtype=np.bool_)


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


def visible_to(user: User | None) -> ColumnElement[bool]:
    """The one rule of access, as a condition on `documents`: no labels, or one of them among the user's own.

    None stands for the program itself (operators' lists, rebuilding) and sees all. Roles never widen it.
    """
    if user is None:
        return true()
    labels = select(document_labels.c.label).where(document_labels.c.document_id == documents.c.id)
    shared = labels.where(document_labels.c.label.in_(sorted(user.labels)))
    return or_(~exists(labels), exists(shared))


def within(scope: Iterable[str] | None) -> ColumnElement[bool]:
    """Documents that `scope` names: by id, by path, or by a folder that they lie in. None: all; nothing named: none.

    Compared whole and in the same case: `hr` names neither `hr-old/a.md` nor `HR/a.md`.
    """
    if scope is None:
        return true()
    names = sorted({name.strip("/") for name in scope})
    folders = [func.substr(documents.c.path, 1, len(name) + 1) == f"{name}/" for name in names]
    return or_(documents.c.id.in_(names), documents.c.path.in_(names), *folders)


def newness(document: Document) -> tuple[str, float, str]:
    """Orders versions of a document: by the day from which they are in force, else that of the file's last change."""
    day = document.effective_date or datetime.fromtimestamp(max(0.0, document.modified_at), UTC).date().isoformat()
    return day, document.modified_at, document.id


class Documents:
    """The documents of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    # --- writing ------------------------------------------------------------------------------------------------

    def put(self, record: DocumentRecord) -> Document:
        """Commit a document whole, in place of an earlier version of the same path; gives it as stored.

        Its state becomes "pending", its id stays that of the earlier version. The earlier version's chunks are gone
        at once: no search gives them any more. Raises InvalidInput for vectors that do not fit the chunks or are not
        of unit length, and for unusable access labels. Labels that an operator set by hand hold in place of the given
        ones.
        """
        given = record.document
        labels = checked_labels(given.access)
        vectors = _checked_vectors(record)
        with self._catalog.begin() as connection:
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
            _insert_document(connection, stored, record, vectors)
            advance(connection, CHANGES)
        return stored

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents with all that belongs to them; gives how many there were."""
        with self._catalog.begin() as connection:
            removed = sum(
                connection.execute(delete(documents).where(documents.c.id.in_(part))).rowcount for part in _parts(ids)
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
                raise _no_such(document_id)
            connection.execute(delete(document_labels).where(document_labels.c.document_id == document_id))
            _insert_labels(connection, document_id, checked)
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
                raise _no_such(document_id)
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
        return self._first(condition if source_root is None else condition & _under(source_root), user)

    def of_file(self, source_root: str, path: str) -> builtins.list[Document]:
        """The documents that come from a file: its own, and those of what is inside it."""
        inside = documents.c.path.startswith(f"{path}!/", autoescape=True)
        query = select(documents).where(_under(source_root), (documents.c.path == path) | inside)
        with self._catalog.connect() as connection:
            return _documents(connection, connection.execute(query.order_by(documents.c.path)).all())

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
            condition &= _under(source_root)
        if state is not None:
            condition &= documents.c.state == state
        if text_hash is not None:
            condition &= documents.c.text_hash == text_hash
        query = select(documents).where(condition).order_by(documents.c.path, documents.c.source_root)
        with self._catalog.connect() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            return _documents(connection, rows)

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
            return _documents(connection, connection.execute(query).all())

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
            condition &= _embedded_by(embedder)
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
            raise _no_such(document_id)
        return str(found)

    def desensitized(self, document_id: str) -> dict[str, int]:
        """How many values of each kind were replaced. Raises NotFound."""
        query = select(documents.c.desensitized).where(documents.c.id == document_id)
        with self._catalog.connect() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise _no_such(document_id)
        return dict(found)

    def chunks(self, document_id: str) -> builtins.list[Chunk]:
        """The document's chunks in order; none when there is no such document."""
        query = select(chunks).where(chunks.c.document_id == document_id).order_by(chunks.c.ordinal)
        with self._catalog.connect() as connection:
            return [_chunk(row) for row in connection.execute(query)]

    def mean_vectors(self, ids: Iterable[str], embedder: str) -> dict[str, Vectors]:
        """Of each of these documents the mean of its chunks' vectors, at unit length; without those that have none.

        Only vectors by the model with this fingerprint, or by one that was not told.
        """
        query = select(chunks.c.document_id, embeddings.c.vector).select_from(embeddings.join(chunks).join(documents))
        found: dict[str, builtins.list[Vectors]] = {}
        with self._catalog.connect() as connection:
            for part in _parts(ids):
                wanted = chunks.c.document_id.in_(part) & _embedded_by(embedder)
                for document, vector in connection.execute(query.where(wanted).order_by(chunks.c.row)):
                    found.setdefault(document, []).append(_vector(vector))
        means = {document: np.mean(vectors, axis=0) for document, vectors in found.items()}
        return {
            document: np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)
            for document, mean in means.items()
        }

    def chunks_by_ids(self, ids: Iterable[str]) -> dict[str, Chunk]:
        """Chunks by id; those that do not exist are left out."""
        with self._catalog.connect() as connection:
            return {
                row.id: _chunk(row)
                for part in _parts(ids)
                for row in connection.execute(select(chunks).where(chunks.c.id.in_(part)))
            }

    # --- for the indexes ----------------------------------------------------------------------------------------

    def change(self) -> int:
        """A number that grows with every change of documents or labels; cheap to read."""
        with self._catalog.connect() as connection:
            return value_of(connection, CHANGES)

    def visible(self, user: User | None, scope: Iterable[str] | None = None) -> VisibleSet:
        """What `user` may read now (None: everything), of what is `within` the scope."""
        return self._visible_set(visible_to(user) & within(scope))

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
                newest.where(_embedded_by(embedder)).order_by(embeddings.c.row.desc()).limit(1)
            ).scalar()
        return len(vector) // _STORED.itemsize if vector else 0

    def indexable(self, embedder: str) -> VisibleSet:
        """The documents whose vectors are by the model with this fingerprint (or by one that was not told)."""
        return self._visible_set(_embedded_by(embedder))

    def languages(self, rows: Iterable[int]) -> dict[str, NDArray[np.int64]]:
        """The given chunk rows by language, ascending; rows that are gone are left out."""
        found: dict[str, builtins.list[int]] = {}
        query = select(chunks.c.row, chunks.c.language)
        with self._catalog.connect() as connection:
            for part in _parts(rows):
                for row, language in connection.execute(query.where(chunks.c.row.in_(part))):
                    found.setdefault(language, []).append(row)
        return {language: np.array(sorted(group), dtype=np.int64) for language, group in found.items()}

    def _visible_set(self, condition: ColumnElement[bool]) -> VisibleSet:
        d = documents.c
        query = select(d.number, d.first_row, d.chunk_count, d.access_key, d.stamp)
        with self._catalog.connect() as connection:
            change = value_of(connection, CHANGES)
            rows = connection.execute(query.where(condition).order_by(d.number)).all()
        table = np.array([(row[0], row[1], row[2], row[4]) for row in rows], dtype=np.int64).reshape(-1, 4)
        return VisibleSet(change, table[:, 0], table[:, 1], table[:, 2], tuple(row[3] for row in rows), table[:, 3])

    def stored_chunks(self, rows: Iterable[int]) -> dict[int, StoredChunk]:
        """Chunks by row with their documents and vectors; rows that are gone are left out."""
        query = select(chunks, embeddings.c.vector).join(embeddings)
        with self._catalog.connect() as connection:
            found = [row for part in _parts(rows) for row in connection.execute(query.where(chunks.c.row.in_(part)))]
            owners = [
                row
                for part in _parts({row.document_id for row in found})
                for row in connection.execute(select(documents).where(documents.c.id.in_(part)))
            ]
            by_id = {document.id: document for document in _documents(connection, owners)}
        return {
            row.row: StoredChunk(row.row, _chunk(row), by_id[row.document_id], _vector(row.vector)) for row in found
        }

    def vectors(self, rows: Iterable[int] | None = None, *, batch: int = _MANY) -> Iterator[VectorRows]:
        """Vectors of the given chunk rows (None: of all), in order of rows, in batches.

        All batches see one state of the catalog.
        """
        query = select(chunks.c.row, chunks.c.language, embeddings.c.vector).join(embeddings).order_by(chunks.c.row)
        with self._catalog.connect() as connection:
            if rows is None:
                yield from map(_vector_rows, connection.execution_options(yield_per=batch).execute(query).partitions())
                return
            for part in _parts(sorted(rows), batch):
                found = connection.execute(query.where(chunks.c.row.in_(part))).all()
                if found:
                    yield _vector_rows(found)

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
            raise _no_such(document_id)
        return row[0]

    def known_vectors(self, embedded: Iterable[str], embedder: str) -> dict[str, Vectors]:
        """Vectors, shape (dimension,), by the hash of what was embedded; those that no chunk has are left out."""
        query = (
            select(chunks.c.embedded, embeddings.c.vector)
            .select_from(embeddings.join(chunks).join(documents))
            .where(documents.c.embedder == embedder)
        )
        with self._catalog.connect() as connection:
            return {
                hash_: _vector(vector)
                for part in _parts(filter(None, embedded), 1000)
                for hash_, vector in connection.execute(query.where(chunks.c.embedded.in_(part)))
            }

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
                for part in _parts(ids, 1000)
                for row in connection.execute(query.where(likenesses.c.document_id.in_(part)))
            ]
            by_id = {document.id: document for document in _documents(connection, rows)}
        found: dict[str, builtins.list[Document]] = {}
        for row in rows:
            found.setdefault(row.of, []).append(by_id[row.id])
        return {of: sorted(others, key=newness, reverse=True) for of, others in found.items()}

    def quality(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """What ingestion found to be said about each document, with its path, by document id; [] of it left out."""
        query = select(documents.c.id, documents.c.path, documents.c.quality).order_by(documents.c.path)
        with self._catalog.connect() as connection:
            return {row.id: (row.path, dict(row.quality)) for row in connection.execute(query) if row.quality}

    def keyword_rows(self, numbers: Iterable[int] | None = None) -> Iterator[KeywordRow]:
        """What the keyword index holds of the documents with these numbers (None: of all), in order of rows."""
        query = (
            select(chunks, documents.c.number, documents.c.access_key, documents.c.title)
            .join(documents)
            .order_by(chunks.c.row)
        )
        with self._catalog.connect() as connection:
            if numbers is None:
                yield from map(_keyword_row, connection.execution_options(yield_per=_MANY).execute(query))
                return
            for part in _parts(sorted(numbers), 1000):
                yield from map(_keyword_row, connection.execute(query.where(documents.c.number.in_(part))).all())

    def mark_indexed(self, connection: Connection, embedder: str, up_to_number: int) -> None:
        """Inside the transaction that switches the generation: what it could hold up to that number is indexed."""
        done = (documents.c.state == PENDING) & (documents.c.number <= up_to_number) & _embedded_by(embedder)
        connection.execute(update(documents).where(done).values(state=INDEXED))

    def _first(self, condition: ColumnElement[bool], user: User | None) -> Document | None:
        query = select(documents).where(condition & visible_to(user)).order_by(documents.c.source_root).limit(1)
        with self._catalog.connect() as connection:
            found = _documents(connection, connection.execute(query).all())
        return found[0] if found else None


def _insert_document(connection: Connection, stored: Document, record: DocumentRecord, vectors: Vectors) -> None:
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
            quality=dict(record.quality),
        )
    )
    connection.execute(insert(document_texts).values(document_id=stored.id, text=record.text))
    _insert_labels(connection, stored.id, stored.access)
    if record.sketch is not None:
        insert_sketch(connection, stored.id, record.sketch)
    if not record.chunks:
        return
    rows = range(first_row, first_row + len(record.chunks))
    embedded = record.embedded or ("",) * len(record.chunks)
    of_chunks = zip(rows, record.chunks, embedded, strict=True)
    connection.execute(insert(chunks), [_chunk_values(row, stored.id, chunk, hash_) for row, chunk, hash_ in of_chunks])
    packed = vectors.astype(_STORED)
    connection.execute(insert(embeddings), [{"row": row, "vector": packed[i].tobytes()} for i, row in enumerate(rows)])


def _insert_labels(connection: Connection, document_id: str, labels: frozenset[str]) -> None:
    if labels:
        connection.execute(
            insert(document_labels), [{"document_id": document_id, "label": label} for label in sorted(labels)]
        )


def _checked_vectors(record: DocumentRecord) -> Vectors:
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


def _chunk(row: Row[Any]) -> Chunk:
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


def _documents(connection: Connection, rows: Sequence[Row[Any]]) -> list[Document]:
    labels: dict[str, set[str]] = {}
    for part in _parts(row.id for row in rows if row.access_key):
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


def _keyword_row(row: Row[Any]) -> KeywordRow:
    return KeywordRow(row.row, row.number, row.access_key, row.title, row.heading, row.text, tuple(row.concepts))


def _vector_rows(found: Sequence[Any]) -> VectorRows:
    rows = np.fromiter((row[0] for row in found), dtype=np.int64, count=len(found))
    lengths = {len(row[2]) for row in found}
    if len(lengths) != 1:
        raise Damaged(
            f"chunks {rows[0]} to {rows[-1]}: vectors of different lengths, so of different embedding models; run "
            "`plumbline ingest` on all documents"
        )
    packed = b"".join(row[2] for row in found)
    matrix = np.frombuffer(packed, dtype=_STORED).reshape(len(found), -1).astype(np.float32)
    return VectorRows(rows, tuple(row[1] for row in found), matrix)


def _vector(packed: bytes) -> Vectors:
    return np.frombuffer(packed, dtype=_STORED).astype(np.float32)


def _embedded_by(embedder: str) -> ColumnElement[bool]:
    return documents.c.embedder.in_(["", embedder])


def _under(source_root: str) -> ColumnElement[bool]:
    return documents.c.source_root == source_root


def _parts(values: Iterable[_T], size: int = _MANY) -> Iterator[tuple[_T, ...]]:
    rest = iter(values)
    while part := tuple(islice(rest, size)):
        yield part


def _no_such(document_id: str) -> NotFound:
    return NotFound(f"document {document_id!r}: not in the catalog; see `plumbline documents list`")
