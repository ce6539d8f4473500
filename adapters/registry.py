"""Model versions on the disk: each in a folder of its own under `adapters/`, with hashes, never changed again."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from adapters.training.plan import ADAPTER_CONFIG
from knowledge.catalog import Catalog
from knowledge.catalog.versions import Line, ModelVersion, VersionEvent, VersionUsage, VersionUse
from knowledge.errors import Damaged, InvalidInput, NotFound
from knowledge.types import Adapter

__all__ = ["Line", "ModelVersion", "Registry", "VersionEvent", "VersionUsage", "VersionUse", "next_number"]

Part = Literal["major", "minor", "patch"]
_NUMBER = re.compile(r"(\d+)\.(\d+)\.(\d+)")


class Registry:
    """The versions of a workspace; `folder` is its `adapters/`."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self._catalog = catalog
        self.folder = folder

    def list(self) -> Sequence[ModelVersion]:
        """All versions, newest first."""
        return self._catalog.versions.list()

    def get(self, version_id: str) -> ModelVersion:
        """The version of that id, or the newest of a name. Raises NotFound."""
        found = self._catalog.versions.get(version_id)
        if found is None and "@" not in version_id:
            found = next((version for version in self.list() if version.name == version_id), None)
        if found is None:
            raise NotFound(f"{version_id}: no such version; `plumbline versions list` shows what there is")
        return found

    def add(self, version: ModelVersion, made: Path) -> ModelVersion:
        """Take the files in `made` over as that version's, with their hashes, read-only; `made` is gone afterwards.

        Raises InvalidInput when there is such a version.
        """
        place = self.folder / version.folder
        if place.exists() or self._catalog.versions.get(version.id) is not None:
            raise InvalidInput(f"{version.id}: there is such a version; give another number")
        hashed = {}
        for file in sorted(path for path in made.rglob("*") if path.is_file()):
            with file.open("rb") as stream:
                hashed[file.relative_to(made).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
                os.fsync(stream.fileno())
            file.chmod(0o444)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, place)
        return self._catalog.versions.add(replace(version, files=hashed))

    def verified(self, version: ModelVersion) -> Path:
        """The folder of a version, after reading all its bytes. Raises Damaged when they were altered."""
        problems = self.damaged(version)
        if problems:
            raise Damaged(f"{problems[0]}: is not what was registered as {version.id}; restore it from a backup")
        return self.folder / version.folder

    def damaged(self, version: ModelVersion) -> Sequence[Path]:
        """Files of a version that are missing or altered."""
        place = self.folder / version.folder
        return [place / name for name, value in version.files.items() if _hash(place / name) != value]

    def adapter(self, version: ModelVersion) -> Adapter | None:
        """The adapter of a version, verified; None when it has none: the base itself, or weights of its own."""
        if ADAPTER_CONFIG not in version.files:
            return None
        return Adapter(version.id, self.verified(version))

    def numbered(self, name: str, number: str = "", part: Part = "minor") -> str:
        """`number` when it is given, else the one after the newest of that name. Raises InvalidInput."""
        if number:
            if not _NUMBER.fullmatch(number):
                raise InvalidInput(f"{number}: not a semantic version; give three numbers such as 1.2.0")
            return number
        numbers = [_parts(version.number) for version in self.list() if version.name == name]
        return next_number(max(numbers), part) if numbers else "1.0.0"


def next_number(latest: tuple[int, int, int], part: Part) -> str:
    """The semantic version after `latest`."""
    major, minor, patch = latest
    following: Mapping[Part, tuple[int, int, int]] = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return ".".join(str(each) for each in following[part])


def _parts(number: str) -> tuple[int, int, int]:
    major, minor, patch = number.split(".")
    return int(major), int(minor), int(patch)


def _hash(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
