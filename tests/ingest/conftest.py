"""A workspace's parts for ingestion tests: real catalog and index, and a small embedder that needs no model."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ingest.desensitize import Desensitizer, load_policy
from ingest.pipeline import Pipeline
from knowledge.catalog import Catalog
from knowledge.centring import SENTENCES
from knowledge.index_store import IndexStore
from knowledge.protocols import Vectors

KEY = b"\x07" * 32
OF_LANGUAGES = frozenset(SENTENCES.read_text(encoding="utf-8").replace("\n", "\t").split("\t"))


class HashedEmbedder:
    """Bags of words and Han characters; counts the texts of documents and questions that it was asked to embed."""

    dimension = 32
    max_tokens = 512

    def __init__(self, fingerprint: str = "hashed-1") -> None:
        self.fingerprint = fingerprint
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += [text for text in texts if text not in OF_LANGUAGES]
        return np.array([self._embed(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+?(?=[一-鿿]|\b|_)|[^\w\s]", text)) for text in texts]

    def _embed(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        for piece in re.findall(r"[a-z0-9]+|[一-鿿]", text.lower()):
            vector[hashlib.sha256(piece.encode()).digest()[0] % self.dimension] += 1
        return vector / np.linalg.norm(vector)


@dataclass(frozen=True)
class Options:
    """What a pipeline needs of the settings, small enough for tests."""

    chunk_tokens: int = 60
    chunk_overlap: int = 0
    batch_size: int = 4
    workers: int = 1
    max_file_mb: float = 5.0
    max_seconds: float = 20.0
    max_memory_mb: int = 700
    max_pages: int = 100
    max_ocr_pages: int = 5
    exclude: Sequence[str] = (".*", "~$*")


@pytest.fixture
def unprivileged(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """What runs inside may open only what others may open, also where root runs the tests."""

    @contextmanager
    def inside() -> Iterator[None]:
        closed = [folder for folder in (tmp_path, *tmp_path.parents) if folder.stat().st_mode & 0o55 != 0o55]
        if os.geteuid() != 0:
            yield
            return
        modes = {folder: folder.stat().st_mode for folder in closed}
        for folder, mode in modes.items():
            folder.chmod(mode | 0o55)
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
            for folder, mode in modes.items():
                folder.chmod(mode)

    return inside


@pytest.fixture
def embedder() -> HashedEmbedder:
    return HashedEmbedder()


@pytest.fixture
def desensitizer() -> Desensitizer:
    return Desensitizer(load_policy(), KEY)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "workspace" / "catalog.sqlite", create=True) as catalog:
        yield catalog


@pytest.fixture
def store(tmp_path: Path, catalog: Catalog) -> IndexStore:
    return IndexStore(tmp_path / "workspace" / "index", catalog)


@pytest.fixture
def make_pipeline(
    catalog: Catalog, store: IndexStore, embedder: HashedEmbedder, desensitizer: Desensitizer
) -> Callable[..., Pipeline]:
    def make(options: Options | None = None, **parts: object) -> Pipeline:
        chosen = {"embedder": embedder, "desensitizer": desensitizer, **parts}
        return Pipeline(catalog, store, settings=options or Options(), **chosen)

    return make


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with three good files."""
    folder = tmp_path / "source"
    (folder / "hr").mkdir(parents=True)
    (folder / "travel.md").write_text("# Travel\n\nHotels cost at most 600 CNY a night.\n", encoding="utf-8")
    (folder / "leave.txt").write_text("请假制度\n\n年假为每年十天，须提前申请。\n", encoding="utf-8")
    (folder / "hr" / "pay.csv").write_text("grade,salary\nP5,30000\nP6,40000\n", encoding="utf-8")
    return folder
