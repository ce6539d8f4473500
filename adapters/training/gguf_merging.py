"""A LoRA adapter merged into its base's GGUF file and quantized by llama.cpp itself: one file for its programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.model_catalog import ModelCatalog
from adapters.training.plan import GGUF_ADAPTER
from knowledge.errors import Damaged, InvalidInput, Unavailable
from knowledge.types import Adapter, Message

GGUF_MODEL = "model.gguf"
KINDS = ("f16", "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0")
"""The types that a merged model may be quantized to, as llama.cpp calls them, the finest first."""
_PROBES = ("What does our handbook say about this?", "请介绍一下公司的规定。", "Who is responsible for it?")
_ALLOWED = 0.5
"""The share of what the adapter changes that may get lost."""
_CONTEXT = 256


@dataclass(frozen=True, slots=True)
class MergedGguf:
    """What was written: its type, and how far its logits are from those of base and adapter, both in llama.cpp.

    `deviation` is the distance as a share of the distance between base and base with adapter.
    """

    kind: str
    deviation: float


def merge_gguf(base: str, version: Path, catalog: ModelCatalog, folder: Path, kind: str) -> MergedGguf:
    """Write base and adapter as `model.gguf` of that type into `folder`, with the base's metadata and tokenizer.

    The weights of the base are de-quantized, the adapter is added to them, and llama.cpp quantizes the sum; what was
    written is asked the same as base and adapter. Raises InvalidInput for a type that is not known or a base in another
    format, Unavailable for an adapter that llama.cpp cannot use or without llama.cpp, and Damaged when more than half
    of what the adapter changes is lost.
    """
    if kind not in KINDS:
        raise InvalidInput(f"--gguf {kind}: not known; there are {', '.join(KINDS)}")
    if catalog.get(base).format != "gguf":
        raise InvalidInput(f"{base}: is no GGUF file, from which metadata and tokenizer would come; take --merged")
    if not (version / GGUF_ADAPTER).is_file():
        raise Unavailable(f"{version}: has no {GGUF_ADAPTER} (the base's family or the targets have no names in GGUF)")
    quantize = _quantizer()
    whole, model = folder / f".{GGUF_MODEL}.f16", folder / GGUF_MODEL
    add_adapter(catalog.require(base), version / GGUF_ADAPTER, whole)
    if kind == "f16":
        whole.rename(model)
    else:
        quantize(whole, model, kind)
        whole.unlink()
    deviation = _deviation(base, version, catalog, model)
    if deviation > _ALLOWED:
        raise Damaged(
            f"{base}: as {kind} it misses base and adapter by {deviation:.0%} of what the adapter changes; "
            "take a finer type, such as q8_0 or f16"
        )
    return MergedGguf(kind, deviation)


def add_adapter(base: Path, adapter: Path, target: Path) -> None:
    """Write the base's weights with the adapter added to them, in 16-bit floats (vectors in 32), to `target`.

    W + alpha / r · B A (Hu et al. 2021, section 4.1), in the order of rows that GGUF has; everything else is the
    base's. Raises InvalidInput for an adapter of another base, or floats that 16 bits do not hold.
    """
    from gguf import GGUFReader, GGUFWriter
    from gguf.constants import Keys, LlamaFileType

    reader, laid = GGUFReader(base), GGUFReader(adapter)
    changes = _changes(laid)
    sizes = {
        tensor.name: (int(tensor.shape[1]), int(tensor.shape[0])) for tensor in reader.tensors if _is_matrix(tensor)
    }
    for name, (left, right) in changes.items():
        if sizes.get(name) != (left.shape[0], right.shape[1]):
            raise InvalidInput(f"{adapter}: {name} does not suit {base.name}; was it trained on another base?")
    writer = GGUFWriter(str(target), str(reader.fields[Keys.General.ARCHITECTURE].contents()))
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name not in {Keys.General.ARCHITECTURE, Keys.General.FILE_TYPE}:
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    for tensor in reader.tensors:
        kind = np.dtype(np.float16 if _is_matrix(tensor) else np.float32)
        shape = [int(size) for size in tensor.shape[::-1]]
        writer.add_tensor_info(tensor.name, shape, kind, int(tensor.n_elements) * kind.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor, weights in _merged(reader, changes):  # one by one: the whole need not be in memory
        rounded = weights.astype(np.float16 if _is_matrix(tensor) else np.float32)
        if not np.isfinite(rounded).all():
            raise InvalidInput(f"{tensor.name}: has weights that 16-bit floats do not hold; take --merged")
        writer.write_tensor_data(rounded)
    writer.close()


# --- inside ---------------------------------------------------------------------------------------------------------


def _is_matrix(tensor: Any) -> bool:
    """Whether it is a matrix; vectors (norms, biases) stay in 32 bits, as llama.cpp wants them."""
    return len(tensor.shape) > 1


def _changes(adapter: Any) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """By the name of the weights B, scaled by alpha / r, of shape (out, r), and A of shape (r, in)."""
    alpha = float(adapter.fields["adapter.lora.alpha"].contents())
    tensors = {tensor.name: np.asarray(tensor.data, dtype=np.float32) for tensor in adapter.tensors}
    changes = {}
    for name in sorted(name for name in tensors if name.endswith(".lora_a")):
        stem = name.removesuffix(".lora_a")
        right, left = tensors[name], tensors[f"{stem}.lora_b"]
        changes[stem] = (left * np.float32(alpha / right.shape[0]), right)
    return changes


def _merged(
    base: Any, changes: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> Iterator[tuple[Any, NDArray[np.float32]]]:
    from gguf.quants import dequantize

    for tensor in base.tensors:
        weights: NDArray[np.float32] = dequantize(tensor.data, tensor.tensor_type)
        if tensor.name in changes:
            left, right = changes[tensor.name]
            weights = weights + left @ right
        yield tensor, weights


def _quantizer() -> Callable[[Path, Path, str], None]:
    """llama.cpp's own quantizer. Raises Unavailable where llama.cpp is not installed."""
    try:
        import llama_cpp
    except ImportError as error:
        raise Unavailable(
            "--gguf: llama.cpp is not installed; run `pip install 'plumbline-assistant[llama-cpp]'`"
        ) from error

    def quantize(source: Path, target: Path, kind: str) -> None:
        logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)  # it tells of every tensor otherwise
        options = llama_cpp.llama_model_quantize_default_params()
        options.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind.upper()}")
        if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), options):
            raise Unavailable(f"{target}: llama.cpp could not quantize to {kind}; is there room on the disk?")

    return quantize


def _deviation(base: str, version: Path, catalog: ModelCatalog, model: Path) -> float:
    """How far the logits of the written model are from base and adapter's, as a share of the adapter's effect."""
    from adapters.llama_cpp_generator import LlamaCppGenerator

    # One thread: a few dozen tokens, and on a busy machine several wait for one another
    together = LlamaCppGenerator(base, catalog, 1, _CONTEXT)
    plain = _logits(together)
    wanted = _logits(together.adapted(Adapter("merged", version)))
    together.close()
    alone = LlamaCppGenerator(base, catalog, 1, _CONTEXT, file=model)
    found = _logits(alone)
    alone.close()
    effect = float(np.linalg.norm(wanted - plain))
    return float(np.linalg.norm(found - wanted)) / effect if effect else float("inf")


def _logits(generator: Any) -> NDArray[np.float64]:
    """What comes after the probes, in one vector, less the mean after each, which decides nothing."""
    rows = [np.asarray(generator.logits([Message("user", probe)]), dtype=np.float64) for probe in _PROBES]
    return np.concatenate([row - row.mean() for row in rows])
