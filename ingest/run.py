"""One run's effects: what it commits to the catalog, batch by batch, and the report that it ends with."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import structlog

from ingest.preparing import Prepared
from ingest.reuse import KnownVectors
from ingest.survey import Candidate, Survey
from ingest.types import Unreadable
from knowledge.catalog import Catalog
from knowledge.catalog.runs import FAILED
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder, Vectors
from knowledge.types import DocumentCounts, DocumentRecord, QuarantineEntry, RunReport

_BATCHES_AT_ONCE = 8
"""Batches of chunks collected before they are embedded: enough that texts of like length meet in one batch."""
_PUBLISH_SECONDS = 120.0
"""A long run makes what it has searchable now and then."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Tally:
    documents: Counter[str] = field(default_factory=Counter)
    desensitized: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    quarantine: list[QuarantineEntry] = field(default_factory=list)


class Run:
    """A run that stores, or (`dry`) one that only counts. As a context manager it notes how it ended."""

    def __init__(self, catalog: Catalog, target: _Target | None, run_id: str) -> None:
        self._catalog = catalog
        self._target = target
        self._id = run_id
        self._tally = _Tally()
        self._started = time.monotonic()

    @classmethod
    def dry(cls, catalog: Catalog) -> Run:
        """A run that stores nothing."""
        return cls(catalog, None, "")

    @classmethod
    def start(cls, catalog: Catalog, store: IndexStore, embedder: Embedder, batch_size: int) -> Run:
        """A run that stores; the caller holds the writer's lease."""
        return cls(catalog, _Target(catalog, store, embedder, batch_size), catalog.runs.start("ingest"))

    def remove(self, found: Survey) -> None:
        """Documents whose files are gone disappear at once; those that may only have moved do at the end."""
        self._tally.documents["removed"] += len(found.vanished)
        if self._target is not None:
            self._target.remove(found)

    def keep(self, candidate: Candidate) -> None:
        """A file with nothing new in it: a document, or one that was refused before for the same content."""
        known = candidate.known
        if known is None:
            entry = self._catalog.quarantine.get(candidate.file.path, candidate.source_root)
            self._count_refused(candidate, entry.reason if entry else "refused before")
            return
        self._tally.documents["unchanged"] += 1
        if self._target is not None:
            if known.access != candidate.labels:
                self._catalog.documents.set_access(known.id, candidate.labels)
            self._target.release(candidate)

    def add(self, candidate: Candidate, prepared: Prepared) -> None:
        """A new document, or a new version of one."""
        self._tally.documents["added" if candidate.known is None else "updated"] += 1
        self._tally.desensitized.update(prepared.desensitized)
        self._tally.chunks += len(prepared.chunks)
        if self._target is not None:
            self._target.add(candidate, prepared)

    def refuse(self, candidate: Candidate, reason: Unreadable) -> None:
        """A file that cannot be read goes to quarantine; an earlier version stays only if the reason will pass."""
        self._count_refused(candidate, str(reason))
        if self._target is not None:
            self._target.refuse(candidate, reason)

    def refused_hash(self, candidate: Candidate) -> str:
        """The hash of the content for which a file was refused before, so that it is not read again in vain.

        Empty if it was not refused, not for its content, or if the file itself is asked for: then it is tried again.
        """
        if candidate.named:
            return ""
        entry = self._catalog.quarantine.get(candidate.file.path, candidate.source_root)
        return entry.content_hash if entry is not None and candidate.known is None else ""

    def finish(self) -> RunReport:
        """Commit what is still collected, publish, and give the report."""
        if self._target is not None:
            self._target.finish()
        tally = self._tally
        report = RunReport(
            run_id=self._id,
            documents=DocumentCounts(**tally.documents),
            chunks=tally.chunks,
            desensitized=dict(sorted(tally.desensitized.items())),
            seconds=round(time.monotonic() - self._started, 3),
            quarantine=tuple(tally.quarantine),
        )
        if self._target is not None:
            self._catalog.runs.finish(self._id, report.to_json())
            _log.info(
                "ingested", run=self._id, chunks=report.chunks, seconds=report.seconds, **report.documents.to_json()
            )
        return report

    def _count_refused(self, candidate: Candidate, reason: str) -> None:
        self._tally.documents["quarantined"] += 1
        self._tally.quarantine.append(QuarantineEntry(path=candidate.file.path, reason=reason))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """After an error or Ctrl-C: what was committed becomes searchable, and the catalog says how the run ended."""
        if error is None or self._target is None:
            return
        message = "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
        self._catalog.runs.finish(self._id, {"documents": dict(self._tally.documents)}, state=FAILED, message=message)
        _log.warning("ingest_stopped", run=self._id, reason=message, **self._tally.documents)
        if isinstance(error, KeyboardInterrupt):
            self._target.publish()


