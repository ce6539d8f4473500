"""A file that comes along with one question: read, desensitized, split and embedded like any other, and kept nowhere.

Its bytes go to the reading process through a pipe; nothing of it is written to a disk, an index or the catalog.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ingest.desensitize import Desensitizer
from ingest.preparing import Links, Preparer
from ingest.reading import Reader, Request
from ingest.sources import SourceFile, printable
from ingest.survey import Candidate
from ingest.types import Limits, LoadedDocument
from knowledge.errors import InvalidInput
from knowledge.protocols import Embedder
from knowledge.types import ATTACHED, DocumentRecord

_ROOT = Path("attached")
_LONGEST_NAME = 120
_MIB = 1024 * 1024
_CHARACTERS_PER_TOKEN = 6
"""More than any language has."""


def read_attached(
    name: str,
    data: bytes,
    *,
    desensitizer: Desensitizer,
    embedder: Embedder,
    links: Links | None,
    limits: Limits,
    chunk_tokens: int,
    chunk_overlap: int,
    most_chunks: int,
) -> tuple[DocumentRecord, ...]:
    """The documents in a file of this name: itself, and what it contains when it is a mail, a PDF or an archive.

    Raises InvalidInput in one line that names the file when it is too large, cannot be read within the limits, or has
    more than `most_chunks` chunks.
    """
    shown = desensitizer.desensitize(desensitizer.desensitize_path(_plain(name)))[0]
    if len(data) > limits.max_file_mb * _MIB:
        raise InvalidInput(f"{shown}: larger than {limits.max_file_mb:g} MiB; attach a smaller file")
    with Reader(limits, workers=1) as reader:
        outcome = reader.read(Request(Path(_plain(name)), data=data))
    if not isinstance(outcome, LoadedDocument):
        raise InvalidInput(f"{shown}: {outcome}; attach another file")
    preparer = Preparer(
        desensitizer, embedder.count_tokens, chunk_tokens, chunk_overlap, links, fingerprint=lambda _: ""
    )
    records: list[DocumentRecord] = []
    room = most_chunks
    too_long = InvalidInput(
        f"{shown}: too long to read along with a question; attach a part of it, or have it ingested"
    )
    if (
        sum(map(_length, dict(_documents(shown, outcome)).values()))
        > most_chunks * chunk_tokens * _CHARACTERS_PER_TOKEN
    ):
        raise too_long  # taking personal data out of so much would be in vain
    for path, loaded in _documents(shown, outcome):
        prepared = preparer.prepare(_candidate(path, len(data)), loaded)
        room -= len(prepared.chunks)
        if room < 0:
            raise too_long
        identity = ATTACHED + hashlib.sha256(path.encode("utf-8", "surrogatepass") + data).hexdigest()[:20]
        chunks = tuple(
            replace(chunk, id=f"{identity}-{chunk.ordinal}", document_id=identity) for chunk in prepared.chunks
        )
        vectors = embedder.embed_passages(prepared.texts)
        document = replace(prepared.document, id=identity, ingested_at=time.time())
        records.append(DocumentRecord(document, prepared.text, chunks, vectors, prepared.desensitized))
    return tuple(records)


def _documents(name: str, loaded: LoadedDocument) -> Iterator[tuple[str, LoadedDocument]]:
    """The file and its members, with their paths; those without text or that cannot be read are left out."""
    if any(block.text.strip() for block in loaded.blocks):
        yield name, loaded
    for member in loaded.members:
        if member.document is not None:
            yield f"{name}!/{member.name}", member.document


def _length(document: LoadedDocument) -> int:
    return sum(len(block.text) for block in document.blocks)


def _candidate(path: str, size: int) -> Candidate:
    return Candidate(SourceFile(_ROOT, _ROOT / path, path, size, 0.0), None, frozenset())


def _plain(name: str) -> str:
    """The last part of a name that a browser gave, short and printable; its suffix stays."""
    last = PurePosixPath(printable(name.replace("\\", "/"))).name or "file"
    return last if len(last) <= _LONGEST_NAME else last[-_LONGEST_NAME:]
