"""The files that are embedded in a PDF: their names for its text, their bytes as its members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.loaders.unpacking import RawMember
from ingest.sources import printable
from ingest.types import Limits, Unreadable

_MOST_ATTACHMENTS = 500
_MIB = 1024 * 1024
_MOST_MIB = 200
_MOST_RATIO, _RATIO_MATTERS_MIB = 100, 10
"""As for archives: below this size even a high ratio is harmless."""


def names(document: Any) -> list[str]:
    """The names of the embedded files of an open `PdfDocument`, each one path component, at most 500."""
    return [_name(attachment, number) for number, attachment in enumerate(_attachments(document), start=1)]


def members(document: Any, packed: int, limits: Limits) -> Iterator[RawMember]:
    """The embedded files of a PDF of `packed` bytes, in its order; those larger than a file may be have a reason.

    Raises Unreadable when they expand to more than 200 MiB together, or 100-fold.
    """
    import pypdfium2 as pdfium

    total = 0
    for shown, attachment in zip(names(document), _attachments(document), strict=True):
        size = _size(attachment)
        if size > limits.max_file_mb * _MIB:
            yield RawMember(shown, None, f"larger than {limits.max_file_mb:g} MiB")
            continue
        total += size
        if total > _MOST_MIB * _MIB:
            raise Unreadable(f"its attachments would expand to more than {_MOST_MIB} MiB (a zip bomb?)")
        if total > _RATIO_MATTERS_MIB * _MIB and total > _MOST_RATIO * packed:
            raise Unreadable(f"its attachments would expand {total // max(1, packed):,}-fold (a zip bomb?)")
        if not size:
            yield RawMember(shown, None, "the file is empty, or damaged")
            continue
        try:
            content = bytes(attachment.get_data())
        except pdfium.PdfiumError:
            yield RawMember(shown, None, "a damaged attachment")
            continue
        yield RawMember(shown, content)


def _attachments(document: Any) -> list[Any]:
    """Entries of the PDF's list that name no file are left out: they are no reason to refuse its pages."""
    import pypdfium2 as pdfium
    from pypdfium2 import raw

    count = min(document.count_attachments(), _MOST_ATTACHMENTS)
    handles = (raw.FPDFDoc_GetAttachment(document.raw, place) for place in range(count))
    return [pdfium.PdfAttachment(handle, document) for handle in handles if handle]


def _size(attachment: Any) -> int:
    """Bytes of the file, 0 also where they cannot be unpacked; nothing is copied yet."""
    import ctypes

    from pypdfium2 import raw

    size = ctypes.c_ulong()
    raw.FPDFAttachment_GetFile(attachment.raw, None, 0, size)
    return int(size.value)


def _name(attachment: Any, number: int) -> str:
    """The last part of the name that the PDF gives; made up where that leaves nothing."""
    import pypdfium2 as pdfium

    try:
        given = attachment.get_name()
    except (pdfium.PdfiumError, UnicodeDecodeError):
        given = ""
    name = printable(given.replace("\\", "/").rpartition("/")[2].strip())
    return name if name not in {"", ".", ".."} else f"attachment-{number}"
