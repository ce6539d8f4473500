"""What all connectors share: the seam, its values, and where secrets come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from knowledge.errors import PlumblineError, Unavailable


class ItemUnavailable(PlumblineError):
    """One item cannot be fetched now, the rest of the source can. What was fetched of it before stays."""


class ItemGone(PlumblineError):
    """An item that was listed is not there any more."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a source that becomes a file.

    `path` is where it belongs, with forward slashes; it comes from outside and is trusted in nothing. An equal
    `version` means equal content ("" when the source does not tell). `handle` is what the connector needs to fetch it.
    `readers` are names of who may read it in the source's own words, `*` being everyone; None: the source has none.
    """

    path: str
    handle: str
    version: str = ""
    bytes: int | None = None
    modified_at: float | None = None
    readers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An item's content in pieces, and the version that it has."""

    pieces: Iterator[bytes]
    version: str
    modified_at: float | None = None


class Connector(Protocol):
    """One source that was reached. Used by one thread."""

    def items(self) -> Iterator[Item]:
        """All items, each once. When it ends without an error there are no others: whatever else was there is gone.

        Raises Unavailable when the source cannot be reached or listed to the end.
        """
        ...

    def fetch(self, item: Item, known: str) -> Fetched | None:
        """The content of an item; None when it still is that of the version `known` ("" when none is).

        Raises ItemUnavailable or ItemGone for this item alone, also while the pieces are read; Unavailable when the
        source is lost.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What a connector is given beside the source: its secrets in clear, and a folder of its own to keep things in."""

    secrets: Mapping[str, str]
    folder: Path
    max_file_mb: float = 200.0
    note: Callable[[str], None] = lambda _: None
    """Takes a line for the run's log."""

    def secret(self, name: str) -> str | None:
        """The secret of this name, if the source has one."""
        return self.secrets.get(name)

    def scrub(self, text: str) -> str:
        """`text` in one line, without any of the secrets."""
        for value in sorted(self.secrets.values(), key=len, reverse=True):
            if value:
                text = text.replace(value, "***")
        return " ".join(text.split())


def read_secrets(references: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets that `env:NAME` and `file:PATH` stand for. Raises Unavailable and names what is missing."""
    found = {}
    for name, reference in references.items():
        kind, _, place = reference.partition(":")
        if kind == "env":
            if not environment.get(place):
                raise Unavailable(
                    f"secret {name!r}: the variable {place} is not set; set it where Plumbline is started"
                )
            found[name] = environment[place]
        else:
            try:
                found[name] = Path(place).expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise Unavailable(f"secret {name!r}: {place}: cannot be read; check path and permissions") from error
    return found
