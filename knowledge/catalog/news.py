"""Where news of watched concepts are sent, and up to which revision they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.accounts import account_key, accounts
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

graph_news = sa.Table(
    "graph_news",
    metadata,
    sa.Column("account_key", sa.Text, sa.ForeignKey(accounts.c.key, ondelete="CASCADE"), primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    # Number of the revision up to which what changed has been sent
    sa.Column("told", sa.Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An account that is not disabled, its e-mail address, and the revision up to which it was told."""

    name: str
    address: str
    told: int


class News:
    """The e-mail addresses of accounts that want to be told of changes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def subscribe(self, name: str, address: str, told: int) -> None:
        """Tell an existing account, at this address, of what changes after revision `told`.

        A new address of an account that is told already changes nothing else.
        """
        put = upsert(graph_news).values(account_key=account_key(name), address=address, told=told)
        put = put.on_conflict_do_update(index_elements=["account_key"], set_={"address": address})
        with self._catalog.begin() as connection:
            connection.execute(put)

    def unsubscribe(self, name: str) -> None:
        """Tell an account no more."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(graph_news).where(graph_news.c.account_key == account_key(name)))

    def address(self, name: str) -> str:
        """The address of an account; "" for one that is not told."""
        query = sa.select(graph_news.c.address).where(graph_news.c.account_key == account_key(name))
        with self._catalog.connect() as connection:
            return connection.execute(query).scalar() or ""

    def behind(self, current: int) -> list[Subscriber]:
        """Who has not been told of all revisions up to `current`, by name."""
        query = sa.select(accounts.c.name, graph_news.c.address, graph_news.c.told).join(accounts)
        query = query.where(graph_news.c.told < current, sa.not_(accounts.c.disabled)).order_by(accounts.c.key)
        with self._catalog.connect() as connection:
            return [Subscriber(row.name, row.address, row.told) for row in connection.execute(query)]

    def claim(self, subscriber: Subscriber, told: int) -> bool:
        """Note that somebody is told up to a revision; False when another process did so first."""
        return self._move(subscriber.name, subscriber.told, told)

    def put_back(self, subscriber: Subscriber, told: int) -> None:
        """Undo `claim` up to `told`: what was to be sent was not."""
        self._move(subscriber.name, told, subscriber.told)

    def _move(self, name: str, before: int, after: int) -> bool:
        mine = (graph_news.c.account_key == account_key(name), graph_news.c.told == before)
        with self._catalog.begin() as connection:
            return connection.execute(sa.update(graph_news).where(*mine).values(told=after)).rowcount == 1
