"""A model version as a folder of its own, for other programs: its files as they are, or merged with its base."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import InvalidInput
from knowledge.files import whole_folder

if TYPE_CHECKING:
    from app.wiring import Workspace

ABOUT = "plumbline.json"
"""Lies in every exported folder: which version it is and what it came from."""
_HAVE_ADAPTERS = frozenset({"lora", "dpo"})


def export(
    workspace: Workspace, version_id: str, target: Path, *, by: str, merged: bool = False, gguf: str = ""
) -> dict[str, Any]:
    """Write a version into the new folder `target`, whole or not at all; gives what stands in its `plumbline.json`.

    The held-back questions, which are the company's, stay behind.

    Merged, it holds safetensors that transformers loads, or with `gguf`, which is a type such as `q4_k_m`, one GGUF
    file; `merged` says the kind of numbers and by how much the logits miss those of base and adapter (see
    `adapters.training.merging` and `gguf_merging`). Raises InvalidInput when `target` is taken or the version has no
    adapter to merge, Unavailable when the base's weights cannot be had or a package is missing.
    """
    if merged and gguf:
        raise InvalidInput("--merged and --gguf: are two kinds of one model; give one of them")
    version = workspace.adaptation.get(version_id)
    if target.exists():
        raise InvalidInput(f"{target}: exists already; name a new folder")
    if (merged or gguf) and version.method not in _HAVE_ADAPTERS:
        given = "--gguf" if gguf else "--merged"
        raise InvalidInput(f"{version.id}: has no adapter to merge (method {version.method}); leave {given} out")
    source = workspace.registry.verified(version)
    about: dict[str, Any] = {
        "version": version.id,
        "base": version.base,
        "method": version.method,
        "prompt": version.prompt,
        "settings": dict(version.settings),
        "files": {name: value for name, value in version.files.items() if name not in workspace.trainings.private},
    }
    with whole_folder(target) as folder:
        if merged:
            about["merged"] = asdict(workspace.trainings.merge(version.base, source, folder))
        elif gguf:
            about["merged"] = asdict(workspace.trainings.merge_gguf(version.base, source, folder, gguf))
        else:
            for name in about["files"]:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, folder / name)
        (folder / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
    workspace.audit.append("versions.export", by, {"merged": merged, "gguf": gguf}, subject=version.id)
    return about
