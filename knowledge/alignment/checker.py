"""`Checker`: a text held true to the term graph. The whole story of a check is `Checker.check`.

Rewrite only what is contradicted; mark what is merely unsupported; when in doubt, leave the text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

from knowledge.alignment import metrics
from knowledge.alignment.claims import ClaimReader
from knowledge.alignment.examining import Examination, Examined
from knowledge.alignment.explanations import Edition
from knowledge.alignment.findings import dated, ordered, verdict_of
from knowledge.alignment.marking import read_by_model, unsupported
from knowledge.alignment.mending import repaired, rewritten
from knowledge.alignment.model_reading import SentenceReader
from knowledge.alignment.readings import ClaimReading, readings
from knowledge.alignment.rewriting import SentenceWriter
from knowledge.graph.linker import Linker
from knowledge.graph.store import TermGraph
from knowledge.types import AlignmentReport, Edit, Finding, Language, MentionResult, Passage, User

if TYPE_CHECKING:
    from knowledge.protocols import Embedder

_SENTENCES = {"off": 0, "bounded": 1, "on": 5}


class CheckSettings(Protocol):
    """What may be set: whether to edit at all, and whether good but not preferred names are replaced too."""

    @property
    def edit(self) -> bool:
        """False: only findings."""

    @property
    def prefer_preferred(self) -> bool:
        """True: alternative labels are replaced by preferred ones."""

    @property
    def model(self) -> Literal["off", "bounded", "on"]:
        """Whether a model may write sentences anew and read them: none, one of a text, or up to five."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings of a checker that is used by itself."""

    edit: bool = True
    prefer_preferred: bool = False
    model: Literal["off", "bounded", "on"] = "off"


class Checker:
    """Checks texts against one revision of the graph. Deterministic, without any model; safe from many threads."""

    def __init__(
        self,
        graph: TermGraph,
        linker: Linker,
        embedder: Embedder | None = None,
        settings: CheckSettings | None = None,
        today: Callable[[], date] = date.today,
        suggesting: Callable[[], Collection[str]] | None = None,
        edition: Callable[[], Edition] = Edition,
        writer: SentenceWriter | None = None,
        model_reader: SentenceReader | None = None,
    ) -> None:
        """`suggesting` tells which rules may not edit at present; what they would change becomes a finding's reason.

        `edition` tells what the graph's revision is called; reasons and evidence name it. `writer` is the last resort
        for sentences in which no name or number alone can be put right, and `model_reader` for sentences of which
        nothing else reads what they state (it only marks); `CheckSettings.model` says for how many.
        """
        self._graph = graph
        self._linker = linker
        self._embedder = embedder
        self._settings: CheckSettings = settings or Defaults()
        self._today = today
        self._suggesting: Callable[[], Collection[str]] = suggesting or frozenset
        self._edition = edition
        self._writer = writer
        self._model_reader = model_reader
        self._reader = ClaimReader(graph)

    def check(
        self,
        text: str,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
    ) -> AlignmentReport:
        """What the graph and the passages say to a text, and the text with what is contradicted put right.

        `user` None: no restriction by access (one's own graph); otherwise concepts that the user may not see take no
        part and leave no trace. `language` is that of the explanations, by default the text's own. Checking the
        result again changes nothing.
        """
        return self.checking(passages, question, user, language)(text)

    def checking(
        self,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
        *,
        with_model: bool = True,
    ) -> Callable[[str], AlignmentReport]:
        """`check` for several texts one after another, with passages and question read once. For one thread.

        `with_model` False: no model is asked, whatever the settings say.
        """
        look = self._examination(passages, question, user, language)
        has_model = self._writer is not None or self._model_reader is not None
        sentences = _SENTENCES[self._settings.model] if with_model and has_model else 0

        def checked(text: str) -> AlignmentReport:
            first = look.examine(text)
            edits, last = repaired(look, first) if self._settings.edit else ((), first)
            if sentences and self._settings.edit and self._writer is not None:
                more, last = rewritten(look, last, self._writer, sentences)
                edits += more
            told = read_by_model(look, first, self._model_reader, sentences) if self._model_reader else []
            return self._report(first, last, edits, look, told)

        return checked

    def read(
        self,
        text: str,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
    ) -> list[ClaimReading]:
        """The claims that `check` reads in a text, with what decided about each; arguments as for `check`."""
        seen = self._examination(passages, question, user, language).examine(text)
        return readings(self._graph, seen.draft, seen.judgements, language or seen.draft.language)

    def _examination(
        self, passages: Sequence[Passage], question: str | None, user: User | None, language: Language | None
    ) -> Examination:
        return Examination(
            self._graph, self._linker, self._reader, passages, question or "", user, language,
            day=self._today(), suggesting=self._suggesting(), prefer_preferred=self._settings.prefer_preferred,
        )  # fmt: skip

    def _report(
        self, first: Examined, last: Examined, edits: tuple[Edit, ...], look: Examination, by_model: Sequence[Finding]
    ) -> AlignmentReport:
        draft, edition = first.draft, self._edition()
        language = look.language or draft.language
        findings = ordered([*first.findings, *unsupported(look, first), *by_model])
        accuracy, coverage = metrics.relation_measures(first.judgements)
        sentences = [draft.text[start:end] for start, end in draft.sentences]
        return AlignmentReport(
            verdict=verdict_of(findings),
            answer=last.draft.text,
            draft=draft.text,
            findings=tuple(dated(finding, edition, language) for finding in findings),
            edits=tuple(dated(edit, edition, language) for edit in edits),
            mentions=tuple(
                MentionResult(start=link.start, end=link.end, concept=link.concept, label_kind=link.readings[0].kind)
                for link in draft.links
                if not link.weak
            ),
            term_coverage=metrics.term_coverage(draft.links),
            relation_accuracy=accuracy,
            relation_coverage=coverage,
            contextual_consistency=metrics.contextual_consistency(sentences, look.passages),
            similarity=metrics.similarity(draft.text, look.passage_texts, self._embedder),
            graph_revision=self._graph.revision,
        )
