"""What operators decided about single files: labels set by hand, and files that are left out. Runs go by it.

Without it the next run would open again what somebody closed, and bring back what somebody took out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as upsert

from knowledge.catalog.labels import checked_labels
from knowledge.catalog.schema import metadata

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

Key = tuple[str, str]
"""Source root and path of a file; what is inside an archive or mail goes by the file."""

file_decisions = sa.Table(
    "file_decisions",
    metadata,
    sa.Column("source_root", sa.String, primary_key=True),
    sa.Column("path", sa.String, primary_key=True),
    # The labels that were set by hand; null: rules decide
    sa.Column("access", sa.JSON, nullable=True),
    sa.Column("left_out", sa.Boolean, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one file, by whom and when (seconds since 1970). `access` None: rules decide."""

    source_root: str
    path: str
    access: frozenset[str] | None
    left_out: bool
    by: str
    at: float


class Decisions:
    """The decisions of a catalog."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def set_access(self, key: Key, labels: Iterable[str] | None, by: str = "") -> None:
        """These labels hold for the file whatever rules say; None: rules decide again, from the next run on.

        Raises InvalidInput for an unusable label.
        """
        self._set(key, by, access=sa.null() if labels is None else sorted(checked_labels(labels)))

    def leave_out(self, keys: Iterable[Key], by: str = "") -> None:
        """No run reads these files any more. An archive's member may be named too."""
        for key in keys:
            self._set(key, by, left_out=True)

    def take_in(self, keys: Iterable[Key], by: str = "") -> None:
        """Runs read these files again."""
        for key in keys:
            self._set(key, by, left_out=False)

    def left_out(self) -> list[Decision]:
        """The files that are left out, in order of their paths."""
        return self._found(file_decisions.c.left_out)

    def set_by_hand(self) -> dict[Key, frozenset[str]]:
        """The labels that were set by hand, by file."""
        found = self._found(file_decisions.c.access.is_not(sa.null()))
        return {(each.source_root, each.path): each.access for each in found if each.access is not None}

    def enforce(self, on: Catalog | None = None) -> None:
        """Bring the documents (of the catalog `on`; by default of this one) to what is decided here.

        For decisions that were made while a run was reading.
        """
        family = (on or self._catalog).documents
        for key, labels in self.set_by_hand().items():
            for document in family.of_file(*key):
                if document.access != labels:
                    family.set_access(document.id, labels)
        out = [document.id for each in self.left_out() for document in family.of_file(each.source_root, each.path)]
        if out:
            family.remove(out)

    def _set(self, key: Key, by: str, **changes: Any) -> None:
        source_root, path = key
        changes |= {"by": by, "at": self._clock()}
        new = {"source_root": source_root, "path": path, "access": sa.null(), "left_out": False, **changes}
        known = (file_decisions.c.source_root == source_root) & (file_decisions.c.path == path)
        nothing = file_decisions.c.access.is_(sa.null()) & ~file_decisions.c.left_out
        with self._catalog.begin() as connection:
            add = upsert(file_decisions).values(new)
            connection.execute(add.on_conflict_do_update(index_elements=["source_root", "path"], set_=changes))
            connection.execute(sa.delete(file_decisions).where(known & nothing))

    def _found(self, condition: sa.ColumnElement[bool]) -> list[Decision]:
        query = sa.select(file_decisions).where(condition)
        query = query.order_by(file_decisions.c.path, file_decisions.c.source_root)
        with self._catalog.connect() as connection:
            return [
                Decision(
                    row.source_root,
                    row.path,
                    None if row.access is None else frozenset(row.access),
                    row.left_out,
                    row.by,
                    row.at,
                )
                for row in connection.execute(query)
            ]


def labels_by_hand(connection: sa.Connection, source_root: str, path: str) -> frozenset[str] | None:
    """Inside a transaction: the labels that were set by hand on a file; None: none were."""
    key = (file_decisions.c.source_root == source_root) & (file_decisions.c.path == path)
    found = connection.execute(sa.select(file_decisions.c.access).where(key)).scalar()
    return None if found is None else frozenset(found)
