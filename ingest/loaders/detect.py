"""What type a file is: told by its content where that is cheap, else by its suffix."""

from __future__ import annotations

import io
import re
import zipfile

from ingest.loaders import LOADERS
from ingest.types import Unreadable, Unsupported

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
    ".dotx": "docx",
    ".doc": "doc",
    ".dot": "doc",
    ".wps": "doc",
    **dict.fromkeys((".ppt", ".pps", ".dps"), "ppt"),
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".ppsx": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".et": "xls",
    ".odt": "odf",
    ".ott": "odf",
    ".ods": "odf",
    ".odp": "odf",
    ".fodt": "xml",
    ".fods": "xml",
    ".fodp": "xml",
    ".rtf": "rtf",
    ".epub": "epub",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".eml": "eml",
    ".msg": "msg",
    ".mbox": "mbox",
    ".mbx": "mbox",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xml": "xml",
    ".rst": "rst",
    ".rest": "rst",
    ".zip": "zip",
    ".tar": "tar",
    ".gz": "tar",
    ".tgz": "tar",
    ".bz2": "tar",
    ".tbz2": "tar",
    ".xz": "tar",
    ".txz": "tar",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"), "image"),
}
_BINARY = {
    "pdf": "PDF",
    "docx": "Word document",
    "doc": "Word document",
    "ppt": "presentation",
    "pptx": "presentation",
    "xlsx": "workbook",
    "xls": "workbook",
    "odf": "OpenDocument file",
    "rtf": "RTF file",
    "epub": "e-book",
    "msg": "Outlook message",
    "zip": "archive",
    "tar": "archive",
    "image": "image",
}
_OFFICE_PARTS = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_MAGIC = {
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"BM": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
    b"{\\rtf": "rtf",
    b"\x1f\x8b": "tar",
    b"BZh": "tar",
    b"\xfd7zXZ\x00": "tar",
}
_UNSUPPORTED = {
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
    b"OggS": "a recording",
    b"ID3": "a recording",
    b"RIFF": "a recording",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {
    "worddocument": "doc",
    "workbook": "xls",
    "book": "xls",
    "powerpoint document": "ppt",
    "__properties_version1.0": "msg",
}
_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL
)
_XML_START = re.compile(rb"\s*<\?xml\s")
_TAR_MARK = slice(257, 262)
_WEBP = slice(8, 12)
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
    found = _by_magic(data, named) or _by_text(data, named)
    if found is not None:
        return found
    if named is None:
        raise _no_loader(suffix)
    if named in _BINARY:
        raise Unreadable(f"the name says {suffix} but the content is no {_BINARY[named]}")
    return named


def _by_magic(data: bytes, named: str | None) -> str | None:  # noqa: PLR0911 - one line per kind
    if data.lstrip()[:5] == b"%PDF-" or (named == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(data, named)
    if data.startswith(_OLE):
        return _ole_type(data)
    if data[_TAR_MARK] == b"ustar":
        return "tar"
    if data.startswith(b"RIFF") and data[_WEBP] == b"WEBP":
        return "image"
    # Two letters prove little without a zero byte: "BM" and "MZ" begin words too
    sure = b"\x00" in data[:256]
    for magic, kind in _MAGIC.items():
        if data.startswith(magic) and (len(magic) > _PROVES_LITTLE or sure or kind != "image"):
            return kind
    for magic, what in _UNSUPPORTED.items():
        if data.startswith(magic) and (len(magic) > _PROVES_LITTLE or sure):
            raise Unsupported(f"{what}; supported: {_supported()}")
    return None


def _by_text(data: bytes, named: str | None) -> str | None:
    """Text under another name: web pages and tables that programs save as `.doc` and `.xls`, XML, mailboxes."""
    from ingest.loaders.mbox import is_mbox

    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if named in {"text", "doc", "xls"} and _HTML_START.match(head):
        return "html"
    if named in {"text", "doc", "xls"} and _XML_START.match(head):
        return "xml"
    if named == "xls" and b"\x00" not in head and (b"\t" in head or b"," in head):
        return "csv"
    if named in {"text", None} and is_mbox(head):
        return "mbox"
    return None


def _zip_type(data: bytes, named: str | None) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            mimetype = archive.read("mimetype")[:80] if names[:1] == ["mimetype"] else b""
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError, EOFError) as error:
        raise Unreadable("a damaged or truncated zip container") from error
    if mimetype.startswith(b"application/vnd.oasis.opendocument."):
        return "odf"
    if mimetype.startswith(b"application/epub+zip") or "META-INF/container.xml" in names:
        return "epub"
    for part, kind in _OFFICE_PARTS.items():
        if any(name.startswith(part) for name in names) and ("[Content_Types].xml" in names or named == kind):
            return kind
    if named in {"odf", "epub"}:
        return named
    if named in _BINARY and named != "zip":
        raise Unreadable(f"a zip archive whose content is no {_BINARY[named]}")
    return "zip"


def _ole_type(data: bytes) -> str:
    """The Office format of before 2007 by the streams of its container."""
    import olefile

    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("encrypted, it needs a password")
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            streams = {path[0].lower() for path in file.listdir()}
    except (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("a damaged or truncated old Office file") from error
    for stream, kind in _OLE_STREAMS.items():
        if stream in streams:
            return kind
    raise Unsupported("an old Office format (before 2007); save it as .docx, .xlsx or .pptx")


def _no_loader(suffix: str) -> Unsupported:
    shown = suffix if re.fullmatch(r"\.[a-z0-9]{1,12}", suffix) else "this kind of file"
    return Unsupported(f"no loader for {shown}; supported: {_supported()}")


def _supported() -> str:
    return ", ".join(kind for kind in LOADERS if kind != "gzip")
