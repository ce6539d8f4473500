"""Checks of Office files before a parser sees them: they are zip archives of XML, and both can be weapons."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from ingest.types import Unreadable

_MIB = 1024 * 1024
_MOST_MIB = 200
_MOST_RATIO = 100
_RATIO_MATTERS_MIB = 10
"""Below this size even a high ratio is harmless, and small repetitive parts do have one."""
_MOST_MEMBERS = 10_000
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+)/([A-Za-z]+)")
_XML = (".xml", ".rels", ".vml")


def checked_container(data: bytes) -> io.BytesIO:
    """The archive as a stream, safe to hand to a parser.

    Raises Unreadable for damaged and encrypted archives, for those that would expand beyond 200 MiB or more than
    100-fold, for member names that lead out of the archive and for XML parts that declare a document type (Office
    files never do; it is the way to external entities and to entities that multiply).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            check_sizes(members, len(data))
            _check_names(members)
            strict = False
            for member in members:
                if member.filename.lower().endswith(_XML):
                    part = archive.read(member)
                    _check_xml(part)
                    strict = strict or _STRICT.search(part) is not None
            if strict:
                return _transitional(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable("a damaged or truncated Office file") from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise Unreadable("encrypted, it needs a password") from error
    return io.BytesIO(data)


def _transitional(archive: zipfile.ZipFile) -> io.BytesIO:
    """A file of the strict form of ISO/IEC 29500 with the names of the usual one, which are all that parsers know."""
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as out:
        for member in archive.infolist():
            part = archive.read(member)
            if member.filename.lower().endswith(_XML):
                part = _STRICT.sub(_usual_name, part)
            out.writestr(member.filename, part)
    changed.seek(0)
    return changed


def _usual_name(found: re.Match[bytes]) -> bytes:
    rest = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}
    return b"http://schemas.openxmlformats.org/%s/2006/%s" % (found[1], rest.get(found[2], found[2]))


def check_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    """Raises Unreadable for an archive of `packed` bytes with too many parts, or that would expand too far."""
    if len(members) > _MOST_MEMBERS:
        raise Unreadable(f"an archive of {len(members):,} parts, more than {_MOST_MEMBERS:,}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > _MOST_MIB * _MIB:
        raise Unreadable(f"would expand to {unpacked / _MIB:,.0f} MiB, more than {_MOST_MIB} (a zip bomb?)")
    if unpacked > _RATIO_MATTERS_MIB * _MIB and unpacked > _MOST_RATIO * packed:
        raise Unreadable(f"would expand {unpacked // max(1, packed):,}-fold (a zip bomb?)")


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/"):
            raise Unreadable("a part whose name leads out of the archive")


def _check_xml(part: bytes) -> None:
    if part[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in part[:4]:
        part = part.replace(b"\x00", b"")
    if _DECLARATION.search(part):
        raise Unreadable("XML with a document type or entity declaration, which Office files never have")
