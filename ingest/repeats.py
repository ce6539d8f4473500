"""Paragraphs that many documents repeat: which of a document may be such, and which are known to be."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.types import Block
from knowledge.catalog import Catalog
from knowledge.catalog.labels import access_key
from knowledge.likeness import paragraph_key

_FIRST, _LAST = 2, 3
"""Notices, navigation and signatures stand at the beginning and the end; noting all paragraphs would take much room."""


def edges(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The keys of a document's first and last paragraphs, each once, in order."""
    texts = [block.text for block in blocks if block.kind in {"text", "list"}]
    chosen = texts if len(texts) <= _FIRST + _LAST else [*texts[:_FIRST], *texts[-_LAST:]]
    return tuple(dict.fromkeys(filter(None, map(paragraph_key, chosen))))


class KnownRepeats:
    """What many documents of a catalog repeat, as of its live generation."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._as_of = -1
        self._found: dict[str, frozenset[str]] = {}

    def __call__(self, labels: frozenset[str]) -> frozenset[str]:
        """Keys of the paragraphs that many documents with these access labels repeat."""
        live = self._catalog.generations.live()
        if live is not None and live.id != self._as_of:
            self._found, self._as_of = self._catalog.documents.repeated(), live.id
        return self._found.get(access_key(labels), frozenset())
