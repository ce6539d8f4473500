"""`Uploads`: documents that people add themselves, to a folder of their own, of a group, or of everybody.

A file lies in `uploads/` of the workspace as it was received. What is in a personal folder carries a label that only
that account reads (`knowledge.catalog.labels.personal_label`); what is in a team's folder carries that group's.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from knowledge.catalog.accounts import account_key
from knowledge.catalog.labels import checked_labels, personal_label
from knowledge.errors import InvalidInput, NotFound, NotPermitted, PlumblineError
from knowledge.files import sync_file, sync_folder
from knowledge.types import Result, Role, RunReport, User

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.protocols import Progress
    from knowledge.types import Document


class AlreadyThere(InvalidInput):
    """The same content is a document already: the one at `path`."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


FolderKind = Literal["personal", "team", "shared"]

PERSONAL_FOLDER = "personal"
SHARED_FOLDER = "shared"
_TEAM = "team:"
_OPERATING = frozenset({Role.OPERATOR, Role.ADMIN})
_LONGEST_NAME = 180
"""Bytes of a file's name."""
_DEEPEST = 16
"""Folders in one another that may be given."""
_PIECE = 1 << 20
_MEBIBYTE = 1024 * 1024
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\\/]")


class UploadFolder(Result):
    """A place where a user may add documents; `id` is what `upload` takes, `name` the group of a team's folder."""

    id: str
    kind: FolderKind
    name: str = ""


class UploadResult(Result):
    """What became of a file: its document, or (`document_id` None) the `reason` why it could not be read."""

    path: str
    document_id: str | None
    report: RunReport
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a folder's files lie, below which root their paths begin, and who may read them."""

    root: Path
    folder: Path
    labels: frozenset[str]


class Uploads:
    """The uploaded documents of a workspace. Safe from many threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._settings = workspace.settings.uploads
        self._home = workspace.folder / "uploads"

    def folders(self, user: User) -> list[UploadFolder]:
        """Where this user may add documents; none without the right (`[uploads]`)."""
        if not self._may(user):
            return []
        teams = [UploadFolder(id=f"{_TEAM}{name}", kind="team", name=name) for name in sorted(user.groups)]
        shared = [UploadFolder(id=SHARED_FOLDER, kind="shared")] if user.role in _OPERATING else []
        return [UploadFolder(id=PERSONAL_FOLDER, kind="personal"), *teams, *shared]

    def add(
        self,
        name: str,
        data: bytes | BinaryIO,
        folder: str,
        user: User,
        access: Sequence[str] | None = None,
        *,
        below: str = "",
        replace: bool = False,
        once: bool = False,
        progress: Progress | None = None,
    ) -> UploadResult:
        """Keep the file and make it a document, in a `folder` of `folders(user)`; `access` is for "shared" only.

        `below` is the folder in there that it lies in, as "policies/2025": what somebody gives as a folder stays one.
        With `replace` the file takes the place of one of the same name. With `once` a file is refused whose content is
        there already under another name, as far as the user may read it. A file that cannot be read goes to
        quarantine, as in every run. Raises NotPermitted without the right, InvalidInput for a name, a size or labels
        that cannot be, Unavailable when another process writes for too long; then nothing is kept. `progress` counts
        files.
        """
        place = self._place(folder, user, access)
        target = place.folder / checked_folders(below) / checked_file_name(name)
        if target.is_dir() or any(one.is_file() for one in target.parents):
            raise InvalidInput(f"{target.name}: a file and a folder cannot have the same name; choose another")
        if target.exists() and not replace:
            raise InvalidInput(f"{target.name}: is in this folder already; choose another name, or replace it")
        with self._kept(target, data, self._room(place, folder)):
            if once:
                self._refuse_same(place, target, user)
            report = self._workspace.pipeline().run(
                [target], access=place.labels, progress=progress, wait=self._settings.wait_seconds
            )
        path = target.relative_to(place.root).as_posix()
        known = self._workspace.desensitizer.desensitize_path(path)
        document = self._workspace.catalog.documents.by_path(known, str(place.root), user)
        reason = next((entry.reason for entry in report.quarantine if entry.path == known), "")
        detail = {"folder": folder if folder != PERSONAL_FOLDER else "", "access": sorted(place.labels)}
        subject = document.id if document is not None else ""
        self._workspace.audit.append("document.uploaded", user.name, detail, subject=subject)
        return UploadResult(path=known, document_id=subject or None, report=report, reason=reason)

    def _refuse_same(self, place: _Place, target: Path, user: User) -> None:
        """Raises InvalidInput when the same bytes are a document that the user may read, and not this one."""
        with target.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        path = self._workspace.desensitizer.desensitize_path(target.relative_to(place.root).as_posix())
        for root, known in self._workspace.catalog.listing.same_content(user, content):
            if (root, known) != (str(place.root), path):
                raise AlreadyThere(f"{target.name}: its content is there already as {known}", known)

    def mine(self, user: User) -> Sequence[Document]:
        """The documents in the personal folder of this user."""
        root = str(self._root_of_person(user))
        return self._workspace.catalog.documents.list(user, source_root=root)

    def remove(self, document_id: str, user: User) -> None:
        """Take an uploaded document away, file and all, from a folder in which this user may add some.

        Raises NotFound for what is no uploaded document or may not be seen.
        """
        document = self._workspace.catalog.documents.get(document_id, user)
        if document is None or not any(
            self._is_in(document, self._place(one.id, user, None)) for one in self.folders(user)
        ):
            raise NotFound(f"{document_id}: no such uploaded document")
        with self._workspace.catalog.leases.hold("writer", wait=self._settings.wait_seconds):
            whole = document.metadata.get("container") or document.path
            file = self._workspace.original(document.source_root, whole)
            family = self._workspace.catalog.documents
            family.remove([one.id for one in family.of_file(document.source_root, whole)])
            # What was decided about this file does not hold for another one of the same name
            self._workspace.catalog.decisions.set_access((document.source_root, whole), None)
            if file is not None:
                file.unlink(missing_ok=True)
                _remove_empty(file.parent, self._home)
            self._workspace.store.publish(erase=True)
        self._workspace.datasets.erase_deleted()
        self._workspace.audit.append("document.removed", user.name, {}, subject=document.id)

    # --- inside -------------------------------------------------------------------------------------------------

    def _may(self, user: User) -> bool:
        settings = self._settings
        return bool(user.name) and (user.role in settings.roles or not user.groups.isdisjoint(settings.groups))

    def _place(self, folder: str, user: User, access: Sequence[str] | None) -> _Place:
        if folder not in {one.id for one in self.folders(user)}:
            raise NotPermitted("you may not add documents to this folder; ask whoever operates Plumbline")
        if access is not None and folder != SHARED_FOLDER:
            raise InvalidInput("access labels are given to the shared folder only; other folders have their own")
        if folder == PERSONAL_FOLDER:
            root = self._root_of_person(user)
            return _Place(root, root / PERSONAL_FOLDER, frozenset({personal_label(user.name)}))
        if folder == SHARED_FOLDER:
            root = self._home / SHARED_FOLDER
            return _Place(root, root / SHARED_FOLDER, checked_labels(access or ()))
        group = folder.removeprefix(_TEAM)
        root = self._home / "teams"
        return _Place(root, root / "team" / _folder_name(group), frozenset({group}))

    def _root_of_person(self, user: User) -> Path:
        # By a hash: names of accounts may be anything, and need not show in paths
        return self._home / f"u-{hashlib.sha256(account_key(user.name).encode()).hexdigest()[:16]}"

    def _room(self, place: _Place, folder: str) -> int:
        """Bytes that a file in this place may have."""
        most = self._settings.max_mb * _MEBIBYTE
        if folder != PERSONAL_FOLDER or not place.folder.is_dir():
            return most
        used = sum(file.stat().st_size for file in place.folder.rglob("*") if file.is_file())
        return min(most, max(0, self._settings.personal_mb * _MEBIBYTE - used))

    @contextmanager
    def _kept(self, target: Path, data: bytes | BinaryIO, room: int) -> Iterator[None]:
        """The file in its place; as it was before when what is done with it fails."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mark = secrets.token_hex(8)
        # A leading dot: such names are never ingested
        partial, before = (target.with_name(f".{mark}.{end}") for end in ("part", "old"))
        try:
            _write(partial, data, room, target.name)
            if target.exists():
                shutil.copy2(target, before)
            partial.replace(target)
            sync_folder(target.parent)
            try:
                yield
            except (PlumblineError, OSError):
                if before.exists():
                    before.replace(target)
                else:
                    target.unlink(missing_ok=True)
                raise
        finally:
            partial.unlink(missing_ok=True)
            before.unlink(missing_ok=True)
            _remove_empty(target.parent, self._home)

    def _is_in(self, document: Document, place: _Place) -> bool:
        folder = self._workspace.desensitizer.desensitize_path(place.folder.relative_to(place.root).as_posix())
        return document.source_root == str(place.root) and document.path.startswith(f"{folder}/")


