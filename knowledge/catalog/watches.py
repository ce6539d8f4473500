"""Which concepts somebody watches, and up to which revision they have seen each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

graph_watches = sa.Table(
    "graph_watches",
    metadata,
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), primary_key=True),
    sa.Column("concept", sa.Text, primary_key=True),
    # Number of the revision up to which its watcher has seen what changed in it
    sa.Column("seen", sa.Integer, nullable=False),
)


class Watches:
    """The watched concepts of each account."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, name: str, concept: str, seen: int) -> None:
        """Let an existing account watch a concept from the revision after `seen` on; one that is watched stays so."""
        row = {"account_key": account_key(name), "concept": concept, "seen": seen}
        with self._catalog.begin() as connection:
            connection.execute(upsert(graph_watches).values(row).on_conflict_do_nothing())

    def remove(self, name: str, concept: str) -> None:
        """Watch a concept no more."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(graph_watches).where(*_of(name), graph_watches.c.concept == concept))

    def of(self, name: str) -> dict[str, int]:
        """The concepts that an account watches, by id, each with the number of the revision up to which it is seen."""
        query = sa.select(graph_watches.c.concept, graph_watches.c.seen).where(*_of(name))
        with self._catalog.connect() as connection:
            return {row.concept: row.seen for row in connection.execute(query.order_by(graph_watches.c.concept))}

    def see(self, name: str, concepts: Iterable[str], seen: int) -> None:
        """Note that an account has seen these concepts up to a revision; never back to an older one."""
        with self._catalog.begin() as connection:
            for concept in concepts:
                older = (*_of(name), graph_watches.c.concept == concept, graph_watches.c.seen < seen)
                connection.execute(sa.update(graph_watches).where(*older).values(seen=seen))


def _of(name: str) -> tuple[sa.ColumnElement[bool]]:
    return (graph_watches.c.account_key == account_key(name),)
