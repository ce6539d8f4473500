"""The indexes of a workspace: published as generations, rebuilt from the catalog, read through snapshots.

A generation is a folder of immutable files. A new one is written beside the live one, with hard links to what stays the
same, synced, and made live by one row of the catalog in the transaction that marks its documents as indexed. Who reads
an older generation keeps a shared lock on its manifest; it is removed when no one does.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from knowledge.catalog import Catalog
from knowledge.catalog.documents import PENDING, VisibleSet
from knowledge.catalog.generations import Generation
from knowledge.catalog.health import Problem
from knowledge.catalog.leases import Lease
from knowledge.catalog.migrating import forget_copies
from knowledge.centring import NO_CENTRES, Centres, measure_centres
from knowledge.errors import Damaged, Unavailable
from knowledge.files import sync_folder
from knowledge.generation_writer import Base, wants_merging, write_generation
from knowledge.index_check import check_indexes
from knowledge.index_reader import Reader, try_lock_for_removal
from knowledge.manifest import embedder_of, generation_fingerprint, read_documents, read_manifest, verify
from knowledge.protocols import Embedder
from knowledge.vector_index import HNSW_FROM

WRITER = "writer"
"""The lease of whoever changes derived state."""
PUBLISH_WAIT = 60.0
_PARTIAL = ".partial"
_OURS = re.compile(r"\d{8}(\.partial)?")

_log = structlog.get_logger(__name__)


class IndexStore:
    """The indexes in `folder`, for vectors by the embedding model of the newest document."""

    def __init__(self, folder: Path, catalog: Catalog, *, hnsw_from: int = HNSW_FROM) -> None:
        self.folder = folder
        self.catalog = catalog
        self._hnsw_from = hnsw_from
        self._reader = Reader(folder, catalog, self.rebuild)
        self._centres: dict[str, Centres] = {}
        self._guard = threading.Lock()

    def publish(self, *, wait: float = PUBLISH_WAIT, erase: bool = False) -> Generation:
        """Bring the live generation to what the catalog holds; gives the live one, the same when nothing changed.

        `erase` also rewrites files that would only mark removed documents, so that nothing of them stays on the disk.
        Raises Unavailable when another process writes for longer than `wait` seconds, or when the disk is full; then
        the old generation stays live and the documents stay pending.
        """
        with self.catalog.leases.hold(WRITER, wait) as lease:
            self.catalog.documents.hold_out_repeated()
            embedder = self.catalog.documents.latest_embedder()
            live = self._advance(lease, embedder, self._base(embedder), erase=erase, quick=not erase)
            base = self._base(embedder)
            # What is new can be found by now; laying it out well may take long in a large index
            if base is not None and wants_merging(base, self._hnsw_from):
                live = self._advance(lease, embedder, base, erase=erase, merge=True)
            return live

    def rebuild(self, *, wait: float = PUBLISH_WAIT) -> Generation:
        """Make a new generation from the catalog alone, without embedding. Raises as `publish`."""
        with self.catalog.leases.hold(WRITER, wait) as lease:
            return self._advance(lease, self.catalog.documents.latest_embedder(), None, erase=True)

    def recover(self) -> bool:
        """Finish what a crash left behind; true when there was something. Does nothing while another process writes.

        Cheap when there is nothing: a few look-ups. To be called when a workspace is opened.
        """
        if not self._left_behind():
            return False
        try:
            self.publish(wait=0)
        except Unavailable as error:
            _log.info("recovery_left_to_others", reason=str(error))
            return False
        return True

    def sweep(self) -> None:
        """Remove all generations but the live one, as far as nobody reads them. Raises as `publish`."""
        with self.catalog.leases.hold(WRITER, PUBLISH_WAIT):
            live = self.catalog.generations.live()
            if live is not None:
                self._sweep(live, keep_previous=False)
            self.catalog.checkpoint()

    def made_by(self) -> str:
        """The fingerprint of the model that made the live generation; "" when not told or there is none."""
        live = self.catalog.generations.live()
        return "" if live is None else embedder_of(live.fingerprint)

    def reader(self) -> Reader:
        """The way to search; one for all threads. It follows the live generation, whoever publishes it."""
        return self._reader

    def centres(self, embedder: Embedder) -> Centres:
        """What this model makes of each language; embedded once and kept in the catalog."""
        with self._guard:
            known = self._centres.get(embedder.fingerprint) or self.catalog.centres.get(embedder.fingerprint)
            if known is None:
                known = measure_centres(embedder)
                try:
                    self.catalog.centres.put(embedder.fingerprint, known)
                except Unavailable as error:  # reading must go on while the disk is full; they are measured again then
                    _log.warning("centres_not_kept", reason=str(error))
            self._centres[embedder.fingerprint] = known
            return known

    def check(self) -> list[Problem]:
        """What `plumbline doctor` should say about the indexes; [] when all is well."""
        return check_indexes(self.folder, self.catalog)

    def _base(self, embedder: str) -> Base | None:
        """What a new generation can build on; None when there is nothing, or nothing sound."""
        live = self.catalog.generations.live()
        if live is None or live.fingerprint != generation_fingerprint(embedder):
            return None
        folder = self.folder / live.folder
        try:
            manifest = read_manifest(folder, live.manifest_sha256)
            verify(folder, manifest)
            return Base(live, folder, manifest, read_documents(folder, manifest))
        except Damaged as error:
            _log.warning("index_damaged", error=str(error), action="built again from the catalog")
            return None

    def _advance(
        self,
        lease: Lease,
        embedder: str,
        base: Base | None,
        *,
        erase: bool,
        quick: bool = False,
        merge: bool = False,
    ) -> Generation:
        wanted = self.catalog.documents.indexable(embedder)
        if base is not None and not erase and not merge and base.holds(wanted):
            self._sweep(base.generation, keep_previous=True)
            return base.generation
        generation = self._write(embedder, base, wanted, erase=erase, quick=quick)
        with self.catalog.begin() as connection:
            self.catalog.leases.confirm(connection, lease)
            self.catalog.generations.switch(connection, generation)
            newest = int(wanted.numbers[-1]) if wanted.numbers.size else 0
            self.catalog.documents.mark_indexed(connection, embedder, newest)
        # An older generation helps when files of this one are damaged, but must not keep what was removed
        loses = erase or (base is not None and base.loses(wanted))
        self._sweep(generation, keep_previous=base is not None and not loses)
        if loses:
            forget_copies(self.catalog.path)
        self.catalog.checkpoint()
        _log.info("published", generation=generation.id, documents=generation.documents, chunks=generation.chunks)
        return generation

    def _write(self, embedder: str, base: Base | None, wanted: VisibleSet, *, erase: bool, quick: bool) -> Generation:
        fingerprint = generation_fingerprint(embedder)
        number = self.catalog.generations.next_id()
        name = f"{number:08d}"
        partial = self.folder / f"{name}{_PARTIAL}"
        centres = self.catalog.centres.get(embedder) or NO_CENTRES
        with _cleaned_up(partial):
            partial.mkdir(parents=True)
            sha256 = write_generation(
                partial,
                name,
                self.catalog.documents,
                base,
                wanted,
                fingerprint=fingerprint,
                dimension=self.catalog.documents.dimension(embedder),
                centres=centres,
                hnsw_from=self._hnsw_from,
                erase=erase,
                quick=quick,
            )
            partial.rename(self.folder / name)
            sync_folder(self.folder)
        return Generation(number, name, sha256, fingerprint, len(wanted.numbers), wanted.chunks, 0.0)

    def _left_behind(self) -> bool:
        embedder = self.catalog.documents.latest_embedder()
        if self.catalog.documents.count(state=PENDING, embedder=embedder):
            return True
        live = self.catalog.generations.live()
        if live is not None and live.documents != self.catalog.documents.count(embedder=embedder):
            return True  # documents were removed, their text is still in the files
        listed = {generation.folder for generation in self.catalog.generations.list()}
        return any(path.name not in listed for path in self._own_folders())

    def _own_folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if _OURS.fullmatch(path.name) and path.is_dir()]

    def _sweep(self, live: Generation, *, keep_previous: bool) -> None:
        """Remove generations that no one needs or reads. Called by the holder of the lease."""
        older = [generation for generation in self.catalog.generations.list() if generation.id != live.id]
        kept = {live.folder} | {generation.folder for generation in older[: int(keep_previous)]}
        gone = []
        for generation in older:
            if generation.folder not in kept and self._remove(self.folder / generation.folder):
                gone.append(generation.id)
            else:
                kept.add(generation.folder)
        if gone:
            self.catalog.generations.forget(gone)
        for path in self._own_folders():
            if path.name not in kept:
                self._remove(path)

    def _remove(self, folder: Path) -> bool:
        """Whether the generation's folder is gone; one that is being read stays."""
        if not folder.exists():
            return True
        with try_lock_for_removal(folder) as free:
            if free:
                shutil.rmtree(folder)
        return free


@contextmanager
def _cleaned_up(partial: Path) -> Iterator[None]:
    """Nothing half-written stays after an error; a full disk is said in one line."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{partial.parent}: the index cannot be written: {error.strerror or error}; make room or mend the "
            "folder, then run `plumbline rebuild` (no document is lost)"
        ) from error
    finally:
        # A finished generation has another name by now
        shutil.rmtree(partial, ignore_errors=True)
