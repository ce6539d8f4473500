"""Introduces the rooms to each other: the only file that names concrete classes.

Everything heavy is made when it is first needed and then kept, so that opening a workspace costs little.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from app.settings import Settings
from app.swapping import Swapped
from knowledge.catalog import Catalog
from knowledge.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from adapters.generators import Backend
    from adapters.model_catalog import ModelCatalog
    from adapters.openai_compatible_generator import Server
    from adapters.registry import ModelVersion, Registry
    from adapters.router import Router
    from adapters.training.examples import Example
    from adapters.training.runs import TrainingRuns
    from app.accounts import Accounts
    from app.accounts.tokens import Tokens
    from app.adaptation import Adaptation
    from app.audit import Audit
    from app.continual import Continual, ContinualSchedule
    from app.conversation import Conversations
    from app.datasets import Datasets
    from app.documents import ManagedDocuments
    from app.rules import Suggesting
    from app.sentence_writer import ModelSentenceWriter
    from app.terms.relinking import Relinking
    from ingest import Pipeline
    from ingest.desensitize import Desensitizer
    from ingest.desensitize.policy_file import PolicyFile
    from ingest.desensitize.vault import Vault
    from ingest.holdings import Holdings
    from ingest.scheduling import Scheduler
    from ingest.source_run import SourceRunner
    from ingest.watching import Watcher
    from knowledge.alignment import Checker
    from knowledge.alignment.explanations import Edition
    from knowledge.catalog.source_runs import RunPhase, SourceRun, Trigger
    from knowledge.catalog.sources import Source, SourceKind
    from knowledge.graph import Linker, TermGraph
    from knowledge.index_store import IndexStore
    from knowledge.protocols import Embedder, Generator, TokenEmbedder
    from knowledge.retriever import Retriever
    from knowledge.types import Document, DocumentRecord

CATALOG_NAME = "catalog.sqlite"


@dataclass(frozen=True, slots=True)
class Terms:
    """One revision of the term graph with what is built on it."""

    graph: TermGraph
    linker: Linker
    checker: Checker


T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - reads as the decorator that it is
    """A part that is made when it is first asked for and then kept, also when many threads ask at once."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, workspace: Workspace, _owner: type | None = None) -> T:
        parts = workspace.parts
        if self._name not in parts:
            with self._lock:
                if self._name not in parts:
                    parts[self._name] = self._make(workspace)
        part: T = parts[self._name]
        return part


_FOLLOWED = 20_000
"""Revisions that differ by up to so many statements from the graph in use are made from it."""


