"""From a loaded document to everything of it but the vectors: desensitized, named, split, linked."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ingest.desensitize import Desensitizer
from ingest.naming import effective_date, title_of, version_of
from ingest.quality import quality_of, sorted_out
from ingest.repeats import edges
from ingest.splitter import HEADING_SEPARATOR, CountTokens, Piece, embedding_text, split
from ingest.survey import Candidate
from ingest.types import Block, Examined, LoadedDocument
from knowledge.catalog.documents import CONTAINER, document_id
from knowledge.language import detect_language
from knowledge.types import Chunk, Document, Mention, User

_LANGUAGE_SAMPLE = 20_000


class Links(Protocol):
    """What finds concepts in text."""

    def link(self, text: str, user: User | None = None) -> list[Mention]:
        """The mentions in `text`, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that only lacks its vectors: `texts` is what is to be embedded, one per chunk."""

    document: Document
    text: str
    chunks: tuple[Chunk, ...]
    texts: tuple[str, ...]
    desensitized: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A few of the values found, masked, by kind."""
    quality: Mapping[str, Any] = field(default_factory=dict)
    """What is to be said about the text (ingest/quality.py)."""
    paragraphs: tuple[str, ...] = ()
    """Keys of the paragraphs that other documents may repeat (ingest/repeats.py)."""


def _nothing(labels: frozenset[str]) -> frozenset[str]:
    del labels
    return frozenset()


@dataclass(frozen=True, slots=True)
class Preparer:
    """Prepares documents; `fingerprint` names the way in which each is done, as the policy for it says."""

    desensitizer: Desensitizer
    count_tokens: CountTokens
    chunk_tokens: int
    chunk_overlap: int
    linker: Links | None
    fingerprint: Callable[[Candidate], str]
    repeated: Callable[[frozenset[str]], frozenset[str]] = _nothing
    """Keys of the paragraphs that many documents with these access labels repeat."""

    def prepare(self, candidate: Candidate, loaded: LoadedDocument) -> Prepared:
        """Nothing of what comes back holds a value that the policy takes out."""
        return self.prepared(candidate, desensitizer_for(self.desensitizer, candidate).examined(loaded))

    def prepared(self, candidate: Candidate, examined: Examined) -> Prepared:
        """As `prepare`, of a document that is desensitized already."""
        desensitizer = desensitizer_for(self.desensitizer, candidate)
        clean, counts, examples = examined
        path = candidate.file.path
        title = desensitizer.desensitize(title_of(clean, path))[0]
        text = markdown_of(clean.blocks)
        apart = self.repeated(candidate.labels)
        pieces, held = sorted_out(
            split(clean.blocks, self.count_tokens, self.chunk_tokens, self.chunk_overlap, title, apart)
        )
        identity = candidate.known.id if candidate.known else document_id(candidate.source_root, path)
        chunks = tuple(self._chunk(identity, number, piece) for number, piece in enumerate(pieces or [Piece(title)]))
        document = Document(
            id=identity,
            path=path,
            title=title,
            access=candidate.labels,
            language=detect_language(text[:_LANGUAGE_SAMPLE]),
            format=clean.format,
            bytes=clean.bytes,
            content_hash=clean.content_hash,
            text_hash=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            fingerprint=self.fingerprint(candidate),
            source_root=candidate.source_root,
            modified_at=candidate.file.modified_at,
            ingested_at=time.time(),
            effective_date=effective_date(clean, text, path),
            metadata=_metadata(clean, text),
        )
        texts = tuple(embedding_text(title, chunk.heading, chunk.text) for chunk in chunks)
        return Prepared(
            document, text, chunks, texts, counts, examples, quality_of(clean, text, held), edges(clean.blocks)
        )

    def _chunk(self, document: str, ordinal: int, piece: Piece) -> Chunk:
        heading = HEADING_SEPARATOR.join(piece.heading)
        identity = hashlib.sha256(f"{document}\n{ordinal}\n{heading}\n{piece.text}".encode("utf-8", "surrogatepass"))
        return Chunk(
            id=identity.hexdigest()[:20],
            document_id=document,
            ordinal=ordinal,
            text=piece.text,
            heading=heading,
            page=piece.page,
            language=detect_language(piece.text),
            tokens=piece.tokens,
            concepts=self.concepts_of(heading, piece.text),
        )

    def concepts_of(self, heading: str, text: str) -> tuple[str, ...]:
        """The concepts that a chunk mentions, each once, in order."""
        if self.linker is None:
            return ()
        mentions = self.linker.link(f"{heading}\n{text}" if heading else text)
        return tuple(dict.fromkeys(mention.concept for mention in mentions if mention.concept))


def desensitizer_for(desensitizer: Desensitizer, candidate: Candidate) -> Desensitizer:
    """The one whose policy is for this file, by where it lies and who may read it."""
    file = candidate.file
    inside = file.location.relative_to(file.root) if file.location.is_relative_to(file.root) else file.location
    return desensitizer.for_document(file.location, inside.as_posix(), candidate.labels)


def desensitizer_of(desensitizer: Desensitizer, document: Document) -> Desensitizer:
    """As `desensitizer_for`, for a document of the catalog; a container's members count as lying where it lies."""
    path = document.metadata.get(CONTAINER) or document.path
    return desensitizer.for_document(Path(document.source_root) / path, path, document.access)


def _metadata(document: LoadedDocument, text: str) -> dict[str, str]:
    metadata = dict(document.metadata)
    if document.pages is not None:
        metadata["pages"] = str(document.pages)
    if "version" not in metadata and (version := version_of(text)):
        metadata["version"] = version
    return metadata


def markdown_of(blocks: tuple[Block, ...]) -> str:
    """The whole text of a document as Markdown."""
    return "\n\n".join(_block_markdown(block) for block in blocks)


def _block_markdown(block: Block) -> str:
    if block.kind == "heading":
        return f"{'#' * block.level} {block.text}"
    return f"```\n{block.text}\n```" if block.kind == "code" else block.text
