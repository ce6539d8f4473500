"""The exact numbers of a GGUF file's matrices, for a back end whose own reader rounds some of them.

Types with a minimum per block (Q4_K, Q4_1 and the like) mean `scale * code - minimum`. OpenVINO's reader writes
`scale * (code - zero)` with a whole number for the zero point: what that rounds off is as large as what the four bits
themselves did (.08 of the weights' size; `bench/weights.py` compares the logits). Other types it reads exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

_WITH_MINIMUM = ("Q4_K", "Q5_K", "Q2_K", "Q4_1", "Q5_1")
_LIKE = 0.98
"""Rounded rows agree with the exact ones to .996 (correlation); those of other matrices, or in another order, to 0."""


class GgufValues:
    """The matrices of a GGUF file that a rounded zero point would change. Safe from many threads."""

    def __init__(self, file: Path) -> None:
        from gguf import GGUFReader

        reader = GGUFReader(file)
        known = (tensor for tensor in reader.tensors if tensor.tensor_type.name in _WITH_MINIMUM)
        self._tensors: list[Any] = [tensor for tensor in known if len(tensor.data.shape) > 1]
        self._first = [_rows(tensor, np.arange(1), slice(None))[0] for tensor in self._tensors]
        self._head = _head_size(reader)

    def like(self, rows: Values, outputs: int) -> Callable[[slice], Values] | None:
        """What gives rows of the matrix with `outputs` rows of which `rows`, shape (n, inputs), nearly are the first.

        None when there is none.
        """
        for tensor, first in zip(self._tensors, self._first, strict=True):
            if len(tensor.data) == outputs and first.shape == rows[0].shape and _alike(first, rows[0]):
                for order in self._orders(outputs):
                    if all(map(_alike, _rows(tensor, order, slice(0, len(rows))), rows)):
                        return partial(_rows, tensor, order)
        return None

    def _orders(self, outputs: int) -> Iterator[NDArray[np.int64]]:
        """As the file has the rows; and as the llama family's queries and keys have them elsewhere, whose halves of a
        head the file interleaves.
        """
        order = np.arange(outputs)
        yield order
        if self._head and outputs % self._head == 0:
            yield order.reshape(-1, self._head // 2, 2).swapaxes(1, 2).reshape(-1)


def _head_size(reader: Any) -> int:
    """Rows of a head of attention; 0 where the file does not tell."""

    def told(key: str) -> int:
        field = reader.fields.get(key)
        return int(field.contents()) if field is not None else 0

    family = reader.fields.get("general.architecture")
    name = str(family.contents()) if family is not None else ""
    heads = told(f"{name}.attention.head_count")
    return told(f"{name}.attention.key_length") or (told(f"{name}.embedding_length") // heads if heads else 0)


def _rows(tensor: Any, order: NDArray[np.int64], wanted: slice) -> Values:
    from gguf.quants import dequantize

    exact: Values = dequantize(tensor.data[order[wanted]], tensor.tensor_type)
    return exact


def _alike(one: Values, other: Values) -> bool:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) >= _LIKE * size