class Workspace:
    """The parts of one workspace, each made once. Safe from many threads."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self._lock = threading.RLock()
        self.parts: dict[str, Any] = {}
        self._terms: Swapped[Terms] = Swapped()
        self._askers: dict[str, Embedder] = {}
        self._loading = threading.Lock()
        self._versions: dict[str, Generator] = {}
        self._bases: dict[str, Generator] = {}
        self._desensitizer: tuple[tuple[int, int, int], Desensitizer] | None = None

    @property
    def folder(self) -> Path:
        """The folder that holds all state."""
        return self.settings.workspace

    @once
    def models(self) -> ModelCatalog:
        """The named models and where they lie."""
        return open_models(self.settings)

    @once
    def embedder(self) -> TokenEmbedder:
        """The embedding model; raises Unavailable when it has not been pulled."""
        from adapters.embedders import load_embedder

        embedding = self.settings.embedding
        return load_embedder(embedding.model, embedding.backend, self.models, self.settings.models.threads)

    @once
    def generator(self) -> Generator:
        """The answer model; raises Unavailable when it has not been pulled or no back end is installed."""
        return self._load_generator(self.settings.answer.model, self.settings.answer.backend)

    def generator_of(self, version_id: str) -> Generator:
        """The answer model under a version; "" is the one that the settings name. Versions of a base share its weights.

        Raises NotFound, and Unavailable when the back end cannot serve it.
        """
        if not version_id:
            return self.generator
        if version_id in self._versions:  # nobody waits for another version to be loaded
            return self._versions[version_id]
        with self._loading:
            if version_id not in self._versions:
                version = self.registry.get(version_id)
                base = self._base_of(version)
                self._versions[version_id] = base.adapted(self.registry.adapter(version))
            return self._versions[version_id]

    def _base_of(self, version: ModelVersion) -> Generator:
        """The loaded model that a version lies over; only transformers serves tuned prompts and whole weights."""
        answer = self.settings.answer
        special = version.method in {"prompt", "full"}
        if version.base == answer.model and not special:
            return self.generator
        weights = self.registry.verified(version) if version.method == "full" else None
        key = version.id if weights else f"{version.base} {'transformers' if special else answer.backend}"
        if key not in self._bases:
            self._bases[key] = self._load_generator(
                version.base, "transformers" if special else answer.backend, weights
            )
        return self._bases[key]

    def _load_generator(self, model: str, backend: Backend, weights: Path | None = None) -> Generator:
        from adapters.generators import load_generator

        return load_generator(
            model,
            backend,
            self.models,
            self.settings.models.threads,
            self.settings.answer.context_tokens,
            server=self._server(),
            weights=weights,
            quantize=self.settings.answer.quantize,
        )

    def _server(self) -> Server:
        from adapters.openai_compatible_generator import Server

        wanted = self.settings.server
        key = wanted.api_key.get_secret_value() if wanted.api_key else ""
        return Server(wanted.url, wanted.model, key, wanted.connect_seconds, wanted.read_seconds, wanted.retries)

    @once
    def registry(self) -> Registry:
        """The model versions and their files."""
        from adapters.registry import Registry

        return Registry(self.catalog, self.folder / "adapters")

    @once
    def trainings(self) -> TrainingRuns:
        """Training of adapters."""
        from adapters.training.runs import TrainingRuns

        return TrainingRuns(self.catalog, self.folder / "adapters", self.models, self.settings.models.threads)

    @once
    def adaptation(self) -> Adaptation:
        """Model versions from training to canary and back."""
        from app.adaptation import Adaptation

        return Adaptation(self)

    @once
    def datasets(self) -> Datasets:
        """Training examples from this workspace's data."""
        from adapters.training import examples
        from app.datasets import Datasets

        return Datasets(self, examples)

    @once
    def continual(self) -> Continual:
        """What prepares the next version when what comes in calls for it."""
        from app.continual import Continual

        return Continual(self)

    def continual_schedule(self) -> ContinualSchedule:
        """What looks now and then whether it does."""
        from app.continual import ContinualSchedule
        from app.training_process import begin_continuing

        return ContinualSchedule(self.continual, lambda: begin_continuing(self).pid)

    @once
    def router(self) -> Router:
        """Which version answers whom."""
        from adapters.router import Router

        return Router(self.catalog)

    @once
    def store(self) -> IndexStore:
        """The indexes over the catalog's chunks; what a crash left behind is finished first."""
        from knowledge.index_store import IndexStore

        store = IndexStore(self.folder / "index", self.catalog)
        store.recover()
        return store

    def terms(self) -> Terms:
        """The term graph's current revision; a new one is built aside, and the old one used until it is ready.

        One that says little new is made from the one before, which takes a moment however large the graph is. When much
        lies over the graph that was loaded last, it is loaded anew, aside.
        """
        from knowledge.graph import TermGraph

        current = self.catalog.revisions.current_id()
        terms = self._terms.get(current, lambda: self._terms_from(self._terms.newest, current))
        revision = terms.graph.revision
        if terms.graph.lying > _FOLLOWED:
            self._terms.renew(
                revision, lambda: self._built_at(TermGraph.load(self.catalog, revision)), self._terms_from
            )
        return terms

    def _terms_from(self, before: Terms | None, revision: str) -> Terms:
        from knowledge.graph import TermGraph
        from knowledge.graph.following import follow

        graph = follow(before.graph, self.catalog, revision, _FOLLOWED) if before is not None else None
        if before is None or graph is None:
            return self._built_at(TermGraph.load(self.catalog, revision))
        return self._built_at(graph, before.linker)

    def _built_at(self, graph: TermGraph, linker: Linker | None = None) -> Terms:
        """The parts on one revision of this workspace's graph, which is named as its releases are.

        `linker`: that of the graph which this one was made from.
        """
        from app.sentence_writer import ModelSentenceWriter

        writer = ModelSentenceWriter(lambda: self.generator)
        return _built(graph, self.settings, linker, self.suggesting, lambda: self._edition(graph.revision), writer)

    def _edition(self, revision: str) -> Edition:
        from knowledge.alignment.explanations import Edition

        if not revision:
            return Edition()
        releases = self.catalog.releases.all()
        name = next((release.name for release in releases if release.revision == revision), "")
        return Edition(self.catalog.revisions.get(revision).number, name)

    def terms_at(self, revision: str) -> Terms:
        """The term graph as of a revision, by its id, its number or the name of its release. Raises NotFound."""
        from knowledge.graph import TermGraph

        return self._built_at(TermGraph.load(self.catalog, self.catalog.revisions.resolve(revision).id))

    def terms_after(self, added: str, removed: str) -> Terms:
        """The current revision with a change laid over it, given as N-Quads: for looking at what it would do."""
        from knowledge.graph.reading import read_lines

        terms = self.terms()
        graph = terms.graph.patched(read_lines(added), read_lines(removed))
        return _built(graph, self.settings, terms.linker, self.suggesting)

    @once
    def suggesting(self) -> Suggesting:
        """Which rules of the checker only suggest, by what users took back."""
        from app.rules import Suggesting, recent_uses

        return Suggesting(partial(recent_uses, self.catalog))

    def graph(self) -> TermGraph:
        """The term graph's current revision."""
        return self.terms().graph

    def retriever(self) -> Retriever:
        """Search over the live index with the current term graph."""
        from knowledge.retriever import Retriever

        return Retriever(
            self.catalog, self.store, self._asking(), linker=self.terms().linker, settings=self.settings.retrieval
        )

    def _asking(self) -> Embedder:
        """The model that made the live index, so that questions are answered while another one is embedded aside."""
        made_by, wanted = self.store.made_by(), self.settings.embedding.model
        if made_by in {"", self.models.fingerprint(wanted)}:
            return self.embedder
        with self._lock:
            if made_by not in self._askers:
                self._askers[made_by] = self._embedder_by(made_by) or self.embedder
            return self._askers[made_by]

    def _embedder_by(self, fingerprint: str) -> Embedder | None:
        """A pulled embedding model with these weights."""
        from adapters.embedders import load_embedder

        for entry in self.models.entries:
            pulled = entry.role == "embedder" and self.models.path(entry.name) is not None
            if pulled and self.models.fingerprint(entry.name) == fingerprint:
                return load_embedder(entry.name, "auto", self.models, self.settings.models.threads)
        return None

    @property
    def desensitizer(self) -> Desensitizer:
        """What takes personal data and secrets out of text, with this workspace's key and the policy of this moment.

        Raises InvalidInput when the policy's file is not one.
        """
        from app.logs import scrub_with
        from ingest.desensitize.pseudonyms import workspace_key

        stamp = self.policy_file.stamp()
        with self._lock:
            if self._desensitizer is None or self._desensitizer[0] != stamp:
                made = open_desensitizer(self.settings, workspace_key(self.folder / "keys"), self.vault)
                self._desensitizer = (stamp, made)
                # From now on texts of documents and questions are about, and an error's message may quote one
                scrubbing = made.untold()
                scrub_with(lambda text: scrubbing.desensitize(text)[0])
            return self._desensitizer[1]

    def desensitizer_of(self, document: Document) -> Desensitizer:
        """The one whose policy is for this document of the catalog; it tells the vault nothing."""
        from ingest.preparing import desensitizer_of

        return desensitizer_of(self.desensitizer.untold(), document)

    @once
    def policy_file(self) -> PolicyFile:
        """Where the desensitizing policy stands."""
        return policy_file(self.settings)

    @once
    def vault(self) -> Vault | None:
        """The originals of pseudonyms; None unless the settings ask for it. Raises InvalidInput without a key."""
        return open_vault(self.settings) if self.settings.desensitize.vault else None

    def original(self, source_root: str, path: str) -> Path | None:
        """Where the file of a document lies, also when its name was desensitized; None when it is gone."""
        from ingest.renaming import true_location

        return true_location(Path(source_root), path, self.desensitizer.desensitize_path)

    def file_of(self, source_root: str, path: str) -> Path | None:
        """The file that holds what is known as `path`: itself, or the archive or mail it lies in; None: it is gone."""
        from ingest.loaders.unpacking import container_of

        whole = container_of(path) or path
        found = self.original(source_root, whole) or Path(source_root) / whole
        return found if found.exists() else None

    def tells_readers(self, root: Path) -> bool:
        """Whether rules or a source's definition say who may read the files of this root."""
        from ingest.access import FILE_NAME

        return (root / FILE_NAME).is_file() or self.holdings.of(root) is not None

    def was_uploaded(self, source_root: str) -> bool:
        """Whether documents of this root were uploaded, so that their files lie in the workspace."""
        from ingest.holdings import UPLOADS

        return Path(source_root).is_relative_to(self.folder / UPLOADS)

    def pipeline(self) -> Pipeline:
        """From files to indexed chunks."""
        from ingest import Pipeline

        return Pipeline(
            self.catalog,
            self.store,
            self.embedder,
            self.desensitizer,
            self.settings.ingest,
            linker=self.terms().linker,
            holdings=self.holdings,
            ended=lambda: self.datasets.erase_deleted(),  # noqa: PLW0108 - made when it is needed
        )

    @once
    def holdings(self) -> Holdings:
        """To whom the files at a place belong: a source, the uploads, or nobody in particular."""
        from ingest.holdings import Holdings

        return Holdings(self.catalog, self.folder)

    def kind_of_source(self, location: str) -> SourceKind:
        """The kind of source that a location looks like."""
        from ingest.connectors import kind_of

        return kind_of(location)

    def check_source(self, source: Source) -> None:
        """Raises InvalidInput when a source's definition cannot work, or holds a secret in clear."""
        from ingest.connectors import check_definition

        check_definition(source)

    def run_source(
        self,
        source: Source,
        trigger: Trigger,
        *,
        allow_empty: bool = False,
        begun: Callable[[str], None] | None = None,
        told: Callable[[RunPhase, int, int], None] = lambda *_: None,
        by: str = "",
    ) -> SourceRun:
        """Run a source to its end. Raises Unavailable when it is being run already."""
        from ingest.source_run import Wish

        return self.source_runner.run(source, Wish(trigger, allow_empty, told=told, by=by), begun)

    @once
    def source_runner(self) -> SourceRunner:
        """What runs sources; their secrets are read from this process's environment when a run begins."""
        from ingest.source_run import SourceRunner

        ingest = self.settings.ingest
        return SourceRunner(
            self.catalog,
            self.folder,
            self.pipeline,
            os.environ,
            lambda text: self.desensitizer.desensitize(text)[0],
            exclude=ingest.exclude,
            max_file_mb=ingest.max_file_mb,
            rename=lambda path: self.desensitizer.desensitize_path(path),  # noqa: PLW0108 - the policy may be another then
            ended=self._note_source_run,
        )

    def _note_source_run(self, source: Source, run: SourceRun, by: str) -> None:
        """In the audit log stand runs that somebody wanted, and of the others those that changed something."""
        counts = run.report.get("ingested", {}).get("documents", {})
        if by or any(counts.get(what) for what in ("added", "updated", "removed")):
            detail = {"name": source.name, "state": run.state, "trigger": run.trigger, "documents": counts}
            self.audit.append("source.run", by or run.trigger, detail, subject=run.id)

    def scheduler(self) -> Scheduler:
        """What runs sources when they are due."""
        from ingest.scheduling import Scheduler

        return Scheduler(self.catalog, self.source_runner)

    def watcher(self, source: Source, poll: float | None, told: Callable[[str], None]) -> Watcher:
        """What runs the source of a folder when something changes there."""
        from ingest.watching import Watcher

        return Watcher(source, self.source_runner, exclude=self.settings.ingest.exclude, poll=poll, told=told)

    def attached(self, name: str, data: bytes) -> tuple[DocumentRecord, ...]:
        """The documents in a file that comes along with one question, kept nowhere. Raises AttachmentRefused."""
        from app.attachment import AttachmentRefused
        from ingest.attached import read_attached
        from ingest.types import Limits

        limits, splitting = self.settings.attachment, self.settings.ingest
        reading = Limits(limits.max_mb, limits.max_pages, limits.max_seconds, limits.max_memory_mb, 20)
        try:
            return read_attached(
                name,
                data,
                desensitizer=self.desensitizer,
                embedder=self.embedder,
                links=self.terms().linker,
                limits=reading,
                chunk_tokens=splitting.chunk_tokens,
                chunk_overlap=splitting.chunk_overlap,
                most_chunks=limits.max_chunks,
            )
        except InvalidInput as error:
            raise AttachmentRefused(str(error)) from error

    @once
    def accounts(self) -> Accounts:
        """Who may sign in."""
        from app.accounts import Accounts

        ui = self.settings.ui
        return Accounts(
            self.catalog,
            idle_seconds=ui.idle_minutes * 60,
            absolute_seconds=ui.absolute_hours * 3600,
            audit=self.audit,
        )

    @once
    def tokens(self) -> Tokens:
        """Which programs may call the service, in whose name."""
        from app.accounts.tokens import Tokens

        return Tokens(self.catalog, self.accounts, self.audit)

    @once
    def audit(self) -> Audit:
        """What was done, in a chain that shows tampering."""
        from app.audit import Audit

        return Audit(self.catalog, self.folder / "keys")

    @once
    def managed_documents(self) -> ManagedDocuments:
        """What operators do with documents."""
        from app.documents import ManagedDocuments

        return ManagedDocuments(self)

    @once
    def conversations(self) -> Conversations:
        """What each user asked and was answered."""
        from app.conversation import Conversations

        return Conversations(
            self.catalog,
            clean=lambda text: self.desensitizer.desensitize(text)[0] if text else text,
            deleted=lambda: self.datasets.erase_deleted(),  # noqa: PLW0108 - made when it is needed
        )

    @once
    def relinking(self) -> Relinking:
        """What keeps the concepts of the indexed chunks up to the term graph's newest revision."""
        from app.terms.relinking import Relinking

        return Relinking(self)

    def close(self) -> None:
        """Free models and close the catalog."""
        if "relinking" in self.parts:
            self.relinking.close()
        if "generator" in self.parts:
            self.generator.close()
        for base in self._bases.values():
            base.close()
        self.catalog.close()


