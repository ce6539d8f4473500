"""The published generations of the indexes; the newest row is the live one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select

from knowledge.catalog.counters import CHANGES, GENERATIONS, advance
from knowledge.catalog.schema import generations

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog


@dataclass(frozen=True, slots=True)
class Generation:
    """One published state of the indexes: `folder` below `index/`, and the SHA-256 of its manifest."""

    id: int
    folder: str
    manifest_sha256: str
    fingerprint: str
    documents: int
    chunks: int
    published_at: float


class Generations:
    """Which generations exist."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def live(self) -> Generation | None:
        """The generation that searches use; None before the first publish."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(generations).order_by(generations.c.id.desc()).limit(1)).first()
        return None if row is None else _generation(row)

    def list(self) -> Sequence[Generation]:
        """All that are still kept, the live one first."""
        with self._catalog.connect() as connection:
            return [
                _generation(row) for row in connection.execute(select(generations).order_by(generations.c.id.desc()))
            ]

    def next_id(self) -> int:
        """A number that no generation had before."""
        with self._catalog.begin() as connection:
            return advance(connection, GENERATIONS)

    def switch(self, connection: Connection, generation: Generation) -> None:
        """Make `generation` the live one, as part of the caller's transaction."""
        values = {
            "id": generation.id,
            "folder": generation.folder,
            "manifest_sha256": generation.manifest_sha256,
            "fingerprint": generation.fingerprint,
            "documents": generation.documents,
            "chunks": generation.chunks,
            "published_at": generation.published_at or self._clock(),
        }
        connection.execute(insert(generations).values(values))
        advance(connection, CHANGES)

    def forget(self, ids: Iterable[int]) -> None:
        """Take generations whose folders are gone off the list."""
        with self._catalog.begin() as connection:
            connection.execute(delete(generations).where(generations.c.id.in_(list(ids))))


def _generation(row: Row[Any]) -> Generation:
    return Generation(
        row.id, row.folder, row.manifest_sha256, row.fingerprint, row.documents, row.chunks, row.published_at
    )
