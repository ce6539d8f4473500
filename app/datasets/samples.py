"""Questions or documents of a window as numbers: enough to tell later whether what comes in is of another kind.

Nothing in a sample can be read: of each text it has a projection of its vector, its length, and the hashes of the
concepts in it. It lies with its dataset and is for the same readers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import Damaged
from knowledge.files import sync_file
from knowledge.protocols import Vectors

MOST = 1000
"""Texts of a window that are kept, drawn by chance."""
AXES = 64
FILE = "reference.npz"
_SIGNS = b"plumbline drift 1"
_FIELDS = ("points", "lengths", "term_rows", "term_keys", "keys")


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts of one window, drawn without order. `total`: how many there were.

    `points` has shape (n, AXES or less), row i of text i; (0, 0) when there are no vectors, and `embedder` names the
    model that made them. `lengths` has shape (n,), in words and Han characters. Text `term_rows[i]` has the concept
    with the hash `term_keys[i]`, each concept once. `keys` has the hash of what text i came from, so that it can be
    taken out again; shape (0,) where that is not known.
    """

    points: NDArray[np.float32]
    lengths: NDArray[np.int64]
    term_rows: NDArray[np.int64]
    term_keys: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    total: int
    embedder: str

    @property
    def count(self) -> int:
        """How many texts it has."""
        return len(self.lengths)

    def only(self, sources: Collection[str]) -> Sample:
        """The texts that came from these; none where it is not known what they came from."""
        known = np.array([key_of(source) for source in sources], dtype=np.uint64)
        stays = np.isin(self.keys, known) if len(self.keys) else np.zeros(self.count, dtype=bool)
        place = np.cumsum(stays) - 1
        terms = stays[self.term_rows]
        return Sample(
            points=self.points[stays] if self.points.size else self.points,
            lengths=self.lengths[stays],
            term_rows=place[self.term_rows[terms]],
            term_keys=self.term_keys[terms],
            keys=self.keys[stays] if len(self.keys) else self.keys,
            total=self.total - int(self.count - stays.sum()),
            embedder=self.embedder,
        )


def sample(
    vectors: Vectors | None,
    lengths: Sequence[int],
    concepts: Sequence[Collection[str]],
    total: int,
    embedder: str,
    sources: Sequence[str] = (),
) -> Sample:
    """A sample of texts with these unit vectors (None: they could not be had), lengths and concepts.

    `sources`: the ids of what they came from.
    """
    pairs = [(row, key_of(concept)) for row, found in enumerate(concepts) for concept in sorted(set(found))]
    return Sample(
        points=np.zeros((0, 0), np.float32) if vectors is None else projected(vectors),
        lengths=np.array(lengths, dtype=np.int64),
        term_rows=np.array([row for row, _ in pairs], dtype=np.int64),
        term_keys=np.array([key for _, key in pairs], dtype=np.uint64),
        keys=np.array([key_of(source) for source in sources], dtype=np.uint64),
        total=total,
        embedder="" if vectors is None else embedder,
    )


def key_of(name: str) -> int:
    """A concept or an id as a number that does not say which it is, unless one knows them all."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def projected(vectors: Vectors) -> NDArray[np.float32]:
    """The vectors, shape (n, dimension), on `AXES` random axes: distances stay nearly the same.

    Johnson and Lindenstrauss (1984), with the random signs of Achlioptas (2003, "Database-friendly random
    projections"). The axes know nothing of the texts and are the same everywhere, so that two samples stay
    exchangeable. Vectors that are no longer than that stay as they are.
    """
    dimension = vectors.shape[1]
    if dimension <= AXES:
        return np.asarray(vectors, dtype=np.float32)
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(_SIGNS).digest(dimension * AXES // 8), dtype=np.uint8))
    signs = (bits.astype(np.float32) * 2 - 1).reshape(dimension, AXES)
    return np.asarray(vectors @ signs / np.sqrt(AXES), dtype=np.float32)


# --- on the disk ----------------------------------------------------------------------------------------------------


def write(folder: Path, samples: dict[str, Sample]) -> None:
    """The samples into a folder, under their names."""
    _write_to(folder / FILE, samples)


def _write_to(target: Path, samples: dict[str, Sample]) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for name, one in samples.items():
        arrays |= {f"{name}.{field}": getattr(one, field) for field in _FIELDS}
        arrays[f"{name}.points"] = one.points.astype(np.float16)
        arrays[f"{name}.about"] = np.array([str(one.total), one.embedder])
    with target.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read(folder: Path) -> dict[str, Sample]:
    """The samples in a folder; none when there are none. Raises Damaged."""
    file = folder / FILE
    if not file.is_file():
        return {}
    try:
        with np.load(file, allow_pickle=False) as arrays:
            names = {name.split(".")[0] for name in arrays.files}
            return {name: _read_one(arrays, name) for name in sorted(names)}
    except (OSError, ValueError, KeyError) as error:
        raise Damaged(f"{file}: cannot be read ({error}); make the dataset again") from error


def _read_one(arrays: Any, name: str) -> Sample:
    total, embedder = arrays[f"{name}.about"]
    fields: dict[str, Any] = {field: arrays[f"{name}.{field}"] for field in _FIELDS if field != "keys"}
    # Files from before it was kept what texts came from have none
    fields["keys"] = arrays[f"{name}.keys"] if f"{name}.keys" in arrays else np.zeros(0, dtype=np.uint64)
    fields["points"] = fields["points"].astype(np.float32)
    return Sample(**fields, total=int(total), embedder=str(embedder))


def erased(folder: Path, there: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """Take out of the samples in a folder what came from nothing that is `there`, by the sample's name; gives what the
    datasheet says then of those that changed. Nothing when all of it is there still.
    """
    found = read(folder)
    left = {name: found[name].only(sources) for name, sources in there.items() if name in found and found[name].count}
    changed = {name: one for name, one in left.items() if one.count < found[name].count}
    if changed:
        fresh = folder / f".{FILE}.new"
        _write_to(fresh, {**found, **changed})
        sync_file(fresh)
        fresh.replace(folder / FILE)
    return {name: told(one) for name, one in changed.items()}


def told(one: Sample) -> dict[str, Any]:
    """What a datasheet says of a sample."""
    return {"kept": one.count, "total": one.total, "embedder": one.embedder}
