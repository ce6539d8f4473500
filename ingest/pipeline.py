"""From files to indexed chunks: the whole story of one run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.desensitize import Desensitizer
from ingest.examining import Examiner
from ingest.holdings import Holdings
from ingest.members import Members
from ingest.preparing import Links, Prepared, Preparer, desensitizer_for, desensitizer_of
from ingest.reading import Reader, Request, Unchanged
from ingest.repeats import KnownRepeats
from ingest.run import Run
from ingest.survey import Candidate, Survey, survey
from ingest.types import Limits, LoadedDocument, Unreadable
from knowledge.catalog import Catalog
from knowledge.index_store import WRITER, IndexStore
from knowledge.protocols import Embedder, Progress
from knowledge.shadow import Shadow, discard_shadow
from knowledge.types import Document, RunReport

_VERSION = "4"
"""Part of every document's fingerprint: raised when loaders, cleaning or splitting give other text than before."""
_LEASE_WAIT = 10.0


class IngestOptions(Protocol):
    """The settings of `[ingest]` that a pipeline needs."""

    @property
    def chunk_tokens(self) -> int:
        """Longest chunk in tokens of the embedding model."""
        ...

    @property
    def chunk_overlap(self) -> int:
        """Tokens repeated from the chunk before."""
        ...

    @property
    def batch_size(self) -> int:
        """Chunks embedded at once."""
        ...

    @property
    def workers(self) -> int:
        """Processes that read files."""
        ...

    @property
    def max_file_mb(self) -> float:
        """Larger files go to quarantine, in MiB."""
        ...

    @property
    def max_seconds(self) -> float:
        """Longest time for reading one file."""
        ...

    @property
    def max_memory_mb(self) -> int:
        """Memory that reading one file may take, in MiB."""
        ...

    @property
    def max_pages(self) -> int:
        """Pages read from one document."""
        ...

    @property
    def max_ocr_pages(self) -> int:
        """Pages of one document that are read through OCR."""
        ...

    @property
    def exclude(self) -> Sequence[str]:
        """File name patterns left out."""
        ...


def way(embedder: str, desensitizer: Desensitizer, settings: IngestOptions) -> str:
    """Names how a document is made: with the embedding model of this fingerprint, this policy, this splitter."""
    parts = (_VERSION, embedder, desensitizer.fingerprint, settings.chunk_tokens, settings.chunk_overlap)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:20]


