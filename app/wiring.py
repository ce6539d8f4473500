"""Introduces the rooms to each other: the only file that names concrete classes.

Everything heavy is made when it is first needed and then kept, so that opening a workspace costs little.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from app.settings import Settings
from knowledge.catalog import Catalog
from knowledge.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from adapters.model_catalog import ModelCatalog
    from app.accounts import Accounts
    from app.audit import Audit
    from app.conversation import Conversations
    from app.rules import Suggesting
    from ingest import Pipeline
    from ingest.desensitize import Desensitizer
    from ingest.desensitize.vault import Vault
    from knowledge.alignment import Checker
    from knowledge.graph import Linker, TermGraph
    from knowledge.index_store import IndexStore
    from knowledge.protocols import Embedder, Generator
    from knowledge.retriever import Retriever
    from knowledge.types import DocumentRecord

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


class Workspace:
    """The parts of one workspace, each made once. Safe from many threads."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self._lock = threading.RLock()
        self.parts: dict[str, Any] = {}
        self._terms: Terms | None = None
        self._askers: dict[str, Embedder] = {}

    @property
    def folder(self) -> Path:
        """The folder that holds all state."""
        return self.settings.workspace

    @once
    def models(self) -> ModelCatalog:
        """The named models and where they lie."""
        return open_models(self.settings)

    @once
    def embedder(self) -> Embedder:
        """The embedding model; raises Unavailable when it has not been pulled."""
        from adapters.embedders import load_embedder

        embedding = self.settings.embedding
        return load_embedder(embedding.model, embedding.backend, self.models, self.settings.models.threads)

    @once
    def generator(self) -> Generator:
        """The answer model; raises Unavailable when it has not been pulled or no back end is installed."""
        from adapters.generators import load_generator

        answer = self.settings.answer
        return load_generator(
            answer.model, answer.backend, self.models, self.settings.models.threads, answer.context_tokens
        )

    @once
    def store(self) -> IndexStore:
        """The indexes over the catalog's chunks; what a crash left behind is finished first."""
        from knowledge.index_store import IndexStore

        store = IndexStore(self.folder / "index", self.catalog)
        store.recover()
        return store

    def terms(self) -> Terms:
        """The term graph's current revision; a new one is used as soon as it stands in the catalog."""
        from knowledge.graph import TermGraph

        current = self.catalog.revisions.current_id()
        with self._lock:
            if self._terms is None or self._terms.graph.revision != current:
                self._terms = _built(TermGraph.load(self.catalog), self.settings, self.suggesting)
            return self._terms

    def terms_at(self, revision: str) -> Terms:
        """The term graph as of a revision, by its id. Raises NotFound."""
        from knowledge.graph import TermGraph

        self.catalog.revisions.get(revision)
        return _built(TermGraph.load(self.catalog, revision), self.settings, self.suggesting)

    @once
    def suggesting(self) -> Suggesting:
        """Which rules of the checker only suggest, by what users took back."""
        from app.rules import Suggesting

        return Suggesting(self.catalog.feedback.rules)

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

    @once
    def desensitizer(self) -> Desensitizer:
        """What takes personal data and secrets out of text, with this workspace's key and policy."""
        from app.logs import scrub_with
        from ingest.desensitize.pseudonyms import workspace_key

        desensitizer = open_desensitizer(self.settings, workspace_key(self.folder / "keys"), self.vault)
        # From now on texts of documents and questions are about, and an error's message may quote one
        scrub_with(lambda text: desensitizer.desensitize(text)[0])
        return desensitizer

    @once
    def vault(self) -> Vault | None:
        """The originals of pseudonyms; None unless the settings ask for it. Raises InvalidInput without a key."""
        return open_vault(self.settings) if self.settings.desensitize.vault else None

    def original(self, source_root: str, path: str) -> Path | None:
        """Where the file of a document lies, also when its name was desensitized; None when it is gone."""
        from ingest.renaming import true_location

        return true_location(Path(source_root), path, self.desensitizer.desensitize_path)

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
        )

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
    def audit(self) -> Audit:
        """What was done, in a chain that shows tampering."""
        from app.audit import Audit

        return Audit(self.catalog, self.folder / "keys")

    @once
    def conversations(self) -> Conversations:
        """What each user asked and was answered."""
        from app.conversation import Conversations

        return Conversations(self.catalog)

    def close(self) -> None:
        """Free models and close the catalog."""
        if "generator" in self.parts:
            self.generator.close()
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


# --- parts that need no workspace ---------------------------------------------------------------------------------


def open_models(settings: Settings) -> ModelCatalog:
    """The named models and where they lie."""
    from adapters.model_catalog import ModelCatalog

    models = settings.models
    return ModelCatalog.load(cache=models.cache, folder=models.folder, offline=models.offline)


def open_desensitizer(settings: Settings, key: bytes, vault: Vault | None = None) -> Desensitizer:
    """What takes personal data and secrets out of text; equal keys give equal placeholders."""
    from ingest.desensitize import Desensitizer, load_directory, load_policy

    wanted = settings.desensitize
    policy = load_policy(wanted.policy and settings.workspace / wanted.policy)
    directory = wanted.directory and load_directory(settings.workspace / wanted.directory)
    return Desensitizer(policy.strict() if wanted.strict else policy, key, directory or None, vault)


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


def _built(graph: TermGraph, settings: Settings, suggesting: Suggesting | None = None) -> Terms:
    from knowledge.alignment import Checker
    from knowledge.graph import Linker

    linker = Linker(graph)
    return Terms(graph, linker, Checker(graph, linker, settings=settings.alignment, suggesting=suggesting))


def chosen_backend(settings: Settings) -> str:
    """Which back end writes answers on this machine and why, in words."""
    from adapters.generators import choose_backend

    try:
        choice = choose_backend(settings.answer.backend)
    except Unavailable as error:
        return str(error)
    return f"answers are written by {choice.backend}: {choice.reason}"
