"""E-books (EPUB): the chapters in the order of the spine, each read like a web page."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from ingest.loaders.containers import check_sizes
from ingest.loaders.safe_xml import local_name, parse_xml
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_SCRAMBLING = (b"idpf.org/2008/embedding", b"ns.adobe.com/pdf/enc")
_META = {"creator": "author", "date": "date", "language": "language", "publisher": "publisher", "subject": "subject"}
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The text of the book with its title, author and date; pictures, notes of the navigation and styles are lost."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_sizes(archive.infolist(), len(data))
            _check_protection(archive)
            return _book(archive, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, OSError) as error:
        raise Unreadable("a damaged e-book") from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        if isinstance(error, RecursionError):
            raise
        raise Unreadable("encrypted, it needs a password") from error


def _check_protection(archive: zipfile.ZipFile) -> None:
    """Scrambled fonts are harmless; anything else that is encrypted is the text."""
    if _ENCRYPTION not in archive.namelist():
        return
    for method in parse_xml(archive.read(_ENCRYPTION)).iter():
        if local_name(method) == "EncryptionMethod":
            algorithm = (method.get("Algorithm") or "").encode()
            if not any(scrambling in algorithm for scrambling in _FONT_SCRAMBLING):
                raise Unreadable("copy-protected (DRM), it cannot be read")


def _book(archive: zipfile.ZipFile, limits: Limits) -> LoadedDocument:
    package_path = next(
        (
            element.get("full-path")
            for element in _parsed(archive, _CONTAINER).iter()
            if local_name(element) == "rootfile"
        ),
        None,
    )
    if not package_path:
        raise Unreadable("a damaged e-book")
    package = _parsed(archive, package_path)
    title, metadata = _metadata(package)
    blocks = [block for page in _pages(package, package_path) for block in _page(archive, page, limits)]
    return LoadedDocument("epub", tuple(blocks), title, metadata)


def _parsed(archive: zipfile.ZipFile, path: str) -> Element:
    return parse_xml(archive.read(path))


def _metadata(package: Element) -> tuple[str, dict[str, str]]:
    title = ""
    found: dict[str, str] = {}
    for element in package.iter():
        name, text = local_name(element), (element.text or "").strip()
        if name == "title" and not title:
            title = text
        elif text and name in _META:
            found.setdefault(_META[name], text)
    return title, found


def _pages(package: Element, package_path: str) -> list[str]:
    """Paths of the pages in reading order."""
    folder = posixpath.dirname(package_path)
    items = {
        element.get("id"): element
        for element in package.iter()
        if local_name(element) == "item" and element.get("media-type") in _PAGES
    }
    spine = [element.get("idref") for element in package.iter() if local_name(element) == "itemref"]
    chosen = [items[identity] for identity in spine if identity in items] or list(items.values())
    shown = [item for item in chosen if "nav" not in (item.get("properties") or "").split()]
    hrefs = (unquote((item.get("href") or "").partition("#")[0]) for item in shown)
    return [posixpath.normpath(posixpath.join(folder, href)) for href in hrefs if href]


def _page(archive: zipfile.ZipFile, path: str, limits: Limits) -> list[Block]:
    from ingest.loaders import html

    try:
        content = archive.read(path)
    except KeyError:  # a chapter that the list names but the archive lacks
        return []
    if not content.strip():
        return []
    try:
        return list(html.load(content, path, limits).blocks)
    except Unreadable:  # a page with nothing on it
        return []
