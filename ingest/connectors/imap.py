"""Mails of a mailbox over IMAP, each a message file; the mailbox is opened for reading only, nothing is marked seen."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ingest.connectors.base import Fetched, Item, ItemGone, Opening
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

_TIMEOUT = 60.0
_PORT, _TLS_PORT = 143, 993
_AT_ONCE = 500
_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]+)"')
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class ImapConnector:
    """Messages of the chosen folders. A message never changes, so its folder's validity and its number name it."""

    def __init__(self, source: Source, opening: Opening) -> None:
        self._shown = source.location
        self._opening = opening
        self._folders = [name.strip() for name in source.options.get("folders", "INBOX").split(",") if name.strip()]
        self._since = _since(source.options.get("since_days"))
        self._open_folder = self._validity = ""
        self._imap = self._connected(source, opening)

    def items(self) -> Iterator[Item]:
        """The messages of all folders, by number."""
        try:
            for folder in self._folders:
                validity = self._select(folder)
                for numbers in _parts(self._numbers()):
                    for about in self._asked("FETCH", numbers, "(UID RFC822.SIZE INTERNALDATE)"):
                        item = _item(folder, validity, about)
                        if item is not None:
                            yield item
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._lost(error) from error

    def fetch(self, item: Item, known: str) -> Fetched | None:  # noqa: ARG002 - equal versions were seen before
        """The message as it was received."""
        folder, _, number = item.handle.rpartition("/")
        try:
            self._select(folder)
            found = [part for part in self._answer("FETCH", number, "(BODY.PEEK[])") if isinstance(part, tuple)]
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._lost(error) from error
        if not found:
            raise ItemGone(f"{item.path}: is not in the mailbox any more")
        return Fetched(iter((found[0][1],)), item.version)

    def close(self) -> None:
        """Sign out."""
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, OSError):
            self._imap.shutdown()  # the server has hung up; nothing is lost by that

    def _connected(self, source: Source, opening: Opening) -> imaplib.IMAP4:
        parts = urlsplit(source.location)
        host = parts.hostname
        if not host:
            raise InvalidInput(f"{source.location}: names no server; write imaps://mail.example.com")
        try:
            if parts.scheme == "imaps":
                imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                    host,
                    parts.port or _TLS_PORT,
                    ssl_context=ssl.create_default_context(),
                    timeout=_TIMEOUT,
                )
            else:
                imap = imaplib.IMAP4(host, parts.port or _PORT, timeout=_TIMEOUT)
                if host not in _LOCAL:  # a password goes over no network in clear
                    imap.starttls(ssl.create_default_context())
            imap.login(source.options["username"], opening.secret("password") or "")
        except (imaplib.IMAP4.error, OSError) as error:
            raise self._lost(error) from error
        return imap

    def _select(self, folder: str) -> str:
        """Open a folder for reading; gives its UIDVALIDITY: when that changes, all numbers mean other messages."""
        if self._open_folder != folder:
            kind, _ = self._imap.select(_quoted(folder), readonly=True)
            if kind != "OK":
                raise Unavailable(f"{self._shown}: has no folder {folder!r} that may be read")
            self._open_folder = folder
        _, validity = self._imap.response("UIDVALIDITY")
        if validity and validity[0]:
            self._validity = bytes(validity[0]).decode("ascii", "replace")
        return self._validity

    def _numbers(self) -> list[bytes]:
        criteria = ("SINCE", self._since) if self._since else ("ALL",)
        answer = self._answer("SEARCH", *criteria)
        return b" ".join(part for part in answer if isinstance(part, bytes)).split()

    def _asked(self, command: str, numbers: Sequence[bytes], what: str) -> Iterator[bytes]:
        for part in self._answer(command, b",".join(numbers).decode("ascii"), what):
            if isinstance(part, bytes):
                yield part

    def _answer(self, command: str, *arguments: str) -> list[Any]:
        kind, data = self._imap.uid(command, *arguments)
        if kind != "OK":
            raise Unavailable(f"{self._shown}: refuses {command}; nothing was removed: try again later")
        return data

    def _lost(self, error: Exception) -> Unavailable:
        reason = self._opening.scrub(str(error)) or type(error).__name__
        return Unavailable(f"{self._shown}: {reason}; nothing was removed: check server, account and password")


def _item(folder: str, validity: str, about: bytes) -> Item | None:
    uid, size, arrived = _UID.search(about), _SIZE.search(about), _ARRIVED.search(about)
    if uid is None:
        return None
    number = uid[1].decode("ascii")
    return Item(
        f"{folder}/{validity}-{number}.eml",
        f"{folder}/{number}",
        version=f"{validity}-{number}",
        bytes=int(size[1]) if size else None,
        modified_at=_time(arrived[1].decode("ascii", "replace")) if arrived else None,
    )


def _time(text: str) -> float | None:
    try:
        return datetime.strptime(text.strip(), "%d-%b-%Y %H:%M:%S %z").timestamp()
    except ValueError:
        return None


def _since(days: str | None) -> str:
    if days is None:
        return ""
    if not days.isdecimal():
        raise InvalidInput(f"option 'since_days': {days!r} is no number of days")
    day = datetime.now(UTC) - timedelta(days=int(days))
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{day.day:02d}-{months[day.month - 1]}-{day.year}"


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7, in quotes."""
    encoded = "".join(
        "&-" if run == "&" else run if run.isascii() else f"&{_base64(run)}-"
        for run in re.findall(r"&|[\x20-\x25\x27-\x7e]+|[^\x20-\x7e]+", folder)
    )
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(text: str) -> str:
    from base64 import b64encode

    return b64encode(text.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")


def _parts(numbers: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]
