"""E-mail: subject, sender, recipients and date, the text, and attachments with their text where it can be read."""

from __future__ import annotations

import email
import email.policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime

from ingest.loaders.encoding import decode
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_HEADERS = ("From", "To", "Cc", "Date")
_MOST_ATTACHMENTS = 50


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """A message; each attachment is a section under its file name. Raises Unreadable when it is no message."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        return _message(message, limits)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError) as error:
        # The standard library's parser fails in these ways on malformed headers
        raise Unreadable("a damaged e-mail message") from error


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
    for part in list(message.iter_attachments())[:_MOST_ATTACHMENTS]:
        blocks += _attachment(part, limits)
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


def _attachment(part: MIMEPart, limits: Limits) -> list[Block]:
    """The attachment's name as a heading with its text, or a line that names it where its text cannot be read."""
    from ingest.loaders import load_bytes

    name = part.get_filename() or "unnamed"
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or name.lower().endswith(".eml"):
        return [Block("text", f"Attachment: {name}")]
    try:
        document = load_bytes(data, name, limits)
    except Unreadable as error:
        return [Block("text", f"Attachment: {name} (not read: {error})")]
    return [Block("heading", name, 2), *(_lowered(block) for block in document.blocks)]


def _lowered(block: Block) -> Block:
    return Block(block.kind, block.text, min(block.level + 2, 6) if block.kind == "heading" else 0, block.page)
