"""What type a file is: told by its content where that is cheap, else by its suffix."""

from __future__ import annotations

import io
import re
import zipfile

from ingest.loaders import LOADERS
from ingest.types import Unreadable

_SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    "": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".csv": "csv",
    ".tsv": "csv",
    ".eml": "eml",
    ".json": "json",
    ".jsonl": "json",
}
_BINARY = {"pdf": "PDF", "docx": "Word document", "pptx": "presentation", "xlsx": "workbook"}
_OFFICE_PARTS = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_UNSUPPORTED = {
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"BM": "an image",
    b"II*\x00": "an image",
    b"MM\x00*": "an image",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
    b"OggS": "a recording",
    b"ID3": "a recording",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
_XML_START = re.compile(rb"\s*<\?xml\s")
_HEAD = 4096
_PROVES_LITTLE = 2


def suffix_of(name: str) -> str:
    """The suffix of a file name in lower case with its dot; empty if there is none."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def detect(data: bytes, name: str) -> str:
    """The key of `LOADERS` for this content. Raises Unreadable with the reason when there is none."""
    if not data:
        raise Unreadable("the file is empty")
    suffix = suffix_of(name)
    named = _SUFFIXES.get(suffix)
    found = _by_magic(data, named)
    if found is not None:
        return found
    if named in _BINARY:
        raise Unreadable(f"the name says {suffix} but the content is no {_BINARY[named]}")
    if named is None:
        raise _no_loader(suffix)
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if named == "text" and _HTML_START.match(head):
        return "html"
    if named == "text" and _XML_START.match(head):
        raise Unreadable("an XML file; XML is not supported")
    return named


def _by_magic(data: bytes, named: str | None) -> str | None:
    if b"%PDF-" in data[:1024] and named in {"pdf", None, "text", "docx", "xlsx", "pptx"}:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office_type(data)
    if data.startswith(_OLE):
        raise Unreadable(_ole_reason(data))
    for magic, what in _UNSUPPORTED.items():
        # two letters prove little without a zero byte: "BM" and "MZ" begin words too
        if data.startswith(magic) and (len(magic) > _PROVES_LITTLE or b"\x00" in data[:256]):
            raise Unreadable(f"{what}; supported: {_supported()}")
    return None


def _office_type(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable("a damaged or truncated zip container") from error
    for part, kind in _OFFICE_PARTS.items():
        if any(name.startswith(part) for name in names):
            return kind
    raise Unreadable(f"a zip archive; supported: {_supported()}")


def _ole_reason(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "encrypted, it needs a password"
    return "an old Office format (before 2007); save it as .docx, .xlsx or .pptx"


def _no_loader(suffix: str) -> Unreadable:
    shown = suffix if re.fullmatch(r"\.[a-z0-9]{1,12}", suffix) else "this kind of file"
    return Unreadable(f"no loader for {shown}; supported: {_supported()}")


def _supported() -> str:
    return ", ".join(LOADERS)
