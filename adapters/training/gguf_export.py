"""LoRA adapters in PEFT's form as GGUF adapters, which llama.cpp lays over quantized weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from adapters.training.plan import ADAPTER_CONFIG, ADAPTER_WEIGHTS, GGUF_ADAPTER
from adapters.training.torch_models import Shape
from knowledge.errors import InvalidInput, Unavailable

_PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_NAME = re.compile(r"(?:.*\.)?model\.layers\.(\d+)\.([a-z_]+\.[a-z_]+)\.lora_([AB])\.weight")
_PERMUTED = {"llama": {"attn_q": "heads", "attn_k": "kv_heads"}}
"""Where llama.cpp keeps the rows of a projection in another order than transformers: the rotary halves interleaved."""
EXPORTED = ("llama", "qwen2", "qwen3")
"""Architectures whose names and order of rows are known; the first two were checked by comparing logits."""


def export_gguf(folder: Path, shape: Shape) -> Path:
    """Write `adapter.gguf` beside the PEFT files in `folder`, for a base of this shape.

    Raises InvalidInput when the adapter touches parts that GGUF has no name for, or the base is of another family.
    """
    try:
        from gguf import GGUFWriter
        from safetensors.numpy import load_file
    except ImportError as error:
        raise Unavailable("gguf: not installed; run `pip install 'plumbline-assistant[gpu]'`") from error

    if shape.architecture not in EXPORTED:
        known = ", ".join(EXPORTED)
        raise InvalidInput(f"{shape.architecture}: adapters of this family cannot be exported; only {known}")
    config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    if config["peft_type"] != "LORA" or config.get("use_dora") or config.get("use_rslora"):
        raise InvalidInput(f"{folder}: only plain LoRA adapters can be exported as GGUF")
    tensors = {_gguf_name(key): tensor for key, tensor in load_file(folder / ADAPTER_WEIGHTS).items()}
    target = folder / GGUF_ADAPTER
    writer = GGUFWriter(str(target), shape.architecture)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, tensor in sorted(tensors.items()):
        writer.add_tensor(name, _reordered(name, tensor.astype(np.float32), shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _gguf_name(key: str) -> str:
    """`….model.layers.3.self_attn.q_proj.lora_A.weight` as `blk.3.attn_q.weight.lora_a`."""
    match = _NAME.fullmatch(key)
    if match is None or match[2] not in _PARTS:
        raise InvalidInput(f"{key}: has no name in GGUF; train on {', '.join(part.split('.')[1] for part in _PARTS)}")
    return f"blk.{match[1]}.{_PARTS[match[2]]}.weight.lora_{match[3].lower()}"


def _reordered(name: str, tensor: Any, shape: Shape) -> Any:
    part, _, side = name.split(".")[2:]
    heads = _PERMUTED.get(shape.architecture, {}).get(part)
    if side != "lora_b" or heads is None:
        return tensor
    count = getattr(shape, heads)
    return np.ascontiguousarray(
        tensor.reshape(count, 2, tensor.shape[0] // count // 2, tensor.shape[1]).swapaxes(1, 2).reshape(tensor.shape)
    )
