"""`assistant.documents`: what operators do with documents, for the pages and the command line alike; all of it audited.

Whoever looks after documents need not be allowed to read them: see `knowledge/catalog/listing.py`. `who` is a signed-in
user, or the name under which the audit log knows whoever works at the machine itself, who sees and may all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.catalog.documents import CONTAINER, newness
from knowledge.catalog.labels import PERSONAL
from knowledge.catalog.listing import Listed, Order, Wanted
from knowledge.errors import InvalidInput, NotFound, NotPermitted, Unavailable
from knowledge.index_store import WRITER
from knowledge.types import Chunk, Document, Hit, Role, RunReport, User

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.catalog import Catalog
    from knowledge.catalog.decisions import Decision, Key
    from knowledge.catalog.runs import QuarantineEntry
    from knowledge.protocols import Progress

Who = User | str
MANAGERS = frozenset({Role.OPERATOR, Role.ADMIN})
"""The roles that look after documents."""
_LEASE_WAIT = 30.0
_WAITING = "was left out; is waiting to be read again"


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in a document, for somebody who may read it.

    `older` and `newer` are nearly the same documents by the day from which they are in force, `members` what lies in
    this archive or mail; all only as far as the reader may see them. `desensitized` counts hidden values by kind.
    """

    text: str
    chunks: tuple[Chunk, ...]
    desensitized: Mapping[str, int]
    older: tuple[Document, ...]
    newer: tuple[Document, ...]
    members: tuple[Document, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal did. `erased` is false while another run writes: then the indexes follow when that run ends."""

    documents: int
    erased: bool


class ManagedDocuments:
    """The documents of a workspace for those who look after them. Safe from many threads.

    Every method raises NotPermitted unless `who` is an operator, an admin or the machine itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _catalog(self) -> Catalog:
        return self._workspace.catalog

    # --- looking ------------------------------------------------------------------------------------------------

    def page(
        self, who: Who, wanted: Wanted | None = None, *, order: Order = "path", limit: int | None = 50, offset: int = 0
    ) -> tuple[list[Listed], int]:
        """Rows of the list from `offset` on, and how many there are in all."""
        return self._catalog.listing.page(
            _reader(who), wanted or Wanted(), order=order, limit=limit, offset=max(0, offset)
        )

    def ids(self, who: Who, wanted: Wanted, limit: int) -> list[str]:
        """The ids of the first `limit` documents of the list."""
        return self._catalog.listing.ids(_reader(who), wanted, limit)

    def get(self, document_id: str, who: Who) -> Listed:
        """One row of the list. Raises NotFound, also for personal documents of others."""
        found = self._catalog.listing.get(document_id, _reader(who))
        if found is None:
            raise _no_such(document_id)
        return found

    def inside(self, document_id: str, who: Who) -> Inside:
        """What is in a document. Raises NotFound when there is none that `who` may read."""
        reader, family = _reader(who), self._catalog.documents
        document = family.get(document_id, reader)
        if document is None:
            raise _no_such(document_id)
        alike = family.alike([document.id], reader).get(document.id, [])
        members = family.list(reader, prefix=f"{document.path}!/", source_root=document.source_root)
        return Inside(
            text=family.text(document.id),
            chunks=tuple(family.chunks(document.id)),
            desensitized=family.desensitized(document.id),
            older=tuple(each for each in alike if newness(each) <= newness(document)),
            newer=tuple(each for each in alike if newness(each) > newness(document)),
            members=tuple(each for each in members if each.metadata.get(CONTAINER) == document.path),
            metadata=document.metadata,
        )

    def try_search(self, question: str, who: User, as_user: str, limit: int = 10) -> list[Hit]:
        """The best passages for `question` among those that both `who` and the account `as_user` may read.

        A document is left out when no single group of theirs opens it to both. Raises NotPermitted for an unknown
        account, InvalidInput for an empty question.
        """
        _reader(who)
        if not question.strip():
            raise InvalidInput("the question is empty; type one")
        other = self._workspace.accounts.user(as_user)
        # Searched as both at once: a hit that is only left out afterwards would still show in ranks and counts
        both = other if other.name == who.name else User(name="", groups=other.groups & who.groups)
        clean, _ = self._workspace.desensitizer.desensitize(question.strip())
        return self._workspace.retriever().search(clean, both, limit)

    def told_of(self, report: Mapping[str, Any], who: Who) -> dict[str, Any]:
        """A run's report without what it says of the content of documents that `who` may not read.

        Which documents say nearly the same is only told of those that may be read, and what was hidden in them only
        when there is nothing that `who` may not read. Personal documents of others are not named.
        """
        reader, listing = _reader(who), self._catalog.listing
        if reader is None:
            return dict(report)
        told = dict(report)
        if not listing.all_readable(reader):
            told.pop("desensitized", None)
        if told.get("quality"):
            told["quality"] = self._quality_told(told["quality"], reader)
        hidden = {entry.path for entry in self._catalog.quarantine.list() if not _listed(entry, reader)}
        told["quarantine"] = [each for each in told.get("quarantine", ()) if each["path"] not in hidden]
        return told

    def _quality_told(self, quality: Mapping[str, Any], reader: User) -> dict[str, Any]:
        listing = self._catalog.listing
        groups = quality.get("consistency", {}).get("conflicting", [])
        seen = listing.readable_paths(reader, (path for group in groups for path in group))
        told = {**quality, "consistency": {"conflicting": [group for group in groups if set(group) <= seen]}}
        for part in ("completeness", "accuracy"):
            entries = dict(quality.get(part, {}))
            for name, found in entries.items():
                if "paths" in found:
                    named = listing.listed_paths(reader, found["paths"])
                    entries[name] = {**found, "paths": [path for path in found["paths"] if path in named]}
            told[part] = entries
        return told

    # --- access -------------------------------------------------------------------------------------------------

    def labels_by_hand(self, document_id: str, who: Who) -> frozenset[str] | None:
        """The labels that were set by hand for this document's file; None when rules decide. Raises NotFound."""
        row = self.get(document_id, who)
        return self._catalog.decisions.set_by_hand().get((row.source_root, row.container or row.path))

    def set_access(self, document_id: str, labels: Iterable[str] | None, who: Who) -> int:
        """Who may read the file that this document comes from, from the next question on and in all later runs.

        None: rules decide again, from the next run on. Gives how many documents it holds for: an archive's labels are
        those of all that is in it. Raises NotFound; InvalidInput for an unusable label and for personal documents;
        NotPermitted for somebody who may not read the document now: nobody opens it to themselves.
        """
        row = self.get(document_id, who)
        if not row.readable:
            raise NotPermitted(
                f"{row.path}: only somebody who may read this document can change who else may; ask one of: "
                f"{', '.join(row.access)}"
            )
        if any(label.startswith(PERSONAL) for label in (*row.access, *(labels or ()))):
            raise InvalidInput(f"{row.path}: a personal document stays with its owner")
        key = (row.source_root, row.container or row.path)
        self._catalog.decisions.set_access(key, labels, _name(who))
        documents = self._catalog.documents.of_file(*key)
        if labels is not None:
            for document in documents:
                self._catalog.documents.set_access(document.id, labels)
        detail = {
            "path": key[1],
            "before": list(row.access),
            "after": None if labels is None else sorted(labels),
        }
        self._workspace.audit.append("document.access", _name(who), detail, subject=row.id)
        return len(documents)

    # --- removing -----------------------------------------------------------------------------------------------

    def remove(self, document_ids: Sequence[str], who: Who, *, keep_out: bool = False) -> Removal:
        """Remove documents, what lies inside them, and all that was made from them; the files stay where they are, but
        for uploaded ones: those are deleted.

        They are in no answer from the next question on. `keep_out`: later runs leave the files out; otherwise the next
        run over their folder brings them back. Raises NotFound, and Unavailable when another process has been writing
        for long: with `keep_out` the documents go all the same, and the indexes follow when that process is done.
        """
        rows = [self.get(each, who) for each in document_ids]
        family = self._catalog.documents
        found = {each.id: each for row in rows for each in family.of_file(row.source_root, row.path)}
        if keep_out:
            for row in rows:
                if row.container or not self.is_upload(row):
                    self._leave_out(who, (row.source_root, row.path), frozenset(row.access))
        erased = True
        try:
            with self._catalog.leases.hold(WRITER, _LEASE_WAIT):
                family.remove(found)
                self._workspace.store.publish(erase=True)
                self._workspace.desensitizer.forget_removed(self._catalog)
        except Unavailable:
            if not keep_out:
                raise
            family.remove(found)
            erased = False
        self._delete_uploaded(rows)
        self._workspace.datasets.erase_deleted()
        for document in found.values():
            detail = {"path": document.path, **({"keep_out": True} if keep_out else {})}
            self._workspace.audit.append("document.removed", _name(who), detail, subject=document.id)
        return Removal(len(found), erased)

    def is_upload(self, row: Listed) -> bool:
        """Whether somebody uploaded this document, so that its file lies in the workspace."""
        return self._workspace.was_uploaded(row.source_root)

    def _delete_uploaded(self, rows: Iterable[Listed]) -> None:
        """The files of uploaded documents; an archive stays while only something in it is removed."""
        for row in rows:
            if self.is_upload(row) and not row.container:
                # What was decided about this file does not hold for another one of the same name
                self._catalog.decisions.set_access((row.source_root, row.path), None)
                file = self._workspace.original(row.source_root, row.path)
                if file is not None:
                    file.unlink(missing_ok=True)

    # --- quarantine ---------------------------------------------------------------------------------------------

    def quarantine(self, who: Who) -> list[QuarantineEntry]:
        """Files and members of archives that could not be read, in order of their paths."""
        reader = _reader(who)
        return [entry for entry in self._catalog.quarantine.list() if _listed(entry, reader)]

    def retry(
        self,
        who: Who,
        keys: Iterable[Key] | None = None,
        *,
        access: frozenset[str] | None = None,
        access_file: Path | None = None,
        progress: Progress | None = None,
    ) -> tuple[RunReport | None, list[str]]:
        """Read files in quarantine again (`keys`: root and path; None: all), of members of archives those archives.

        They get the labels that they would have got; `access` and `access_file` as for ingestion. Gives the run's
        report (None when there was nothing to read), and the paths that are gone: those leave the quarantine. Raises
        NotFound for a key that is not there, InvalidInput when nobody knows who may read a file.
        """
        entries = self._entries(who, keys)
        files: dict[Path, list[QuarantineEntry]] = {}
        gone: list[str] = []
        for entry in entries:
            file = self._workspace.file_of(entry.source_root, entry.path)
            if file is None:
                gone.append(entry.path)
                self._catalog.quarantine.remove(entry.path, entry.source_root)
            else:
                files.setdefault(file, []).append(entry)
        if not files:
            return None, gone
        if access is None and access_file is None:
            unknown = (entry for found in files.values() for entry in found if entry.access is None)
            for root in {Path(entry.source_root) for entry in unknown}:
                self._refuse_to_guess(root)
        report = self._workspace.pipeline().run(
            list(files), access=access, access_file=access_file, progress=progress, wait=_LEASE_WAIT
        )
        detail = {"documents": report.documents.to_json(), "retried": len(entries)}
        self._workspace.audit.append("ingest", _name(who), detail, subject=report.run_id)
        return report, gone

    def ignore(self, who: Who, keys: Iterable[Key]) -> int:
        """Leave files in quarantine out of all later runs; gives how many. Uploaded files are deleted: no run looks for
        them, and one of the same name may come. Raises NotFound.
        """
        entries = self._entries(who, keys)
        for entry in entries:
            whole = self._workspace.original(entry.source_root, entry.path)
            if whole is not None and self._workspace.was_uploaded(entry.source_root):
                whole.unlink(missing_ok=True)
            else:
                self._leave_out(who, (entry.source_root, entry.path), entry.access)
            self._catalog.quarantine.remove(entry.path, entry.source_root)
            self._workspace.audit.append("document.left_out", _name(who), {"path": entry.path})
        return len(entries)

    def left_out(self, who: Who) -> list[Decision]:
        """The files that later runs leave out, in order of their paths."""
        _reader(who)
        return self._catalog.decisions.left_out()

    def take_in(
        self, who: Who, keys: Sequence[Key], *, progress: Progress | None = None
    ) -> tuple[RunReport | None, list[str]]:
        """Read files that were left out again, as `retry` does. Raises NotFound for a key that is not left out."""
        decisions = self._catalog.decisions
        known = {(each.source_root, each.path): each.access for each in self.left_out(who)}
        for key in keys:
            if key not in known:
                raise NotFound(f"{key[1]}: is not left out; `plumbline quarantine ignored` lists what is")
        for root, path in keys:
            labels = known[root, path]
            decisions.take_in([(root, path)], _name(who))
            if not labels:
                decisions.set_access((root, path), None, _name(who))
            # An archive that did not change is only read again when something in it waits in quarantine
            self._catalog.quarantine.put(path, _WAITING, source_root=root, access=labels)
            self._workspace.audit.append("document.taken_in", _name(who), {"path": path})
        return self.retry(who, keys, progress=progress)

    def _leave_out(self, who: Who, key: Key, labels: frozenset[str] | None) -> None:
        """With the labels that it had: nobody must have to guess them when it is taken in again."""
        decisions = self._catalog.decisions
        if labels is not None and key not in decisions.set_by_hand():
            decisions.set_access(key, labels, _name(who))
        decisions.leave_out([key], _name(who))

    def _entries(self, who: Who, keys: Iterable[Key] | None) -> list[QuarantineEntry]:
        entries = self.quarantine(who)
        if keys is None:
            return entries
        known = {(entry.source_root, entry.path): entry for entry in entries}
        wanted = list(keys)
        for key in wanted:
            if key not in known:
                raise NotFound(f"{key[1]}: is not in quarantine; `plumbline quarantine list` shows what is")
        return [known[key] for key in wanted]

    def _refuse_to_guess(self, root: Path) -> None:
        """Who may read a file was said when it was first given, and is not known any more: it must not become all."""
        if self._workspace.tells_readers(root):
            return
        beside = self._catalog.documents.list(source_root=str(root))
        if not beside or any(document.access for document in beside):
            raise InvalidInput(
                f'quarantine retry: say who may read the files of {root}: --access A,B, --access "" for every user, '
                "or --access-file FILE"
            )


def manages(user: User) -> bool:
    """Whether this user looks after documents."""
    return user.role in MANAGERS


def _reader(who: Who) -> User | None:
    """As whom to read; None for the machine itself. Raises NotPermitted for who does not look after documents."""
    if isinstance(who, str):
        return None
    if not manages(who):
        raise NotPermitted("only operators and administrators look after documents")
    return who


def _name(who: Who) -> str:
    return who if isinstance(who, str) else who.name


def _listed(entry: QuarantineEntry, reader: User | None) -> bool:
    """Whether an entry is shown: a personal document's only to its owner."""
    return reader is None or all(
        not label.startswith(PERSONAL) or label in reader.labels for label in entry.access or ()
    )


def _no_such(document_id: str) -> NotFound:
    return NotFound(f"{document_id}: no such document; `plumbline documents list` shows what there is")
