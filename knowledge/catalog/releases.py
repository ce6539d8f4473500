"""Releases of the term graph: names of revisions, given once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from knowledge.catalog.schema import metadata
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

graph_releases = sa.Table(
    "graph_releases",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("revision", sa.String, nullable=False, index=True),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Release:
    """A named revision; `at` is seconds since the epoch."""

    name: str
    revision: str
    author: str
    comment: str
    at: float


class Releases:
    """The releases of a catalog. A name is never given twice."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, release: Release) -> None:
        """Name a revision. Raises InvalidInput when the name is taken."""
        taken = sa.select(graph_releases.c.name).where(graph_releases.c.name == release.name)
        with self._catalog.begin() as connection:
            if connection.execute(taken).first() is not None:
                raise InvalidInput(f"release {release.name!r}: there is one of that name; choose another")
            connection.execute(sa.insert(graph_releases).values(asdict(release)))

    def all(self) -> list[Release]:
        """All releases, newest first."""
        query = sa.select(graph_releases).order_by(graph_releases.c.at.desc(), graph_releases.c.name)
        with self._catalog.connect() as connection:
            return [Release(*row) for row in connection.execute(query)]
