"""Dense search: FAISS over immutable segments of chunk vectors.

A segment holds the vectors of chunks of one language: exact up to `HNSW_FROM` of them, a graph (HNSW) over 8-bit codes
beyond. New documents make new segments; small ones are merged now and then; what was removed is masked.

Vectors are compared without their language's centre (knowledge/centring.py). Segments keep them as the model gave them,
except graphs, which are built over what will be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from knowledge.catalog.documents import VisibleSet
from knowledge.centring import Centres
from knowledge.errors import Damaged
from knowledge.protocols import Vectors

HNSW_FROM = 50_000
"""Segments of so many vectors are searched by a graph; fewer are compared one by one (14 ms for 100,000)."""
_HNSW_NEIGHBOURS = 32
_HNSW_BUILD_EFFORT = 80
_HNSW_SEARCH_EFFORT = 160
# With fewer permitted rows a graph search wanders among masked ones and loses hits; all codes are compared instead
_GRAPH_NEEDS_SHARE = 0.1

Kind = Literal["flat", "hnsw"]
Rows = NDArray[np.int64]
Mask = tuple[NDArray[np.uint8], int]
"""One bit per row of a segment (lowest bit first), and how many are set."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable set of vectors on the disk; `language` is that of all its chunks."""

    name: str
    kind: Kind
    language: str
    count: int

    @property
    def files(self) -> tuple[str, str]:
        """Names of its files: the chunk rows, the vectors."""
        return f"{self.name}.rows.npy", f"{self.name}.{'vectors.npy' if self.kind == 'flat' else 'faiss'}"


@dataclass(frozen=True, slots=True)
class VectorHits:
    """Chunk rows with centred cosines, best first. Those of a graph segment are rounded (8-bit codes)."""

    rows: Rows
    scores: Vectors


@dataclass(frozen=True, slots=True)
class VectorFilter:
    """What may be found, per segment; None where all of it may."""

    masks: tuple[Mask | None, ...]


def write_segment(
    folder: Path,
    name: str,
    language: str,
    rows: Rows,
    vectors: Vectors,
    centres: Centres,
    *,
    hnsw_from: int = HNSW_FROM,
) -> Segment:
    """Write the segment's files into `folder`: `rows` ascending, `vectors` of shape (len(rows), dimension)."""
    segment = Segment(name, "hnsw" if len(rows) >= hnsw_from else "flat", language, len(rows))
    rows_file, body_file = (folder / file for file in segment.files)
    np.save(rows_file, rows.astype(np.int64), allow_pickle=False)
    if segment.kind == "flat":
        np.save(body_file, vectors.astype(np.float16), allow_pickle=False)
    else:
        _write_graph(body_file, centres.of_passages(vectors, language))
    return segment


class VectorIndex:
    """The segments of one generation, in memory. Safe from many threads."""

    def __init__(self, parts: Sequence[_Part], centres: Centres) -> None:
        self._parts = tuple(parts)
        self._centres = centres

    @classmethod
    def load(
        cls, folder: Path, segments: Sequence[Segment], centres: Centres, before: VectorIndex | None = None
    ) -> VectorIndex:
        """The index of `segments`; those that the index `before` holds are taken from there, not read again.

        Raises Damaged when a file is missing or does not hold what it should.
        """
        known = {} if before is None else before.parts(centres)
        return cls([known.get(segment) or _read_segment(folder, segment, centres) for segment in segments], centres)

    def parts(self, centres: Centres) -> dict[Segment, _Part]:
        """What stands in memory, by segment; nothing when it was made with other centres."""
        return {part.segment: part for part in self._parts} if self._centres is centres else {}

    def prepare(self, visible: VisibleSet) -> VectorFilter:
        """The filter that lets only chunks of `visible` be found; serves many searches."""
        return VectorFilter(tuple(_mask(part.rows, visible) for part in self._parts))

    def search(self, query: Vectors, language: str, permitted: VectorFilter, limit: int) -> VectorHits:
        """The chunks nearest to `query` (the unit vector of a question in `language`) that are permitted."""
        question = self._centres.of_question(query, language).reshape(1, -1)
        found = [
            part.search(question, mask, limit)
            for part, mask in zip(self._parts, permitted.masks, strict=True)
            if mask is None or mask[1]
        ]
        if not found:
            return VectorHits(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        rows = np.concatenate([hits.rows for hits in found])
        scores = np.concatenate([hits.scores for hits in found])
        # Rows break ties, so that equal input gives equal output
        order = np.lexsort((rows, -scores))[:limit]
        return VectorHits(rows[order], scores[order])


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment in memory: positions in `index` are positions in `rows`."""

    segment: Segment
    rows: Rows
    index: Any  # faiss.Index
    graph: bool

    def search(self, question: Vectors, mask: Mask | None, limit: int) -> VectorHits:
        permitted = len(self.rows) if mask is None else mask[1]
        index, parameters = _plan(self, mask, permitted, limit)
        scores, positions = index.search(question, min(limit, permitted), params=parameters)
        there = positions[0] >= 0
        return VectorHits(self.rows[positions[0][there]], scores[0][there])


def _plan(part: _Part, mask: Mask | None, permitted: int, limit: int) -> tuple[Any, Any]:
    """Which FAISS index to ask, and with which parameters."""
    faiss = _faiss()
    selector = None if mask is None else faiss.IDSelectorBitmap(mask[0])
    if not part.graph:
        return part.index, faiss.SearchParameters(sel=selector)
    if permitted < _GRAPH_NEEDS_SHARE * len(part.rows):
        return faiss.downcast_index(part.index.storage), faiss.SearchParameters(sel=selector)
    return part.index, faiss.SearchParametersHNSW(sel=selector, efSearch=max(_HNSW_SEARCH_EFFORT, 2 * limit))


def _mask(rows: Rows, visible: VisibleSet) -> Mask | None:
    permitted = visible.holds_rows(rows)
    count = int(permitted.sum())
    return None if count == len(rows) else (np.packbits(permitted, bitorder="little"), count)


def _read_segment(folder: Path, segment: Segment, centres: Centres) -> _Part:
    faiss = _faiss()
    rows_file, body_file = (folder / file for file in segment.files)
    try:
        rows = np.load(rows_file, allow_pickle=False)
        if segment.kind == "hnsw":
            index = faiss.read_index(str(body_file))
        else:
            vectors = np.load(body_file, allow_pickle=False).astype(np.float32)
            index = faiss.IndexFlatIP(vectors.shape[1])
            index.add(centres.of_passages(vectors, segment.language))
    except (OSError, ValueError, EOFError, RuntimeError) as error:
        raise Damaged(f"{folder / segment.name}: cannot be read: {error}; run `plumbline rebuild`") from error
    if not len(rows) == index.ntotal == segment.count:
        raise Damaged(
            f"{folder / segment.name}: {index.ntotal} vectors for {segment.count} chunks; run `plumbline rebuild`"
        )
    return _Part(segment, rows, index, segment.kind == "hnsw")


def _write_graph(path: Path, vectors: Vectors) -> None:
    faiss = _faiss()
    index = faiss.IndexHNSWSQ(
        vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, _HNSW_NEIGHBOURS, faiss.METRIC_INNER_PRODUCT
    )
    index.hnsw.efConstruction = _HNSW_BUILD_EFFORT
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(path))


def _faiss() -> Any:
    """The library, without its own type stubs: they know neither its Python additions nor all its classes."""
    return import_module("faiss")
