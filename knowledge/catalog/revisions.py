"""Revisions of the term graph: append-only, each naming what it added and removed, chained by hashes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Float, Integer, String, Table, Text, func, insert, select

from knowledge.catalog.schema import metadata
from knowledge.errors import Damaged, InvalidInput, NotFound

if TYPE_CHECKING:
    from pyoxigraph import Quad

    from knowledge.catalog.database import Catalog

graph_revisions = Table(
    "graph_revisions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("parent", String, nullable=False),
    Column("author", String, nullable=False),
    Column("comment", Text, nullable=False),
    Column("at", Float, nullable=False),
    # N-Quads, sorted
    Column("added", Text, nullable=False),
    Column("removed", Text, nullable=False),
)

CURRENT = "current"
"""What the newest revision may be called."""
_LONGEST_NUMBER = 18


class Outrun(InvalidInput):
    """Another revision was appended in between."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One approved change of the graph. `parent` is empty for the first; `at` is seconds since the epoch."""

    number: int
    id: str
    parent: str
    author: str
    comment: str
    at: float
    added: str
    removed: str


class Revisions:
    """The history of the term graph. Revisions are never changed or deleted."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def current_id(self) -> str:
        """The newest revision's id; "" when there is none."""
        with self._catalog.connect() as connection:
            newest = _newest(connection)
        return newest.id if newest else ""

    def get(self, revision_id: str) -> Revision:
        """The revision of that id. Raises NotFound."""
        with self._catalog.connect() as connection:
            row = connection.execute(select(graph_revisions).where(graph_revisions.c.id == revision_id)).first()
        if row is None:
            raise NotFound(f"{revision_id}: no such revision of the term graph")
        return _revision(row)

    def number(self, revision_id: str) -> int | None:
        """The number of the revision of that id; None when there is none. Does not read what it changed."""
        query = select(graph_revisions.c.number).where(graph_revisions.c.id == revision_id)
        with self._catalog.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else int(found)

    def history(self, limit: int | None = None) -> list[Revision]:
        """Revisions, newest first."""
        query = select(graph_revisions).order_by(graph_revisions.c.number.desc()).limit(limit)
        with self._catalog.connect() as connection:
            return [_revision(row) for row in connection.execute(query)]

    def resolve(self, name: str) -> Revision:
        """The revision of that id, number or release name; "current" is the newest. Raises NotFound."""
        from knowledge.catalog.releases import graph_releases

        wanted = graph_revisions.c.id == name
        if name.isdecimal() and len(name) < _LONGEST_NUMBER:
            wanted = graph_revisions.c.number == int(name)
        released = select(graph_releases.c.revision).where(graph_releases.c.name == name).scalar_subquery()
        query = select(graph_revisions).where(wanted | (graph_revisions.c.id == released))
        if name == CURRENT:
            query = select(graph_revisions)
        with self._catalog.connect() as connection:
            row = connection.execute(query.order_by(graph_revisions.c.number.desc()).limit(1)).first()
        if row is None:
            raise NotFound(f"{name}: no such revision or release of the term graph; see `plumbline graph history`")
        return _revision(row)

    def since(self, number: int) -> list[Revision]:
        """The revisions after one of that number, oldest first."""
        query = select(graph_revisions).where(graph_revisions.c.number > number).order_by(graph_revisions.c.number)
        with self._catalog.connect() as connection:
            return [_revision(row) for row in connection.execute(query)]

    def mentioning(self, text: str, limit: int | None = None, before: int | None = None) -> list[Revision]:
        """The revisions in whose statements a text stands, newest first; `before`: only those of lower numbers."""
        found = (func.instr(graph_revisions.c.added, text) > 0) | (func.instr(graph_revisions.c.removed, text) > 0)
        query = select(graph_revisions).order_by(graph_revisions.c.number.desc()).limit(limit)
        if text:
            query = query.where(found)
        if before is not None:
            query = query.where(graph_revisions.c.number < before)
        with self._catalog.connect() as connection:
            return [_revision(row) for row in connection.execute(query)]

    def append(
        self,
        added: Iterable[Quad],
        removed: Iterable[Quad],
        *,
        author: str,
        comment: str,
        parent: str,
        along: Callable[[Connection, Revision], None] | None = None,
    ) -> Revision:
        """Add a revision on top of `parent`; what `along` writes is committed together with it or not at all.

        Raises InvalidInput when it changes nothing, and Outrun when `parent` is no longer the newest: somebody else
        was quicker, so the change has to be looked at again.
        """
        from knowledge.graph.reading import write_lines

        plus, minus = write_lines(added), write_lines(removed)
        if not plus and not minus:
            raise InvalidInput("term graph: this change adds nothing and removes nothing")
        at = self._clock()
        with self._catalog.begin() as connection:
            newest = _newest(connection)
            if (newest.id if newest else "") != parent:
                raise Outrun("term graph: it was changed meanwhile; look at the newest revision and try again")
            number = newest.number + 1 if newest else 1
            name = _name(number, parent, author, comment, at, plus, minus)
            revision = Revision(number, name, parent, author, comment, at, plus, minus)
            connection.execute(
                insert(graph_revisions).values(
                    number=number,
                    id=revision.id,
                    parent=parent,
                    author=author,
                    comment=comment,
                    at=at,
                    added=plus,
                    removed=minus,
                )
            )
            if along is not None:
                along(connection, revision)
        return revision

    def quads(self, revision_id: str) -> set[Quad]:
        """Every statement as of a revision. Raises NotFound, and Damaged when the history does not read."""
        from knowledge.graph.reading import read_lines

        number = self.get(revision_id).number
        query = select(graph_revisions).where(graph_revisions.c.number <= number).order_by(graph_revisions.c.number)
        state: set[Quad] = set()
        with self._catalog.connect() as connection:
            for row in connection.execute(query):
                try:
                    state.difference_update(read_lines(row.removed))
                    state.update(read_lines(row.added))
                except SyntaxError as error:
                    raise Damaged(
                        f"revision {row.id} of the term graph does not read; bring the catalog back with "
                        "`plumbline restore`"
                    ) from error
        return state

    def check(self) -> list[str]:
        """Ids of revisions that are not what was appended: changed, cut out, or put in."""
        wrong = []
        parent = ""
        for number, revision in enumerate(reversed(self.history()), 1):
            content = revision.author, revision.comment, revision.at, revision.added, revision.removed
            expected = _name(revision.number, parent, *content)
            if revision.id != expected or revision.parent != parent or revision.number != number:
                wrong.append(revision.id)
            parent = revision.id
        return wrong


def _name(number: int, parent: str, author: str, comment: str, at: float, added: str, removed: str) -> str:
    """A short id that holds for this content on top of that parent."""
    digest = hashlib.sha256()
    for part in (str(number), parent, author, comment, repr(at), added, removed):
        digest.update(f"{len(part)}:{part}\n".encode())
    return f"r{number}-{digest.hexdigest()[:16]}"


def _newest(connection: Connection) -> Any:
    return connection.execute(
        select(graph_revisions.c.id, graph_revisions.c.number).order_by(graph_revisions.c.number.desc()).limit(1)
    ).first()


def _revision(row: Any) -> Revision:
    return Revision(row.number, row.id, row.parent, row.author, row.comment, row.at, row.added, row.removed)
