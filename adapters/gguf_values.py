"""The exact numbers of a GGUF file's matrices, for a back end whose own reader rounds some of them.

Types with a minimum per block (Q4_K, Q4_1 and the like) mean `scale * code - minimum`. OpenVINO's reader writes
`scale * (code - zero)` with a whole number for the zero point: what that rounds off is as large as what the four bits
themselves did (.08 of the weights' size; `bench/weights.py` compares the logits). Other types it reads exactly.
"""

from __future__ import annotations

from collections.abc import Callable
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

        tensors = (tensor for tensor in GGUFReader(file).tensors if tensor.tensor_type.name in _WITH_MINIMUM)
        self._tensors: list[Any] = [tensor for tensor in tensors if len(tensor.data.shape) > 1]
        self._first = [self._rows(tensor, slice(0, 1))[0] for tensor in self._tensors]

    def like(self, rows: Values, outputs: int) -> Callable[[slice], Values] | None:
        """What gives rows of the matrix with `outputs` rows of which `rows`, shape (n, inputs), nearly are the first.

        None when there is none, or when its rows come in another order, as the llama family's queries and keys do.
        """
        for tensor, first in zip(self._tensors, self._first, strict=True):
            if len(tensor.data) == outputs and first.shape == rows[0].shape and _alike(first, rows[0]):
                exact = self._rows(tensor, slice(0, len(rows)))
                if all(map(_alike, exact, rows)):
                    return partial(self._rows, tensor)
        return None

    def _rows(self, tensor: Any, wanted: slice) -> Values:
        from gguf.quants import dequantize

        exact: Values = dequantize(tensor.data[wanted], tensor.tensor_type)
        return exact


def _alike(one: Values, other: Values) -> bool:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) >= _LIKE * size
