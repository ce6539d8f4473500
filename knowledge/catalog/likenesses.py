"""Which documents are alike: found when a document is stored, by the sketches of all others."""

from __future__ import annotations

from functools import cache

import numpy as np
from sqlalchemy import Connection, Select, and_, bindparam, func, insert, or_, select

from knowledge.catalog.schema import likenesses, sketch_bands, sketches
from knowledge.likeness import ALIKE, Sketch, bands, likeness

_STORED = np.dtype("<u4")
_CANDIDATES = 500  # with more, as with thousands of forms from one template, the first found stand for all
_LINKED = 50


def insert_sketch(connection: Connection, document_id: str, sketch: Sketch) -> None:
    """Keep a document's sketch, and link it with the stored documents that are alike, both ways."""
    connection.execute(
        insert(sketches).values(document_id=document_id, sketch=sketch.astype(_STORED).tobytes()),
    )
    keys = list(enumerate(bands(sketch)))
    similar = _similar(connection, keys, sketch)
    connection.execute(
        insert(sketch_bands), [{"band": band, "key": key, "document_id": document_id} for band, key in keys]
    )
    links = [
        {"document_id": one, "other_id": two, "likeness": value}
        for other, value in similar
        for one, two in ((document_id, other), (other, document_id))
    ]
    if links:
        connection.execute(insert(likenesses), links)


def _similar(connection: Connection, keys: list[tuple[int, int]], sketch: Sketch) -> list[tuple[str, float]]:
    """The most alike stored documents with how alike they are."""
    rows = connection.execute(_candidates(len(keys)), {f"key{band}": key for band, key in keys})
    found = [(row.document_id, likeness(np.frombuffer(row.sketch, dtype=_STORED), sketch)) for row in rows]
    alike = [(other, value) for other, value in found if value >= ALIKE]
    return sorted(alike, key=lambda each: (-each[1], each[0]))[:_LINKED]


@cache
def _candidates(count: int) -> Select[tuple[str, bytes]]:
    """Documents with sketches that share a band with `key0`, `key1` …; built once: that takes longer than to ask it."""
    shared = or_(
        *(and_(sketch_bands.c.band == band, sketch_bands.c.key == bindparam(f"key{band}")) for band in range(count))
    )
    candidates = (
        select(sketch_bands.c.document_id)
        .where(shared)
        .group_by(sketch_bands.c.document_id)
        .order_by(func.count().desc(), sketch_bands.c.document_id)
        .limit(_CANDIDATES)
    )
    return select(sketches.c.document_id, sketches.c.sketch).where(sketches.c.document_id.in_(candidates))
