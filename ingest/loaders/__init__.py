"""One file per format. `load(path)` reads a file in this process; hostile files belong into `ingest.reading`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from ingest.types import Limits, LoadedDocument

LOADERS: dict[str, str] = {
    "markdown": "ingest.loaders.markdown",
    "text": "ingest.loaders.text",
    "html": "ingest.loaders.html",
    "pdf": "ingest.loaders.pdf",
    "docx": "ingest.loaders.docx",
    "ppt": "ingest.loaders.ppt",
    "pptx": "ingest.loaders.pptx",
    "xlsx": "ingest.loaders.xlsx",
    "csv": "ingest.loaders.csv",
    "eml": "ingest.loaders.eml",
    "json": "ingest.loaders.json",
    "doc": "ingest.loaders.doc",
    "xls": "ingest.loaders.xls",
    "odf": "ingest.loaders.odf",
    "rtf": "ingest.loaders.rtf",
    "epub": "ingest.loaders.epub",
    "xml": "ingest.loaders.xml",
    "rst": "ingest.loaders.rst",
    "image": "ingest.loaders.image",
    "msg": "ingest.loaders.msg",
    "mbox": "ingest.loaders.mbox",
    "zip": "ingest.loaders.archive",
    "tar": "ingest.loaders.archive",
    "gzip": "ingest.loaders.archive",
}
"""From the type of a file to the module that reads it; each has `load(data, name, limits)`."""


class Loader(Protocol):
    """A module of `LOADERS`."""

    def load(self, data: bytes, name: str, limits: Limits) -> LoadedDocument:
        """The text of a file with its structure. Raises Unreadable with the reason in one line."""
        ...


def load_one(data: bytes, name: str, limits: Limits) -> LoadedDocument:
    """The document in `data` without what it contains; `name` is the file's name.

    The suffix of the name counts only where the content leaves the type open. Raises Unreadable for empty, encrypted,
    damaged, unsupported and hostile content.
    """
    from ingest.loaders.detect import detect
    from ingest.types import Unreadable

    loader = cast("Loader", import_module(LOADERS[detect(data, name)]))
    document = loader.load(data, name, limits)
    if not any(block.text.strip() for block in document.blocks):
        raise Unreadable("no text found in it")
    return document


def load_bytes(data: bytes, name: str, limits: Limits | None = None) -> LoadedDocument:
    """The document in `data` with its members, when it is a container. Raises Unreadable."""
    from dataclasses import replace

    from ingest.loaders.detect import detect
    from ingest.loaders.unpacking import CONTAINERS, Unpacker, nothing_readable
    from ingest.types import Limits

    limits = limits or Limits()
    document = load_one(data, name, limits)
    if document.format not in CONTAINERS:
        return document
    unpacker = Unpacker(limits, load_one, detect)
    document = replace(document, members=tuple(unpacker.members(data, name, document.format)))
    if (refusal := nothing_readable(document)) is not None:
        raise refusal
    return document


def load(path: Path, limits: Limits | None = None) -> LoadedDocument:
    """The document at `path`, with the hash of exactly the bytes that were read. Raises Unreadable."""
    from dataclasses import replace

    from ingest.sources import content_hash, read_regular_file
    from ingest.types import Limits

    limits = limits or Limits()
    data = read_regular_file(path, limits.max_file_mb)
    document = load_bytes(data, path.name, limits)
    return replace(document, content_hash=content_hash(data), bytes=len(data))