def checked_file_name(name: str) -> str:
    """A name for a file in one folder, without any path. Raises InvalidInput when nothing of it can be used."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    found = _NOT_IN_A_NAME.sub("_", last).strip().rstrip(".")
    if not found or found.startswith((".", "~$")) or not found.isprintable():
        raise InvalidInput(f"{last!r}: is no name for a document; choose another")
    if len(found.encode("utf-8")) > _LONGEST_NAME:
        raise InvalidInput(f"{found[:40]}…: the name is too long; use at most {_LONGEST_NAME} bytes")
    return found


def checked_folders(path: str) -> Path:
    """A path of folders below another one, none for "". Raises InvalidInput for names that cannot be, and too many."""
    parts = [part for part in path.replace("\\", "/").split("/") if part]
    if len(parts) > _DEEPEST:
        raise InvalidInput(f"{path[:40]}…: lies in more than {_DEEPEST} folders; give it from a folder further down")
    return Path(*(checked_file_name(part) for part in parts))


def _remove_empty(folder: Path, home: Path) -> None:
    """Remove this folder and those above it, below `home`, as far as nothing is in them."""
    while folder != home and folder.is_relative_to(home):
        try:
            folder.rmdir()
        except OSError:  # something is in it, or it is gone
            return
        folder = folder.parent


def _folder_name(group: str) -> str:
    """A folder for a group: its name where that is one, else marked so that no two groups meet."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in group)
    return plain if plain == group else f"{plain[:60]}-{hashlib.sha256(group.encode()).hexdigest()[:8]}"


def _write(partial: Path, data: bytes | BinaryIO, room: int, name: str) -> None:
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        size = 0
        for piece in _pieces(data):
            size += len(piece)
            if size > room:
                raise InvalidInput(f"{name}: is too large for this folder; {room // _MEBIBYTE} MiB are left for it")
            file.write(piece)
    sync_file(partial)


def _pieces(data: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    while piece := data.read(_PIECE):
        yield piece
