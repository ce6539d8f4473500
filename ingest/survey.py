"""What a run will have to do: the files that are there, held against the documents that the catalog knows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.access import FILE_NAME, AccessRules, load_access
from ingest.sources import SourceFile, list_files, printable
from knowledge.catalog import Catalog
from knowledge.catalog.labels import checked_labels
from knowledge.types import Document

Key = tuple[str, str]
"""Source root and path: what identifies a document."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file with the document that it was in an earlier run, if it was one, and the access labels that it gets now.

    `named` says that the file itself was asked for, not a folder that holds it.
    """

    file: SourceFile
    known: Document | None
    labels: frozenset[str]
    named: bool = False

    @property
    def source_root(self) -> str:
        """The root as the catalog writes it."""
        return printable(str(self.file.root))

    def looks_unchanged(self, fingerprint: str) -> bool:
        """Whether size, time of change and the way of ingesting are as before, so that it need not be opened."""
        known = self.known
        return (
            known is not None
            and known.fingerprint == fingerprint
            and known.bytes == self.file.bytes
            and known.modified_at == self.file.modified_at
        )


@dataclass(slots=True)
class Survey:
    """All files under the given paths, and the documents that used to lie there but do no longer."""

    candidates: list[Candidate] = field(default_factory=list)
    vanished: list[Document] = field(default_factory=list)
    no_longer_refused: list[Key] = field(default_factory=list)
    """Entries of the quarantine whose files are gone."""

    def possibly_moved(self) -> set[str]:
        """Ids of vanished documents that a new file has the size of: their vectors may still serve."""
        sizes = {candidate.file.bytes for candidate in self.candidates if candidate.known is None}
        return {document.id for document in self.vanished if document.bytes in sizes}


def survey(
    catalog: Catalog,
    paths: Sequence[Path],
    exclude: Sequence[str],
    access: frozenset[str] | None,
    access_file: Path | None,
) -> Survey:
    """Look at what is there. Raises InvalidInput for a path or access file that does not exist or cannot be used.

    A path inside a source that is known already belongs to that source, so that `ingest docs` and then
    `ingest docs/new.md` make one document and not two.
    """
    access = None if access is None else checked_labels(access)
    documents = catalog.documents.list()
    known = {(document.source_root, document.path): document for document in documents}
    roots = {Path(document.source_root) for document in documents}
    found = Survey()
    seen: set[Key] = set()
    places: list[Path] = []
    unopened: list[Path] = []
    for path in paths:
        place = Path(os.path.abspath(path))  # noqa: PTH100 - not resolve(): links inside a source stay what they are
        root = _root_of(place, roots)
        rules = _rules(root, access_file)
        for file in list_files(place, root, exclude):
            if file.location == root / FILE_NAME:
                continue
            if file.problem and file.location.is_dir():
                unopened.append(file.location)
            key = (printable(str(root)), file.path)
            if key not in seen:
                seen.add(key)
                labels = _labels(file.path, known.get(key), rules, access)
                found.candidates.append(Candidate(file, known.get(key), labels, named=file.location == place))
        places.append(place)
    gone = _Gone(places, unopened)
    found.vanished = [document for key, document in known.items() if key not in seen and gone.holds(key)]
    refused = [(entry.source_root, entry.path) for entry in catalog.quarantine.list()]
    found.no_longer_refused = [key for key in refused if key not in seen and gone.holds(key)]
    return found


def _root_of(place: Path, roots: set[Path]) -> Path:
    """The innermost known source that holds `place`; else `place` itself, or its folder when it is a file."""
    for folder in (place, *place.parents):
        if folder in roots:
            return folder
    return place if place.is_dir() else place.parent


def _rules(root: Path, access_file: Path | None) -> AccessRules | None:
    if access_file is not None:
        return load_access(access_file)
    return load_access(root / FILE_NAME) if (root / FILE_NAME).is_file() else None


def _labels(
    path: str, known: Document | None, rules: AccessRules | None, access: frozenset[str] | None
) -> frozenset[str]:
    """What the rules say; without labels there what `--access` says; without either as it was before."""
    ruled = rules.labels(path) if rules is not None else frozenset()
    if ruled or access is not None:
        return ruled or access or frozenset()
    return frozenset() if rules is not None or known is None else known.access


@dataclass(frozen=True, slots=True)
class _Gone:
    """Tells whether what was not seen has vanished."""

    places: Sequence[Path]
    unopened: Sequence[Path]

    def holds(self, key: Key) -> bool:
        """Whether it lay under one of the places, and in no folder that could just not be opened now."""
        location = Path(key[0]) / key[1]
        return any(map(location.is_relative_to, self.places)) and not any(map(location.is_relative_to, self.unopened))
