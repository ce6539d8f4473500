"""What a dataset is made of, as small frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from knowledge.errors import InvalidInput
from knowledge.types import Language, Message

Form = Literal["triple", "chat", "preference"]
Key = Literal["language", "kind", "source"]
How = Literal["down", "up"]
SourceKind = Literal["feedback", "documents", "graph", "file", "replay"]

PARTS = ("train", "validation", "test")
FROM = ("feedback", "documents", "graph")
"""Where examples come from besides files."""
FORMS: tuple[Form, ...] = ("triple", "chat", "preference")
KEYS: tuple[Key, ...] = ("language", "kind", "source")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long texts may be, in words and Han characters."""

    min_question: int = 3
    max_question: int = 120
    min_answer: int = 1
    max_answer: int = 300
    max_context: int = 600


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a dataset is to be made from, and how.

    `access`: only what somebody with exactly these labels may see; none: what everyone who is signed in may see.
    `since`: only answers that were given and documents that came in (or changed) since then, in seconds since 1970.
    `context`: examples from documents carry their passage. `model`: the answer model writes questions about at most
    `model_passages` passages too. `replay` names older datasets, of whose training rows so many are taken that they
    make `replay_share` of the whole.
    """

    sources: tuple[str, ...] = FROM
    files: tuple[Path, ...] = ()
    access: frozenset[str] = frozenset()
    form: Form = "triple"
    languages: tuple[Language, ...] = ("zh", "en")
    since: float = 0.0
    context: bool = True
    model: bool = False
    model_passages: int = 20
    limits: Limits = Limits()
    balance: Key | Literal[""] = ""
    how: How = "down"
    replay: tuple[str, ...] = ()
    replay_share: float = 0.0
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the datasheet keeps it; of files only the names."""
        return {**asdict(self), "files": [file.name for file in self.files], "access": sorted(self.access)}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from: a document, an answer with feedback, a concept, a file; `sha256` is of its text."""

    kind: SourceKind
    id: str
    title: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row before it is looked at.

    `quotes` are pairs of a document's id and words that must stand in it. `documents` are all that it was made from:
    rows that share one stay in one part. `verbatim`: the answer itself must stand in the context.
    """

    kind: str
    question: str
    answer: str
    source: Source
    language: Language
    context: str = ""
    rejected: str = ""
    key_facts: tuple[tuple[str, ...], ...] = ()
    system: str = ""
    before: tuple[Message, ...] = ()
    documents: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    verbatim: bool = False


class TooFew(InvalidInput):
    """Fewer new rows passed the checks than were asked for; `count` of them did."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message)
        self.count = count


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A row as it is looked through; `rejected` is empty unless it is a preference."""

    id: str
    part: str
    kind: str
    source: str
    title: str
    language: Language
    question: str
    context: str
    answer: str
    rejected: str = ""


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some of the rows that were asked for, and how many there are in all."""

    rows: tuple[DatasetRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class StruckRow:
    """A row that nobody trains on any more."""

    row: DatasetRow
    by: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Datasheet:
    """What is known of a dataset. `parts`, `files`, `sha256` and `balance` are of what is there now, without what was
    struck out; `quality` is of when it was made. `problem` says in a line what is wrong with its files; "" is nothing.
    `reference` tells of the samples of its window that lie beside it as numbers, for measuring drift; empty: none do.
    """

    name: str
    form: Form
    created_at: float
    created_by: str
    access: tuple[str, ...]
    recipe: Mapping[str, Any]
    parts: Mapping[str, int]
    sha256: str
    files: Mapping[str, str]
    sources: tuple[Mapping[str, Any], ...]
    graph_revision: str
    policy: str
    window: Mapping[str, float]
    balance: Mapping[str, Mapping[str, int]]
    quality: Mapping[str, Any]
    struck: int = 0
    leaks: int = 0
    reference: Mapping[str, Any] = field(default_factory=dict)
    problem: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """Everything, as `datasheet.json` and the command line give it."""
        return asdict(self)
