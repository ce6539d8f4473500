"""Which files of a source are wanted, and who may read them by what the source itself knows of its readers."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Which paths are wanted. A pattern with `/` is held against the whole path, one without against names.

    `include` patterns without `/` look at the file's name, `exclude` ones at those of its folders too. `*` stands for
    any characters, `/` included. Without `include` everything is wanted that is not excluded.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def take(self, path: str) -> bool:
        """Whether the file at `path` is wanted."""
        names = path.split("/")
        if any(_matches(path, names, pattern) for pattern in self.exclude):
            return False
        return not self.include or any(_matches(path, names[-1:], pattern) for pattern in self.include)


def _matches(path: str, names: Sequence[str], pattern: str) -> bool:
    pattern = pattern.removeprefix("./").strip("/")
    if "/" not in pattern:
        return any(fnmatchcase(name, pattern) for name in names)
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")


def labels_for(readers: Iterable[str], mapping: Mapping[str, Sequence[str]]) -> frozenset[str] | None:
    """The access labels of what these readers may read: those of all that the mapping names.

    A reader that maps to no labels stands for everyone who is signed in. None when the mapping names none of them:
    then nothing tells who may read it, and it is left out.
    """
    known = [mapping[reader] for reader in readers if reader in mapping]
    if not known:
        return None
    return frozenset() if not all(known) else frozenset(label for labels in known for label in labels)


class PosixReaders:
    """Who may read a file by its mode: its group if that may, and `*` if everybody may.

    Each folder on the way from the source's root counts too: nobody reads a file in a folder that they may not enter.
    Access control lists beyond the mode are not looked at.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[Path, tuple[frozenset[int], bool]] = {}

    def of(self, location: Path) -> frozenset[str]:
        """Names of groups, and `*`; none when only the owner may read it or the file is gone."""
        try:
            status = location.stat(follow_symlinks=False)
            needed, open_to_all = self._way(location.parent)
        except OSError:  # it vanished; the run will notice
            return frozenset()
        # Whoever is in the group may be shut out although everybody else is not: then it is not for everyone
        if not status.st_mode & stat.S_IRGRP:
            return frozenset()
        readers = set()
        if needed <= {status.st_gid}:
            readers.add(_group_name(status.st_gid))
        if status.st_mode & stat.S_IROTH and open_to_all:
            readers.add(EVERYONE)
        return frozenset(readers)

    def _way(self, folder: Path) -> tuple[frozenset[int], bool]:
        """The groups that one must be in to get into `folder`, and whether everybody may; -1: no group gets in."""
        if folder not in self._folders:
            needed: frozenset[int] = frozenset()
            open_to_all = True
            if folder != self._root and folder.is_relative_to(self._root):
                needed, open_to_all = self._way(folder.parent)
            status = folder.stat()
            if not (status.st_mode & stat.S_IXOTH and status.st_mode & stat.S_IXGRP):
                needed |= {status.st_gid if status.st_mode & stat.S_IXGRP else -1}
                open_to_all = False
            self._folders[folder] = needed, open_to_all
        return self._folders[folder]


def _group_name(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