def open_workspace(settings: Settings, *, create: bool = False) -> Workspace:
    """The workspace that the settings name. Raises NotFound unless it exists or `create` is given."""
    from app.logs import use_standard_logging

    use_standard_logging()
    folder = settings.workspace
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    elif not (folder / CATALOG_NAME).is_file():
        raise NotFound(f"{folder}: no workspace here; run `plumbline init` in this folder or give --workspace")
    return Workspace(settings, Catalog.open(folder / CATALOG_NAME, create=create))


def held_back_rows(workspace: Workspace, version: ModelVersion, dataset: Path | None) -> Sequence[Example]:
    """The examples that a version is measured on: of a dataset, or those held back when it was trained."""
    from adapters.training.examples import Example, read_dataset, read_rows
    from adapters.training.runs import HELD_BACK

    if dataset is not None:
        read = read_dataset(dataset)
        rows: Sequence[Any] = read.test or read.train
    elif HELD_BACK in version.files:
        rows = read_rows(workspace.registry.verified(version) / HELD_BACK)
    else:
        rows = ()
    return [row for row in rows if isinstance(row, Example)]


# --- parts that need no workspace ---------------------------------------------------------------------------------


def open_models(settings: Settings) -> ModelCatalog:
    """The named models and where they lie."""
    from adapters.model_catalog import ModelCatalog

    models = settings.models
    return ModelCatalog.load(cache=models.cache, folder=models.folder, offline=models.offline)


