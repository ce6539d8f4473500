"""Backups: one file that holds the catalog as it was at one moment, a few files beside it, and what they should be.

A backup is a ZIP archive of `catalog.sqlite`, the other files and `backup.json` (format, versions, sizes, checksums).
The indexes are not in it: they are built again from the catalog, without embedding.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from knowledge.catalog.database import Catalog
from knowledge.catalog.migrating import head
from knowledge.errors import Damaged, InvalidInput, Unavailable
from knowledge.files import sync_file, sync_folder
from knowledge.protocols import Progress

CATALOG = "catalog.sqlite"
MANIFEST = "backup.json"
FORMAT = 1

_BLOCK = 1 << 20
_PRIVATE = 0o600
_LARGEST_MANIFEST = 16 * _BLOCK
Begin = Callable[[str], Progress]
"""Called with a title; begins one more count of progress, in pages or bytes."""


@dataclass(frozen=True, slots=True)
class Member:
    """Size and SHA-256 of one file in a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """What a backup says about itself. `schema` is the catalog's migration, `files` are paths below the workspace."""

    created_at: float
    program: str
    schema: str
    documents: int
    chunks: int
    files: Mapping[str, Member]

    def to_bytes(self) -> bytes:
        """As it stands in the archive."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()


def write_backup(
    catalog: Catalog, others: Mapping[str, Path], target: Path, begin: Begin, *, program: str, force: bool = False
) -> BackupInfo:
    """Write the backup `target` while others read and write the catalog; gives what is in it.

    `others` are more files by their path in the backup. The file appears whole, readable by its owner only, and after
    it was read back and compared. Raises InvalidInput when it exists (unless `force`), Damaged when the catalog is not
    sound, Unavailable when it cannot be written.
    """
    target = target.absolute()
    if target.is_dir():
        raise InvalidInput(f"{target}: is a folder; name the file to be written")
    if target.exists() and not force:
        raise InvalidInput(f"{target}: exists already, nothing was changed; choose another name, or --force")
    partial, copy = (target.with_name(f".{target.name}.{part}-partial") for part in ("backup", "catalog"))
    try:
        copy.unlink(missing_ok=True)
        info = _write(catalog, others, partial, copy, begin, program)
        check_backup(partial, begin("checking the backup"))
        sync_file(partial)
        partial.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise Unavailable(f"{target}: the backup cannot be written: {error.strerror or error}") from error
    finally:
        for left in (partial, copy):
            left.unlink(missing_ok=True)
    return info


def _write(
    catalog: Catalog, others: Mapping[str, Path], partial: Path, copy: Path, begin: Begin, program: str
) -> BackupInfo:
    copy.touch(mode=_PRIVATE)
    _copied(catalog, copy, begin("copying the catalog"))
    files: dict[str, Member] = {}
    partial.unlink(missing_ok=True)
    partial.touch(mode=_PRIVATE)
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        # Files that vanish meanwhile, as a quarantined copy may, are not missed
        for name, path in ((CATALOG, copy), *((name, path) for name, path in others.items() if path.is_file())):
            total = path.stat().st_size
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as member:
                files[name] = _pump(source, member, total, begin(f"packing {name}"))
        info = BackupInfo(time.time(), program, head(), *_counts(copy), files)
        archive.writestr(MANIFEST, info.to_bytes())
    return info


def _copied(catalog: Catalog, copy: Path, progress: Progress) -> None:
    try:
        catalog.backup(copy, progress)
        problem = integrity_problem(copy)
    except sqlite3.DatabaseError as error:
        problem = str(error)
    if problem:
        raise Damaged(
            f"{catalog.path}: {problem}; a backup of it would be no use: run `plumbline doctor`, then `plumbline "
            "restore` an earlier one"
        )


def integrity_problem(path: Path) -> str:
    """The first thing that is wrong with a SQLite file; "" when it is sound."""
    with closing(sqlite3.connect(path)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
    return "" if found == ["ok"] else found[0]


def _counts(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as connection:
        count = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("documents", "chunks")]  # noqa: S608 - two names that stand here
    return int(count[0]), int(count[1])


def read_info(file: Path) -> BackupInfo:
    """What the backup says about itself. Raises InvalidInput for a file that is none, Damaged for a broken one, and
    Unavailable for one by a newer program.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise _broken(file, f"{MANIFEST} is too large")
            value: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise InvalidInput(f"{file}: no such file; check the path") from error
    except (zipfile.BadZipFile, KeyError) as error:
        raise InvalidInput(f"{file}: no backup made by `plumbline backup`, or its end is cut off") from error
    except (OSError, ValueError, NotImplementedError, EOFError) as error:
        raise _broken(file, str(error)) from error
    if value.get("format") != FORMAT or str(value.get("schema")) > head():
        raise Unavailable(f"{file}: made by a newer version of plumbline ({value.get('program')}); upgrade the program")
    try:
        files = {_safe(file, name): Member(**found) for name, found in value["files"].items()}
        info = BackupInfo(
            value["created_at"], value["program"], value["schema"], value["documents"], value["chunks"], files
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _broken(file, f"{MANIFEST} lacks something: {error}") from error
    if CATALOG not in info.files:
        raise _broken(file, "holds no catalog")
    return info


def check_backup(file: Path, progress: Progress) -> BackupInfo:
    """Read everything in the backup and compare; gives what is in it. Raises as `read_info`."""
    return _read_members(file, progress, lambda _name: None)


def unpack(file: Path, folder: Path, progress: Progress) -> BackupInfo:
    """Write the backup's files into the empty `folder`, checked. Raises as `read_info`, and OSError for a full disk."""

    def place(name: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=_PRIVATE)
        return path

    info = _read_members(file, progress, place)
    problem = integrity_problem(folder / CATALOG)
    if problem:
        raise _broken(file, f"{CATALOG}: {problem}")
    return info


def _read_members(file: Path, progress: Progress, place: Callable[[str], Path | None]) -> BackupInfo:
    info = read_info(file)
    done, total = 0, sum(member.bytes for member in info.files.values())
    try:
        with zipfile.ZipFile(file) as archive:
            for name, expected in info.files.items():
                path = place(name)
                with archive.open(name) as source:
                    if path is None:
                        found = _pump(source, None, expected.bytes, progress, done, total)
                    else:
                        with path.open("wb") as target:
                            found = _pump(source, target, expected.bytes, progress, done, total)
                if found != expected:
                    raise _broken(file, f"{name} does not match its checksum")
                done += expected.bytes
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, ValueError, NotImplementedError) as error:
        raise _broken(file, str(error)) from error
    return info


def _pump(
    source: IO[bytes], target: IO[bytes] | None, size: int, progress: Progress, before: int = 0, total: int = 0
) -> Member:
    """Copy `source` (at most a block more than `size`, so that no archive can fill the disk) and add it up."""
    digest, done = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        done += len(block)
        digest.update(block)
        if target is not None:
            target.write(block)
        progress(before + done, total or size)
        if total and done > size:
            break
    return Member(done, digest.hexdigest())


def _safe(file: Path, name: str) -> str:
    """A path below the workspace. Raises Damaged for one that leads out of it."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise _broken(file, f"holds a file with an unusable name: {name!r}")
    return name


def _broken(file: Path, what: str) -> Damaged:
    return Damaged(f"{file}: the backup is damaged: {what}; use an earlier one (nothing was changed)")
