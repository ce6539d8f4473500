"""Vectors that need not be made again: whatever was embedded before, in whichever document, is embedded once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.preparing import Prepared
from knowledge.catalog import Catalog
from knowledge.embedding import embedded_hash
from knowledge.protocols import Vectors


@dataclass(frozen=True, slots=True)
class KnownVectors:
    """The catalog's vectors by one embedding model, by the text that was embedded."""

    catalog: Catalog
    embedder: str

    def of(self, waiting: Iterable[Prepared]) -> dict[str, Vectors]:
        """Vectors, shape (dimension,), of those texts that were embedded before: parts of documents that an edit left
        alone, moved documents, copies.
        """
        texts = {embedded_hash(text): text for prepared in waiting for text in prepared.texts}
        known = self.catalog.documents.known_vectors(texts, self.embedder)
        return {texts[hash_]: vector for hash_, vector in known.items()}
