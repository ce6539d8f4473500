"""Reads the packaged 4-bit weights of multilingual-e5-small ("E5S1") into plain arrays.

Layout, little-endian: magic and u32 version; i32 hidden, layers, heads, feed-forward, vocabulary, positions, types; f32
layer-norm epsilon; i32 block size; i32 pieces, bos, eos, pad, unk; u64 length of the blob, u32 offsets[pieces + 1], f32
scores[pieces], blob; i32 normalizer entries, u32 bytes, map; i32 tensors, each (u16 length, name, u8 type, u32 numbers,
u64 offset in the file, u64 bytes); then the tensors. A 4-bit
block is an fp16 scale and 16 bytes: low nibbles are numbers 0–15, high nibbles 16–31, minus 8, times the scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import Damaged

_MAGIC = b"E5S1"
_BLOCK_BYTES = 18
_HALF = 16


@dataclass(frozen=True, slots=True)
class E5Weights:
    """The network's sizes, its tensors as float32 (flat), and the tokenizer's pieces with their scores."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    unknown: int
    tensors: Mapping[str, NDArray[np.float32]]


def read(path: Path) -> E5Weights:
    """The weights in `path`; raises Damaged when it is not such a file."""
    data = path.read_bytes()
    if data[:4] != _MAGIC:
        raise Damaged(f"{path}: is not an E5S1 weights file; delete it and pull the model again")
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise Damaged(f"{path}: breaks off or is damaged ({error}); delete it and pull the model again") from error


def _parse(data: bytes) -> E5Weights:
    reader = _Reader(data, 4)
    reader.take("<I")
    hidden, layers, heads, feed_forward, vocabulary, positions, _types = reader.take("<7i")
    (epsilon,) = reader.take("<f")
    _block, count, _bos, _eos, _pad, unknown = reader.take("<6i")
    (blob_bytes,) = reader.take("<Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count).astype(np.float32)
    blob = reader.bytes(blob_bytes)
    pieces = tuple(blob[offsets[i] : offsets[i + 1]].decode() for i in range(count))
    _entries, map_bytes = reader.take("<iI")
    reader.bytes(map_bytes)
    return E5Weights(
        hidden, layers, heads, feed_forward, vocabulary, positions, epsilon, pieces, scores, unknown, _tensors(reader)
    )


def _tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    table: list[tuple[str, int, int, int, int]] = []
    for _ in range(reader.take("<i")[0]):
        (length,) = reader.take("<H")
        name = reader.bytes(length).decode()
        kind, numbers, offset, size = reader.take("<BIQQ")
        table.append((name, kind, numbers, offset, size))
    tensors = {}
    for name, kind, numbers, offset, size in table:
        raw = reader.data[offset : offset + size]
        tensors[name] = np.frombuffer(raw, "<f4", numbers) if kind == 0 else _four_bit(raw, numbers)
    return tensors


def _four_bit(raw: bytes, numbers: int) -> NDArray[np.float32]:
    rows = np.frombuffer(raw, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = rows[:, 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (values * scales).reshape(-1)[:numbers]


class _Reader:
    """A place in bytes that moves on as values are taken."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data = data
        self.place = place

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self.place)
        self.place += struct.calcsize(layout)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values: NDArray[Any] = np.frombuffer(self.data, kind, count, self.place)
        self.place += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.place += count
        return self.data[self.place - count : self.place]
