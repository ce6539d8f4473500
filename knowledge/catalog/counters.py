"""Numbers that only grow, kept in the catalog and advanced inside the transaction that uses them."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from knowledge.catalog.schema import counters

DOCUMENT_NUMBERS = "document_number"
CHUNK_ROWS = "chunk_row"
CHANGES = "documents"
REPEATS_SEEN = "repeats"
"""The count of changes at which was decided what is held out (knowledge/catalog/repeats.py)."""
GENERATIONS = "generation"


def advance(connection: Connection, name: str, by: int = 1) -> int:
    """The counter after adding `by` to it; it begins at 0."""
    added = insert(counters).values(name=name, value=by)
    query = added.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + by})
    return int(connection.execute(query.returning(counters.c.value)).scalar_one())


def set_to(connection: Connection, name: str, value: int) -> None:
    """Move the counter forward to a value; one that is further already stays."""
    added = insert(counters).values(name=name, value=value)
    forward = added.on_conflict_do_update(
        index_elements=["name"], set_={"value": value}, where=counters.c.value < value
    )
    connection.execute(forward)


def value_of(connection: Connection, name: str) -> int:
    """The counter's value; 0 before it was ever advanced."""
    return int(connection.execute(select(counters.c.value).where(counters.c.name == name)).scalar() or 0)
