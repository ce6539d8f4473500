"""What is inside containers (archives, mails, mailboxes, PDF), read one member at a time, nested ones included.

A container's module has `load`, which gives its own text (a mail's body, an archive's list of files), and `members`,
which gives what is in it as bytes. Nothing is ever written to disk, so that no name can lead anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from ingest.loaders import LOADERS
from ingest.types import Limits, LoadedDocument, Member, Unreadable, Unsupported

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

CONTAINERS = frozenset({"zip", "tar", "gzip", "eml", "msg", "mbox", "pdf"})
"""The keys of `LOADERS` whose modules have `members`."""
_PAGES = frozenset({"pdf"})
"""Documents in the first place: reading them takes long and may fail, and few have anything attached."""
WITH_OWN_TEXT = frozenset({"eml", "msg"}) | _PAGES
"""Containers that are read though nothing in them can be, and whose attachments of other kinds are only named."""
_TEXTLESS = frozenset({"image"})
INSIDE = "!/"
"""Stands between a container's path and the name of a member."""
_MIB = 1024 * 1024
_MOST_MIB = 200
_MOST_MEMBERS = 10_000
_DEEPEST = 3
_TOO_DEEP = f"containers nested more than {_DEEPEST} deep"


@dataclass(frozen=True, slots=True)
class RawMember:
    """A member before it is read: `data` is None when its container cannot give it, `reason` says why."""

    name: str
    data: bytes | None
    reason: str = ""


