"""To whom the files at a place belong: a source, the uploads, or nobody in particular.

A source's definition says which of its files are taken and who may read them, whoever has them ingested: its own run,
`plumbline ingest` on one of its files, or another try at what is in quarantine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.access import FILE_NAME, AccessRules, load_access, merged
from ingest.selection import Patterns, PosixReaders, labels_for
from ingest.sources import SourceFile, printable
from knowledge.catalog.labels import checked_labels
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.catalog.sources import Source

MIRRORS = "sources"
"""The folder of the workspace with a folder for each mirrored source."""
UPLOADS = "uploads"
"""The folder of the workspace with a folder for each collection of uploaded files."""


@dataclass(frozen=True, slots=True)
class Holding:
    """How the files under `root` are treated: paths begin there, and only what `take` says is taken.

    `labels` gives what holds for a file when `rules` give it none; None leaves the file out. Without `labels`, files
    have the labels that are given with them, and keep them.
    """

    root: Path
    take: Callable[[SourceFile], bool] = lambda _: True
    labels: Callable[[SourceFile], frozenset[str] | None] | None = None
    rules: AccessRules | None = None
    source: str = ""


class Holdings:
    """The holdings of a workspace."""

    def __init__(self, catalog: Catalog, workspace: Path) -> None:
        self._catalog = catalog
        self._workspace = workspace

    def root_of(self, source: Source) -> Path:
        """The folder that a source's documents lie in."""
        if source.kind == "folder":
            return Path(os.path.abspath(source.location))  # noqa: PTH100 - links inside a source stay what they are
        return self._workspace / MIRRORS / source.id / "files"

    def of(self, place: Path) -> Holding | None:
        """The innermost holding that `place` (absolute) lies in.

        Raises InvalidInput when its rules cannot be used, and for a place in it by another name: through a link, its
        files would be taken for nobody's.
        """
        uploads = self._workspace / UPLOADS
        if place.is_relative_to(uploads) and place != uploads:
            return Holding(uploads / place.relative_to(uploads).parts[0])
        roots = {self.root_of(source): source for source in self._catalog.sources.list()}
        for folder in (place, *place.parents):
            if folder in roots:
                return _holding(self._catalog, roots[folder], folder)
        real = place.resolve()
        for root in (*roots, uploads):
            if real.is_relative_to(root.resolve()):
                raise InvalidInput(
                    f"{printable(str(place))}: is in {printable(str(root))} by another name; use that one"
                )
        return None

    def own_rules(self, root: Path) -> AccessRules | None:
        """The rules in the `access.yaml` of a folder that is no source. Raises InvalidInput for unusable ones."""
        own = root / FILE_NAME
        return load_access(own) if own.is_file() else None

    def below(self, place: Path) -> list[Path]:
        """Folders below `place` whose files belong to a holding that begins there."""
        roots = [self.root_of(source) for source in self._catalog.sources.list()]
        own = [self._workspace / MIRRORS, self._workspace / UPLOADS]
        inside = [folder for folder in own if place.is_relative_to(folder)]
        others = [folder for folder in own if folder not in inside]
        return [root for root in (*roots, *others) if root != place and root.is_relative_to(place)]


def _holding(catalog: Catalog, source: Source, root: Path) -> Holding:
    patterns = Patterns(source.include, source.exclude)
    default = checked_labels(source.access)
    rules = _rules(source, root)
    if source.permissions is None:
        return Holding(root, lambda file: patterns.take(file.path), lambda _: default, rules, source.name)
    mapping, readers = source.permissions, _readers(catalog, source, root)
    return Holding(
        root,
        lambda file: patterns.take(file.path),
        lambda file: labels_for(readers(file), mapping),
        rules,
        source.name,
    )


def _readers(catalog: Catalog, source: Source, root: Path) -> Callable[[SourceFile], frozenset[str]]:
    """Who may read a file, in the source's own words."""
    if source.kind == "folder":
        posix = PosixReaders(root)
        return lambda file: posix.of(file.location)
    items = catalog.sources.items(source.id)
    known = {path: frozenset(item.access or ()) for path, item in items.items()}
    return lambda file: known.get(file.path, frozenset())


def _rules(source: Source, root: Path) -> AccessRules | None:
    """The rules of the source's file, or of its own `access.yaml`, with those that stand in the catalog over them."""
    own = root / FILE_NAME
    file = Path(source.access_file) if source.access_file else own if own.is_file() else None
    return merged(load_access(file) if file is not None else None, source.rules)
