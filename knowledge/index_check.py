"""What can be wrong with the indexes, for `plumbline doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from knowledge.catalog import Catalog
from knowledge.catalog.documents import VisibleSet
from knowledge.catalog.generations import Generation
from knowledge.catalog.health import Problem
from knowledge.errors import Damaged
from knowledge.generation_writer import KEYWORDS, VECTORS
from knowledge.keyword_index import LOCK_FILES, KeywordIndex
from knowledge.manifest import NAME, Manifest, faults, generation_fingerprint, read_documents, read_manifest

_REBUILD = "plumbline rebuild"
_INGEST = "plumbline ingest, on the folders of these documents"


def check_indexes(folder: Path, catalog: Catalog) -> list[Problem]:
    """Files that are damaged or do not belong there, and documents that the live generation lacks."""
    embedder = catalog.documents.latest_embedder()
    wanted = catalog.documents.indexable(embedder)
    problems = list(_other_model(folder, catalog, wanted))
    live = catalog.generations.live()
    if live is None:
        return problems + _unpublished(folder, len(wanted.numbers), 0)
    problems += _generation_problems(folder, live, wanted)
    if live.fingerprint != generation_fingerprint(embedder):
        problems.append(Problem("was made by another embedding model or version of the program", str(folder), _REBUILD))
    problems += _strays(folder, catalog)
    return problems


def _generation_problems(folder: Path, live: Generation, wanted: VisibleSet) -> list[Problem]:
    place = folder / live.folder
    try:
        manifest = read_manifest(place, live.manifest_sha256)
    except Damaged as error:
        return [Problem(str(error), str(place / NAME), _REBUILD)]
    damaged = [Problem(what, str(path), _REBUILD) for path, what in faults(place, manifest)]
    if damaged:
        return damaged
    held = read_documents(place, manifest)
    missing = np.setdiff1d(wanted.numbers, held.numbers, assume_unique=True).size
    surplus = np.setdiff1d(held.numbers, wanted.numbers, assume_unique=True).size
    return _unpublished(folder, missing, surplus) + list(_wrong_counts(place, manifest, held))


def _unpublished(folder: Path, missing: int, surplus: int) -> list[Problem]:
    problems = []
    if missing:
        problems.append(Problem(f"{missing} documents are in the catalog but not in the index", str(folder), _REBUILD))
    if surplus:
        what = f"{surplus} removed or replaced documents are still in the index files (searches do not show them)"
        problems.append(Problem(what, str(folder), _REBUILD))
    return problems


def _wrong_counts(place: Path, manifest: Manifest, held: VisibleSet) -> Iterator[Problem]:
    expected = held.chunks
    files = [np.load(place / VECTORS / segment.files[0], allow_pickle=False) for segment in manifest.segments]
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *files])
    alive = rows[held.holds_rows(rows)]
    if len(alive) != expected or len(np.unique(alive)) != expected:
        what = f"{len(alive)} vectors ({len(np.unique(alive))} different) for {expected} chunks"
        yield Problem(what, str(place / VECTORS), _REBUILD)
    words = len(KeywordIndex.load(place / KEYWORDS))
    if words != expected:
        yield Problem(f"{words} chunks in the keyword index, should be {expected}", str(place / KEYWORDS), _REBUILD)


def _other_model(folder: Path, catalog: Catalog, wanted: VisibleSet) -> Iterator[Problem]:
    others = catalog.documents.count() - len(wanted.numbers)
    if others:
        what = f"{others} documents were embedded with another model than the newest one; searches do not find them"
        yield Problem(what, str(folder), _INGEST)


def _strays(folder: Path, catalog: Catalog) -> Iterator[Problem]:
    """Files and folders that no generation lists."""
    generations = {generation.folder: generation for generation in catalog.generations.list()}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in generations:
            yield Problem("does not belong to any generation of the index", str(path), f"{_REBUILD}, or delete it")
            continue
        yield from _strays_in(path, generations[path.name])


def _strays_in(place: Path, generation: Generation) -> Iterator[Problem]:
    try:
        manifest = read_manifest(place, generation.manifest_sha256)
    except Damaged:
        return  # reported where the live generation is checked; an older one only stands by
    for path in sorted(place.rglob("*")):
        name = path.relative_to(place).as_posix()
        ours = path.is_dir() or name == NAME or name in manifest.files or path.name in LOCK_FILES
        if not ours:
            yield Problem("does not belong to the index", str(path), "delete it")