class Container(Protocol):
    """A module of a kind in `CONTAINERS`."""

    def members(self, data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:
        """What is in it, in a fixed order. Raises Unreadable where the container as a whole is hostile or damaged."""
        ...


class Reading(Protocol):
    """What reads one file without looking into it, as `load_one` does."""

    def __call__(self, data: bytes, name: str, limits: Limits) -> LoadedDocument:
        """The document. Raises Unreadable."""
        ...


def _unheard(number: int, name: str) -> None:
    del number, name


@dataclass(slots=True)
class Unpacker:
    """Reads the members of one container. `announce` hears the running number and name of each before it is read.

    Members whose number is in `skip` are not read: they were read before, or crashed the process that tried to. Those
    in `refused` gave no document then, and what is attached to them is not looked for either.
    """

    limits: Limits
    read: Reading
    kind_of: Callable[[bytes, str], str]
    announce: Callable[[int, str], None] = _unheard
    skip: Collection[int] = ()
    refused: Collection[int] = ()
    _bytes: int = field(default=0, init=False)
    _count: int = field(default=0, init=False)

    def members(self, data: bytes, name: str, kind: str, depth: int = 1, prefix: str = "") -> Iterator[Member]:
        """The members of the container in `data`, each as soon as it is read; their names begin with `prefix`.

        Raises Unreadable when the container as a whole is hostile or damaged.
        """
        yield from self._each(_held(kind, data, name, self.limits), kind, depth, prefix)

    def _each(self, held: Iterable[RawMember], kind: str, depth: int, prefix: str) -> Iterator[Member]:
        taken: set[str] = set()
        for raw in held:
            inner = replace(raw, name=prefix + _unused(raw.name, taken))
            self._count_in(inner)
            if inner.data is None:
                yield Member(inner.name, None, inner.reason)
            else:
                yield from self._read(inner.name, inner.data, depth, attached=kind in WITH_OWN_TEXT)

    def _count_in(self, raw: RawMember) -> None:
        self._count += 1
        self._bytes += len(raw.data or b"")
        if self._count > _MOST_MEMBERS:
            raise Unreadable(f"holds more than {_MOST_MEMBERS:,} files")
        if self._bytes > _MOST_MIB * _MIB:
            raise Unreadable(f"would expand to more than {_MOST_MIB} MiB (a zip bomb?)")

    def _read(self, name: str, data: bytes, depth: int, *, attached: bool) -> Iterator[Member]:
        number = self._count
        last = name.rpartition("/")[2]
        try:
            kind = self.kind_of(data, last)
            if kind in _PAGES:
                yield from self._with_attachments(name, data, kind, depth)
            elif kind in CONTAINERS:
                yield from self._nested(name, data, kind, depth)
            elif number not in self.skip:
                self.announce(number, name)
                yield Member(name, self._document(data, last))
        except Unsupported as error:
            if not attached:
                yield Member(name, None, str(error))
        except Unreadable as error:
            if not (attached and self._is_picture(data, last)):
                yield Member(name, None, str(error))
        except (MemoryError, RecursionError) as error:
            yield Member(name, None, f"too large or nested too deep to read ({type(error).__name__})")
        except Exception as error:  # noqa: BLE001 - parsers fail in countless ways on damaged files; only this member is lost
            yield Member(name, None, f"damaged, or in a form that cannot be read ({type(error).__name__})")

    def _is_picture(self, data: bytes, name: str) -> bool:
        """Logos and smileys that are attached have no text to miss."""
        try:
            return self.kind_of(data, name) in _TEXTLESS
        except Unreadable:
            return False

    def _with_attachments(self, name: str, data: bytes, kind: str, depth: int) -> Iterator[Member]:
        """A document in a container, then what is attached to it."""
        number, last = self._count, name.rpartition("/")[2]
        if number in self.refused:
            return
        own = None
        if number not in self.skip:
            self.announce(number, name)
            own = self._document(data, last)
        # Unpacked while the document is announced: if that ends the reader, the document is to blame, not its container
        held = list(_held(kind, data, last, self.limits))
        if own is not None:
            yield Member(name, own)
        if depth >= _DEEPEST:
            held = [replace(raw, data=None, reason=_TOO_DEEP) for raw in held]
        yield from self._each(held, kind, depth + 1, f"{name}{INSIDE}")

    def _nested(self, name: str, data: bytes, kind: str, depth: int) -> Iterator[Member]:
        """A container in a container: what is in it, then itself if anything of it was read."""
        if depth >= _DEEPEST:
            raise Unreadable(_TOO_DEEP)
        own = self._document(data, name.rpartition("/")[2])
        refused: list[Member] = []
        readable = kind in WITH_OWN_TEXT or bool(self.skip)
        for member in self.members(data, name.rpartition("/")[2], kind, depth + 1, f"{name}{INSIDE}"):
            if member.document is None:
                refused.append(member)
            else:
                readable = True
                yield member
        if not readable:
            raise Unreadable(refused[0].reason if refused else "holds no files")
        yield from refused
        yield Member(name, own)

    def _document(self, data: bytes, name: str) -> LoadedDocument:
        from ingest.sources import content_hash

        return replace(self.read(data, name, self.limits), content_hash=content_hash(data), bytes=len(data))


def _held(kind: str, data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:
    return cast("Container", import_module(LOADERS[kind])).members(data, name, limits)


def container_of(path: str) -> str:
    """The path of the file that holds the member at `path`; empty if it is no member's path."""
    before, inside, _ = path.partition(INSIDE)
    return before if inside else ""


def nothing_readable(document: LoadedDocument) -> Unreadable | None:
    """Why a container without any text is refused as a whole; None when something was read of it."""
    if document.format not in CONTAINERS - WITH_OWN_TEXT or any(
        member.document is not None for member in document.members
    ):
        return None
    reasons = [member.reason for member in document.members]
    return Unreadable(f"nothing in it can be read: {reasons[0]}" if reasons else "holds no files")


def _unused(name: str, taken: set[str]) -> str:
    """The name, with a number where the container holds several of that name."""
    candidate, number = name, 2
    while candidate in taken:
        stem, dot, suffix = name.rpartition(".")
        candidate = f"{stem}~{number}.{suffix}" if dot and stem and "/" not in suffix else f"{name}~{number}"
        number += 1
    taken.add(candidate)
    return candidate
