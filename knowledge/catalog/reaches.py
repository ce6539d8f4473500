"""For which languages and concept schemes an account may change the term graph; accounts without a row: for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

graph_reaches = sa.Table(
    "graph_reaches",
    metadata,
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), primary_key=True),
    # Sorted lists; an empty one limits nothing
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Column("schemes", sa.JSON, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ReachRecord:
    """Language tags in lower case and ids of concept schemes; none: not limited."""

    languages: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


class Reaches:
    """The limits of each account."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def of(self, name: str) -> ReachRecord:
        """The limits of an account; none for one that has none, or that does not exist."""
        query = sa.select(graph_reaches).where(graph_reaches.c.account_key == account_key(name))
        with self._catalog.connect() as connection:
            row = connection.execute(query).first()
        return ReachRecord() if row is None else ReachRecord(tuple(row.languages), tuple(row.schemes))

    def set(self, name: str, languages: Iterable[str], schemes: Iterable[str]) -> None:
        """Limit an existing account to these; nothing at all: limit it no more."""
        values = {"languages": sorted(languages), "schemes": sorted(schemes)}
        key = account_key(name)
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(graph_reaches).where(graph_reaches.c.account_key == key))
            if values["languages"] or values["schemes"]:
                connection.execute(sa.insert(graph_reaches).values(account_key=key, **values))
