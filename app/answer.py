"""What an answer is: its text, where it comes from, how it was checked, who wrote it and how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.types import ATTACHED, GRAPH, AlignmentReport, Language, Result


class Citation(Result):
    """A place in a document that supports the answer; `marker` is the number in the text, `quote` the sentence."""

    marker: int
    document_id: str
    title: str
    path: str
    page: int | None = None
    heading: str = ""
    chunk_id: str = ""
    quote: str = ""
    revision: str = ""

    @property
    def of_graph(self) -> bool:
        """Whether it is the term graph that says so, as of `revision`; then `chunk_id` is a concept."""
        return self.document_id.startswith(GRAPH)

    @property
    def attached(self) -> bool:
        """Whether the place is in a file that was attached to the question; such a file is kept nowhere."""
        return self.document_id.startswith(ATTACHED)


class ModelInfo(Result):
    """Which model wrote the answer and on which back end; empty strings when none was asked."""

    version: str = ""
    base: str = ""
    adapter: str | None = None
    backend: str = ""


class Timings(Result):
    """Milliseconds; `first_token` counts from the question, the others are lengths of their step."""

    retrieve: float = 0.0
    first_token: float = 0.0
    generate: float = 0.0
    align: float = 0.0
    total: float = 0.0


class Answer(Result):
    """The whole answer to one question.

    `abstained` means that the documents do not say; then `citations` is empty and `nearest` shows the closest
    passages. `removed_markers` counts citation markers that the model wrote without support. `attached` names the
    file that was attached to the question; its citations can be told by their `document_id` (`attached:…`).
    """

    question: str
    answer: str
    abstained: bool
    citations: tuple[Citation, ...]
    alignment: AlignmentReport
    model: ModelInfo
    timings_ms: Timings
    id: str = ""
    conversation: str | None = None
    language: Language = "en"
    search_question: str = ""
    follow_ups: tuple[str, ...] = ()
    nearest: tuple[Citation, ...] = ()
    removed_markers: int = 0
    attached: str = ""


Stage = Literal["reading_file", "reading_question", "searching", "reading", "writing", "checking"]


@dataclass(frozen=True, slots=True)
class StageEvent:
    """What the assistant is doing now."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class EvidenceEvent:
    """The best sentences with their sources, before the model has spoken."""

    citations: tuple[Citation, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """A piece of the draft, as the model writes it."""

    text: str


@dataclass(frozen=True, slots=True)
class EditEvent:
    """What the checker has changed so far in the finished sentences of the draft: `checked.draft` is its beginning.

    For showing only: the answer is checked once more as a whole.
    """

    checked: AlignmentReport


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """The checked answer; always the last event."""

    answer: Answer


Event = StageEvent | EvidenceEvent | TokenEvent | EditEvent | AnswerEvent
