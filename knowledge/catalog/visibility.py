"""Who may see which documents: the one rule of access."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, func, or_, select, true

from knowledge.catalog.schema import document_labels, documents
from knowledge.types import User


@dataclass(frozen=True, slots=True)
class VisibleSet:
    """What one person may read, as parallel arrays ordered by `numbers` (which also orders `first_rows`).

    A document's chunks have the rows first_row … first_row + chunk_count - 1, without those in `held_out` (ascending;
    knowledge/catalog/repeats.py). `change` is the catalog's count of changes that this set was read at.
    """

    change: int
    numbers: NDArray[np.int64]
    first_rows: NDArray[np.int64]
    chunk_counts: NDArray[np.int64]
    access_keys: tuple[str, ...]
    stamps: NDArray[np.int64]
    held_out: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def chunks(self) -> int:
        """How many chunks can be found in it."""
        return int(self.chunk_counts.sum()) - self.held_out.size

    def holds_rows(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For each chunk row whether it belongs to a document of the set."""
        if not self.first_rows.size:
            return np.zeros(rows.shape, dtype=np.bool_)
        # Documents without chunks share their first row with the next one; "right" finds the last, which has chunks
        place = np.searchsorted(self.first_rows, rows, side="right") - 1
        inside = rows < (self.first_rows + self.chunk_counts)[place]
        held = np.asarray((place >= 0) & inside, dtype=np.bool_)
        return held & ~np.isin(rows, self.held_out) if self.held_out.size else held


def visible_to(user: User | None) -> ColumnElement[bool]:
    """The one rule of access, as a condition on `documents`: no labels, or one of them among the user's own.

    None stands for the program itself (operators' lists, rebuilding) and sees all. Roles never widen it.
    """
    if user is None:
        return true()
    labels = select(document_labels.c.label).where(document_labels.c.document_id == documents.c.id)
    shared = labels.where(document_labels.c.label.in_(sorted(user.labels)))
    return or_(~exists(labels), exists(shared))


def within(scope: Iterable[str] | None) -> ColumnElement[bool]:
    """Documents that `scope` names: by id, by path, or by a folder that they lie in. None: all; nothing named: none.

    Compared whole and in the same case: `hr` names neither `hr-old/a.md` nor `HR/a.md`.
    """
    if scope is None:
        return true()
    names = sorted({name.strip("/") for name in scope})
    folders = [func.substr(documents.c.path, 1, len(name) + 1) == f"{name}/" for name in names]
    return or_(documents.c.id.in_(names), documents.c.path.in_(names), *folders)
