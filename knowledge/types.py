"""The values that travel between rooms: small, frozen, without behaviour beyond reading themselves.

Two families: dataclasses for what stays inside the process, and `Result` models for what users see; those print as
the JSON that the command line and the API give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.catalog.labels import PERSONAL, personal_label

Language = Literal["zh", "en"]


class Result(BaseModel):
    """A frozen result of the public surface; `str()` gives its JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """The plain JSON value of this result."""
        return self.model_dump(mode="json", by_alias=True)

    def __str__(self) -> str:
        return self.model_dump_json(by_alias=True)


# --- people -----------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What an account may do besides asking."""

    EMPLOYEE = "employee"
    ANALYST = "analyst"
    KNOWLEDGE_MANAGER = "knowledge_manager"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks. `groups` are the access labels that this person was given; a role never widens them."""

    name: str
    role: Role = Role.EMPLOYEE
    groups: frozenset[str] = frozenset()
    display_name: str = ""
    language: Language = "en"

    @property
    def labels(self) -> frozenset[str]:
        """The access labels that this person may read: those of the groups, and the personal one.

        A group that looks like somebody's personal label counts for nothing, wherever it came from.
        """
        given = frozenset(group for group in self.groups if not group.startswith(PERSONAL))
        return given | {personal_label(self.name)} if self.name else given


ANYONE = User(name="", display_name="")
"""Nobody in particular: sees only what every signed-in user may see."""


# --- models -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adapter:
    """LoRA weights for an answer model: the name of their version, and the folder with their files."""

    name: str
    folder: Path


# --- documents --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chunk:
    """An indexed piece of a document. `text` is desensitized Markdown; `heading` is the path joined by ' › '."""

    id: str
    document_id: str
    ordinal: int
    text: str
    heading: str = ""
    page: int | None = None
    language: Language = "en"
    tokens: int = 0
    concepts: tuple[str, ...] = ()


ATTACHED = "attached:"
"""The ids of files that were attached to one question begin so; no document of a catalog has such an id."""

GRAPH = "graph:"
"""So begins, before the revision, what stands for a document where the term graph is cited."""


def is_document(document_id: str) -> bool:
    """Whether an id is that of a document in a catalog: not of an attached file and not of the term graph."""
    return not document_id.startswith((ATTACHED, GRAPH))


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the catalog knows it; `path` is relative to its source root, with forward slashes."""

    id: str
    path: str
    title: str
    access: frozenset[str] = frozenset()
    language: Language = "en"
    state: str = "indexed"
    format: str = ""
    bytes: int = 0
    content_hash: str = ""
    text_hash: str = ""
    fingerprint: str = ""
    source_root: str = ""
    modified_at: float = 0.0
    ingested_at: float = 0.0
    effective_date: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """Everything that one committed document brings: its row, whole desensitized text, chunks and their vectors."""

    document: Document
    text: str
    chunks: tuple[Chunk, ...]
    vectors: Any  # NDArray[float32], shape (len(chunks), dimension), unit rows
    desensitized: Mapping[str, int] = field(default_factory=dict)
    embedder: str = ""  # fingerprint of the embedding model that made the vectors; empty: not told
    embedded: tuple[str, ...] = ()  # hash of the text that was embedded, one per chunk; empty: not told
    sketch: Any = None  # NDArray[uint32] of knowledge/likeness.py; None: not compared with other documents
    quality: Mapping[str, Any] = field(default_factory=dict)  # what ingestion found to be said about the text
    paragraphs: tuple[str, ...] = ()  # keys of knowledge/likeness.py: paragraphs inside chunks that others may repeat


class Hit(Result):
    """A chunk found by a search, best first from rank 1.

    `older_versions` counts documents that are nearly the same and older, `newer_version` is the id of the newest one
    that is newer; `copies` counts documents in which the same words were found too. All three only know of documents
    that the person who asks may see.
    """

    rank: int
    score: float
    document_id: str
    path: str
    title: str
    page: int | None
    heading: str
    chunk_id: str
    text: str
    older_versions: int = 0
    newer_version: str | None = None
    copies: int = 0


class SearchResult(Result):
    """Hits of one question, best first."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Text shown to the model or checked against: the sentences of one chunk that matter, under a marker number."""

    id: str
    text: str
    marker: int = 0
    title: str = ""


# --- term graph and alignment -----------------------------------------------------------------------------------

LabelKind = Literal["preferred", "alternative", "hidden", "deprecated", "forbidden"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A label of a concept found in text; offsets count characters."""

    start: int
    end: int
    text: str
    concept: str
    label_kind: LabelKind
    language: Language | None = None
    candidates: tuple[str, ...] = ()


FindingKind = Literal["supported", "contradicted", "unsupported", "conflict", "ambiguous", "deprecated", "forbidden"]
Verdict = Literal["supported", "contradicted", "unsupported", "nothing_to_check"]


class Finding(Result):
    """What the checker saw; offsets count characters of the draft.

    `rule` names what decided, `reason` says it in one sentence; both may be empty where `kind` and `evidence` tell.
    """

    kind: FindingKind
    start: int
    end: int
    text: str
    concepts: tuple[str, ...] = ()
    predicate: str | None = None
    evidence: tuple[str, ...] = ()
    sentence: str = ""
    rule: str = ""
    reason: str = ""


class Edit(Result):
    """A change the checker made; offsets count characters of the text it was made in."""

    kind: str
    start: int
    end: int
    before: str
    after: str
    concept: str | None = None
    rule: str = ""
    reason: str = ""
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0


class MentionResult(Result):
    """A mention as the public surface shows it."""

    start: int
    end: int
    concept: str
    label_kind: LabelKind


class AlignmentReport(Result):
    """The checker's whole word on one text: `answer` after edits, `draft` before them.

    Measures are in [0, 1] or None when there was nothing to measure; `similarity` is a cosine.
    """

    verdict: Verdict
    answer: str
    draft: str
    findings: tuple[Finding, ...] = ()
    edits: tuple[Edit, ...] = ()
    mentions: tuple[MentionResult, ...] = ()
    term_coverage: float | None = None
    relation_accuracy: float | None = None
    relation_coverage: float | None = None
    contextual_consistency: float | None = None
    similarity: float | None = None
    graph_revision: str = ""


# --- generation -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt. `text` is data: back ends must not read control tokens out of it."""

    role: Literal["system", "user", "assistant"]
    text: str


# --- ingestion --------------------------------------------------------------------------------------------------


class QuarantineEntry(Result):
    """A file that could not be read, with the reason in one line."""

    path: str
    reason: str


class DocumentCounts(Result):
    """What an ingestion run did to documents."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    quarantined: int = 0


class FoundValues(Result):
    """Values of one kind that a dry run found in one file: how many, and a few of them, masked."""

    path: str
    kind: str
    count: int
    examples: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    """The labels that the file's document would get."""


class RunReport(Result):
    """What one ingestion run did; `seconds` is wall-clock time. `found` comes from dry runs only."""

    run_id: str
    documents: DocumentCounts
    chunks: int
    desensitized: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    quarantine: tuple[QuarantineEntry, ...] = ()
    found: tuple[FoundValues, ...] = ()
    quality: dict[str, Any] = Field(default_factory=dict)
    """Completeness, consistency and signals of accuracy of what this run read, see ingest/quality.py."""


@dataclass(frozen=True, slots=True)
class Span:
    """A desensitized place in a text: offsets in characters of the input, entity type and what stands there now."""

    start: int
    end: int
    type: str
    replacement: str
