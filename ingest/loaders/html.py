"""HTML: headings, lists, tables, code; nothing that a reader would not see."""

from __future__ import annotations

import re

from ingest.loaders.encoding import decode, larger_set
from ingest.loaders.markup import parse, visible_blocks
from ingest.types import Limits, LoadedDocument

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]{2,40})", re.IGNORECASE)
_META = {"author": "author", "date": "date", "description": "description", "keywords": "keywords"}


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """A page with the title, author and date that its head states."""
    text, encoding = decode(data, _declared(data))
    root = parse(text)
    title = (root.findtext(".//head/title") or "").strip()
    metadata = {"encoding": encoding}
    for meta in root.iter("meta"):
        key = _META.get((meta.get("name") or "").strip().lower())
        if key and meta.get("content"):
            metadata[key] = meta.get("content")
    return LoadedDocument("html", tuple(visible_blocks(root)), title, metadata)


def _declared(data: bytes) -> str | None:
    match = _CHARSET.search(data[:4096])
    if match is None:
        return None
    return larger_set(match[1].decode("ascii"))
