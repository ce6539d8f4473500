"""What containers hold comes, stays and goes with them: the members of archives, mails and PDFs as documents.

A member's path is its container's with `!/` and its name behind; it has the labels of its container. Members are
committed before their container, so that a run which is stopped between them reads the container again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ingest.loaders.unpacking import INSIDE
from ingest.preparing import Prepared
from ingest.reading import Outcome
from ingest.run import Run
from ingest.survey import Candidate, Key
from ingest.types import LoadedDocument, Member, Unreadable
from knowledge.catalog.documents import CONTAINER
from knowledge.types import Document

Prepare = Callable[[Iterable[tuple[Candidate, LoadedDocument]]], Iterator[tuple[Candidate, Prepared | Unreadable]]]
"""Gives each file prepared or refused, in order."""


@dataclass(frozen=True, slots=True)
class Members:
    """Handles the members of each container of a run; `fingerprint` names the way in which a document is made now,
    `rename` takes personal data out of the names of members, `left_out` names those that operators want left out.
    """

    run: Run
    fingerprint: Callable[[Candidate], str]
    rename: Callable[[str], str]
    left_out: frozenset[Key] = frozenset()

    def take(self, container: Candidate, outcome: Outcome, prepare: Prepare) -> None:
        """To be called with what became of a file, before the file itself is added, kept or refused."""
        if isinstance(outcome, LoadedDocument):
            self._update(container, outcome.members, prepare)
        elif not isinstance(outcome, Unreadable):
            self.keep(container)
        elif not outcome.passing:
            self.run.discard(container, container.members, container.refused)

    def keep(self, container: Candidate) -> None:
        """The container holds what it held: its members stay, with its labels, and so do those that were refused."""
        for document in container.members:
            self.run.keep(_candidate(container, document.path, document.bytes, document))
        for path in container.refused:
            self.run.keep(_candidate(container, path, 0, None))

    def _update(self, container: Candidate, members: tuple[Member, ...], prepare: Prepare) -> None:
        known = {document.path: document for document in container.members}
        gone = dict(known)
        still_refused = set()
        fresh: list[tuple[Candidate, LoadedDocument]] = []
        for member in members:
            path = f"{container.file.path}{INSIDE}{self.rename(member.name)}"
            if (container.source_root, path) in self.left_out:
                continue
            size = member.document.bytes if member.document is not None else 0
            candidate = _candidate(container, path, size, known.get(path))
            if member.document is None:
                still_refused.add(path)
                self.run.refuse(candidate, Unreadable(member.reason))
            elif self._is_unchanged(candidate, member.document):
                self.run.keep(candidate)
            else:
                fresh.append((candidate, member.document))
            gone.pop(path, None)
        for candidate, prepared in prepare(fresh):
            if isinstance(prepared, Unreadable):
                still_refused.add(candidate.file.path)
                self.run.refuse(candidate, prepared)
            else:
                self.run.add(candidate, _inside(container, prepared))
        self.run.discard(
            container, tuple(gone.values()), tuple(path for path in container.refused if path not in still_refused)
        )

    def _is_unchanged(self, candidate: Candidate, loaded: LoadedDocument) -> bool:
        known = candidate.known
        return (
            known is not None
            and known.content_hash == loaded.content_hash
            and known.fingerprint == self.fingerprint(candidate)
        )


def _inside(container: Candidate, prepared: Prepared) -> Prepared:
    metadata = {**prepared.document.metadata, CONTAINER: container.file.path}
    return replace(prepared, document=replace(prepared.document, metadata=metadata))


def _candidate(container: Candidate, path: str, size: int, known: Document | None) -> Candidate:
    return Candidate(replace(container.file, path=path, bytes=size), known, container.labels)
