"""Outlook messages (.msg): an OLE container with MAPI properties, read after [MS-OXMSG] and [MS-OXPROPS]."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.loaders.encoding import decode
from ingest.loaders.lzfu import decompressed_rtf
from ingest.loaders.unpacking import RawMember
from ingest.sources import printable
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_UNICODE, _BYTES, _BINARY = "001F", "001E", "0102"
_SUBJECT, _BODY, _HTML, _RTF = "0037", "1000", "1013", "1009"
_SENDER_NAME, _SENDER, _SENDER_SMTP = "0C1A", "0C1F", "5D01"
_TO, _CC = "0E04", "0E03"
_ATTACHMENT, _ATTACHMENT_METHOD_EMBEDDED = "3701", "3701000D"
_LONG_NAME, _SHORT_NAME, _SHOWN_NAME = "3707", "3704", "3001"
_SENT, _DELIVERED = 0x0039, 0x0E06
_TIME_TYPE = 0x0040
_PROPERTIES = "__properties_version1.0"
_ATTACHMENTS = "__attach_version1.0_#"
_TOP_HEADER, _EMBEDDED_HEADER = 32, 24
_MOST_ATTACHMENTS = 500
_DEEPEST = 3
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The message itself: its head, its text (else its HTML, else its RTF) and the names of what is attached."""
    with _opened(data) as file:
        return _Message(file).document(limits)


def members(data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:  # noqa: ARG001 - every container's signature
    """The attachments in order. A message in the message comes as its text, with its own attachments beside it."""
    with _opened(data) as file:
        found = list(_Message(file).attachments(limits))
    yield from found


def _opened(data: bytes) -> Any:
    import olefile

    try:
        return olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_FATAL)
    except (OSError, ValueError, IndexError, struct.error, AttributeError, TypeError) as error:
        raise Unreadable("a damaged Outlook message") from error


@dataclass(frozen=True, slots=True)
class _Message:
    """The message in one storage of the container: the root, or that of an embedded message."""

    file: Any
    storage: tuple[str, ...] = ()

    def document(self, limits: Limits) -> LoadedDocument:
        subject = self._text(_SUBJECT).strip()
        sender = self._sender()
        sent = self._sent()
        head = [("From", sender), ("To", self._text(_TO)), ("Cc", self._text(_CC)), ("Date", sent)]
        lines = [f"{key}: {value.strip()}" for key, value in head if value.strip()]
        names = [name for name, _ in self._parts()]
        blocks = [Block("heading", subject, 1)] if subject else []
        blocks += [Block("text", "\n".join(lines))] if lines else []
        blocks += self._body(limits)
        if not blocks:
            raise Unreadable("an OLE container that holds no message")
        if names:
            blocks.append(Block("text", f"Attachments: {', '.join(names)}"))
        return LoadedDocument("msg", tuple(blocks), subject, {"author": sender, "date": sent[:10]})

    def attachments(self, limits: Limits, depth: int = 1) -> Iterator[RawMember]:
        for name, storage in self._parts():
            embedded = (*storage, f"__substg1.0_{_ATTACHMENT_METHOD_EMBEDDED}")
            if not self.file.exists(list(embedded)):
                content = self._stream(f"{_ATTACHMENT}{_BINARY}", storage)
                yield RawMember(name, content) if content else RawMember(name, None, "the file is empty")
            elif depth >= _DEEPEST:
                yield RawMember(name, None, f"messages nested more than {_DEEPEST} deep")
            else:
                inner = _Message(self.file, embedded)
                text = "\n\n".join(block.text for block in inner.document(limits).blocks)
                yield RawMember(f"{name}.txt", text.encode("utf-8", "replace"))
                for one in inner.attachments(limits, depth + 1):
                    yield RawMember(f"{name}/{one.name}", one.data, one.reason)

    def _parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Name and storage of each attachment."""
        depth = len(self.storage)
        storages = {
            tuple(path[: depth + 1])
            for path in self.file.listdir(streams=True, storages=True)
            if tuple(path[:depth]) == self.storage and len(path) > depth and path[depth].startswith(_ATTACHMENTS)
        }
        found = []
        for number, storage in enumerate(sorted(storages)[:_MOST_ATTACHMENTS], start=1):
            names = (self._text(tag, storage) for tag in (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME))
            name = next((name for name in names if name.strip()), "").replace("\\", "/").rpartition("/")[2].strip()
            found.append((printable(name) if name not in {"", ".", ".."} else f"attachment-{number}", storage))
        return found

    def _body(self, limits: Limits) -> list[Block]:
        from ingest.loaders import html, rtf, text

        plain = self._text(_BODY)
        if plain.strip():
            return text.blocks_of(plain)
        page = self._stream(f"{_HTML}{_BINARY}") or self._text(_HTML).encode()
        if page.strip():
            return list(html.load(page, "", limits).blocks)
        packed = self._stream(f"{_RTF}{_BINARY}")
        return list(rtf.load(decompressed_rtf(packed), "", limits).blocks) if packed else []

    def _sender(self) -> str:
        name, address = self._text(_SENDER_NAME).strip(), (self._text(_SENDER_SMTP) or self._text(_SENDER)).strip()
        address = "" if address.startswith("/") else address  # an Exchange directory name says nothing outside
        return f"{name} <{address}>" if name and address and name != address else name or address

    def _sent(self) -> str:
        """When it was sent, else delivered; empty if it says neither."""
        header = _EMBEDDED_HEADER if self.storage else _TOP_HEADER
        properties = self._raw(_PROPERTIES, self.storage)
        times: dict[int, int] = {}
        for start in range(header, len(properties) - 15, 16):
            kind, tag, _, ticks = struct.unpack_from("<HHIQ", properties, start)
            if kind == _TIME_TYPE:
                times[tag] = ticks
        ticks = times.get(_SENT) or times.get(_DELIVERED) or 0
        try:
            return (_EPOCH + timedelta(microseconds=ticks // 10)).strftime("%Y-%m-%d %H:%M UTC") if ticks else ""
        except OverflowError:
            return ""

    def _text(self, tag: str, storage: tuple[str, ...] | None = None) -> str:
        """A text property, whether it is stored as UTF-16 or in the code page of the sender; empty if there is none."""
        wide = self._stream(f"{tag}{_UNICODE}", storage)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self._stream(f"{tag}{_BYTES}", storage).rstrip(b"\0")
        return decode(narrow)[0] if narrow else ""

    def _stream(self, tag: str, storage: tuple[str, ...] | None = None) -> bytes:
        return self._raw(f"__substg1.0_{tag}", self.storage if storage is None else storage)

    def _raw(self, name: str, storage: tuple[str, ...]) -> bytes:
        path = [*storage, name]
        if not self.file.exists(path) or self.file.get_type(path) != _STREAM:
            return b""
        try:
            return bytes(self.file.openstream(path).read())
        except (OSError, ValueError, IndexError, struct.error) as error:
            raise Unreadable("a damaged Outlook message") from error


_STREAM = 2  # olefile.STGTY_STREAM
