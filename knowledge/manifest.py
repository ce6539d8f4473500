"""The manifest of an index generation: what is in it, what made it, and the checksum of each file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.catalog.documents import VisibleSet
from knowledge.cutting import SCHEME
from knowledge.errors import Damaged
from knowledge.files import sha256_of
from knowledge.vector_index import Segment

NAME = "manifest.json"
DOCUMENTS = "documents.npy"
HELD_OUT = "held_out.npy"
FORMAT = 1
_NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class FileSum:
    """Size and SHA-256 of one file."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds.

    `files` are paths below its folder. `access_keys` are named by position in the table of documents. `dead_words`
    counts chunks that were removed from the keyword index, but may still be in its files.
    """

    fingerprint: str
    dimension: int
    segments: tuple[Segment, ...]
    access_keys: tuple[str, ...]
    dead_words: int
    files: Mapping[str, FileSum]

    def to_bytes(self) -> bytes:
        """As written to the disk."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()


def generation_fingerprint(embedder: str) -> str:
    """Names what makes the files of a generation: the embedding model, how words are cut, how files are laid out."""
    return f"{embedder} {SCHEME} format-{FORMAT}"


def embedder_of(fingerprint: str) -> str:
    """The embedding model that a `generation_fingerprint` names."""
    return fingerprint.rsplit(" ", 2)[0]


def read_manifest(folder: Path, sha256: str) -> Manifest:
    """The manifest in `folder`. Raises Damaged when it is missing or not the one with this SHA-256."""
    path = folder / NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path, error.strerror or "cannot be read") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged(path, "does not match its checksum")
    value: dict[str, Any] = json.loads(data)
    return Manifest(
        value["fingerprint"],
        value["dimension"],
        tuple(Segment(**segment) for segment in value["segments"]),
        tuple(value["access_keys"]),
        value["dead_words"],
        {name: FileSum(**found) for name, found in value["files"].items()},
    )


_Identity = tuple[int, int, int, int]
"""Device, inode, size and time of the last change: what a hard link shares with the file it links."""
_sound: dict[_Identity, str] = {}
"""Files that this process has read and found to match, with their checksum. Immutable ones live in many generations."""


def faults(folder: Path, manifest: Manifest, *, again: bool = True) -> list[tuple[Path, str]]:
    """Files of the generation that are missing or differ from their checksum, each with what is wrong.

    With `again` all are read; else those that this process read before and that nobody wrote since are believed.
    """
    found = []
    for name, expected in manifest.files.items():
        path = folder / name
        try:
            status = path.stat()
            if status.st_size != expected.bytes:
                found.append((path, f"has {status.st_size} bytes, should have {expected.bytes}"))
                continue
            identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if not again and _sound.get(identity) == expected.sha256:
                continue
            if sha256_of(path) != expected.sha256:
                found.append((path, "does not match its checksum"))
            else:
                _sound[identity] = expected.sha256
        except OSError as error:
            found.append((path, error.strerror or "cannot be read"))
    return found


def verify(folder: Path, manifest: Manifest) -> None:
    """Raises Damaged, naming the first file that is missing or differs from its checksum.

    In a large index most files are those of the generation before, linked: they are read once by each process.
    """
    for path, what in faults(folder, manifest, again=False):
        raise _damaged(path, what)


def documents_table(held: VisibleSet) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[str, ...]]:
    """The documents of a generation as rows (number, first row, chunk count, stamp, place of the access key)."""
    keys = sorted(set(held.access_keys))
    place = {key: index for index, key in enumerate(keys)}
    places = np.array([place[key] for key in held.access_keys], dtype=np.int64)
    table = np.column_stack([held.numbers, held.first_rows, held.chunk_counts, held.stamps, places])
    return table.astype(np.int64), tuple(keys)


def read_documents(folder: Path, manifest: Manifest) -> VisibleSet:
    """The documents that the generation holds; `change` is 0. Raises Damaged."""
    path = folder / DOCUMENTS
    try:
        table = np.load(path, allow_pickle=False)
        # Older generations hold nothing out
        held_out = np.load(folder / HELD_OUT, allow_pickle=False) if HELD_OUT in manifest.files else _NOTHING
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    keys = tuple(manifest.access_keys[place] for place in table[:, 4])
    return VisibleSet(0, table[:, 0], table[:, 1], table[:, 2], keys, table[:, 3], held_out)


def _damaged(path: Path, what: str) -> Damaged:
    return Damaged(f"{path}: {what}; run `plumbline rebuild`")