def made_otherwise(
    documents: Iterable[Document], embedder: str, desensitizer: Desensitizer, settings: IngestOptions
) -> list[Document]:
    """Those of the documents that were made in another way than they would be made now."""
    return [one for one in documents if one.fingerprint != way(embedder, desensitizer_of(desensitizer, one), settings)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a run was asked for."""

    paths: Sequence[Path]
    access: frozenset[str] | None
    access_file: Path | None


class Pipeline:
    """Brings files into a workspace. One at a time may run in a workspace; another waits or says who is running."""

    def __init__(
        self,
        catalog: Catalog,
        store: IndexStore,
        embedder: Embedder,
        desensitizer: Desensitizer,
        settings: IngestOptions,
        linker: Links | None = None,
        holdings: Holdings | None = None,
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        """`ended` is called after each run that stores, also one that breaks off: what was made from documents that
        are gone may go too.
        """
        self._holdings = holdings
        self._ended = ended
        self._catalog = catalog
        self._store = store
        self._embedder = embedder
        self._desensitizer = desensitizer
        self._settings = settings
        self._linker = linker
        self._preparer = Preparer(
            desensitizer,
            embedder.count_tokens,
            settings.chunk_tokens,
            settings.chunk_overlap,
            linker,
            self.fingerprint_of,
            KnownRepeats(catalog),
        )

    def fingerprint_of(self, candidate: Candidate) -> str:
        """Names everything but the file that a document's chunks and vectors depend on; a change does it again."""
        return self._fingerprint(desensitizer_for(self._desensitizer, candidate))

    def _fingerprint(self, desensitizer: Desensitizer) -> str:
        return way(self._embedder.fingerprint, desensitizer, self._settings)

    def run(
        self,
        paths: Sequence[Path],
        *,
        access: frozenset[str] | None = None,
        access_file: Path | None = None,
        dry_run: bool = False,
        again: bool = False,
        progress: Progress | None = None,
        chunks_done: Callable[[int], None] | None = None,
        wait: float = _LEASE_WAIT,
    ) -> RunReport:
        """Make the workspace hold what lies at `paths`: new and changed files in, vanished ones out, others untouched.

        `access` are labels for what the rules in `access_file` (or in an `access.yaml` at the source's root) leave
        open; with neither, documents keep the labels that they have. `dry_run` stores nothing, and with `again` it
        also reads what has not changed. An interrupted run
        keeps what it has committed, and the next one goes on from there. When documents would be made in another way
        than before (model, splitter, policy), that happens aside, and searches see it all at once. Raises InvalidInput
        for paths and access rules that cannot be used, and Unavailable when another process writes for longer than
        `wait` seconds. `progress` counts files, `chunks_done` hears of committed chunks, from another thread.
        """
        asked = _Asked(tuple(paths), access, access_file)
        if dry_run:
            found = self._survey(asked)
            # What is only looked at is told to no vault
            untold = self._desensitizer.untold()
            looking = Pipeline(self._catalog, self._store, self._embedder, untold, self._settings, self._linker)
            return looking._run(Run.dry(self._catalog), found.as_new() if again else found, progress)
        try:
            with self._catalog.leases.hold(WRITER, wait):
                return self._store_all(asked, progress, chunks_done)
        finally:
            self._ended()

    def _store_all(
        self, asked: _Asked, progress: Progress | None, chunks_done: Callable[[int], None] | None
    ) -> RunReport:
        """A run that stores; the caller holds the writer's lease."""
        found = self._survey(asked)
        if self._does_much_again(found):
            report = self._run_aside(asked, progress, chunks_done)
            self._desensitizer.forget_removed(self._catalog)
            return report
        discard_shadow(self._store)  # begun for settings that were taken back, or left by a crash after the switch
        report = self._run_here(found, progress, chunks_done)
        if report.documents.removed or report.documents.updated:
            self._desensitizer.forget_removed(self._catalog)
        return report

    def _survey(self, asked: _Asked) -> Survey:
        rename = self._desensitizer.desensitize_path
        return survey(
            self._catalog, asked.paths, self._settings.exclude, asked.access, asked.access_file, rename, self._holdings
        )

    def _run_here(
        self, found: Survey, progress: Progress | None, chunks_done: Callable[[int], None] | None
    ) -> RunReport:
        batch = self._settings.batch_size
        with Run.start(self._catalog, self._store, self._embedder, batch, chunks_done) as run:
            return self._run(run, found, progress)

    def _run_aside(
        self, asked: _Asked, progress: Progress | None, chunks_done: Callable[[int], None] | None
    ) -> RunReport:
        """Another model, splitter or policy: everything is done beside what is searched, then put in its place."""
        with Shadow(self._catalog, self._store, self._way()) as shadow:
            aside = Pipeline(
                shadow.catalog,
                shadow.store,
                self._embedder,
                self._desensitizer,
                self._settings,
                self._linker,
                self._holdings,
            )
            report = aside._run_here(aside._survey(asked), progress, chunks_done)
            shadow.embed_the_rest(self._embedder)
            shadow.take_over()
        return report

    def _does_much_again(self, found: Survey) -> bool:
        """Whether documents that are searchable now would be made in another way."""
        if self._catalog.generations.live() is None:
            return False
        known = ((candidate.known, candidate) for candidate in found.candidates)
        return any(document and document.fingerprint != self.fingerprint_of(one) for document, one in known)

    def _way(self) -> str:
        """Names how documents are made now, whatever their labels."""
        return self._fingerprint(self._desensitizer)

    def _run(self, run: Run, found: Survey, progress: Progress | None) -> RunReport:
        rename = self._desensitizer.desensitize_path
        run.remove(found)
        total = len(found.candidates)
        members = Members(run, self.fingerprint_of, rename, found.left_out)
        todo: list[Candidate] = []
        for candidate in found.candidates:
            if candidate.file.problem:
                run.refuse(candidate, Unreadable(candidate.file.problem, passing=True))
            elif candidate.looks_unchanged(self.fingerprint_of(candidate)):
                members.keep(candidate)
                run.keep(candidate)
            else:
                todo.append(candidate)
        if progress is not None:
            progress(total - len(todo), total)
        limits, processes = self._limits(), self._settings.workers
        with (
            Reader(limits, processes) as reader,
            Examiner(self._desensitizer, limits, processes, len(todo)) as examiner,
        ):
            outcomes = zip(todo, reader.read_all(self._request(run, one) for one in todo), strict=True)
            for done, (candidate, outcome, result) in enumerate(examiner.ahead(outcomes), start=total - len(todo) + 1):
                members.take(candidate, outcome, lambda files: self._prepared(examiner, files))
                if isinstance(result, Unreadable):
                    run.refuse(candidate, result)
                elif isinstance(result, Unchanged):
                    run.keep(candidate)
                else:
                    run.add(candidate, self._preparer.prepared(candidate, result))
                if progress is not None:
                    progress(done, total)
        return run.finish()

    def _prepared(
        self, examiner: Examiner, files: Iterable[tuple[Candidate, LoadedDocument]]
    ) -> Iterator[tuple[Candidate, Prepared | Unreadable]]:
        for candidate, _, result in examiner.ahead(files):
            if isinstance(result, Unreadable):
                yield candidate, result
            elif not isinstance(result, Unchanged):
                yield candidate, self._preparer.prepared(candidate, result)

    def _limits(self) -> Limits:
        settings = self._settings
        return Limits(
            settings.max_file_mb,
            settings.max_pages,
            settings.max_seconds,
            settings.max_memory_mb,
            settings.max_ocr_pages,
        )

    def _request(self, run: Run, candidate: Candidate) -> Request:
        """A known hash spares parsing: of a document ingested in the same way, or of a file refused before."""
        known = candidate.known
        if known is not None and known.fingerprint == self.fingerprint_of(candidate) and not candidate.asked_again:
            return Request(candidate.file.location, known.content_hash)
        return Request(candidate.file.location, run.refused_hash(candidate))

    def relink(self) -> int:
        """Link all chunks with the concepts of the present term graph, without embedding; gives how many changed.

        To be called when the graph has a new revision. Searches follow at once.
        """
        changed = 0
        with self._catalog.leases.hold(WRITER, _LEASE_WAIT):
            for document in self._catalog.documents.list():
                chunks = self._catalog.documents.chunks(document.id)
                linked = {chunk.id: self._preparer.concepts_of(chunk.heading, chunk.text) for chunk in chunks}
                other = {chunk.id: linked[chunk.id] for chunk in chunks if linked[chunk.id] != chunk.concepts}
                if other:
                    self._catalog.documents.set_concepts(document.id, other)
                    changed += len(other)
            if changed:
                self._store.publish()
        return changed
