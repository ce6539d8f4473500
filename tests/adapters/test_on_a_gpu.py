"""What is decided for a GPU: options of loading, estimates, the back end. Nothing runs on one here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.generators import choose_by_itself, load_generator
from adapters.model_catalog import ModelCatalog, ModelEntry
from adapters.training.estimating import Machine, estimated
from adapters.training.plan import Plan, Quantize
from adapters.training.torch_models import Shape, loading_options
from knowledge.errors import InvalidInput, Unavailable

torch = pytest.importorskip("torch", reason="training needs pip install 'plumbline-assistant[gpu]'")
SHAPE = Shape("llama", 1_500_000_000, 28, 1536, 12, 2, 8960, 151_936)
CPU = Machine("cpu", 24 << 30, 1e11)
GPU = Machine("cuda", 8 << 30, 1e13)


def test_a_gpu_gets_the_whole_model_in_16_bits() -> None:
    options = loading_options("cuda", "none", bf16=True, bitsandbytes=False)
    assert options == {"dtype": torch.bfloat16, "device_map": {"": 0}}
    older = loading_options("cuda", "none", bf16=False, bitsandbytes=False)
    assert older["dtype"] == torch.float16
    assert loading_options("cpu", "none", bf16=False, bitsandbytes=False) == {"dtype": torch.float32}


def test_the_base_of_qlora_has_four_bits() -> None:
    """Dettmers et al. 2023: normal floats of four bits, their scales quantized too, products in bf16."""
    four, eight = (
        loading_options("cuda", bits, bf16=True, bitsandbytes=True)["quantization_config"].to_dict()
        for bits in ("4bit", "8bit")
    )
    assert (four["load_in_4bit"], four["load_in_8bit"]) == (True, False)
    assert (four["bnb_4bit_quant_type"], four["bnb_4bit_use_double_quant"]) == ("nf4", True)
    assert four["bnb_4bit_compute_dtype"] == "bfloat16"
    assert (eight["load_in_4bit"], eight["load_in_8bit"]) == (False, True)


@pytest.mark.parametrize("quantize", ["8bit", "4bit"])
def test_where_weights_cannot_be_quantized_it_says_what_to_do(quantize: Quantize) -> None:
    with pytest.raises(Unavailable, match=f"quantize {quantize}: needs an NVIDIA GPU, and there is none; leave it out"):
        loading_options("cpu", quantize, bf16=False, bitsandbytes=True)
    with pytest.raises(Unavailable, match="needs bitsandbytes; run `pip install bitsandbytes` or leave it out"):
        loading_options("cuda", quantize, bf16=True, bitsandbytes=False)


def test_only_transformers_quantizes_as_it_loads(tmp_path: Path) -> None:
    entry = ModelEntry("m", "answer", "gguf", "none", ("en",), (), verified=False, bytes=1, context=256, chat="chatml")
    catalog = ModelCatalog((entry,), ModelCatalog.load().chats, tmp_path)
    with pytest.raises(InvalidInput, match=r"quantize is 4bit, which only transformers does, and openvino answers"):
        load_generator("m", "openvino", catalog, quantize="4bit")


def test_a_gpu_is_taken_by_itself_and_the_reason_said() -> None:
    all_of_them = dict.fromkeys(("openvino", "llama.cpp", "transformers", "openai-compatible"), True)
    choice = choose_by_itself(all_of_them, gpu=True, suits=True, why="it has amx_int8")
    assert (choice.backend, choice.reason) == ("transformers", "there is a GPU")
    choice = choose_by_itself(all_of_them, gpu=False, suits=True, why="it has amx_int8")
    assert (choice.backend, choice.reason) == ("openvino", "it has amx_int8")
    choice = choose_by_itself(all_of_them, gpu=False, suits=False, why="it has none of them")
    assert choice.backend == "llama.cpp"
    with pytest.raises(Unavailable, match="no engine for answer models is installed"):
        choose_by_itself(dict.fromkeys(all_of_them, False), gpu=False, suits=True, why="")


def test_fewer_bits_are_estimated_smaller_and_a_gpu_is_asked_for_its_memory() -> None:
    """Bytes a weight: 4 on a CPU; on a GPU 2, with 8 bits 1, with 4 bits and their scales 0.6."""
    plan = Plan("m")
    on_cpu = estimated(plan, 100, 10_000, SHAPE, CPU)
    whole, eight, four = (
        estimated(replace(plan, quantize=each), 100, 10_000, SHAPE, GPU) for each in ("none", "8bit", "4bit")
    )
    assert (whole.device, whole.available_bytes, whole.fits) == ("GPU", 8 << 30, True)
    assert whole.memory_bytes - eight.memory_bytes == pytest.approx(1.0 * SHAPE.parameters)
    assert whole.memory_bytes - four.memory_bytes == pytest.approx(1.4 * SHAPE.parameters)
    assert on_cpu.memory_bytes - whole.memory_bytes >= 2.0 * SHAPE.parameters
    assert not estimated(plan, 100, 10_000, SHAPE, replace(GPU, free_bytes=1 << 30)).fits
    longer = estimated(replace(plan, epochs=6), 100, 10_000, SHAPE, GPU)
    assert longer.seconds == pytest.approx(2 * whole.seconds)
