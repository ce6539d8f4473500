"""What of a chunk is embedded, and how that text is named."""

from __future__ import annotations

import hashlib

HEADING_SEPARATOR = " › "


def embedding_text(title: str, heading: str, text: str) -> str:
    """The document's title and the chunk's headings on one line, then its text.

    The text alone is often a list of conditions that does not say of what.
    """
    head = HEADING_SEPARATOR.join(part for part in (title, heading) if part)
    return f"{head}\n{text}" if head else text


def embedded_hash(text: str) -> str:
    """Names a text that is embedded: equal texts have equal vectors."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
