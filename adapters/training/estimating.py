"""What a training will take, before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from adapters.generators import available_memory
from adapters.model_catalog import ModelCatalog
from adapters.training.plan import Estimate, Plan
from adapters.training.torch_models import Device, Shape, device, model_shape, require_torch

_BYTES = {"none": 4.0, "8bit": 1.0, "4bit": 0.6}
"""Bytes a weight; without quantizing 4 on a CPU, half of it on a GPU."""
_LIBRARIES = 700 << 20
"""What torch and transformers take themselves."""
_KEPT = 34
"""Numbers that are kept for the backward pass, per token, layer and hidden unit (Korthikanti et al. 2022, table 2)."""
_PER_PARAMETER = {"lora": 4, "dpo": 8, "prompt": 4, "full": 6}
"""Floating-point operations per parameter and token: 2 forward, 2 for the gradients of activations, 2 for weights."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a training would run: bytes that are free (None: unknown) and floating-point operations a second."""

    place: Device
    free_bytes: int | None
    operations_per_second: float


def estimate(plan: Plan, examples: int, tokens: int, catalog: ModelCatalog) -> Estimate:
    """Memory and time for training on `examples` rows with `tokens` tokens in all. Raises Unavailable without torch."""
    require_torch()
    place = device()
    machine = Machine(place, _available(place), _operations_per_second(place))
    return estimated(plan, examples, tokens, model_shape(plan.base, catalog), machine)


def estimated(plan: Plan, examples: int, tokens: int, shape: Shape, machine: Machine) -> Estimate:
    """As `estimate`, for a model of known sizes on a known machine."""
    place = machine.place
    trained = _trained(plan, shape)
    width = 4.0 if place == "cpu" else 2.0
    weight = width if plan.quantize == "none" else _BYTES[plan.quantize]
    # Gradient, two moments, and the 32-bit copy that is trained
    trainable = trained * (16 if plan.method != "full" or place == "cuda" else 12)
    texts = plan.batch_size * (2 if plan.method == "dpo" else 1)
    longest = min(plan.max_tokens, 2 * -(-tokens // max(examples, 1)))
    kept = shape.layers * shape.hidden * (2 if plan.gradient_checkpointing else _KEPT) * width
    activations = texts * longest * (kept + 3 * 4 * shape.vocabulary)
    per_step = tokens / max(examples, 1) * plan.batch_size * plan.accumulation
    operations = plan.steps(examples) * per_step * _PER_PARAMETER[plan.method] * shape.parameters
    return Estimate(
        parameters=shape.parameters,
        trained=trained,
        memory_bytes=int(shape.parameters * weight + trainable + activations) + _LIBRARIES,
        available_bytes=machine.free_bytes,
        seconds=operations / machine.operations_per_second,
        device="GPU" if place == "cuda" else "CPU",
    )


def _trained(plan: Plan, shape: Shape) -> int:
    if plan.method == "full":
        return shape.parameters
    if plan.method == "prompt":
        return plan.prompt_tokens * shape.hidden
    head = shape.hidden // shape.heads
    kv = shape.kv_heads * head
    sizes = {
        "q_proj": shape.hidden + shape.hidden,
        "k_proj": shape.hidden + kv,
        "v_proj": shape.hidden + kv,
        "o_proj": shape.hidden + shape.hidden,
        "gate_proj": shape.hidden + shape.intermediate,
        "up_proj": shape.hidden + shape.intermediate,
        "down_proj": shape.hidden + shape.intermediate,
    }
    targets = plan.targets or ("q_proj", "v_proj")
    return shape.layers * plan.rank * sum(sizes.get(target, 2 * shape.hidden) for target in targets)


def _available(place: Device) -> int | None:
    if place == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    memory = available_memory()
    limit = Path("/sys/fs/cgroup/memory.max")
    try:
        allowed = int(limit.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such limit, or "max"
        return memory
    return allowed if memory is None else min(memory, allowed)


def _operations_per_second(place: Device) -> float:
    """Measured with matrices of a layer's size; half of it, since a training is not only multiplying."""
    import torch

    size, rounds = 768, 4
    left, right = torch.randn(256, size, device=place), torch.randn(size, size, device=place)
    (left @ right).sum().item()
    start = time.perf_counter()
    for _ in range(rounds):
        product = left @ right
    product.sum().item()  # waits for a GPU too
    return rounds * 2 * 256 * size * size / (time.perf_counter() - start) / 2
