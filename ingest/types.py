"""The values of ingestion: what a loader makes of a file, and why it may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.errors import InvalidInput

BlockKind = Literal["heading", "text", "list", "code", "table"]


class Unreadable(InvalidInput):
    """A file that cannot be read; the message is the reason in one line and quotes nothing of the content.

    `passing` reasons (no permission, changed while it was read) say nothing about the content: an earlier version
    stays. `content_hash` is that of the bytes for which the file was refused, as far as they were read.
    """

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing
        self.content_hash = ""


class Unsupported(Unreadable):
    """A file of a kind that no loader reads. In a mail it is only named; elsewhere it is refused like any other."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document in reading order.

    `text` is Markdown without the marks of its kind: a heading without `#` (its `level` is 1 to 6), code without
    fences. A table is a Markdown table: header row, separator row, one line per row.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A file as text with its structure. `metadata` holds what the file says about itself (title, author, date …)."""

    format: str
    blocks: tuple[Block, ...]
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    pages: int | None = None
    content_hash: str = ""
    bytes: int = 0
    members: tuple[Member, ...] = ()
    """What a container (archive, mail, mailbox, PDF) holds, nested containers included; they become documents too."""

    def to_json(self) -> dict[str, Any]:
        """The plain JSON value that `from_json` reads, without members; used between processes, nothing is pickled."""
        return {
            "format": self.format,
            "blocks": [[block.kind, block.text, block.level, block.page] for block in self.blocks],
            "title": self.title,
            "metadata": dict(self.metadata),
            "pages": self.pages,
            "content_hash": self.content_hash,
            "bytes": self.bytes,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LoadedDocument:
        """The document that `to_json` wrote down."""
        blocks = tuple(Block(kind, text, level, page) for kind, text, level, page in value["blocks"])
        return cls(**{**value, "blocks": blocks})


Examined = tuple[LoadedDocument, Counter[str], dict[str, tuple[str, ...]]]
"""A document without personal data, how many values of each kind there were, and a few of them by kind, masked."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a container. `name` is its path there, as `folder/a.txt`, or `inner.zip!/a.txt` when nested.

    Without a document, `reason` says why it cannot be read.
    """

    name: str
    document: LoadedDocument | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read, and how long that may take; `seconds` and `memory_mb` end the reading."""

    max_file_mb: float = 200.0
    max_pages: int = 10_000
    seconds: float = 120.0
    memory_mb: int = 1500
    max_ocr_pages: int = 200
