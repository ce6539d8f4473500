"""Exact numbers of a GGUF file in place of those with rounded zero points."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.gguf_values import GgufValues
from adapters.openvino_weights import regroup

gguf = pytest.importorskip("gguf")
ov = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset15")

OUTPUTS, INPUTS, BLOCK, HEAD = 96, 256, 32, 16


@pytest.fixture(scope="module")
def exact() -> NDArray[np.float32]:
    """Weights as four bits with a minimum hold them: most of a block lies off zero."""
    made = np.random.default_rng(3).standard_normal((OUTPUTS, INPUTS)).astype(np.float32) + 0.4
    packed = gguf.quants.quantize(made, gguf.GGMLQuantizationType.Q4_1)
    values: NDArray[np.float32] = gguf.quants.dequantize(packed, gguf.GGMLQuantizationType.Q4_1)
    return values


@pytest.fixture(scope="module")
def file(exact: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with these weights, others of the same shape, and some of a type without a minimum."""
    place = tmp_path_factory.mktemp("gguf") / "small.gguf"
    writer = gguf.GGUFWriter(str(place), "llama")
    writer.add_embedding_length(INPUTS)
    writer.add_head_count(INPUTS // HEAD)
    others = np.random.default_rng(4).standard_normal((OUTPUTS, INPUTS)).astype(np.float32)
    for name, values, kind in (("others", others, "Q4_1"), ("these", exact, "Q4_1"), ("plain", others, "Q8_0")):
        packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType[kind])
        writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return place


def rounded(values: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float16]]:
    """Codes, zero points and steps as OpenVINO's reader writes them: whole zero points."""
    blocks = values.reshape(OUTPUTS, -1, BLOCK)
    low, high = blocks.min(-1, keepdims=True), blocks.max(-1, keepdims=True)
    steps = ((high - low) / 15).astype(np.float16)
    codes = np.clip(np.round((blocks - low) / steps), 0, 15).astype(np.uint8)
    return codes, np.clip(np.round(-low / steps), 0, 15).astype(np.uint8), steps


def read_back(values: NDArray[np.float32]) -> NDArray[np.float32]:
    codes, zeros, steps = rounded(values)
    found: NDArray[np.float32] = ((codes.astype(np.float32) - zeros) * steps).reshape(values.shape)
    return found


def test_a_matrix_is_known_by_its_first_rows(exact: NDArray[np.float32], file: Path) -> None:
    rows = GgufValues(file).like(read_back(exact)[:8], OUTPUTS)
    assert rows is not None
    assert np.array_equal(rows(slice(40, 96)), exact[40:96])


def test_rows_whose_halves_of_a_head_the_file_interleaves_are_known(exact: NDArray[np.float32], file: Path) -> None:
    order = np.arange(OUTPUTS).reshape(-1, HEAD // 2, 2).swapaxes(1, 2).reshape(-1)
    rows = GgufValues(file).like(read_back(exact)[order][:8], OUTPUTS)
    assert rows is not None
    assert np.array_equal(rows(slice(40, 96)), exact[order][40:96])


def test_what_is_not_there_or_in_another_order_is_left_alone(exact: NDArray[np.float32], file: Path) -> None:
    values, seen = GgufValues(file), read_back(exact)
    assert values.like(seen[:8], OUTPUTS + 1) is None
    assert values.like(seen[:8, :128], OUTPUTS) is None
    assert values.like(seen[[0, 2, 1, 3]], OUTPUTS) is None
    assert values.like(-seen[:8], OUTPUTS) is None


def test_regrouped_weights_are_those_of_the_file(exact: NDArray[np.float32], file: Path) -> None:
    codes, zeros, steps = rounded(exact)

    def model() -> object:
        rows = op.parameter([-1, INPUTS], np.float32, name="rows")
        centred = op.subtract(op.convert(op.constant(codes), "f16"), op.convert(op.constant(zeros), "f16"))
        shape = op.constant(np.array(exact.shape))
        flat = op.reshape(op.multiply(centred, op.constant(steps)), shape, special_zero=False)
        product = op.matmul(rows, op.convert(flat, "f32"), transpose_a=False, transpose_b=True)
        return ov.Model([op.result(product)], [rows], "one product")

    asked = np.random.default_rng(7).standard_normal((5, INPUTS)).astype(np.float32)
    true = asked @ exact.T

    def error(values: GgufValues | None) -> float:
        made = model()
        regroup(made, 2, values)
        settings = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0, "INFERENCE_PRECISION_HINT": "f32"}
        found = next(iter(ov.Core().compile_model(made, "CPU", settings)({"rows": asked}).values()))
        return float(np.sqrt(np.mean((found - true) ** 2) / np.mean(true**2)))

    assert error(None) > 0.03
    assert error(GgufValues(file)) < 0.01
