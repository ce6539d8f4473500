"""What a training is to do, what it will take, and what came of it. Nothing heavy is imported here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from knowledge.errors import InvalidInput

Method = Literal["lora", "prompt", "full", "dpo"]
Quantize = Literal["none", "8bit", "4bit"]

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
GGUF_ADAPTER = "adapter.gguf"
PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """One training. `max_steps` 0: as many as `epochs` make; a step is `batch_size` times `accumulation` examples.

    `targets` are the parts of the model that get an adapter; empty: its query and value projections. `patience` is how
    often the validation loss may fail to improve before the training stops (0: never). `prompt_tokens` belongs to the
    method `prompt`, `beta` to `dpo`. `from_adapter` is an adapter's folder to go on with.
    """

    base: str
    method: Method = "lora"
    rank: int = 8
    alpha: int = 16
    dropout: float = 0.05
    targets: tuple[str, ...] = ()
    epochs: int = 3
    max_steps: int = 0
    batch_size: int = 4
    accumulation: int = 1
    learning_rate: float = 2e-4
    max_tokens: int = 512
    seed: int = 0
    patience: int = 3
    evaluate_every: int = 20
    checkpoint_every: int = 20
    quantize: Quantize = "none"
    gradient_checkpointing: bool = False
    prompt_tokens: int = 16
    beta: float = 0.1
    from_adapter: str = ""

    def checked(self) -> Plan:
        """The plan itself; raises InvalidInput for numbers that cannot be."""
        if self.method not in get_args(Method):
            raise InvalidInput(f"--method {self.method}: no such method; there are {', '.join(get_args(Method))}")
        if self.quantize not in get_args(Quantize):
            raise InvalidInput(f"--quantize {self.quantize}: not known; there are {', '.join(get_args(Quantize))}")
        least = {"rank": 1, "alpha": 1, "epochs": 1, "max_steps": 0, "batch_size": 1, "accumulation": 1}
        least |= {"max_tokens": 16, "patience": 0, "evaluate_every": 1, "checkpoint_every": 1, "prompt_tokens": 1}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise InvalidInput(f"--{name.replace('_', '-')} {getattr(self, name)}: must be {lowest} or more")
        if not 0 < self.learning_rate <= 1:
            raise InvalidInput(f"--learning-rate {self.learning_rate}: must be above 0 and at most 1")
        if not 0 <= self.dropout < 1:
            raise InvalidInput(f"--dropout {self.dropout}: must be 0 or more and less than 1")
        return self

    def steps(self, examples: int) -> int:
        """How many steps this makes over so many examples."""
        per_step = self.batch_size * self.accumulation
        return self.max_steps or self.epochs * -(-examples // per_step)

    def to_json(self) -> dict[str, Any]:
        """As it is stored beside what it made."""
        return {**asdict(self), "targets": list(self.targets)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        """The plan that was stored."""
        return replace(cls(base=str(value["base"])), **{**value, "targets": tuple(value["targets"])})


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is. `validation` is None where it was not measured; `seconds_left` an estimate."""

    number: int
    of: int
    loss: float
    validation: float | None
    tokens_per_second: float
    seconds_left: float

    def to_json(self) -> dict[str, Any]:
        """A point of the curve."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a training will take. `available_bytes` is None where the system does not say."""

    parameters: int
    trained: int
    memory_bytes: int
    available_bytes: int | None
    seconds: float
    device: str

    @property
    def fits(self) -> bool:
        """Whether the memory suffices; unknown memory counts as enough."""
        return self.available_bytes is None or self.memory_bytes <= self.available_bytes

    def told(self) -> str:
        """The estimate in words."""
        here = "" if self.available_bytes is None else f" of {_gib(self.available_bytes)} available"
        return (
            f"about {_gib(self.memory_bytes)} of memory{here} and {_duration(self.seconds)} on the {self.device}; "
            f"{self.trained / 1e6:.2f} of {self.parameters / 1e6:.0f} million parameters are trained"
        )


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training made: the folder with its files, the curve, and its measures."""

    folder: Path
    curve: tuple[Step, ...]
    metrics: Mapping[str, Any] = field(default_factory=dict)


def checked_name(name: str) -> str:
    """The name of a version's family; raises InvalidInput unless it is letters, digits, dots, dashes, underscores."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InvalidInput(f"--name {name}: use up to 64 letters, digits, dots, dashes and underscores")
    return name


def _gib(amount: int) -> str:
    return f"{amount / (1 << 30):.1f} GiB"


def _duration(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - seconds are read more easily up to there
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - likewise
