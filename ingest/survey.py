"""What a run will have to do: the files that are there, held against the documents that the catalog knows."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.access import FILE_NAME, AccessRules, load_access
from ingest.holdings import Holding, Holdings
from ingest.loaders.unpacking import container_of
from ingest.sources import SourceFile, list_files, printable
from knowledge.catalog import Catalog
from knowledge.catalog.documents import CONTAINER
from knowledge.catalog.labels import checked_labels
from knowledge.catalog.runs import QuarantineEntry
from knowledge.errors import InvalidInput
from knowledge.types import Document

Key = tuple[str, str]
"""Source root and path: what identifies a document."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file with the document that it was in an earlier run, if it was one, and the access labels that it gets now.

    `named` says that the file itself was asked for, not a folder that holds it. `members` are the documents that were
    in it, `refused` the paths of those of its members that are in quarantine.
    """

    file: SourceFile
    known: Document | None
    labels: frozenset[str]
    named: bool = False
    members: tuple[Document, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def source_root(self) -> str:
        """The root as the catalog writes it."""
        return printable(str(self.file.root))

    @property
    def asked_again(self) -> bool:
        """Whether the file itself was asked for and some of what is in it was refused: that is tried again."""
        return self.named and bool(self.refused)

    def looks_unchanged(self, fingerprint: str) -> bool:
        """Whether size, time of change and the way of ingesting are as before, so that it need not be opened."""
        known = self.known
        return (
            known is not None
            and not self.asked_again
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
    left_out: frozenset[Key] = frozenset()
    """What operators want left out: files, and members of archives and mails."""

    def as_new(self) -> Survey:
        """The same files, as if none were a document yet."""
        return Survey([replace(one, known=None, members=(), refused=()) for one in self.candidates])

    def possibly_moved(self) -> set[str]:
        """Ids of vanished documents that a new file has the size of: their vectors may still serve."""
        sizes = {candidate.file.bytes for candidate in self.candidates if candidate.known is None}
        moved = {(one.source_root, one.path) for one in self.vanished if one.bytes in sizes}
        return {
            one.id
            for one in self.vanished
            if one.bytes in sizes or (one.source_root, one.metadata.get(CONTAINER)) in moved
        }


def survey(
    catalog: Catalog,
    paths: Sequence[Path],
    exclude: Sequence[str],
    access: frozenset[str] | None,
    access_file: Path | None,
    rename: Callable[[str], str] = str,
    holdings: Holdings | None = None,
) -> Survey:
    """Look at what is there. Raises InvalidInput for a path or access file that does not exist or cannot be used.

    `rename` gives the path under which a file is known, without personal data in it; rules of access see both.

    A path inside a folder that was ingested belongs to that folder, so that `ingest docs` and then `ingest
    docs/new.md` make one document and not two. `holdings` know what belongs to sources and uploads: those say
    themselves which files are taken and who may read them, and what lies below `paths` is left to them.
    """
    access = None if access is None else checked_labels(access)
    documents = catalog.documents.list()
    known = {(document.source_root, document.path): document for document in documents}
    quarantined = {(entry.source_root, entry.path): entry for entry in catalog.quarantine.list()}
    inside = _Inside.of(documents, quarantined)
    roots = {Path(document.source_root) for document in documents}
    by_hand = catalog.decisions.set_by_hand()
    found = Survey(left_out=frozenset((each.source_root, each.path) for each in catalog.decisions.left_out()))
    seen: set[Key] = set()
    places: list[Path] = []
    unopened: list[Path] = []
    for path in paths:
        place = Path(os.path.abspath(path))  # noqa: PTH100 - not resolve(): links inside a source stay what they are
        holding = _holding(holdings, place, given=access is not None or access_file is not None)
        root = holding.root if holding is not None else _root_of(place, roots)
        rules = _rules(root, access_file) if holding is None or holding.labels is None else holding.rules
        others = holdings.below(place) if holdings is not None else []
        unopened += others
        for file in list_files(place, root, exclude):
            if file.location == root / FILE_NAME or any(map(file.location.is_relative_to, others)):
                continue
            file_access = access
            if holding is not None and not (file.problem and file.location.is_dir()):
                file_access = access if holding.labels is None else holding.labels(file)
                if not holding.take(file) or (holding.labels is not None and file_access is None):
                    continue
            true_path = file.path
            file = replace(file, path=rename(true_path))  # noqa: PLW2901 - from here on it has no other name
            if file.problem and file.location.is_dir():
                unopened.append(root / file.path)
            key = (printable(str(root)), file.path)
            if key not in seen and key not in found.left_out:
                seen.add(key)
                labels = by_hand.get(key)
                if labels is None:
                    before = _before(known.get(key), quarantined.get(key))
                    labels = _labels((true_path, file.path), before, rules, file_access)
                candidate = Candidate(file, known.get(key), labels, named=file.location == place)
                found.candidates.append(
                    replace(candidate, members=inside.documents(key), refused=inside.refused_in(key))
                )
        places.append(place if place == root else root / rename(printable(place.relative_to(root).as_posix())))
    gone = _Gone(places, unopened)
    found.vanished = [
        document
        for key, document in known.items()
        if key not in seen and (whole := _file_of(document)) not in seen and gone.holds(whole)
    ]
    found.no_longer_refused = [
        key for key, whole in inside.refused.items() if key not in seen and whole not in seen and gone.holds(whole)
    ]
    return found


def _file_of(document: Document) -> Key:
    """What identifies the file that a document lies in: itself, or its container."""
    return document.source_root, document.metadata.get(CONTAINER) or document.path


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the catalog knows of the members of containers. `refused` gives the file of each entry in quarantine."""

    members: Mapping[Key, list[Document]]
    refused: Mapping[Key, Key]
    refused_members: Mapping[Key, list[str]]

    @classmethod
    def of(cls, documents: Iterable[Document], quarantine: Iterable[Key]) -> _Inside:
        members: defaultdict[Key, list[Document]] = defaultdict(list)
        for document in documents:
            if CONTAINER in document.metadata:
                members[_file_of(document)].append(document)
        refused: dict[Key, Key] = {}
        refused_members: defaultdict[Key, list[str]] = defaultdict(list)
        for root, path in quarantine:
            container = container_of(path)
            refused[root, path] = (root, container or path)
            if container:
                refused_members[root, container].append(path)
        return cls(members, refused, refused_members)

    def documents(self, file: Key) -> tuple[Document, ...]:
        """The documents that lay in a file."""
        return tuple(self.members.get(file, ()))

    def refused_in(self, file: Key) -> tuple[str, ...]:
        """The paths of the members of a file that are in quarantine."""
        return tuple(self.refused_members.get(file, ()))


