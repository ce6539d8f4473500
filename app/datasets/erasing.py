"""Taking out of a dataset what was made from answers and documents that are no longer there.

An answer is no longer there either when a document that it was made from is gone: its owner is not shown it any more,
and a dataset that is made anew leaves it out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.datasets import folder as disk
from app.datasets import samples
from knowledge.files import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.datasets.types import Datasheet
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class There:
    """What stands in a catalog: ids of answers and documents, and the hashes of the documents' texts."""

    answers: Collection[str]
    documents: Collection[str]
    texts: Collection[str]

    @classmethod
    def of(cls, catalog: Catalog) -> There:
        """What stands there now."""
        known = catalog.mentions.document_texts()
        return cls(catalog.mentions.answer_ids(known.keys()), known.keys(), frozenset(filter(None, known.values())))

    def with_moved(self, sheet: Datasheet) -> There:
        """With those of the sheet's documents whose text stands in another one: a file that was moved is not gone."""
        moved = {one["id"] for one in sheet.sources if one["kind"] == "documents" and one["sha256"] in self.texts}
        return replace(self, documents=moved | set(self.documents))

    def has(self, kind: str, origin: str) -> bool:
        """Whether what a row of that kind was made from is there; other kinds come from nothing that is deleted."""
        if kind.startswith("feedback."):
            return origin in self.answers
        return not kind.startswith("document.") or origin in self.documents


def erase(folder: Path, sheet: Datasheet, there: There) -> tuple[Datasheet, int] | None:
    """Take out of a dataset's folder what is not `there`; gives the datasheet as it is then, and how many rows went.

    None when all is there. The parts are not counted again, and the sheet is not written.
    """
    there = there.with_moved(sheet)
    erased = disk.erase(folder, lambda row: not there.has(str(row.get("kind", "")), _origin(row)))
    reference = samples.erased(folder, {"questions": there.answers, "documents": there.documents})
    if not erased and not reference:
        return None
    told = {**sheet.reference, **reference, "sha256": sha256_of(folder / samples.FILE)} if reference else None
    left = {_origin(row) for row in disk.all_rows(folder)}
    dropped = {}
    for reason, entry in sheet.quality["dropped"].items():
        stay = [one for one in entry["samples"] if there.has(one["kind"], one["source"])]
        dropped[reason] = {**entry, "samples": stay}
    sources = [one for one in sheet.sources if one["kind"] not in _ERASED or one["id"] in left]
    quality = {**sheet.quality, "dropped": dropped}
    return replace(sheet, quality=quality, sources=tuple(sources), reference=told or sheet.reference), erased


_ERASED = frozenset({"feedback", "documents", "replay"})
"""Kinds of sources that may go."""


def _origin(row: Mapping[str, Any]) -> str:
    return str(row.get("origin", {}).get("id", ""))
