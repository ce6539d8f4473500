"""One run's effects: what it commits to the catalog, batch by batch, and the report that it ends with."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import structlog

from ingest.committing import Committer
from ingest.preparing import Prepared
from ingest.quality import report as report_quality
from ingest.survey import Candidate, Survey
from ingest.types import Unreadable
from knowledge.catalog import Catalog
from knowledge.catalog.repeats import with_repeated
from knowledge.catalog.runs import FAILED
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder
from knowledge.types import Document, DocumentCounts, FoundValues, QuarantineEntry, RunReport

_PUBLISH_SECONDS = 120.0
"""A long run makes what it has searchable now and then."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Tally:
    documents: Counter[str] = field(default_factory=Counter)
    desensitized: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    quarantine: list[QuarantineEntry] = field(default_factory=list)
    quality: list[tuple[Document, Mapping[str, Any]]] = field(default_factory=list)
    found: list[FoundValues] = field(default_factory=list)


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
    def start(
        cls,
        catalog: Catalog,
        store: IndexStore,
        embedder: Embedder,
        batch_size: int,
        told: Callable[[int], None] | None = None,
    ) -> Run:
        """A run that stores; the caller holds the writer's lease. `told` hears how many chunks are committed."""
        return cls(catalog, _Target(catalog, store, embedder, batch_size, told), catalog.runs.start("ingest"))

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
            self._target.keep(candidate, known)

    def add(self, candidate: Candidate, prepared: Prepared) -> None:
        """A new document, or a new version of one."""
        self._tally.documents["added" if candidate.known is None else "updated"] += 1
        self._tally.desensitized.update(prepared.desensitized)
        self._tally.chunks += len(prepared.chunks)
        self._tally.quality.append((prepared.document, prepared.quality))
        if self._target is not None:
            self._target.add(candidate, prepared)
            return
        self._tally.found += [
            FoundValues(
                path=candidate.file.path,
                kind=kind,
                count=count,
                examples=prepared.examples.get(kind, ()),
                access=tuple(sorted(candidate.labels)),
            )
            for kind, count in sorted(prepared.desensitized.items())
        ]

    def refuse(self, candidate: Candidate, reason: Unreadable) -> None:
        """A file that cannot be read goes to quarantine; an earlier version stays only if the reason will pass."""
        self._count_refused(candidate, str(reason))
        if self._target is not None:
            self._target.refuse(candidate, reason)

    def discard(self, container: Candidate, documents: Sequence[Document], refused: Sequence[str]) -> None:
        """Members that their container holds no longer: documents of it, and paths in quarantine."""
        self._tally.documents["removed"] += len(documents)
        if self._target is not None:
            self._target.discard(container.source_root, documents, refused)

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
            found=tuple(tally.found),
            quality=report_quality(self._quality(), self._catalog.documents.conflicting() if self._target else ()),
        )
        if self._target is not None:
            self._catalog.runs.finish(self._id, report.to_json())
            _log.info(
                "ingested", run=self._id, chunks=report.chunks, seconds=report.seconds, **report.documents.to_json()
            )
        return report

    def _quality(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The path of each document with what is to be said about it; what others repeat is known at the end only."""
        ids = [document.id for document, _ in self._tally.quality]
        held = self._catalog.documents.held_out(ids) if self._target is not None else {}
        for document, said in self._tally.quality:
            yield document.path, with_repeated(said, held.get(document.id, 0))

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
        self._target.stop()
        message = "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
        self._catalog.runs.finish(self._id, {"documents": dict(self._tally.documents)}, state=FAILED, message=message)
        _log.warning("ingest_stopped", run=self._id, reason=message, **self._tally.documents)
        if isinstance(error, KeyboardInterrupt):
            self._target.publish()


class _Target:
    """Where a run's documents go: embedded in batches across documents, then committed one by one."""

    def __init__(
        self,
        catalog: Catalog,
        store: IndexStore,
        embedder: Embedder,
        batch_size: int,
        told: Callable[[int], None] | None,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._embedder = embedder
        self._committer = Committer(catalog, embedder, batch_size, told)
        self._moved: list[str] = []
        self._touched: dict[str, float] = {}
        self._refused = {(entry.source_root, entry.path) for entry in catalog.quarantine.list()}
        self._published = time.monotonic()
        self._adds = False

    def add(self, candidate: Candidate, prepared: Prepared) -> None:
        self.release(candidate)
        self._adds = True
        self._committer.add(prepared)
        if time.monotonic() - self._published > _PUBLISH_SECONDS:
            self.publish()

    def refuse(self, candidate: Candidate, reason: Unreadable) -> None:
        file = candidate.file
        _log.warning("quarantined", reason=str(reason), bytes=file.bytes)
        self._catalog.quarantine.put(
            file.path,
            str(reason),
            source_root=candidate.source_root,
            content_hash=reason.content_hash,
            access=candidate.labels,
        )
        self._refused.add((candidate.source_root, file.path))
        if candidate.known is not None and not reason.passing:
            self._catalog.documents.remove([candidate.known.id])

    def release(self, candidate: Candidate) -> None:
        """A file that can be read is no longer in quarantine."""
        key = (candidate.source_root, candidate.file.path)
        if key in self._refused:
            self._refused.remove(key)
            self._catalog.quarantine.remove(candidate.file.path, candidate.source_root)

    def keep(self, candidate: Candidate, known: Document) -> None:
        self.release(candidate)
        # A file that was only touched need not be read again in the next run either
        if known.modified_at != candidate.file.modified_at:
            self._touched[known.id] = candidate.file.modified_at

    def discard(self, source_root: str, documents: Sequence[Document], refused: Sequence[str]) -> None:
        for path in refused:
            self._catalog.quarantine.remove(path, source_root)
        if documents:
            self._catalog.documents.remove([document.id for document in documents])

    def remove(self, found: Survey) -> None:
        for source_root, path in found.no_longer_refused:
            self._catalog.quarantine.remove(path, source_root)
        moved = found.possibly_moved()
        self._moved = sorted(moved)
        gone = [document.id for document in found.vanished if document.id not in moved]
        if gone:
            self._catalog.documents.remove(gone)

    def finish(self) -> None:
        self._committer.finish()
        self._catalog.documents.set_modified(self._touched)
        if self._moved:
            self._catalog.documents.remove(self._moved)
        self._catalog.decisions.enforce()
        self.publish()

    def stop(self) -> None:
        """End early; what was committed becomes searchable."""
        self._committer.stop()

    def publish(self) -> None:
        if self._adds:  # the model is loaded already; graphs over vectors are built without what a language itself adds
            self._store.centres(self._embedder)
        self._store.publish()
        self._published = time.monotonic()