class _Target:
    """Where a run's documents go: embedded in batches across documents, then committed one by one."""

    def __init__(self, catalog: Catalog, store: IndexStore, embedder: Embedder, batch_size: int) -> None:
        self._catalog = catalog
        self._store = store
        self._embedder = embedder
        self._known_vectors = KnownVectors(catalog, embedder.fingerprint)
        self._enough = batch_size * _BATCHES_AT_ONCE
        self._waiting: list[Prepared] = []
        self._texts = 0
        self._moved: list[str] = []
        self._published = time.monotonic()

    def add(self, candidate: Candidate, prepared: Prepared) -> None:
        self.release(candidate)
        self._waiting.append(prepared)
        self._texts += len(prepared.texts)
        if self._texts >= self._enough:
            self._commit()

    def refuse(self, candidate: Candidate, reason: Unreadable) -> None:
        file = candidate.file
        _log.warning("quarantined", reason=str(reason), bytes=file.bytes)
        self._catalog.quarantine.put(
            file.path, str(reason), source_root=candidate.source_root, content_hash=reason.content_hash
        )
        if candidate.known is not None and not reason.passing:
            self._catalog.documents.remove([candidate.known.id])

    def release(self, candidate: Candidate) -> None:
        """A file that can be read is no longer in quarantine."""
        self._catalog.quarantine.remove(candidate.file.path, candidate.source_root)

    def remove(self, found: Survey) -> None:
        for source_root, path in found.no_longer_refused:
            self._catalog.quarantine.remove(path, source_root)
        moved = found.possibly_moved()
        self._moved = sorted(moved)
        gone = [document.id for document in found.vanished if document.id not in moved]
        if gone:
            self._catalog.documents.remove(gone)

    def finish(self) -> None:
        self._commit()
        if self._moved:
            self._catalog.documents.remove(self._moved)
        self.publish()

    def publish(self) -> None:
        self._store.publish()
        self._published = time.monotonic()

    def _commit(self) -> None:
        """Embed what is collected and commit it, document by document."""
        vectors = self._vectors()
        start = 0
        for prepared in self._waiting:
            end = start + len(prepared.texts)
            self._catalog.documents.put(
                DocumentRecord(
                    prepared.document,
                    prepared.text,
                    prepared.chunks,
                    vectors[start:end],
                    prepared.desensitized,
                    self._embedder.fingerprint,
                )
            )
            start = end
        self._waiting.clear()
        self._texts = 0
        if time.monotonic() - self._published > _PUBLISH_SECONDS:
            self.publish()

    def _vectors(self) -> Vectors:
        """The vectors of all texts that wait, in order; only those are embedded that no earlier version had."""
        known = self._known_vectors.of(self._waiting)
        texts = [text for prepared in self._waiting for text in prepared.texts]
        fresh = list(dict.fromkeys(text for text in texts if text not in known))
        known |= zip(fresh, self._embedder.embed_passages(fresh), strict=True)
        if not texts:
            return np.zeros((0, self._embedder.dimension), dtype=np.float32)
        return np.stack([known[text] for text in texts])