def _holding(holdings: Holdings | None, place: Path, *, given: bool) -> Holding | None:
    """The holding that `place` lies in. Raises InvalidInput when labels are `given` where a source has its own."""
    holding = holdings.of(place) if holdings is not None else None
    if given and holding is not None and holding.labels is not None:
        raise InvalidInput(
            f"{printable(str(place))}: belongs to the source {holding.source!r}, which says who may read it; change "
            "the source, and leave --access and --access-file out"
        )
    return holding


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


def _before(known: Document | None, refused: QuarantineEntry | None) -> frozenset[str]:
    """The labels that a file had, also while it was in quarantine; none when it was never seen."""
    if known is not None:
        return known.access
    return (refused.access if refused is not None else None) or frozenset()


def _labels(
    paths: tuple[str, str], before: frozenset[str], rules: AccessRules | None, access: frozenset[str] | None
) -> frozenset[str]:
    """What the rules say; where none speaks of the file what `--access` says; without either as it was before.

    A rule may name the file by its true path or by the one that people see, without personal data in it.
    """
    rule = rules.rule_for(*paths) if rules is not None else None
    if rules is not None and rule is not None:
        return rules.rules[rule]
    if access is not None:
        return access
    return before if rules is None else frozenset()


@dataclass(frozen=True, slots=True)
class _Gone:
    """Tells whether what was not seen has vanished."""

    places: Sequence[Path]
    unopened: Sequence[Path]

    def holds(self, key: Key) -> bool:
        """Whether it lay under one of the places, and in no folder that could just not be opened now."""
        location = Path(key[0]) / key[1]
        return any(map(location.is_relative_to, self.places)) and not any(map(location.is_relative_to, self.unopened))
