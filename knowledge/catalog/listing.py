"""Pages of the list of documents for those who look after them: filtered, sorted, counted.

Looking after documents is not reading them. What is in a document (its title too) is found and told only of those that
the asker may read; where a file lies, how large it is and how it fared is told of all but personal documents of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from knowledge.catalog.documents import CONTAINER, visible_to
from knowledge.catalog.labels import PERSONAL
from knowledge.catalog.schema import document_labels, documents
from knowledge.types import User

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

Order = Literal["path", "newest", "largest"]
_AT_ONCE = 500
_ORDERS: Mapping[str, tuple[sa.ColumnElement[Any], ...]] = {
    "path": (documents.c.path, documents.c.source_root),
    "newest": (documents.c.ingested_at.desc(), documents.c.path),
    "largest": (documents.c.bytes.desc(), documents.c.path),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents: all conditions hold at once; None and "" leave a condition out.

    `text` stands in the path, or in the title of a document that the asker may read. `access` is one label, or
    `EVERYONES` for documents without labels. `noted`: only those that ingestion had something to say about.
    """

    text: str = ""
    source_root: str | None = None
    format: str | None = None
    access: str | None = None
    state: str | None = None
    noted: bool = False


EVERYONES = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row. `readable` says whether the asker may read it; then, and only then, `title` is told."""

    id: str
    source_root: str
    path: str
    title: str
    readable: bool
    state: str
    format: str
    bytes: int
    language: str
    chunks: int
    access: tuple[str, ...]
    modified_at: float
    ingested_at: float
    effective_date: str
    container: str
    quality: Mapping[str, Any]


def listed_to(user: User | None) -> sa.ColumnElement[bool]:
    """What is listed at all: everything but personal documents of others. None stands for the machine itself."""
    if user is None:
        return sa.true()
    labels = sa.select(document_labels.c.label).where(document_labels.c.document_id == documents.c.id)
    personal = labels.where(document_labels.c.label.startswith(PERSONAL, autoescape=True))
    return ~sa.exists(personal) | visible_to(user)


class Listing:
    """The lists of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def page(
        self, user: User | None, wanted: Wanted, *, order: Order = "path", limit: int | None = 50, offset: int = 0
    ) -> tuple[list[Listed], int]:
        """Rows from `offset` on, and how many there are in all."""
        condition = listed_to(user) & _chosen(user, wanted)
        total = sa.select(sa.func.count()).select_from(documents).where(condition)
        with self._catalog.connect() as connection:
            count = int(connection.execute(total).scalar_one())
            rows = self._rows(connection, user, condition, order, limit, offset)
        return rows, count

    def ids(self, user: User | None, wanted: Wanted, limit: int) -> list[str]:
        """The ids of the first `limit` documents in order of their paths."""
        query = sa.select(documents.c.id).where(listed_to(user) & _chosen(user, wanted))
        with self._catalog.connect() as connection:
            return list(connection.execute(query.order_by(*_ORDERS["path"]).limit(limit)).scalars())

    def get(self, document_id: str, user: User | None) -> Listed | None:
        """One row, or None when there is none that is listed to `user`."""
        condition = listed_to(user) & (documents.c.id == document_id)
        with self._catalog.connect() as connection:
            found = self._rows(connection, user, condition, "path", 1, 0)
        return found[0] if found else None

    def formats(self, user: User | None) -> dict[str, int]:
        """Formats with how many documents have them."""
        return self._counted(user, documents.c.format)

    def roots(self, user: User | None) -> dict[str, int]:
        """Source roots with how many documents come from them."""
        return self._counted(user, documents.c.source_root)

    def file_paths(self, user: User | None, source_root: str) -> list[str]:
        """The paths of the files under a root that became documents, each once; of an archive its own path."""
        query = sa.select(documents.c.path, documents.c.metadata)
        query = query.where(documents.c.source_root == source_root, listed_to(user))
        with self._catalog.connect() as connection:
            return sorted({str(row.metadata.get(CONTAINER) or row.path) for row in connection.execute(query)})

    def same_content(self, user: User | None, content_hash: str) -> list[tuple[str, str]]:
        """Roots and paths of the documents that `user` may read and whose file has these bytes, in order of paths."""
        query = sa.select(documents.c.source_root, documents.c.path)
        query = query.where(documents.c.content_hash == content_hash, visible_to(user)).order_by(documents.c.path)
        with self._catalog.connect() as connection:
            return [(str(row.source_root), str(row.path)) for row in connection.execute(query)]

    def labels(self, user: User | None) -> dict[str, int]:
        """Access labels with how many documents have them; documents without any under `EVERYONES`."""
        # By another name, so that the conditions of `listed_to` keep their own
        labels = document_labels.alias("labels")
        named = sa.select(labels.c.label, sa.func.count()).join(documents, documents.c.id == labels.c.document_id)
        open_ = sa.select(sa.func.count()).select_from(documents).where(documents.c.access_key == EVERYONES)
        with self._catalog.connect() as connection:
            found = {
                str(label): int(count)
                for label, count in connection.execute(named.where(listed_to(user)).group_by(labels.c.label))
            }
            everyones = int(connection.execute(open_).scalar_one())
        return ({EVERYONES: everyones} if everyones else {}) | dict(sorted(found.items()))

    def readable_paths(self, user: User | None, paths: Iterable[str]) -> frozenset[str]:
        """Those of `paths` under which there are documents, all of which `user` may read."""
        return self._paths(visible_to(user), paths)

    def listed_paths(self, user: User | None, paths: Iterable[str]) -> frozenset[str]:
        """Those of `paths` under which there are documents, all of which are listed to `user`."""
        return self._paths(listed_to(user), paths)

    def all_readable(self, user: User | None) -> bool:
        """Whether there is no document that `user` may not read."""
        with self._catalog.connect() as connection:
            return connection.execute(sa.select(documents.c.id).where(~visible_to(user)).limit(1)).first() is None

    def _paths(self, allowed: sa.ColumnElement[bool], paths: Iterable[str]) -> frozenset[str]:
        wanted = sorted(set(paths))
        found: dict[str, bool] = {}
        with self._catalog.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                part = documents.c.path.in_(wanted[start : start + _AT_ONCE])
                for path, fine in connection.execute(sa.select(documents.c.path, allowed.label("fine")).where(part)):
                    found[path] = found.get(path, True) and bool(fine)
        return frozenset(path for path, fine in found.items() if fine)

    def _counted(self, user: User | None, column: sa.ColumnElement[str]) -> dict[str, int]:
        query = sa.select(column, sa.func.count()).where(listed_to(user)).group_by(column).order_by(column)
        with self._catalog.connect() as connection:
            return {str(value): int(count) for value, count in connection.execute(query)}

    def _rows(
        self,
        connection: sa.Connection,
        user: User | None,
        condition: sa.ColumnElement[bool],
        order: Order,
        limit: int | None,
        offset: int,
    ) -> list[Listed]:
        query = sa.select(documents, visible_to(user).label("readable")).where(condition).order_by(*_ORDERS[order])
        rows = connection.execute(query.limit(limit).offset(offset)).all()
        labels = self._labels_of(connection, [row.id for row in rows if row.access_key])
        return [_listed(row, tuple(labels.get(row.id, ()))) for row in rows]

    @staticmethod
    def _labels_of(connection: sa.Connection, ids: list[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            query = sa.select(document_labels).where(document_labels.c.document_id.in_(ids[start : start + _AT_ONCE]))
            for row in connection.execute(query.order_by(document_labels.c.label)):
                found.setdefault(row.document_id, []).append(row.label)
        return found


def _chosen(user: User | None, wanted: Wanted) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = sa.true()
    if wanted.text:
        in_title = visible_to(user) & documents.c.title.icontains(wanted.text, autoescape=True)
        condition &= documents.c.path.icontains(wanted.text, autoescape=True) | in_title
    for column, value in (
        (documents.c.source_root, wanted.source_root),
        (documents.c.format, wanted.format),
        (documents.c.state, wanted.state),
    ):
        if value is not None:
            condition &= column == value
    if wanted.access == EVERYONES:
        condition &= documents.c.access_key == EVERYONES
    elif wanted.access is not None:
        labels = sa.select(document_labels.c.label).where(document_labels.c.document_id == documents.c.id)
        condition &= sa.exists(labels.where(document_labels.c.label == wanted.access))
    if wanted.noted:
        condition &= sa.cast(documents.c.quality, sa.String) != "{}"
    return condition


def _listed(row: sa.Row[Any], access: tuple[str, ...]) -> Listed:
    facts = row._mapping["metadata"]  # noqa: SLF001 - `row.metadata` would do, but reads like SQLAlchemy's
    return Listed(
        id=row.id,
        source_root=row.source_root,
        path=row.path,
        title=row.title if row.readable else "",
        readable=bool(row.readable),
        state=row.state,
        format=row.format,
        bytes=row.bytes,
        language=row.language if row.readable else "",
        chunks=row.chunk_count,
        access=access,
        modified_at=row.modified_at,
        ingested_at=row.ingested_at,
        effective_date=row.effective_date if row.readable else "",
        container=facts.get("container", ""),
        quality=dict(row.quality),
    )
