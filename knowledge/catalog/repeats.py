"""Paragraphs that stand word for word in many documents: which there are, and which chunks are held out for them.

Only documents with the same access labels are counted together, so that nothing is learnt of documents with others, and
versions and copies of a document count once. Of the chunks that are nothing but such a paragraph one stays searchable,
and none is held out of a document of which it is the most or the last. What is held out keeps its row and vector: when
the documents that repeat it become fewer, it is searchable again without being embedded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from knowledge.catalog.counters import CHANGES, REPEATS_SEEN, advance, set_to, value_of
from knowledge.catalog.document_rows import PENDING, parts
from knowledge.catalog.schema import chunks, documents, held_chunks, likenesses, repeats
from knowledge.likeness import paragraph_key
from knowledge.types import Chunk

MANY = 20
"""So many documents repeat what is held out: half of the candidates that one search takes would be its copies."""
REPEATED = "stands in many documents"
"""The reason, as it stands in what is said about a document's quality."""
_LOOKED_AT = 500
"""Documents among which versions of one another are looked for; with more, these stand for all."""
_LARGEST_SHARE = 0.5
"""What is more of its document than this is what the document says."""


def insert_repeats(
    connection: Connection, document_id: str, rows: Iterable[int], pieces: Sequence[Chunk], paragraphs: Iterable[str]
) -> None:
    """Note what of a document others may repeat: its chunks, and its `paragraphs` (keys) inside larger ones."""
    whole = sum(len(piece.text) for piece in pieces)
    noted: dict[str, int | None] = dict.fromkeys(filter(None, paragraphs))
    for row, piece in zip(rows, pieces, strict=True):
        key = paragraph_key(piece.text)
        if key and noted.get(key) is None:
            noted[key] = row if len(piece.text) <= _LARGEST_SHARE * whole else None
    values = [{"key": key, "document_id": document_id, "row": row} for key, row in noted.items()]
    if values:
        connection.execute(insert(repeats), values)


@dataclass(slots=True)
class _Paragraph:
    """The documents of one access key that hold a paragraph, and the chunks that are nothing but it."""

    documents: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def repeated(connection: Connection) -> dict[str, frozenset[str]]:
    """The keys of the paragraphs that many documents repeat, by the access key of the documents."""
    found: dict[str, set[str]] = defaultdict(set)
    for access_key, key in _repeated(connection):
        found[access_key].add(key)
    return {access_key: frozenset(keys) for access_key, keys in found.items()}


def hold_out_repeated(connection: Connection) -> bool:
    """Hold out what many documents repeat by now, and let in what they no longer do; whether anything changed.

    What changed is marked as not yet in the index. Cheap when no document changed since the last time.
    """
    if value_of(connection, REPEATS_SEEN) == value_of(connection, CHANGES):
        return False
    wanted = _to_hold_out(connection)
    held = set(connection.execute(select(held_chunks.c.row)).scalars())
    for part in parts(sorted(held - wanted)):
        connection.execute(delete(held_chunks).where(held_chunks.c.row.in_(part)))
    if fresh := [{"row": row} for row in sorted(wanted - held)]:
        connection.execute(insert(held_chunks), fresh)
    changed = held ^ wanted
    for part in parts(sorted(changed)):
        _note(connection, select(chunks.c.document_id).where(chunks.c.row.in_(part)).distinct())
    seen = advance(connection, CHANGES) if changed else value_of(connection, CHANGES)
    set_to(connection, REPEATS_SEEN, seen)
    return bool(changed)


def _note(connection: Connection, ids: Select[tuple[str]]) -> None:
    """Say in these documents' quality how much of them is held out, and let the index follow."""
    held = select(func.count()).select_from(held_chunks.join(chunks)).where(chunks.c.document_id == documents.c.id)
    query = select(documents.c.id, documents.c.quality, held.scalar_subquery()).where(documents.c.id.in_(ids))
    for document, quality, count in connection.execute(query).all():
        connection.execute(
            update(documents)
            .where(documents.c.id == document)
            .values(stamp=documents.c.stamp + 1, state=PENDING, quality=with_repeated(quality, count))
        )


def with_repeated(quality: Mapping[str, Any], count: int) -> dict[str, Any]:
    """What is said about a document, with so many of its chunks held out because many documents repeat them."""
    reasons = {reason: of for reason, of in quality.get("held_out", {}).items() if reason != REPEATED}
    reasons |= {REPEATED: count} if count else {}
    rest = {name: value for name, value in quality.items() if name != "held_out"}
    return rest | ({"held_out": reasons} if reasons else {})


def _to_hold_out(connection: Connection) -> set[int]:
    rows = [row for one in _repeated(connection).values() for row in sorted(one.rows)[1:]]
    by_document: dict[str, list[int]] = defaultdict(list)
    counts: dict[str, int] = {}
    query = select(chunks.c.row, documents.c.id, documents.c.chunk_count).select_from(chunks.join(documents))
    for part in parts(sorted(rows)):
        for row, document, count in connection.execute(query.where(chunks.c.row.in_(part)).order_by(chunks.c.row)):
            by_document[document].append(row)
            counts[document] = count
    # A document of which nothing else is left keeps its first chunk
    kept = [mine[1:] if len(mine) == counts[document] else mine for document, mine in by_document.items()]
    return {row for mine in kept for row in mine}


def _repeated(connection: Connection) -> dict[tuple[str, str], _Paragraph]:
    """What many documents repeat, by access key and paragraph."""
    often = select(repeats.c.key).group_by(repeats.c.key).having(func.count() >= MANY)
    keys = connection.execute(often).scalars().all()
    found: dict[tuple[str, str], _Paragraph] = defaultdict(_Paragraph)
    query = select(repeats.c.key, documents.c.access_key, documents.c.id, repeats.c.row).join(documents)
    for part in parts(keys):
        for key, access_key, document, row in connection.execute(query.where(repeats.c.key.in_(part))):
            one = found[access_key, key]
            one.documents.append(document)
            if row is not None:
                one.rows.append(row)
    return {name: one for name, one in found.items() if _are_many(connection, one.documents)}


def _are_many(connection: Connection, ids: Sequence[str]) -> bool:
    """Whether these are many documents, versions and copies of one another counted once."""
    if len(ids) < MANY:
        return False
    looked_at = sorted(ids)[:_LOOKED_AT]
    leader = {document: document for document in looked_at}

    def of(document: str) -> str:
        while leader[document] != document:
            leader[document] = leader[leader[document]]
            document = leader[document]
        return document

    query = select(likenesses.c.document_id, likenesses.c.other_id)
    for one, other in connection.execute(query.where(likenesses.c.document_id.in_(looked_at))):
        if other in leader:
            leader[of(one)] = of(other)
    return len({of(document) for document in looked_at}) >= MANY
