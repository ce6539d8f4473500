"""Sources: where documents are fetched from, and what of each was fetched."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from knowledge.catalog.labels import checked_labels
from knowledge.catalog.schema import metadata
from knowledge.errors import InvalidInput, NotFound
from knowledge.types import Result

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

SourceKind = Literal["folder", "store", "git", "website", "imap", "sql"]

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    # Everything else of the definition, see `Source`
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.String, nullable=False),
)

source_items = sa.Table(
    "source_items",
    metadata,
    sa.Column("source_id", sa.ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    # The labels that the item's permissions map to; null: the source has none
    sa.Column("access", sa.JSON),
)
"""What lies in a source's mirror, and the version (etag, hash, UID …) under which each item was fetched."""

_NAME = re.compile(r"[^\W_](?:[\w.-]{0,62}[\w])?")


class Source(Result):
    """Where documents come from. No secret stands here: `secrets` say where each is read from when it is needed.

    `include` and `exclude` are patterns over paths inside the source. `access` are the labels of what no rule and no
    permission speaks of; `access_file` is a file of rules on this machine. `rules` are labels set by operators for a
    file or folder of the source; they win over all others, an empty list opens to everyone. `permissions` map what
    the source knows about readers (a POSIX group, a column's value; `*` for everyone) to labels; None: not looked at.
    """

    id: str = ""
    name: str
    kind: SourceKind
    location: str
    options: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    access_file: str = ""
    permissions: dict[str, tuple[str, ...]] | None = None
    rules: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    created_at: float = 0.0
    created_by: str = ""


class SourceItem(Result):
    """One item of a source as it lies in the mirror; `version` names its content, "" when the source tells none."""

    path: str
    version: str = ""
    bytes: int = 0
    access: tuple[str, ...] | None = None


ACCESS_FIELDS = frozenset({"access", "access_file", "permissions", "rules"})
"""The fields of a source's definition that say who may read its documents."""
_COLUMNS = frozenset({"id", "name", "kind", "location", "created_at", "created_by"})


class Sources:
    """The sources of a catalog."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def add(self, source: Source) -> Source:
        """Store a new source under a new id. Raises InvalidInput for a name that is taken or unusable, and labels."""
        checked = checked_source(source)
        stored = checked.model_copy(update={"id": uuid.uuid4().hex[:12], "created_at": self._clock()})
        with self._catalog.begin() as connection:
            if connection.execute(sa.select(sources.c.id).where(sources.c.name == stored.name)).first():
                raise InvalidInput(f"source {stored.name!r}: exists already; choose another name with --name")
            connection.execute(sa.insert(sources).values(_values(stored)))
        return stored

    def change(self, source: Source) -> Source:
        """Replace the definition of a source, found by its id. Raises NotFound, and InvalidInput as `add`."""
        checked = checked_source(source)
        values = _values(checked)
        with self._catalog.begin() as connection:
            same_name = sa.select(sources.c.id).where(sources.c.name == checked.name, sources.c.id != checked.id)
            if connection.execute(same_name).first():
                raise InvalidInput(f"source {checked.name!r}: exists already; choose another name")
            change = sa.update(sources).where(sources.c.id == checked.id).values(values)
            if not connection.execute(change).rowcount:
                raise _no_such(checked.name)
        return checked

    def get(self, name: str) -> Source:
        """The source with this name or id. Raises NotFound."""
        named = (sources.c.name == name) | (sources.c.id == name)
        with self._catalog.connect() as connection:
            row = connection.execute(sa.select(sources).where(named)).first()
        if row is None:
            raise _no_such(name)
        return _source(row)

    def list(self) -> Sequence[Source]:
        """All sources by name."""
        with self._catalog.connect() as connection:
            return [_source(row) for row in connection.execute(sa.select(sources).order_by(sources.c.name))]

    def set_rule(self, source_id: str, path: str, labels: Iterable[str] | None) -> tuple[str, ...] | None:
        """Labels for what lies at `path` in a source; None takes the rule away. Gives those that the rule had before.

        Raises NotFound, and InvalidInput for a path or a label that cannot be used.
        """
        place = checked_rule_path(path)
        wanted = None if labels is None else sorted(checked_labels(labels))
        with self._catalog.begin() as connection:
            row = connection.execute(sa.select(sources).where(sources.c.id == source_id)).first()
            if row is None:
                raise _no_such(source_id)
            # A definition from elsewhere may write the same path in another way
            rules = {checked_rule_path(each): found for each, found in _source(row).rules.items()}
            before = rules.pop(place, None)
            if wanted is not None:
                rules[place] = tuple(wanted)
            definition = {**row.definition, "rules": {each: list(found) for each, found in sorted(rules.items())}}
            change = sa.update(sources).where(sources.c.id == source_id)
            connection.execute(change.values(definition=definition))
        return before

    def remove(self, source_id: str) -> None:
        """Forget a source with its schedules, runs and what is known of its items. Its documents are not touched."""
        with self._catalog.begin() as connection:
            connection.execute(sa.delete(sources).where(sources.c.id == source_id))

    # --- items --------------------------------------------------------------------------------------------------

    def items(self, source_id: str) -> Mapping[str, SourceItem]:
        """What lies in the mirror, by path."""
        query = sa.select(source_items).where(source_items.c.source_id == source_id)
        with self._catalog.connect() as connection:
            rows = connection.execute(query).all()
        return {
            row.path: SourceItem(path=row.path, version=row.version, bytes=row.bytes, access=_access(row.access))
            for row in rows
        }

    def keep_items(self, source_id: str, items: Iterable[SourceItem], gone: Iterable[str] = ()) -> None:
        """Note items that were fetched, and forget those at the paths `gone`."""
        rows = [
            {
                "source_id": source_id,
                "path": item.path,
                "version": item.version,
                "bytes": item.bytes,
                "access": sa.null() if item.access is None else list(item.access),
            }
            for item in items
        ]
        paths = [*(row["path"] for row in rows), *gone]
        this = source_items.c.source_id == source_id
        with self._catalog.begin() as connection:
            for start in range(0, len(paths), 1000):
                part = paths[start : start + 1000]
                connection.execute(sa.delete(source_items).where(this, source_items.c.path.in_(part)))
            for row in rows:
                connection.execute(sa.insert(source_items).values(row))


def checked_rule_path(path: str) -> str:
    """A path inside a source as rules of access are held against it, "" for all of it. Raises InvalidInput."""
    prefix = path.strip().replace("\\", "/").removeprefix("./").strip("/")
    if any(mark in prefix for mark in "*?[") or ".." in prefix.split("/"):
        raise InvalidInput(f"{path!r}: rules are plain folders or files inside the source, without patterns")
    return "" if prefix == "." else prefix


def checked_source(source: Source) -> Source:
    """The source if all of it can be used. Raises InvalidInput."""
    if not _NAME.fullmatch(source.name):
        raise InvalidInput(
            f"source name {source.name!r}: use 1 to 64 letters, digits or . - _, beginning with a letter or digit"
        )
    for labels in (source.access, *source.rules.values(), *(source.permissions or {}).values()):
        checked_labels(labels)
    return source


def _values(source: Source) -> dict[str, Any]:
    whole = source.to_json()
    values = {name: whole.pop(name) for name in sorted(_COLUMNS)}
    return {**values, "definition": whole}


def _source(row: sa.Row[Any]) -> Source:
    columns = {name: getattr(row, name) for name in _COLUMNS}
    return Source(**columns, **row.definition)


def _access(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _no_such(name: str) -> NotFound:
    return NotFound(f"source {name!r}: there is none; `plumbline sources list` shows what there is")
