"""What Office files of before 2007 say about themselves, in the summary of their OLE container."""

from __future__ import annotations

from typing import Any

from ingest.loaders.encoding import decode


def summary_of(file: Any) -> tuple[str, dict[str, str]]:
    """Title (empty without one) and metadata of an open `olefile.OleFileIO`."""
    summary = file.get_metadata()
    pairs = {"title": summary.title, "author": summary.author, "subject": summary.subject}
    texts = {key: _decoded(value) for key, value in pairs.items() if value}
    if summary.last_saved_time:
        texts["modified"] = str(summary.last_saved_time)
    return texts.pop("title", ""), texts


def _decoded(value: bytes | str) -> str:
    if isinstance(value, str):
        return value
    text = value.rstrip(b"\0")
    return decode(text)[0] if text else ""
