"""E-mail: subject, sender, recipients and date, the text, the names of the attachments; these are its members."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from ingest.loaders.encoding import decode
from ingest.loaders.unpacking import RawMember
from ingest.sources import printable
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_HEADERS = ("From", "To", "Cc", "Date")
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_SAMPLE = 4000
"""Bytes of the text that help to tell the encoding of the headers."""
_MOST_ATTACHMENTS = 500
_DAMAGED = (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError)
"""How the standard library's parser fails on malformed headers."""


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The message itself. Raises Unreadable when it is none."""
    try:
        return _message(_parsed(data), limits)
    except _DAMAGED as error:
        raise Unreadable("a damaged e-mail message") from error


def members(data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:  # noqa: ARG001 - every container's signature
    """The attachments in order, forwarded messages among them."""
    try:
        parts = _attachments(_parsed(data))
        found = [(_name(part, number), _content(part)) for number, part in enumerate(parts, start=1)]
    except _DAMAGED as error:
        raise Unreadable("a damaged e-mail message") from error
    for shown, content in found:
        yield RawMember(shown, content) if content else RawMember(shown, None, "the file is empty")


def _parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(_with_headers_in_utf8(data), policy=email.policy.default)


def _with_headers_in_utf8(data: bytes) -> bytes:
    """The message; headers that are neither ASCII nor UTF-8 against the rules are read in the text's own encoding."""
    end = _HEADERS_END.search(data)
    headers = data[: end.start()] if end else data
    try:
        headers.decode("utf-8")
    except UnicodeDecodeError:
        declared = _CHARSET.search(headers)
        name = declared[1].decode("ascii") if declared else None
        encoding = decode(data[: len(headers) + _SAMPLE], name)[1]
        return headers.decode(encoding, "replace").encode("utf-8") + data[len(headers) :]
    return data


def _attachments(message: EmailMessage) -> Sequence[MIMEPart]:
    """What is neither the body nor another form of it, at most 500."""
    return [*message.iter_attachments()][:_MOST_ATTACHMENTS] if message.is_multipart() else []


def _name(part: MIMEPart, number: int) -> str:
    """The attachment's file name as one path component; made up from its type where it has none."""
    name = printable((part.get_filename() or "").replace("\\", "/").rpartition("/")[2].strip())
    if name not in {"", ".", ".."}:
        return name
    made_up = {"message/rfc822": "eml", "text/plain": "txt", "text/html": "html", "text/calendar": "ics"}
    return f"attachment-{number}.{made_up.get(part.get_content_type(), part.get_content_subtype())}"


def _content(part: MIMEPart) -> bytes:
    if part.get_content_maintype() == "message" and part.is_multipart():
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, MIMEPart) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _message(message: EmailMessage, limits: Limits) -> LoadedDocument:
    if not any(message[header] for header in (*_HEADERS, "Subject")):
        raise Unreadable("no e-mail message: it has neither sender nor subject")
    subject = str(message["Subject"] or "").strip()
    blocks = [Block("heading", subject, 1)] if subject else []
    head = [f"{header}: {message[header]}" for header in _HEADERS if message[header]]
    blocks.append(Block("text", "\n".join(head)))
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        blocks += _body(body, limits)
    names = [_name(part, number) for number, part in enumerate(_attachments(message), start=1)]
    if names:
        blocks.append(Block("text", f"Attachments: {', '.join(names)}"))
    return LoadedDocument("eml", tuple(blocks), subject, _metadata(message))


def _metadata(message: EmailMessage) -> dict[str, str]:
    metadata = {"author": str(message["From"] or "")}
    if message["Date"]:
        metadata["date"] = parsedate_to_datetime(str(message["Date"])).date().isoformat()
    return metadata


def _body(part: MIMEPart, limits: Limits) -> list[Block]:
    from ingest.loaders import html, text

    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return []
    if part.get_content_type() == "text/html":
        return list(html.load(data, "", limits).blocks)
    return text.blocks_of(decode(data, part.get_content_charset())[0])
