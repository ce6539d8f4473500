"""A LoRA adapter merged into its base: ordinary weights that any program for transformers models loads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.chat_format import render
from adapters.model_catalog import ModelCatalog
from adapters.training.plan import ADAPTER_CONFIG
from adapters.training.torch_models import load_tokenizer, require_torch, save_in, weights_folder
from knowledge.errors import Damaged, InvalidInput
from knowledge.types import Message

_PROBES = ("What does our handbook say about this?", "请介绍一下公司的规定。")
_ALLOWED = 0.1
"""The share of what the adapter changes that may get lost by rounding."""
_SMALLEST = 1e-4
"""The least effect, as a share of the logits, that is told from the noise of 32-bit floats."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What was written: the kind of floats, and how far its logits are from base and adapter's.

    `deviation` is the distance as a share of the distance between base and base with adapter.
    """

    dtype: str
    deviation: float


def merge(base: str, adapter: Path, catalog: ModelCatalog, folder: Path) -> Merged:
    """Write base and adapter as one model with its tokenizer into the empty `folder`; on the CPU, in 32-bit floats.

    What was written is loaded again and its logits are compared with those of base and adapter. The weights have the
    base's own kind of floats; where rounding to it loses too much of the adapter, 32-bit floats. Raises InvalidInput
    for what is no LoRA adapter, Unavailable when transformers cannot have the base's weights, and Damaged when the
    merged model gives other logits.
    """
    require_torch()
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))["peft_type"]
    if kind != "LORA":
        raise InvalidInput(f"{adapter}: only LoRA adapters can be merged, this one is {kind}")
    place = weights_folder(base, catalog)
    tokenizer = load_tokenizer(place)
    prompts = [render([Message("user", probe)], catalog.chat(base)) for probe in _PROBES]
    for dtype in _kinds(place):
        plain, wanted = _write(place, adapter, folder, dtype, tokenizer, prompts)
        found = _logits(_load(folder), tokenizer, prompts)
        effect = max(float((wanted - plain).norm()), _SMALLEST * float(wanted.norm()))
        deviation = float((found - wanted).norm()) / effect
        if deviation <= _ALLOWED:
            return Merged(dtype, deviation)
    raise Damaged(
        f"{base}: merged, it misses base and adapter by {deviation:.0%} of what the adapter changes; keep them apart"
    )


def _kinds(place: Path) -> list[str]:
    """The base's own floats, then 32-bit ones."""
    config = json.loads((place / "config.json").read_text(encoding="utf-8"))
    return list(dict.fromkeys([config.get("dtype") or config.get("torch_dtype") or "float32", "float32"]))


def _write(place: Path, adapter: Path, folder: Path, dtype: str, tokenizer: Any, prompts: list[str]) -> tuple[Any, Any]:
    """Merge and save; gives the logits of the base and of the base under the adapter."""
    import torch
    from peft import PeftModel

    base = _load(place)
    plain = _logits(base, tokenizer, prompts)
    adapted = PeftModel.from_pretrained(base, adapter)
    adapted.eval()
    wanted = _logits(adapted, tokenizer, prompts)
    merged = adapted.merge_and_unload(safe_merge=True)  # refuses weights that are not numbers
    save_in(merged, getattr(torch, dtype), folder)
    tokenizer.save_pretrained(folder)
    return plain, wanted


def _load(place: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32, local_files_only=True).eval()  # type: ignore[no-untyped-call]


def _logits(model: Any, tokenizer: Any, prompts: list[str]) -> Any:
    """The logits at all places of the prompts in one vector, less their mean at each place, which decides nothing."""
    import torch

    rows = []
    for prompt in prompts:
        with torch.no_grad():
            logits = model(**_ids(tokenizer, prompt)).logits[0].double()
        rows.append((logits - logits.mean(dim=-1, keepdim=True)).flatten())
    return torch.cat(rows)


def _ids(tokenizer: Any, prompt: str) -> dict[str, Any]:
    read = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    return {key: read[key] for key in ("input_ids", "attention_mask")}
