"""A model version as a folder of its own, for other programs: its files as they are, or merged with its base."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.wiring import Workspace

ABOUT = "plumbline.json"
"""Lies in every exported folder: which version it is and what it came from."""
_HAVE_ADAPTERS = frozenset({"lora", "dpo"})


def export(workspace: Workspace, version_id: str, target: Path, *, by: str, merged: bool = False) -> dict[str, Any]:
    """Write a version into the new folder `target`, whole or not at all; gives what stands in its `plumbline.json`.

    The held-back questions, which are the company's, stay behind.

    Merged, it holds safetensors that transformers loads, and `merged` says the kind of floats and by how much the
    logits miss those of base and adapter (see `adapters.training.merging`). Raises InvalidInput when `target` is taken
    or the version has no adapter to merge, Unavailable when the base's weights cannot be had.
    """
    version = workspace.adaptation.get(version_id)
    if target.exists():
        raise InvalidInput(f"{target}: exists already; name a new folder")
    if merged and version.method not in _HAVE_ADAPTERS:
        raise InvalidInput(f"{version.id}: has no adapter to merge (method {version.method}); leave --merged out")
    source = workspace.registry.verified(version)
    about: dict[str, Any] = {
        "version": version.id,
        "base": version.base,
        "method": version.method,
        "prompt": version.prompt,
        "settings": dict(version.settings),
        "files": {name: value for name, value in version.files.items() if name not in workspace.trainings.private},
    }
    with _whole(target) as folder:
        if merged:
            about["merged"] = asdict(workspace.trainings.merge(version.base, source, folder))
        else:
            for name in about["files"]:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, folder / name)
        (folder / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")
    workspace.audit.append("versions.export", by, {"merged": merged}, subject=version.id)
    return about


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A hidden folder beside `target` that takes its name when all that was written is on the disk, or goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield folder
        for file in folder.rglob("*"):
            if file.is_file():
                with file.open("rb") as stream:
                    os.fsync(stream.fileno())
        folder.chmod(0o755)  # a temporary folder is its maker's alone
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
