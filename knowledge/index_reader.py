"""Reading the indexes: a snapshot of the live generation, renewed when a newer one is published."""

from __future__ import annotations

import fcntl
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from knowledge.catalog import Catalog
from knowledge.catalog.documents import VisibleSet
from knowledge.catalog.generations import Generation
from knowledge.catalog.labels import personal_label
from knowledge.centring import NO_CENTRES, Centres
from knowledge.errors import Damaged, Unavailable
from knowledge.generation_writer import KEYWORDS, VECTORS
from knowledge.keyword_index import IndexedDocuments, KeywordFilter, KeywordIndex
from knowledge.manifest import NAME, embedder_of, read_documents, read_manifest, verify
from knowledge.types import User
from knowledge.vector_index import VectorFilter, VectorIndex

_FILTERS_KEPT = 64
REPAIR_WAIT = 5.0
"""How long a search waits for a writer before it takes an older generation in place of a damaged one, in seconds."""
_TRIES = 5

_log = structlog.get_logger(__name__)

_Asked = tuple[frozenset[str] | None, frozenset[str] | None]
"""Whose labels (None: everything), and in which scope (None: everywhere)."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """What one person may find in a snapshot."""

    visible: VisibleSet
    vectors: VectorFilter
    keywords: KeywordFilter


class Snapshot:
    """One generation in memory; its files stay while this object lives. Safe from many threads."""

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        generation: Generation,
        centres: Centres,
        before: Snapshot | None = None,
    ) -> None:
        """What stands in memory in `before` already is not read again.

        Raises Damaged when a file is missing or differs from its checksum.
        """
        self._catalog = catalog
        self._filters: OrderedDict[_Asked, Permitted] = OrderedDict()
        self._guard = threading.Lock()
        self.generation = generation
        self.centres = centres
        self.embedder = embedder_of(generation.fingerprint)
        """Fingerprint of the model that made the vectors; "" when not told."""
        place = folder / generation.folder
        _hold_lock(self, place)
        manifest = read_manifest(place, generation.manifest_sha256)
        verify(place, manifest)
        known = None if before is None else before.vectors
        self.vectors: VectorIndex = VectorIndex.load(place / VECTORS, manifest.segments, centres, known)
        self.keywords = KeywordIndex.load(place / KEYWORDS)
        held = read_documents(place, manifest)
        self._indexed = IndexedDocuments(held.numbers, held.access_keys)

    def permitted(self, user: User | None, scope: Iterable[str] | None = None) -> Permitted:
        """What `user` may find at this moment (None: everything); kept until a document or label changes.

        A scope only takes away from it (`knowledge.catalog.documents.within`).
        """
        named = None if scope is None else frozenset(scope)
        change = self._catalog.documents.change()
        if user is not None and not self._catalog.documents.any_with_label(personal_label(user.name)):
            # Nothing is theirs alone: they see what all see who have the same groups, and share what is kept for those
            user = replace(user, name="")
        key = (None if user is None else user.labels, named)
        with self._guard:
            known = self._filters.get(key)
            if known is not None and known.visible.change == change:
                self._filters.move_to_end(key)
                return known
        visible = self._catalog.documents.visible(user, named)
        made = Permitted(visible, self.vectors.prepare(visible), self.keywords.prepare(visible, self._indexed))
        with self._guard:
            self._filters[key] = made
            while len(self._filters) > _FILTERS_KEPT:
                self._filters.popitem(last=False)
        return made


class Reader:
    """Gives the snapshot to search. Safe from many threads."""

    def __init__(self, folder: Path, catalog: Catalog, rebuild: Callable[..., Generation]) -> None:
        self._folder = folder
        self._catalog = catalog
        self._rebuild = rebuild
        self._current: Snapshot | None = None
        self._stands_for = 0
        self._loading = threading.Lock()

    def snapshot(self, centres: Centres = NO_CENTRES) -> Snapshot | None:
        """The live generation, whoever published it; None before the first one.

        A damaged generation is built again from the catalog when no one else writes; otherwise the one before it
        serves. Raises Damaged when neither is possible.
        """
        live = self._catalog.generations.live()
        if live is None:
            return None
        current = self._current
        if current is not None and self._stands_for == live.id and current.centres is centres:
            return current
        with self._loading:
            current = self._current
            if current is None or self._stands_for != live.id or current.centres is not centres:
                self._current = current = self._load(live, centres)
            return current

    def _load(self, live: Generation, centres: Centres) -> Snapshot:
        for _ in range(_TRIES):
            try:
                snapshot = Snapshot(self._folder, self._catalog, live, centres, self._current)
            except Damaged as error:
                newer = self._catalog.generations.live()
                if newer is not None and newer.id != live.id:
                    live = newer  # it was replaced and removed while it was being read
                    continue
                return self._without(live, centres, error)
            self._stands_for = live.id
            return snapshot
        raise Unavailable(f"{self._folder}: the index is replaced faster than it can be read; try again")

    def _without(self, damaged: Generation, centres: Centres, error: Damaged) -> Snapshot:
        """A snapshot in place of a damaged generation."""
        _log.warning("index_damaged", error=str(error))
        try:
            rebuilt = self._rebuild(wait=REPAIR_WAIT)
        except Unavailable as busy:
            _log.warning("index_not_rebuilt", reason=str(busy))
        else:
            self._stands_for = rebuilt.id
            return Snapshot(self._folder, self._catalog, rebuilt, centres)
        for older in self._catalog.generations.list():
            if older.id >= damaged.id:
                continue
            try:
                snapshot = Snapshot(self._folder, self._catalog, older, centres)
            except Damaged as also:
                _log.warning("index_damaged", error=str(also))
                continue
            self._stands_for = damaged.id
            return snapshot
        raise error


@contextmanager
def try_lock_for_removal(folder: Path) -> Iterator[bool]:
    """Whether no snapshot of the generation in `folder` is open; none can be opened inside."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY)
    except FileNotFoundError:
        yield True  # half-written or half-removed: no one can read it
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _hold_lock(owner: object, folder: Path) -> None:
    """Keep a shared lock on the generation while `owner` lives; the system gives it back after a crash."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY)
    except OSError as error:
        raise Damaged(f"{folder / NAME}: {error.strerror}; run `plumbline rebuild`") from error
    weakref.finalize(owner, os.close, descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
