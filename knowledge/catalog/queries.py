"""Queries of the term graph that people keep under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

graph_queries = sa.Table(
    "graph_queries",
    metadata,
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    # Whether others who work on the graph see it too
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """A kept query; `owner` is the name of the account."""

    owner: str
    name: str
    text: str
    shared: bool
    changed_at: float


class SavedQueries:
    """The kept queries of each account, by name."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def save(self, record: QueryRecord) -> None:
        """Keep a query of an existing account, in place of its query of the same name."""
        row = {
            "account_key": account_key(record.owner),
            "name": record.name,
            "text": record.text,
            "shared": record.shared,
            "changed_at": record.changed_at,
        }
        changed = {key: row[key] for key in ("text", "shared", "changed_at")}
        put = upsert(graph_queries).values(row)
        put = put.on_conflict_do_update(index_elements=["account_key", "name"], set_=changed)
        with self._catalog.begin() as connection:
            connection.execute(put)

    def remove(self, owner: str, name: str) -> bool:
        """Forget a query; False when there is none."""
        mine = (graph_queries.c.account_key == account_key(owner), graph_queries.c.name == name)
        with self._catalog.begin() as connection:
            return connection.execute(sa.delete(graph_queries).where(*mine)).rowcount == 1

    def seen_by(self, name: str) -> list[QueryRecord]:
        """An account's own queries by name, then those that others share, by name and owner."""
        mine = graph_queries.c.account_key == account_key(name)
        query = sa.select(accounts.c.name.label("owner"), graph_queries).join(accounts)
        query = query.where(sa.or_(mine, graph_queries.c.shared)).order_by(
            sa.not_(mine), graph_queries.c.name, accounts.c.key
        )
        with self._catalog.connect() as connection:
            return [
                QueryRecord(row.owner, row.name, row.text, bool(row.shared), row.changed_at)
                for row in connection.execute(query)
            ]
