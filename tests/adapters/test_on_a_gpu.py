"""What needs a GPU, as far as a machine without one can show it: options, estimates, and what is said."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from adapters.generators import choose_backend, load_generator
from adapters.model_catalog import ModelCatalog, ModelEntry
from adapters.training import estimating
from adapters.training.plan import Plan, Quantize
from adapters.training.torch_models import Shape, load_model
from knowledge.errors import InvalidInput, Unavailable

torch = pytest.importorskip("torch", reason="training needs pip install 'plumbline-assistant[gpu]'")
SHAPE = Shape("llama", 1_500_000_000, 28, 1536, 12, 2, 8960, 151_936)


class Loaded:
    """Stands where transformers loads a model, and keeps how it was asked to."""

    options: dict[str, Any]

    def from_pretrained(self, _folder: Path, **options: Any) -> Loaded:
        self.options = options
        return self


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """A machine that says that it has a GPU with bf16, and bitsandbytes."""
    found = Loaded()
    monkeypatch.setattr("transformers.AutoModelForCausalLM", found)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    module = type(sys)("bitsandbytes")
    module.__spec__ = ModuleSpec("bitsandbytes", None)
    monkeypatch.setitem(sys.modules, "bitsandbytes", module)
    return found


def test_a_gpu_gets_the_whole_model_in_bf16(loading: Loaded, tmp_path: Path) -> None:
    load_model(tmp_path)
    assert loading.options == {"dtype": torch.bfloat16, "device_map": {"": 0}, "local_files_only": True}


def test_an_older_gpu_gets_16_bit_floats(loading: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    load_model(tmp_path)
    assert loading.options["dtype"] == torch.float16


def test_the_base_of_qlora_has_four_bits(loading: Loaded, tmp_path: Path) -> None:
    """Dettmers et al. 2023: normal floats of four bits, their scales quantized too, products in bf16."""
    load_model(tmp_path, "4bit")
    told = loading.options["quantization_config"].to_dict()
    assert (told["load_in_4bit"], told["load_in_8bit"]) == (True, False)
    assert (told["bnb_4bit_quant_type"], told["bnb_4bit_use_double_quant"]) == ("nf4", True)
    assert told["bnb_4bit_compute_dtype"] == "bfloat16"
    load_model(tmp_path, "8bit")
    told = loading.options["quantization_config"].to_dict()
    assert (told["load_in_4bit"], told["load_in_8bit"]) == (False, True)


@pytest.mark.parametrize("quantize", ["8bit", "4bit"])
def test_without_bitsandbytes_it_says_what_to_install(
    loading: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quantize: Quantize
) -> None:
    monkeypatch.delitem(sys.modules, "bitsandbytes")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="needs bitsandbytes; run `pip install bitsandbytes`"):
        load_model(tmp_path, quantize)


@pytest.mark.parametrize("quantize", ["8bit", "4bit"])
def test_without_a_gpu_it_says_so(tmp_path: Path, quantize: Quantize) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(Unavailable, match=f"quantize {quantize}: needs an NVIDIA GPU"):
        load_model(tmp_path, quantize)


def test_only_transformers_quantizes_as_it_loads(tmp_path: Path) -> None:
    entry = ModelEntry("m", "answer", "gguf", "none", ("en",), (), verified=False, bytes=1, context=256, chat="chatml")
    catalog = ModelCatalog((entry,), ModelCatalog.load().chats, tmp_path)
    with pytest.raises(InvalidInput, match=r"quantize is 4bit, which only transformers does, and openvino answers"):
        load_generator("m", "openvino", catalog, quantize="4bit")


def test_a_gpu_is_taken_by_itself_and_the_reason_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.generators._has_gpu", lambda: True)
    choice = choose_backend("auto")
    assert (choice.backend, choice.reason) == ("transformers", "there is a GPU")


def test_fewer_bits_are_estimated_smaller_and_a_gpu_is_asked_for_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes a weight: 4 on a CPU; on a GPU 2, with 8 bits 1, with 4 bits and their scales 0.6."""
    monkeypatch.setattr(estimating, "model_shape", lambda _name, _catalog: SHAPE)
    plan = Plan("m")
    catalog = ModelCatalog.load()
    on_cpu = estimating.estimate(plan, 100, 10_000, catalog)
    monkeypatch.setattr(estimating, "device", lambda: "cuda")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 << 30, 16 << 30))
    monkeypatch.setattr(estimating, "_operations_per_second", lambda _place: 1e13)
    whole, eight, four = (
        estimating.estimate(replace(plan, quantize=each), 100, 10_000, catalog) for each in ("none", "8bit", "4bit")
    )
    assert (whole.device, whole.available_bytes, whole.fits) == ("GPU", 8 << 30, True)
    assert whole.memory_bytes - eight.memory_bytes == pytest.approx(1.0 * SHAPE.parameters)
    assert whole.memory_bytes - four.memory_bytes == pytest.approx(1.4 * SHAPE.parameters)
    assert on_cpu.memory_bytes - whole.memory_bytes >= 2.0 * SHAPE.parameters
    longer = estimating.estimate(replace(plan, epochs=6), 100, 10_000, catalog)
    assert longer.seconds == pytest.approx(2 * whole.seconds)
