"""Where a training stands, on the disk, so that a killed one goes on: plain tensors and JSON, nothing pickled."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STATE = "state.json"
_TENSORS = "tensors.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`tensors` by name: the trained weights, the optimizer's moments, the random state; `state` is plain JSON."""

    tensors: Mapping[str, Any]
    state: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint in place of the one before; a crash at any moment leaves one of the two whole."""
    from safetensors.torch import save_file

    fresh, old = folder / "checkpoint.new", folder / "checkpoint.old"
    for path in (fresh, old):
        shutil.rmtree(path, ignore_errors=True)
    fresh.mkdir(parents=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    save_file(tensors, fresh / _TENSORS)
    (fresh / _STATE).write_text(json.dumps(checkpoint.state), encoding="utf-8")
    for path in fresh.iterdir():
        _sync(path)
    if (folder / "checkpoint").exists():
        (folder / "checkpoint").rename(old)
    fresh.rename(folder / "checkpoint")
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The last whole checkpoint, or None when there is none."""
    from safetensors.torch import load_file

    # Between the two renames of `save_checkpoint` only `.old` and `.new` are there, both whole
    for name in ("checkpoint", "checkpoint.old"):
        if (folder / name / _STATE).is_file():
            state = json.loads((folder / name / _STATE).read_text(encoding="utf-8"))
            return Checkpoint(load_file(folder / name / _TENSORS), state)
    return None


def remove_checkpoint(folder: Path) -> None:
    """Forget it: the training is over."""
    for name in ("checkpoint", "checkpoint.new", "checkpoint.old"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
