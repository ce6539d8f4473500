"""How soon a new document can be found in a large index, with made-up vectors: no model is needed.

python bench/large_index.py [--documents 10000] [--chunks 12]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore
from knowledge.protocols import Vectors
from knowledge.retriever import Retriever
from knowledge.types import Chunk, Document, DocumentRecord, User

DIMENSION = 384
ADDED = 7


class Made:
    """A vector per text, without meaning."""

    fingerprint, dimension, max_tokens = "made", DIMENSION, 512

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit rows that depend on the text only."""
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        rows = [np.random.default_rng(seed).standard_normal(DIMENSION, dtype=np.float32) for seed in seeds]
        return np.stack([row / np.linalg.norm(row) for row in rows])

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Words."""
        return [len(text.split()) for text in texts]


def record(number: int, count: int) -> DocumentRecord:
    """One document of `count` chunks; every fifth group may read it, every third document is for everyone."""
    texts = [f"word{number} w{number * 7 % 5000} w{part * 31 % 700} part{part} " * 6 for part in range(count)]
    access = frozenset({f"group{number % 5}"}) if number % 3 else frozenset[str]()
    document = Document("", f"folder{number // 100}/{number}.md", f"Title {number}", access=access)
    chunks = tuple(Chunk("", "", part, text) for part, text in enumerate(texts))
    return DocumentRecord(document, f"text {number}", chunks, Made().embed_passages(texts), embedder="made")


def main() -> None:
    """Fill, publish, then add documents one by one and look for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--chunks", type=int, default=12)
    given = parser.parse_args()
    user = User("u", groups=frozenset(f"group{number}" for number in range(5)))
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder) / "catalog.sqlite", create=True) as catalog:
        store = IndexStore(Path(folder) / "index", catalog)
        for number in range(given.documents):
            catalog.documents.put(record(number, given.chunks))
        begin = time.perf_counter()
        store.publish()
        first = time.perf_counter() - begin
        retriever = Retriever(catalog, store, Made())
        retriever.search("word5", user)
        published, found = [], []
        for number in range(given.documents, given.documents + ADDED):
            catalog.documents.put(record(number, given.chunks))
            begin = time.perf_counter()
            store.publish()
            middle = time.perf_counter()
            hits = retriever.search(f"word{number}", user, 5)
            published.append(middle - begin)
            found.append(time.perf_counter() - begin)
            assert any(f"word{number} " in hit.text for hit in hits)
    figures = {
        "chunks": given.documents * given.chunks,
        "first_publish_s": round(first, 1),
        "publish_s": round(median(published), 2),
        "searchable_after_s": round(median(found), 2),
        "searchable_after_worst_s": round(max(found), 2),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
