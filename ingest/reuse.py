"""Vectors that need not be made again: of the parts of a document that an edit left alone, and of moved documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.preparing import Prepared
from ingest.splitter import embedding_text
from knowledge.catalog import Catalog
from knowledge.protocols import Vectors
from knowledge.types import Document


@dataclass(frozen=True, slots=True)
class KnownVectors:
    """The catalog's vectors by one embedding model, by the text that was embedded."""

    catalog: Catalog
    embedder: str

    def of(self, waiting: Iterable[Prepared]) -> dict[str, Vectors]:
        """Vectors, shape (dimension,), of the texts of earlier versions of these documents and of their twins."""
        known: dict[str, Vectors] = {}
        documents = self.catalog.documents
        for prepared in waiting:
            fresh = prepared.document
            earlier = [documents.get(fresh.id), *documents.list(text_hash=fresh.text_hash, limit=1)]
            for document in earlier:
                if document is not None:
                    known |= self._texts_of(document)
        return known

    def _texts_of(self, document: Document) -> dict[str, Vectors]:
        vectors = self.catalog.documents.vectors_of(document.id, self.embedder)
        if not len(vectors):
            return {}
        chunks = self.catalog.documents.chunks(document.id)
        texts = [embedding_text(document.title, chunk.heading, chunk.text) for chunk in chunks]
        return dict(zip(texts, vectors, strict=True))
