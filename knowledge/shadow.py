"""Building a workspace's documents and indexes anew beside the live ones, and switching to them in one step.

The shadow is a copy of the catalog with indexes of its own, in a folder of its own. Whatever needs long (another
embedding model, another way of splitting or desensitizing) happens there, while searches see nothing of it; it may be
interrupted and goes on where it stopped. At the end one transaction puts the shadow's documents and its generation of
the indexes in the place of the live ones.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import Self

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import DatabaseError

from knowledge.catalog import Catalog
from knowledge.catalog.backup import integrity_problem
from knowledge.catalog.counters import CHANGES, CHUNK_ROWS, DOCUMENT_NUMBERS, GENERATIONS, value_of
from knowledge.catalog.database import BUSY_TIMEOUT_MS
from knowledge.catalog.generations import Generation
from knowledge.catalog.migrating import forget_copies
from knowledge.catalog.schema import (
    chunks,
    counters,
    document_labels,
    document_texts,
    documents,
    embeddings,
    generations,
    held_chunks,
    language_centres,
    leases,
    likenesses,
    quarantine,
    repeats,
    runs,
    sketch_bands,
    sketches,
)
from knowledge.embedding import embedding_text
from knowledge.errors import Damaged, NotFound
from knowledge.files import sync_folder
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder
from knowledge.types import DocumentRecord

FOLDER = ".next"
_NOTE = "purpose.json"
# Numbers that the shadow hands out must not be those that the live catalog hands out meanwhile
_BEYOND = {DOCUMENT_NUMBERS: 1_000_000_000, CHUNK_ROWS: 1_000_000_000, GENERATIONS: 10_000}
# Parents first; all of it belongs to documents
_TABLES = (
    documents,
    document_texts,
    document_labels,
    chunks,
    embeddings,
    repeats,
    held_chunks,
    sketches,
    sketch_bands,
    likenesses,
    quarantine,
)

_log = structlog.get_logger(__name__)


def discard_shadow(store: IndexStore) -> None:
    """Remove what may be left of a shadow beside these indexes."""
    shutil.rmtree(store.folder.parent / FOLDER, ignore_errors=True)


class Shadow:
    """The shadow of a workspace; to be used by who holds the live catalog's lease. A context manager that closes it."""

    def __init__(self, catalog: Catalog, store: IndexStore, purpose: str) -> None:
        """The shadow that was begun for this `purpose`, or a new one."""
        self._live = catalog
        self._live_store = store
        self._folder = store.folder.parent / FOLDER
        inherited = self._inherited(purpose)
        if inherited is None:
            inherited = self._begin(purpose)
        self.catalog = Catalog.open(self._folder / catalog.path.name)
        self.store = IndexStore(self._folder / store.folder.name, self.catalog)
        self._follow(inherited)

    def _inherited(self, purpose: str) -> frozenset[str] | None:
        """Ids of the documents that the shadow began with; None when there is none that can be used."""
        place = self._folder / self._live.path.name
        try:
            note = json.loads((self._folder / _NOTE).read_bytes())
            if note["purpose"] != purpose or integrity_problem(place):
                return None
            Catalog.open(place).close()
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, sqlite3.DatabaseError, DatabaseError, Damaged, NotFound) as error:
            _log.warning("shadow_begun_anew", reason=str(error))
            return None
        return frozenset(note["documents"])

    def _begin(self, purpose: str) -> frozenset[str]:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        place = self._folder / self._live.path.name
        self._live.backup(place)
        with Catalog.open(place) as catalog:
            with catalog.begin() as connection:
                connection.execute(delete(leases))
                connection.execute(delete(generations))
                for name, beyond in _BEYOND.items():
                    value = value_of(connection, name) + beyond
                    connection.execute(delete(counters).where(counters.c.name == name))
                    connection.execute(insert(counters).values(name=name, value=value))
            ids = frozenset(document.id for document in catalog.documents.list())
        # Last: the note marks a shadow that is whole
        (self._folder / _NOTE).write_text(json.dumps({"purpose": purpose, "documents": sorted(ids)}), encoding="utf-8")
        return ids

    def _follow(self, inherited: frozenset[str]) -> None:
        """What became of the live documents since the shadow began becomes of those in the shadow."""
        live = {document.id: document.access for document in self._live.documents.list()}
        mine = {document.id: document.access for document in self.catalog.documents.list()}
        self.catalog.documents.remove((inherited - live.keys()) & mine.keys())
        for id_, access in live.items():
            if id_ in mine and mine[id_] != access:
                self.catalog.documents.set_access(id_, access)

    def embed_the_rest(self, embedder: Embedder) -> int:
        """Embed the chunks of documents that have vectors by another model, from what is stored; gives how many.

        So a change of the model needs none of the files.
        """
        family, done = self.catalog.documents, 0
        for document in family.list():
            if family.embedder(document.id) in {"", embedder.fingerprint}:
                continue
            pieces = tuple(family.chunks(document.id))
            texts = [embedding_text(document.title, chunk.heading, chunk.text) for chunk in pieces]
            record = DocumentRecord(
                document,
                family.text(document.id),
                pieces,
                embedder.embed_passages(texts),
                family.desensitized(document.id),
                embedder.fingerprint,
                family.embedded(document.id),
                family.sketch(document.id),
                family.quality_of(document.id),
                family.paragraphs(document.id),
            )
            family.put(record)
            done += len(pieces)
        return done

    def take_over(self) -> Generation:
        """Put the shadow in the place of the live documents and indexes; gives the generation that is live now."""
        with self._live.connect() as connection:
            reached = value_of(connection, GENERATIONS)
        self._live.decisions.enforce(self.catalog)
        generation = self.store.publish()
        if generation.id <= reached:  # only after ten thousand publications meanwhile
            with self.catalog.begin() as connection:
                connection.execute(delete(counters).where(counters.c.name == GENERATIONS))
                connection.execute(insert(counters).values(name=GENERATIONS, value=reached))
            generation = self.store.rebuild()
        self.catalog.checkpoint()
        self._live_store.folder.mkdir(exist_ok=True)
        (self.store.folder / generation.folder).rename(self._live_store.folder / generation.folder)
        sync_folder(self._live_store.folder)
        self._switch()
        self._live.decisions.enforce()  # what was decided in the last moments
        self._live_store.sweep()
        forget_copies(self._live.path)
        self.close()
        shutil.rmtree(self._folder)
        _log.info("shadow_took_over", generation=generation.id, documents=generation.documents)
        return generation

    def _switch(self) -> None:
        """One transaction: documents and all that belongs to them, and the generation that holds them."""
        with closing(sqlite3.connect(self._live.path, isolation_level=None)) as connection:
            for pragma in (
                f"busy_timeout={BUSY_TIMEOUT_MS}",
                "foreign_keys=OFF",
                "secure_delete=ON",
                "synchronous=FULL",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("ATTACH DATABASE ? AS next", (str(self.catalog.path),))
            connection.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                connection.execute(f'DELETE FROM main."{table.name}"')  # noqa: S608 - names of our own tables
                connection.execute(
                    f'INSERT INTO main."{table.name}" ({names}) SELECT {names} FROM next."{table.name}"'  # noqa: S608
                )
            for table in (language_centres, runs, generations):
                names = ", ".join(f'"{column.name}"' for column in table.columns)
                connection.execute(
                    f'INSERT OR IGNORE INTO main."{table.name}" ({names}) SELECT {names} FROM next."{table.name}"'  # noqa: S608
                )
            connection.execute(
                "INSERT INTO main.counters (name, value) SELECT name, value FROM next.counters WHERE true "
                "ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)"
            )
            connection.execute("UPDATE main.counters SET value = value + 1 WHERE name = ?", (CHANGES,))
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the shadow's catalog; what was built stays for the next time."""
        self.catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
