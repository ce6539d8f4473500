"""Weights as OpenVINO computes fastest with them on processors with 8-bit dot products.

OpenVINO's dynamic quantization multiplies bytes with bytes, but only where each group of weights that share a scale is
at least as long as the groups in which it quantizes what it multiplies them with. The groups of GGUF files (16 or 32
weights) are too short for its fast kernels. Written again in groups of up to 128, one byte a weight, prompts are read
two to three times as fast (`bench/generator.py`); what that rounds off is small beside what the file's own four or six
bits did (a test holds the bound).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from adapters.gguf_values import GgufValues

_GROUPS = (128, 64, 32)
_PROPERTY = "DYNAMIC_QUANTIZATION_GROUP_SIZE"
_TYPES = {"u4", "u8"}
_WRITTEN = ("Multiply", "Subtract", "Constant")
_ROWS = 64
_STEPS = 254
"""One less than a byte holds, so that rounding the zero point never leads out of it."""


def group_size(*widths: int) -> int:
    """The longest group that divides the inputs of all products; 0 when there is none."""
    return next((size for size in _GROUPS if all(width % size == 0 for width in widths)), 0)


def regroup(model: Any, threads: int, exact: GgufValues | None = None) -> None:
    """Write the quantized weights of the products in `model` in longer groups, in place; their names stay.

    Those that `exact` knows are written from there, the table of token vectors included. The model then says itself in
    which groups its inputs are to be quantized. Where no group fits, nothing is changed.
    """
    nodes = model.get_ordered_ops()
    found = [scaled for node in nodes if (scaled := _Scaled.of(node, "MatMul", 1)) is not None]
    group = group_size(*(scaled.inputs for scaled in found)) if found else 0
    if not group:
        return
    if exact is not None:
        shared = {scaled.name for scaled in found}  # the table of token vectors may be that of the last product too
        tables = [
            scaled
            for node in nodes
            if (scaled := _Scaled.of(node, "Gather", 0)) is not None and scaled.name not in shared
        ]
        for scaled in (*found, *tables):
            scaled.take_from(exact)
        found += [table for table in tables if table.exact is not None and table.inputs % group == 0]
    with ThreadPoolExecutor(threads) as pool:  # numpy works outside of Python's lock
        for scaled, written in zip(found, pool.map(lambda scaled: scaled.in_groups(group), found), strict=True):
            scaled.replace(*written)
    model.validate_nodes_and_infer_types()
    model.set_rt_info(str(group), ["runtime_options", _PROPERTY])


class _Scaled:
    """Weights of a product as the GGUF reader writes them: (codes - zeros) * steps, shape (outputs, groups, size)."""

    def __init__(self, scaled: Any, codes: Any, zeros: Any, steps: Any) -> None:
        self._scaled = scaled
        self.name = codes.get_friendly_name()
        # OpenVINO's objects are asked here only: asked from several threads at once, they can wait for each other
        self._codes, self._zeros, self._steps = _bytes(codes), _bytes(zeros), steps.get_data()
        self.exact: Callable[[slice], NDArray[np.float32]] | None = None
        self.outputs, groups, size = self._codes.shape
        self.inputs = groups * size

    @classmethod
    def of(cls, user: Any, kind: str, place: int) -> _Scaled | None:
        """The weights at one input of a node; None when it is of another kind or they are written otherwise."""
        if user.get_type_name() != kind:
            return None
        node = user.input_value(place).get_node()
        while node.get_type_name() in {"Convert", "Reshape"}:
            node = node.input_value(0).get_node()
        if node.get_type_name() != _WRITTEN[0]:
            return None
        if (_input(node, 0).get_type_name(), _input(node, 1).get_type_name()) != _WRITTEN[1:]:
            return None
        difference, steps = _input(node, 0), _input(node, 1)
        codes, zeros = (_input(_input(difference, place), 0) for place in (0, 1))
        constants = codes.get_type_name() == zeros.get_type_name() == "Constant"
        fits = constants and codes.get_element_type().get_type_name() in _TYPES
        return cls(node, codes, zeros, steps) if fits else None

    def take_from(self, exact: GgufValues) -> None:
        """Take the values from there, if they are known there."""
        rows = self._values(slice(0, _ROWS)).reshape(-1, self.inputs)
        self.exact = exact.like(rows, self.outputs)

    def in_groups(self, group: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float16]]:
        """See `_quantized`; some rows at a time, so that they stay in the processor's cache."""
        parts = [
            _quantized(self._values(rows).reshape(-1, self.inputs // group, group))
            for rows in (slice(start, start + _ROWS) for start in range(0, self.outputs, _ROWS))
        ]
        first, second, third = zip(*parts, strict=True)
        return np.concatenate(first), np.concatenate(second), np.concatenate(third)

    def _values(self, rows: slice) -> NDArray[np.float32]:
        if self.exact is not None:
            return self.exact(rows)
        values = self._codes[rows].astype(np.float32)
        values -= self._zeros[rows]
        values *= self._steps[rows].astype(np.float32)
        return values

    def replace(self, codes: NDArray[np.uint8], zeros: NDArray[np.uint8], steps: NDArray[np.float16]) -> None:
        """Put other codes, zero points and steps into the model."""
        from openvino import opset15 as op

        constant = op.constant(codes)
        constant.set_friendly_name(self.name)
        scaled = op.multiply(op.subtract(op.convert(constant, "f16"), _halves(op, zeros)), op.constant(steps))
        self._scaled.output(0).replace(scaled.output(0))


def _input(node: Any, place: int) -> Any:
    return node.input_value(place).get_node()


def _bytes(constant: Any) -> NDArray[np.uint8]:
    """A constant's numbers, a byte each; of half bytes the lower one comes first."""
    outputs, groups, size = constant.get_output_shape(0)
    data: NDArray[np.uint8] = constant.get_data()
    if constant.get_element_type().get_type_name() == "u4":
        packed = np.frombuffer(data.tobytes(), np.uint8)
        data = np.empty(2 * len(packed), np.uint8)
        np.bitwise_and(packed, 15, out=data[0::2])
        np.right_shift(packed, 4, out=data[1::2])
    return data.reshape(-1)[: outputs * groups * size].reshape(outputs, groups, size)


def _quantized(values: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float16]]:
    """Codes, zero points and steps of groups along the last axis, so that (code - zero) * step is nearly the value."""
    low = np.minimum(values.min(axis=-1, keepdims=True), 0)
    high = np.maximum(values.max(axis=-1, keepdims=True), 0)
    steps = ((high - low) / _STEPS).astype(np.float16)
    steps[steps == 0] = 1  # a group of zeros, or too small for a half float
    wide = steps.astype(np.float32)
    zeros = np.round(-low / wide)
    codes = values / wide
    codes += zeros + np.float32(0.5)  # the conversion cuts off
    return codes.astype(np.uint8), zeros.astype(np.uint8), steps


def _halves(op: Any, codes: NDArray[np.uint8]) -> Any:
    return op.convert(op.constant(codes), "f16")
