"""How alike two texts are: MinHash sketches of their shingles (Broder 1997), and bands to find candidates quickly.

Two texts that share a share s of their shingles agree in about s of the sketch's places, and in at least one band of
`_ROWS` places with probability 1 - (1 - s^_ROWS)^_BANDS: .99 for s = .7, .67 for s = .5, .06 for s = .25.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib

import numpy as np
from numpy.typing import NDArray

Sketch = NDArray[np.uint32]
"""Shape (PLACES,)."""

PLACES = 64
ALIKE = 0.7
"""From here on two documents count as versions or copies of one another."""
_ROWS = 4
_BANDS = PLACES // _ROWS
_SHINGLE = 4  # units of one shingle: Han characters, words, numbers
_FEWEST = 12  # shingles; what is shorter is alike by chance
_BLOCK = 4096
_UNIT = re.compile(r"[㐀-鿿]|[^\W_]+")

# Multiply-shift hashing (Dietzfelbinger 1997) of 32-bit values; fixed, because sketches are kept
_NUMBERS = np.random.default_rng(20_240_817).integers(1, 2**63, size=(2, PLACES), dtype=np.uint64)
_FACTORS, _OFFSETS = _NUMBERS[0] | np.uint64(1), _NUMBERS[1]


def sketch(text: str) -> Sketch | None:
    """The sketch of a text, its markup, spacing and letter case apart; None for one that is too short to compare."""
    shingles = shingles_of(text)
    if len(shingles) < _FEWEST:
        return None
    hashes = np.fromiter(shingles, dtype=np.uint64, count=len(shingles))
    lowest = np.full(PLACES, np.iinfo(np.uint32).max, dtype=np.uint32)
    for start in range(0, len(hashes), _BLOCK):
        mixed = hashes[start : start + _BLOCK, None] * _FACTORS + _OFFSETS
        np.minimum(lowest, (mixed >> np.uint64(32)).min(axis=0).astype(np.uint32), out=lowest)
    return lowest


def shingles_of(text: str) -> frozenset[int]:
    """Hashes of what a text says, `_SHINGLE` words or Han characters at a time; empty for one that is shorter."""
    units = _UNIT.findall(unicodedata.normalize("NFKC", text).lower())
    runs = zip(*(units[at:] for at in range(_SHINGLE)), strict=False)
    return frozenset(map(zlib.crc32, map(str.encode, map(" ".join, runs))))


def paragraph_key(text: str) -> str:
    """Names what a paragraph says, its spacing apart; empty for one so short that many say it of different things."""
    if len(_UNIT.findall(text)) < _FEWEST + _SHINGLE - 1:
        return ""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def word_for_word(one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether all that one text says stands in the other, by their shingles; short texts only seem to."""
    return len(one & other) == min(len(one), len(other)) >= _FEWEST


def likeness(one: Sketch, other: Sketch) -> float:
    """The share of shingles that two texts have in common, estimated; in [0, 1]."""
    return float(np.mean(one == other))


def bands(of: Sketch) -> list[int]:
    """One key per band, in order; texts that are alike share at least one of them at its place."""
    return [zlib.crc32(part.astype("<u4").tobytes()) for part in of.reshape(_BANDS, _ROWS)]
