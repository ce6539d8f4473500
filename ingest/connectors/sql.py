"""Rows of a SQL query, each a document: this is how records of a CRM or ERP system come in.

The database is asked in a transaction that may not write, where it knows such a thing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ingest.connectors.base import Fetched, Item, Opening
from ingest.mirror import marked
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

_SELECT = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL)
_PLACE = re.compile(r"\{([^{}]+)\}")
_AT_ONCE = 500
_MOST_ROWS = 100_000


class SqlConnector:
    """Each row becomes a Markdown file named by its key; its version is the hash of its text."""

    def __init__(self, source: Source, opening: Opening) -> None:
        if not _SELECT.match(source.options["query"]):
            raise InvalidInput("option 'query': must read only: begin it with SELECT or WITH")
        self._options = source.options
        self._limit = _number(source.options.get("max_rows"), _MOST_ROWS)
        self._engine = _engine(source, opening)
        self._shown = source.location
        self._opening = opening

    def items(self) -> Iterator[Item]:
        """The rows of the query as files. Raises Unavailable also when they are more than `max_rows`."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield from self._rows()
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise Unavailable(f"{self._shown}: the database says: {self._opening.scrub(reason)}") from error

    def fetch(self, item: Item, known: str) -> Fetched | None:  # noqa: ARG002 - equal versions were seen before
        """The text that was made of a row when it was listed."""
        return Fetched(iter((item.handle.encode("utf-8", "replace"),)), item.version)

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.dispose()

    def _rows(self) -> Iterator[Item]:
        from sqlalchemy import text

        seen: set[str] = set()
        with self._engine.connect().execution_options(**_read_only(self._engine)) as connection:
            result = connection.execution_options(yield_per=_AT_ONCE).execute(text(self._options["query"]))
            columns = list(result.keys())
            self._check(columns)
            for number, row in enumerate(result.mappings(), start=1):
                if number > self._limit:
                    raise Unavailable(
                        f"{self._shown}: the query gives more than {self._limit} rows; nothing was removed: narrow it, "
                        "or raise max_rows"
                    )
                values = {name: _text(row[name]) for name in columns}
                key = values[self._options["key"]].strip()
                if not key:
                    self._opening.note("left out: a row without a key")
                    continue
                if key in seen:
                    self._opening.note("left out: a row with the key of another; the key must name one row")
                    continue
                seen.add(key)
                yield self._item(key, values, row)

    def _item(self, key: str, values: Mapping[str, str], row: Mapping[Any, Any]) -> Item:
        title = values.get(self._options.get("title", ""), "").strip() or key
        body = self._body(values)
        document = f"# {' '.join(title.split())}\n\n{body}\n"
        digest = hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()
        # Keys may differ in what no file name shows; the mark keeps them apart
        plain = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in key).lstrip(".")[:80]
        path = f"{plain or 'row'}.md"
        readers = self._options.get("readers")
        return Item(
            path if plain == key else marked(path, key),
            document,
            version=digest,
            bytes=len(document.encode("utf-8", "replace")),
            modified_at=_time(row.get(self._options.get("modified", ""))),
            readers=None if readers is None else frozenset(filter(None, map(str.strip, values[readers].split(",")))),
        )

    def _body(self, values: Mapping[str, str]) -> str:
        template = self._options.get("text", "")
        if template:
            return _PLACE.sub(lambda match: values.get(match[1].strip(), match[0]), template.replace("\\n", "\n"))
        hidden = {self._options.get("readers"), self._options.get("title")}
        lines = (f"- {name}: {value}" for name, value in values.items() if name not in hidden and value)
        return "\n".join(lines)

    def _check(self, columns: list[str]) -> None:
        places = {match.strip() for match in _PLACE.findall(self._options.get("text", ""))}
        named = {name: self._options[name] for name in ("key", "title", "modified", "readers") if name in self._options}
        for what, column in (*named.items(), *(("text", place) for place in sorted(places))):
            if column not in columns:
                raise InvalidInput(f"option {what!r}: the query has no column {column!r}; it has {', '.join(columns)}")


def _engine(source: Source, opening: Opening) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        return create_engine(_url(source, opening), **_arguments(source.location))
    except (ArgumentError, NoSuchModuleError) as error:
        raise InvalidInput(f"{source.location}: not an address that SQLAlchemy knows: {error}") from error
    except ModuleNotFoundError as error:
        raise Unavailable(f"{source.location}: the driver {error.name!r} is not installed; pip install it") from error


def _url(source: Source, opening: Opening) -> URL:
    from sqlalchemy.engine import make_url

    url = make_url(source.location)
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if source.options.get("username"):
        url = url.set(username=source.options["username"])
    password = opening.secret("password")
    if url.drivername.startswith("sqlite") and url.database:
        # A missing file must not be made, and nothing be written into a present one
        return url.set(database=f"file:{url.database}?mode=ro", query={**url.query, "uri": "true"})
    return url.set(password=password) if password else url


def _arguments(location: str) -> dict[str, Any]:
    timeout = {"connect_timeout": 20} if location.startswith(("postgresql", "postgres")) else {}
    return {"connect_args": timeout, "pool_pre_ping": False}


def _read_only(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "postgresql":
        return {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return {}


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise InvalidInput(f"option 'max_rows': {text!r} is no number") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _time(value: Any) -> float | None:
    """A column's value as seconds since 1970; None when it tells no time."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day).astimezone().timestamp()
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None
