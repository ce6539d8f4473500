"""Weights in longer groups: nearly the same numbers, under the same names."""

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.openvino_weights import group_size, regroup

ov = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset15")

OUTPUTS, INPUTS = 96, 256
KEPT: list[NDArray[np.uint8]] = []


def weights(seed: int, inputs: int = INPUTS) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).standard_normal((OUTPUTS, inputs)).astype(np.float32)
    made[3] = 0
    made[5] *= 1e-9  # too small for a half float's step
    return made


def constant(codes: NDArray[np.uint8], kind: str, name: str) -> object:
    if kind == "u4":
        packed = (codes[..., 0::2] | codes[..., 1::2] << 4).astype(np.uint8).reshape(-1)
        KEPT.append(packed)  # a tensor shares an array's memory without holding it
        made = op.constant(ov.Tensor(packed, ov.Shape(list(codes.shape)), ov.Type.u4))
    else:
        made = op.constant(codes)
    made.set_friendly_name(name)
    return made


def product(node: object, values: NDArray[np.float32], kind: str, group: int, name: str) -> object:
    """A product with weights as the GGUF reader writes them."""
    top = 15 if kind == "u4" else 255
    grouped = values.reshape(OUTPUTS, -1, group)
    low, high = grouped.min(-1, keepdims=True), grouped.max(-1, keepdims=True)
    steps = np.maximum((high - low) / top, 1e-4).astype(np.float16)
    zeros = np.clip(np.round(-low / steps), 0, top).astype(np.uint8)
    codes = np.clip(np.round(grouped / steps) + zeros, 0, top).astype(np.uint8)
    centred = op.subtract(op.convert(constant(codes, kind, name), "f16"), op.convert(op.constant(zeros), "f16"))
    flat = op.reshape(op.multiply(centred, op.constant(steps)), op.constant(np.array(values.shape)), special_zero=False)
    return op.matmul(node, op.convert(flat, "f32"), transpose_a=False, transpose_b=True)


def network(inputs: int = INPUTS, groups: tuple[int, int] = (32, 16)) -> object:
    rows = op.parameter([-1, inputs], np.float32, name="rows")
    first = product(rows, weights(1, inputs), "u4", groups[0], "Constant_12")
    second = product(rows, weights(2, inputs), "u8", groups[1], "Constant_34")
    return ov.Model([op.result(first), op.result(second)], [rows], "two products")


def outputs(model: object, inputs: int = INPUTS) -> list[NDArray[np.float32]]:
    rows = np.random.default_rng(7).standard_normal((5, inputs)).astype(np.float32)
    exact = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0, "INFERENCE_PRECISION_HINT": "f32"}
    return list(ov.Core().compile_model(model, "CPU", exact)({"rows": rows}).values())


def constants(model: object) -> dict[str, tuple[str, list[int]]]:
    return {
        node.get_friendly_name(): (node.get_element_type().get_type_name(), list(node.get_output_shape(0)))
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Constant"
    }


def test_a_regrouped_model_computes_nearly_the_same() -> None:
    model = network()
    before = outputs(model)
    assert constants(model)["Constant_12"] == ("u4", [OUTPUTS, INPUTS // 32, 32])
    regroup(model, 2)
    kept = constants(model)
    assert kept["Constant_12"] == kept["Constant_34"] == ("u8", [OUTPUTS, INPUTS // 128, 128])
    assert model.get_rt_info(["runtime_options", "DYNAMIC_QUANTIZATION_GROUP_SIZE"]).astype(str) == "128"
    for old, new in zip(before, outputs(model), strict=True):
        error = np.sqrt(np.mean((old - new) ** 2) / np.mean(old**2))
        assert 0 < error < 0.01  # four bits themselves are off by about 0.08


def test_groups_fit_all_widths_or_nothing_is_changed() -> None:
    assert (group_size(384, 1536), group_size(576, 1536), group_size(96), group_size(100)) == (128, 64, 32, 0)
    model = network(80, (16, 16))
    before = constants(model)
    regroup(model, 1)
    assert constants(model) == before
