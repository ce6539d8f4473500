"""Answer models in torch: from a GGUF file, whose weights are de-quantized once, or from a folder of safetensors.

Everything of torch and transformers that training and serving share stands here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from adapters.derived import derived_folder
from adapters.model_catalog import ModelCatalog
from adapters.training.plan import Quantize
from knowledge.errors import InvalidInput, Unavailable

INSTALL = "run `pip install 'plumbline-assistant[gpu]'`"
_LAYOUT = "torch-1"
_ATTENTION = (("q_proj", "v_proj"), ("query_key_value",), ("qkv_proj",), ("c_attn",), ("Wqkv",))
"""Names of the query and value projections, model family by model family."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model, from its file's header, before it is loaded; `architecture` as GGUF names it."""

    architecture: str
    parameters: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    intermediate: int
    vocabulary: int


def require_torch() -> None:
    """Raises Unavailable with what to install when torch, transformers or peft are missing."""
    missing = [name for name in ("torch", "transformers", "peft") if find_spec(name) is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)}: not installed; {INSTALL}")


Device = Literal["cuda", "cpu"]


def device() -> Device:
    """`cuda` when there is a GPU that torch can use, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def on_threads(threads: int) -> Iterator[None]:
    """In this thread torch multiplies with so many threads; 0: one per core, as it does by itself."""
    if not threads:
        yield
        return
    require_torch()
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def weights_folder(name: str, catalog: ModelCatalog) -> Path:
    """A folder that transformers reads. For a GGUF model it is made once, beside the file, in 16-bit floats."""
    entry = catalog.get(name)
    if entry.role != "answer":
        raise InvalidInput(f"{name}: is a model of the role {entry.role}, not one that writes answers")
    path = catalog.require(name)
    if entry.format != "gguf":
        return path
    return derived_folder(
        catalog.home(name) / _LAYOUT, catalog.fingerprint(name), lambda place: _dequantize(path, place)
    )


def load_model(folder: Path, quantize: Quantize = "none") -> Any:
    """The model in `folder` on the GPU, else on the CPU. Raises Unavailable as `loading_options` does."""
    import torch
    from transformers import AutoModelForCausalLM

    place = device()
    bf16 = place == "cuda" and torch.cuda.is_bf16_supported()
    options = loading_options(place, quantize, bf16=bf16, bitsandbytes=find_spec("bitsandbytes") is not None)
    return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, **options)


def loading_options(place: Device, quantize: Quantize, *, bf16: bool, bitsandbytes: bool) -> dict[str, Any]:
    """How transformers is to load a model: 32-bit floats on a CPU; on a GPU bf16 where it has that, else 16-bit floats.

    Raises Unavailable with what to do where weights cannot be quantized: without a GPU or without bitsandbytes.
    """
    import torch

    if place == "cpu":
        if quantize != "none":
            raise Unavailable(f"quantize {quantize}: needs an NVIDIA GPU, and there is none; leave it out")
        return {"dtype": torch.float32}
    dtype = torch.bfloat16 if bf16 else torch.float16
    options: dict[str, Any] = {"dtype": dtype, "device_map": {"": 0}}
    if quantize == "none":
        return options
    if not bitsandbytes:
        raise Unavailable(f"quantize {quantize}: needs bitsandbytes; run `pip install bitsandbytes` or leave it out")
    return options | {"quantization_config": _quantization(quantize, dtype)}


def load_tokenizer(folder: Path) -> Any:
    """The model's tokenizer."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def save_in(model: Any, dtype: Any, folder: Path) -> None:
    """Write a model's weights, rounded to floats of that kind, and its config into `folder`."""
    import torch
    from transformers import AutoModelForCausalLM

    config = model.config
    config.dtype = dtype
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    plain.load_state_dict({key: value.to(dtype) for key, value in model.state_dict().items()}, assign=True)
    plain.tie_weights()
    plain.save_pretrained(folder)


def attention_names(model: Any) -> tuple[str, ...]:
    """What the query and value projections are called in this model. Raises InvalidInput when none is known."""
    leaves = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    for names in _ATTENTION:
        if leaves.issuperset(names):
            return names
    known = ", ".join(sorted(leaves))
    raise InvalidInput(f"no attention projections of a known name in this model; give --targets out of {known}")


def model_shape(name: str, catalog: ModelCatalog) -> Shape:
    """The sizes of a pulled model, without loading it."""
    path = catalog.require(name)
    return _shape_of_gguf(path) if catalog.get(name).format == "gguf" else _shape_of_folder(path)


# --- inside ---------------------------------------------------------------------------------------------------------


def _quantization(quantize: Quantize, dtype: Any) -> Any:
    """Eight bits; or, for QLoRA, four as its authors have them (Dettmers et al. 2023)."""
    from transformers import BitsAndBytesConfig

    options: dict[str, Any] = {"load_in_8bit": True}
    if quantize == "4bit":
        options = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}
        options["bnb_4bit_compute_dtype"] = dtype
    return BitsAndBytesConfig(**options)  # type: ignore[no-untyped-call]


def _dequantize(file: Path, folder: Path) -> None:
    """The weights of a GGUF file as safetensors, with config and tokenizer (half a minute for 135 M parameters)."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, local_files_only=True)
        loaded = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32, local_files_only=True
        )
    except (ValueError, NotImplementedError) as error:  # of a family that it does not know
        reason = str(error).splitlines()[0]
        raise Unavailable(
            f"{file.name}: transformers cannot read these weights ({reason}); take a base in safetensors"
        ) from error
    tokenizer.save_pretrained(folder)
    del loaded.config.quantization_config  # it says GGUF, which the folder no longer is
    save_in(loaded, torch.float16, folder)


def _shape_of_gguf(file: Path) -> Shape:
    from gguf import GGUFReader

    reader = GGUFReader(file)
    architecture = str(reader.fields["general.architecture"].contents())

    def number(key: str) -> int:
        return int(reader.fields[f"{architecture}.{key}"].contents())

    embedding = next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")
    return Shape(
        architecture=architecture,
        parameters=sum(int(tensor.n_elements) for tensor in reader.tensors),
        layers=number("block_count"),
        hidden=number("embedding_length"),
        heads=number("attention.head_count"),
        kv_heads=number("attention.head_count_kv"),
        intermediate=number("feed_forward_length"),
        vocabulary=int(embedding.shape[1]),
    )


def _shape_of_folder(folder: Path) -> Shape:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return Shape(
        architecture=str(config["model_type"]),
        parameters=sum(_elements(file) for file in folder.glob("*.safetensors")),
        layers=int(config["num_hidden_layers"]),
        hidden=int(config["hidden_size"]),
        heads=int(config["num_attention_heads"]),
        kv_heads=int(config.get("num_key_value_heads", config["num_attention_heads"])),
        intermediate=int(config["intermediate_size"]),
        vocabulary=int(config["vocab_size"]),
    )


def _elements(file: Path) -> int:
    """How many numbers a safetensors file holds, from its header: u64 length, then JSON."""
    with file.open("rb") as stream:
        header: Mapping[str, Any] = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            count = 1
            for size in tensor["shape"]:
                count *= size
            total += count
    return total
