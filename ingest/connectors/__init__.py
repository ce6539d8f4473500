"""One connector per kind of source: what is there, and its bytes. The table below is all that knows them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.connectors.base import Connector, Fetched, Item, ItemUnavailable, Opening

if TYPE_CHECKING:
    from knowledge.catalog.sources import Source, SourceKind

__all__ = [
    "Connector",
    "Fetched",
    "Item",
    "ItemUnavailable",
    "Opening",
    "check_definition",
    "kind_of",
    "open_connector",
]

_GIT_MARKS = ("git@", "ssh://", "git://")
_SQL = ("sqlite", "postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql")


def kind_of(location: str) -> SourceKind:
    """The kind of source that a location looks like."""
    scheme = location.partition("://")[0].lower() if "://" in location else ""
    if location.startswith(_GIT_MARKS) or location.rstrip("/").endswith(".git"):
        return "git"
    if not scheme:
        return "folder"
    if scheme in {"imap", "imaps"}:
        return "imap"
    if scheme.partition("+")[0] in _SQL:
        return "sql"
    return "website" if scheme in {"http", "https"} else "store"


def open_connector(source: Source, opening: Opening) -> Connector:
    """The connector of a source that is not a folder. Raises InvalidInput for what its definition lacks, Unavailable
    for a package that is missing.
    """
    match source.kind:
        case "git":
            from ingest.connectors.git import GitConnector

            return GitConnector(source, opening)
        case "website":
            from ingest.connectors.website import WebsiteConnector

            return WebsiteConnector(source, opening)
        case "imap":
            from ingest.connectors.imap import ImapConnector

            return ImapConnector(source, opening)
        case "sql":
            from ingest.connectors.sql import SqlConnector

            return SqlConnector(source, opening)
        case "store":
            from ingest.connectors.store import StoreConnector

            return StoreConnector(source, opening)
        case "folder":
            raise ValueError("a folder is read where it lies")


def check_definition(source: Source) -> None:
    """Raises InvalidInput when a source's definition cannot work, before it is stored."""
    from ingest.connectors.checking import check

    check(source)
