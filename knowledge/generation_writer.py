"""Writing one generation: what stays the same is linked, what is new or changed is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.catalog.documents import Documents, VisibleSet
from knowledge.catalog.generations import Generation
from knowledge.centring import Centres
from knowledge.errors import Damaged
from knowledge.files import link_or_copy, sha256_of, sync_file, sync_folder
from knowledge.keyword_index import LOCK_FILES, REWRITTEN_FILES, write_keywords
from knowledge.manifest import DOCUMENTS, HELD_OUT, NAME, FileSum, Manifest, documents_table
from knowledge.protocols import Vectors
from knowledge.vector_index import Rows, Segment, write_segment

VECTORS = "vectors"
KEYWORDS = "keywords"

_LARGEST_SEGMENT = 200_000  # bounds the memory of writing one: 300 MB at 384 dimensions
# Merging a segment that is at most so many times larger keeps their number logarithmic, and the work of adding a
# document small on average
_MERGE_FACTOR = 2
_DEAD_SHARE = 0.3  # a segment or keyword index with more removed chunks is written anew
# What is smaller than this many chunks is written anew as soon as something was removed (well under a second), so that
# it leaves the disk at once
_CHEAP_CHUNKS = 4000
# A quick generation merges no more chunks than these, and builds no graphs: new documents are searchable at once
_QUICK_CHUNKS = 20_000


@dataclass(frozen=True, slots=True)
class Base:
    """The generation that a new one builds on, its files verified."""

    generation: Generation
    folder: Path
    manifest: Manifest
    held: VisibleSet

    def holds(self, wanted: VisibleSet) -> bool:
        """Whether nothing would change."""
        same = np.array_equal(self.held.numbers, wanted.numbers) and np.array_equal(self.held.stamps, wanted.stamps)
        return same and self.held.access_keys == wanted.access_keys

    def loses(self, wanted: VisibleSet) -> bool:
        """Whether it holds documents that are not wanted any more."""
        return bool(np.setdiff1d(self.held.numbers, wanted.numbers, assume_unique=True).size)


def write_generation(
    folder: Path,
    name: str,
    documents: Documents,
    base: Base | None,
    wanted: VisibleSet,
    *,
    fingerprint: str,
    dimension: int,
    centres: Centres,
    hnsw_from: int,
    erase: bool,
    quick: bool = False,
) -> str:
    """Write the files that hold the `wanted` documents into the empty `folder` and sync them; the manifest's SHA-256.

    `name` is part of new files' names, so that they never take the place of linked ones. A `quick` generation leaves
    merging that would take long to another one; `wants_merging` tells whether that is worth while.
    """
    writer = _VectorWriter(folder / VECTORS, name, documents, dimension, centres, hnsw_from, quick)
    segments = writer.write(base, wanted, erase=erase)
    dead_words = _write_keywords(folder / KEYWORDS, documents, base, wanted, erase=erase, quick=quick)
    table, keys = documents_table(wanted)
    np.save(folder / DOCUMENTS, table, allow_pickle=False)
    np.save(folder / HELD_OUT, wanted.held_out, allow_pickle=False)
    manifest = Manifest(fingerprint, dimension, segments, keys, dead_words, _sums(folder, base))
    data = manifest.to_bytes()
    (folder / NAME).write_bytes(data)
    sync_file(folder / NAME)
    for path in (folder / VECTORS, folder / KEYWORDS, folder):
        sync_folder(path)
    return hashlib.sha256(data).hexdigest()


def wants_merging(base: Base, hnsw_from: int) -> bool:
    """Whether a generation over `base` with the same documents would be laid out better."""
    if base.manifest.dead_words > _DEAD_SHARE * base.held.chunks:
        return True
    by_language: dict[str, dict[Segment, Rows]] = {}
    for segment in base.manifest.segments:
        by_language.setdefault(segment.language, {})[segment] = _rows_in(base, segment)
    plans = [_plan(mine, _NO_ROWS, base.held, hnsw_from, erase=False, quick=False) for mine in by_language.values()]
    return any(len(stay) < len(mine) for (stay, _), mine in zip(plans, by_language.values(), strict=True))


@dataclass(frozen=True, slots=True)
class _VectorWriter:
    folder: Path
    name: str
    documents: Documents
    dimension: int
    centres: Centres
    hnsw_from: int
    quick: bool

    def write(self, base: Base | None, wanted: VisibleSet, *, erase: bool) -> tuple[Segment, ...]:
        """Link the segments that stay, write new ones for the rest; gives all."""
        self.folder.mkdir()
        known = base.held.numbers if base else np.zeros(0, dtype=np.int64)
        old = {segment: _rows_in(base, segment) for segment in base.manifest.segments} if base else {}
        fresh = _rows_of(wanted, ~np.isin(wanted.numbers, known))
        loose = self.documents.languages([*fresh.tolist(), *_let_in(base, wanted, old.values()).tolist()])
        kept: list[Segment] = []
        for language in sorted(loose.keys() | {segment.language for segment in old}):
            mine = {segment: rows for segment, rows in old.items() if segment.language == language}
            new = loose.get(language, _NO_ROWS)
            stay, rows = _plan(mine, new, wanted, self.hnsw_from, erase=erase, quick=self.quick)
            kept += stay
            kept += [self._write_rows(language, part, piece) for part, piece in enumerate(_pieces(rows))]
        if base:
            for segment in kept:
                for file in segment.files:
                    if not (self.folder / file).exists():
                        link_or_copy(base.folder / VECTORS / file, self.folder / file)
        return tuple(kept)

    def _write_rows(self, language: str, part: int, rows: Rows) -> Segment:
        vectors = self._vectors(rows)
        segment_name = f"{self.name}-{language}-{part}"
        graph_from = len(rows) + 1 if self.quick else self.hnsw_from
        return write_segment(self.folder, segment_name, language, rows, vectors, self.centres, hnsw_from=graph_from)

    def _vectors(self, rows: Rows) -> Vectors:
        vectors = np.zeros((len(rows), self.dimension), dtype=np.float32)
        for batch in self.documents.vectors(rows.tolist()):
            if batch.vectors.shape[1] != self.dimension:
                raise Damaged(
                    f"{self.folder}: vectors of {batch.vectors.shape[1]} dimensions in the catalog, the model has "
                    f" {self.dimension}; run `plumbline ingest` on all documents with the model of the settings"
                )
            vectors[np.searchsorted(rows, batch.rows)] = batch.vectors
        return vectors


_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def _plan(
    old: dict[Segment, Rows], loose: Rows, wanted: VisibleSet, hnsw_from: int, *, erase: bool, quick: bool
) -> tuple[list[Segment], Rows]:
    """Which segments of one language stay, and the rows to be written anew, ascending."""
    stay: list[Segment] = []
    rewritten = [loose]
    seed: Segment | None = None
    largest = _QUICK_CHUNKS if quick else _LARGEST_SEGMENT
    for segment, rows in sorted(old.items(), key=lambda item: item[0].count):
        alive = rows[wanted.holds_rows(rows)]
        dead = len(rows) - len(alive)
        limit = 0.0 if erase or segment.count <= _CHEAP_CHUNKS else 1.0 if quick else _DEAD_SHARE
        size = sum(len(part) for part in rewritten)
        small = 0 < segment.count <= _MERGE_FACTOR * size and size + len(alive) <= largest
        ungraphed = segment.kind == "flat" and segment.count >= hnsw_from and not quick
        if dead > limit * segment.count or small or ungraphed:
            rewritten.append(alive)
        elif not size and not stay and not quick and segment.count:
            # With nothing new to be written, the smallest segment may still join the next
            seed = segment
            rewritten.append(alive)
        else:
            stay.append(segment)
    if seed is not None and len(rewritten) == 2:  # noqa: PLR2004 - what was new, and the seed, which found no company
        return [seed, *stay], loose
    return stay, np.sort(np.concatenate(rewritten))


def _pieces(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _LARGEST_SEGMENT):
        yield rows[start : start + _LARGEST_SEGMENT]


def _rows_of(held: VisibleSet, chosen: NDArray[np.bool_]) -> Rows:
    """The chunk rows of the chosen documents, ascending."""
    ranges = zip(held.first_rows[chosen], held.chunk_counts[chosen], strict=True)
    parts = [np.arange(first, first + count, dtype=np.int64) for first, count in ranges]
    rows = np.concatenate(parts) if parts else _NO_ROWS
    return rows[held.holds_rows(rows)]


def _let_in(base: Base | None, wanted: VisibleSet, segments: Iterable[Rows]) -> Rows:
    """Rows that were held out, are no longer, and stand in no segment."""
    if base is None:
        return _NO_ROWS
    rows: Rows = np.setdiff1d(base.held.held_out, wanted.held_out, assume_unique=True)
    rows = rows[wanted.holds_rows(rows)]
    for present in segments if rows.size else ():
        rows = rows[~np.isin(rows, present)]
    return rows


def _rows_in(base: Base, segment: Segment) -> Rows:
    rows: Rows = np.load(base.folder / VECTORS / segment.files[0], allow_pickle=False)
    return rows


def _write_keywords(
    folder: Path, documents: Documents, base: Base | None, wanted: VisibleSet, *, erase: bool, quick: bool
) -> int:
    """Write the keyword index; gives how many removed chunks its files may still hold."""
    if base is None:
        write_keywords(folder, documents.keyword_rows(wanted.numbers.tolist()))
        return 0
    held = base.held
    stays = _unchanged(held, wanted)
    dead = int(held.chunk_counts[~stays].sum())
    dead_words = base.manifest.dead_words + dead
    chunks = wanted.chunks
    limit = 0.0 if erase or chunks <= _CHEAP_CHUNKS else 1.0 if quick else _DEAD_SHARE
    if dead_words > limit * chunks:
        write_keywords(folder, documents.keyword_rows(wanted.numbers.tolist()))
        return 0
    folder.mkdir()
    for file in (base.folder / KEYWORDS).iterdir():
        if file.name in REWRITTEN_FILES:
            (folder / file.name).write_bytes(file.read_bytes())
        elif file.name not in LOCK_FILES and f"{KEYWORDS}/{file.name}" in base.manifest.files:
            link_or_copy(file, folder / file.name)
    added = np.setdiff1d(wanted.numbers, held.numbers[stays], assume_unique=True)
    write_keywords(folder, documents.keyword_rows(added.tolist()), held.numbers[~stays].tolist())
    return dead_words


def _unchanged(held: VisibleSet, wanted: VisibleSet) -> NDArray[np.bool_]:
    """For each held document whether it is wanted just as it was indexed."""
    places = np.searchsorted(wanted.numbers, held.numbers)
    inside = places < len(wanted.numbers)
    same = np.zeros(len(held.numbers), dtype=np.bool_)
    there = places[inside]
    same[inside] = (wanted.numbers[there] == held.numbers[inside]) & (wanted.stamps[there] == held.stamps[inside])
    return same


def _sums(folder: Path, base: Base | None) -> dict[str, FileSum]:
    """Size and checksum of each file; new ones are synced. Those of linked files are taken over."""
    sums = {}
    for path in sorted(file for file in folder.rglob("*") if file.is_file() and file.name not in LOCK_FILES):
        name = path.relative_to(folder).as_posix()
        known = base.manifest.files.get(name) if base else None
        if base and known and (base.folder / name).exists() and path.samefile(base.folder / name):
            sums[name] = known
        else:
            sync_file(path)
            sums[name] = FileSum(path.stat().st_size, sha256_of(path))
    return sums
