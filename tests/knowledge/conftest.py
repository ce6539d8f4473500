"""A catalog and an index in a temporary folder, and a small embedder that needs no model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore
from knowledge.language import detect_language
from knowledge.protocols import Vectors
from knowledge.retriever import Retriever
from knowledge.types import Chunk, Document, DocumentRecord

DIMENSION = 64


class HashedEmbedder:
    """Bags of words and of Han characters, each thrown into one dimension: texts that share them are near."""

    fingerprint = "hashed-1"
    dimension = DIMENSION
    max_tokens = 512

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._embed(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSION)

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(_pieces(text)) for text in texts]

    def _embed(self, text: str) -> Vectors:
        vector = np.full(DIMENSION, 0.01, dtype=np.float32)
        for piece in _pieces(text):
            digest = hashlib.sha256(piece.encode()).digest()
            vector[digest[0] % DIMENSION] += 1 if digest[1] % 2 else -1
        return vector / np.linalg.norm(vector)


def _pieces(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+|[一-鿿]", text.lower())


def made_record(
    path: str, *texts: str, access: Sequence[str] = (), title: str = "", concepts: Sequence[str] = (), date: str = ""
) -> DocumentRecord:
    """A document with one chunk per text."""
    chunks = tuple(
        Chunk("", "", place, text, heading=f"Part {place}", language=detect_language(text), concepts=tuple(concepts))
        for place, text in enumerate(texts)
    )
    vectors = HashedEmbedder().embed_passages(texts)
    document = Document("", path, title or path, access=frozenset(access), effective_date=date)
    return DocumentRecord(document, "\n".join(texts), chunks, vectors, embedder=HashedEmbedder.fingerprint)


@pytest.fixture
def record() -> Callable[..., DocumentRecord]:
    return made_record


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        yield catalog


@pytest.fixture
def store(tmp_path: Path, catalog: Catalog) -> IndexStore:
    return IndexStore(tmp_path / "index", catalog)


@pytest.fixture
def retriever(catalog: Catalog, store: IndexStore) -> Retriever:
    return Retriever(catalog, store, HashedEmbedder())


@pytest.fixture
def embedder() -> HashedEmbedder:
    return HashedEmbedder()