def open_desensitizer(settings: Settings, key: bytes, vault: Vault | None = None) -> Desensitizer:
    """What takes personal data and secrets out of text; equal keys give equal placeholders."""
    from ingest.desensitize import Desensitizer, load_directory

    wanted = settings.desensitize
    policy = policy_file(settings).read().policy
    people = directory_file(settings)
    directory = None if people is None else load_directory(people)
    return Desensitizer(policy.strict() if wanted.strict else policy, key, directory, vault)


def directory_file(settings: Settings) -> Path | None:
    """Where the company's people stand: as the settings say, else in the workspace, where they may be missing."""
    from ingest.desensitize.directory import DIRECTORY_NAME

    named = settings.desensitize.directory
    file = settings.workspace / (named or DIRECTORY_NAME)
    return file if named is not None or file.is_file() else None


def policy_file(settings: Settings) -> PolicyFile:
    """Where the policy stands: as the settings say, else in the workspace, where it may be missing."""
    from ingest.desensitize.policy_file import POLICY_NAME, PolicyFile

    named = settings.desensitize.policy
    return PolicyFile(settings.workspace / (named or POLICY_NAME), required=named is not None)


def open_vault(settings: Settings) -> Vault:
    """The workspace's vault with its keys. Raises InvalidInput when no keys are at hand, or lie in the workspace."""
    from ingest.desensitize.vault import VAULT_NAME, Vault, read_keys

    file = settings.desensitize.vault_key
    if file is None:
        text, place = settings.desensitize.vault_keys, "PLUMBLINE_DESENSITIZE__VAULT_KEYS"
        if not text:
            raise InvalidInput(
                f"vault: no key; set [desensitize] vault_key to a file outside the workspace, or {place}"
            )
        return Vault(settings.workspace / VAULT_NAME, read_keys(text.get_secret_value(), place))
    file = (settings.workspace / file.expanduser()).resolve()
    if file.is_relative_to(settings.workspace.resolve()):
        raise InvalidInput(f"{file}: the vault's key must not lie in the workspace; move it elsewhere")
    try:
        return Vault(settings.workspace / VAULT_NAME, read_keys(file.read_text(encoding="ascii"), str(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file}: the vault's key cannot be read; `plumbline vault new-key FILE` makes one"
        ) from error


def terms_of(files: Sequence[Path], settings: Settings) -> Terms:
    """The term graph that stands in these files, with its checker."""
    from knowledge.graph import TermGraph

    return _built(TermGraph.from_files(files), settings)


def _built(
    graph: TermGraph,
    settings: Settings,
    before: Linker | None = None,
    suggesting: Suggesting | None = None,
    edition: Callable[[], Edition] | None = None,
    writer: ModelSentenceWriter | None = None,
) -> Terms:
    from knowledge.alignment import Checker
    from knowledge.alignment.explanations import Edition
    from knowledge.graph import Linker

    linker = Linker(graph) if before is None else before.after(graph)
    checker = Checker(
        graph,
        linker,
        settings=settings.alignment,
        suggesting=suggesting,
        edition=edition or Edition,
        writer=writer,
        model_reader=writer,
    )
    return Terms(graph, linker, checker)


def chosen_backend(settings: Settings) -> str:
    """Which back end writes answers on this machine and why, in words."""
    from adapters.generators import choose_backend

    try:
        choice = choose_backend(settings.answer.backend)
    except Unavailable as error:
        return str(error)
    return f"answers are written by {choice.backend}: {choice.reason}"
