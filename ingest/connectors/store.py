"""Files of an object store or file server: whatever fsspec speaks (s3, gcs, az, sftp, ftp, webdav, …)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ingest.connectors.base import Fetched, Item, ItemGone, ItemUnavailable, Opening
from ingest.connectors.store_protocols import prepared
from ingest.connectors.store_readers import with_readers
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

_PIECE = 1 << 20
_VERSIONS = ("ETag", "etag", "md5Hash", "md5", "content_md5", "checksum", "crc32c", "generation", "versionId")
_TIMES = ("LastModified", "mtime", "modified", "last_modified", "updated", "timeModified", "modify", "created")
_LOCAL = frozenset({"file", "local", "", "memory"})
_FORBIDDEN = frozenset({"file", "local", "cached", "simplecache", "filecache", "blockcache", "reference", "dir"})
_PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "sftp": "paramiko",
    "webdav": "webdav4",
    "webdavs": "webdav4",
    "dav": "webdav4",
    "davs": "webdav4",
}


class StoreConnector:
    """Files below the location; their version is an etag or checksum where there is one, else size and time."""

    def __init__(self, source: Source, opening: Opening) -> None:
        from fsspec.core import url_to_fs

        self._shown = source.location
        self._opening = opening
        protocol = urlsplit(source.location).scheme
        if "::" in source.location or protocol in _FORBIDDEN:
            raise InvalidInput(f"{source.location}: is no store; give a folder by its path")
        self._readers = source.options.get("readers", "") if source.permissions is not None else ""
        options = {**_typed(source.options), **opening.secrets}
        options.pop("readers", None)
        try:
            location, options = prepared(source.location, options)
            # An instance of its own: a kept one would show a listing from before
            self._fs, self._root = url_to_fs(location, skip_instance_cache=protocol not in _LOCAL, **options)
        except ImportError as error:
            package = _PACKAGES.get(protocol, protocol)
            raise Unavailable(f"{source.location}: needs the package {package}; pip install {package}") from error
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{source.location}: {opening.scrub(str(error))}") from error
        except _failures() as error:
            raise self._lost(error) from error

    def items(self) -> Iterator[Item]:
        """Everything below the location."""
        root = str(self._root).rstrip("/")
        try:
            self._fs.invalidate_cache()
            if not self._fs.exists(root or "/"):
                raise Unavailable(f"{self._shown}: there is nothing there; nothing was removed: check the address")
            found: Mapping[str, Mapping[str, Any]] = self._fs.find(root or "/", detail=True)
        except _failures() as error:
            raise self._lost(error) from error
        items = self._items(found, root)
        if not self._readers:
            yield from items
            return
        try:
            yield from with_readers(self._fs, items, self._readers)
        except _failures() as error:
            raise self._lost(error) from error

    def _items(self, found: Mapping[str, Mapping[str, Any]], root: str) -> Iterator[Item]:
        for place, about in sorted(found.items()):
            if about.get("type") != "file" or place.endswith("/"):
                continue
            path = place.removeprefix(root).lstrip("/") if place != root else place.rpartition("/")[2]
            yield Item(path, place, _version(about), _size(about), _time(about))

    def fetch(self, item: Item, known: str) -> Fetched | None:  # noqa: ARG002 - equal versions were seen before
        """The content of one file."""
        return Fetched(self._content(item), item.version)

    def close(self) -> None:
        """Let go of connections, where the library has a way to."""
        for holder in (self._fs, getattr(self._fs, "client", None)):
            close = getattr(holder, "close", None)
            if callable(close):
                close()

    def _content(self, item: Item) -> Iterator[bytes]:
        try:
            with self._fs.open(item.handle, "rb", cache_type="readahead", block_size=_PIECE) as file:
                while piece := file.read(_PIECE):
                    yield bytes(piece)
        except FileNotFoundError as error:
            raise ItemGone(f"{item.path}: is gone") from error
        except PermissionError as error:
            raise ItemUnavailable("no permission to read it") from error
        except _failures() as error:
            raise self._lost(error) from error

    def _lost(self, error: BaseException) -> Unavailable:
        reason = self._opening.scrub(str(error)) or type(error).__name__
        return Unavailable(f"{self._shown}: cannot be read: {reason}; nothing was removed: check address and access")


def _failures() -> tuple[type[BaseException], ...]:
    """What the store's library raises when the store does not answer; some have errors of their own."""
    found: list[type[BaseException]] = [OSError, asyncio.TimeoutError, EOFError]
    for module, name in (
        ("botocore.exceptions", "BotoCoreError"),
        ("botocore.exceptions", "ClientError"),
        ("aiohttp", "ClientError"),
        ("ftplib", "Error"),
        ("httpx", "HTTPError"),
        ("webdav4.client", "ClientError"),
        ("paramiko", "SSHException"),
        ("azure.core.exceptions", "AzureError"),
        ("gcsfs.retry", "HttpError"),
    ):
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            found.append(kind)
    return tuple(found)


def _typed(options: Mapping[str, str]) -> dict[str, Any]:
    """Options as the libraries want them: `anon=true` is no text, `client_kwargs.endpoint_url=…` lies inside one."""
    typed: dict[str, Any] = {}
    for name, text in options.items():
        value: Any = {"true": True, "false": False}.get(text.lower(), int(text) if text.isdecimal() else text)
        outer, dot, inner = name.partition(".")
        if dot:
            typed.setdefault(outer, {})[inner] = value
        else:
            typed[name] = value
    return typed


def _version(about: Mapping[str, Any]) -> str:
    strong = next((str(about[name]) for name in _VERSIONS if about.get(name)), "")
    if strong:
        return strong.strip('"')
    changed = next((str(about[name]) for name in _TIMES if about.get(name)), "")
    return f"{_size(about)} {changed}" if changed else ""


def _size(about: Mapping[str, Any]) -> int | None:
    size = about.get("size")
    return int(size) if isinstance(size, int | float) else None


def _time(about: Mapping[str, Any]) -> float | None:
    value = next((about[name] for name in _TIMES if about.get(name)), None)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) else None
