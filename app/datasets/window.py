"""What was asked and what came in within a window, as samples, and drift between two windows.

Whoever may not be learnt from, and what the labels of the dataset do not allow, is in no window.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from app.datasets import samples
from app.datasets.drift import ChangedTerm, DriftReport, changed_terms, measured
from app.datasets.from_feedback import FeedbackExamples, understood
from app.datasets.gathering import trainable
from app.datasets.quality import length
from app.datasets.samples import MOST, Sample
from knowledge.errors import Damaged
from knowledge.files import sha256_of
from knowledge.types import User

if TYPE_CHECKING:
    from app.datasets.types import Datasheet
    from app.wiring import Workspace
    from knowledge.protocols import Embedder
    from knowledge.types import Document

_DAY = 86_400.0
_BATCH = 64
T = TypeVar("T")

Told = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Windows:
    """Takes samples of what a reader with exactly these labels may see. The same seed draws the same."""

    workspace: Workspace
    access: frozenset[str] = frozenset()
    told: Told = lambda *_: None
    seed: int = 0

    def take(self, since: float, until: float, embedder: Callable[[], Embedder | None]) -> dict[str, Sample]:
        """Samples of the questions asked and the documents that came in from `since` on and before `until`.

        The embedder is asked for when there are questions; None: they get no vectors. Documents have the catalog's.
        """
        return {"questions": self.questions(since, until, embedder), "documents": self.documents(since, until)}

    def questions(self, since: float, until: float, embedder: Callable[[], Embedder | None]) -> Sample:
        """What was asked, as it was understood; what one person asked several times counts once."""
        reader, terms = User("", groups=self.access), self.workspace.terms()
        catalog = self.workspace.catalog
        examples = FeedbackExamples(catalog, terms.graph, terms.linker, reader, trainable(self.workspace))
        asked = examples.asked(since, until)
        found = {(given.owner, text): given.message_id for given in asked if (text := understood(given))}
        drawn = self._drawn(sorted((text, message) for (_, text), message in found.items()))
        texts, messages = [text for text, _ in drawn], [message for _, message in drawn]
        concepts = [{mention.concept for mention in terms.linker.link(text, reader)} - {""} for text in texts]
        lengths = [length(text) for text in texts]
        model = embedder() if texts else None
        if model is None:
            return samples.sample(None, lengths, concepts, len(found), "", messages)
        vectors = []
        for start in range(0, len(texts), _BATCH):
            self.told("questions", start, len(texts))
            vectors.append(model.embed_queries(texts[start : start + _BATCH]))
        points = np.concatenate(vectors)
        return samples.sample(points, lengths, concepts, len(found), model.fingerprint, messages)

    def documents(self, since: float, until: float) -> Sample:
        """What came in or changed; a document is one text, with the mean of its passages' vectors."""
        reader, graph = User("", groups=self.access), self.workspace.graph()
        documents = self.workspace.catalog.documents
        found = [each for each in documents.list(reader) if since <= each.ingested_at < until]
        fingerprint = documents.latest_embedder()
        drawn: Sequence[Document] = self._drawn(found)
        vectors = documents.mean_vectors([each.id for each in drawn], fingerprint)
        kept = [each for each in drawn if each.id in vectors]
        concepts, lengths = [], []
        for number, document in enumerate(kept):
            self.told("documents", number, len(kept))
            chunks = documents.chunks(document.id)
            linked = {concept for chunk in chunks for concept in chunk.concepts}
            concepts.append({concept for concept in linked if graph.visible(concept, reader)})
            lengths.append(sum(length(chunk.text) for chunk in chunks))
        rows = np.stack([vectors[each.id] for each in kept]) if kept else np.zeros((0, 1), np.float32)
        return samples.sample(rows, lengths, concepts, len(found), fingerprint, [each.id for each in kept])

    def _drawn(self, found: Sequence[T]) -> list[T]:
        """At most `MOST` of them, in an order that tells nothing."""
        chance = random.Random(self.seed)  # noqa: S311 - nothing secret is drawn
        return chance.sample(found, min(MOST, len(found)))


def measure_drift(
    workspace: Workspace, folder: Path, sheet: Datasheet, *, now: float, days: float, told: Told = lambda *_: None
) -> DriftReport:
    """Drift of the last `days`, as far as they lie after the dataset's window, against that window.

    Raises Unavailable when questions have to be embedded and the model is not there; Damaged when the sample that lies
    with the dataset was altered.
    """
    wanted = sheet.reference.get("sha256")
    if wanted and (not (folder / samples.FILE).is_file() or sha256_of(folder / samples.FILE) != wanted):
        raise Damaged(f"{folder / samples.FILE}: not as the datasheet says; make the dataset again")
    before = samples.read(folder)
    window_before = (float(sheet.window["since"]), float(sheet.window["until"]))
    window_now = (max(now - days * _DAY, window_before[1]), now)
    compared = "questions" in before and bool(before["questions"].points.size)
    windows = Windows(workspace, frozenset(sheet.access), told)
    current = windows.take(*window_now, lambda: workspace.embedder if compared else None)
    threshold = workspace.settings.adaptation.drift_threshold
    return DriftReport(
        dataset=sheet.name,
        at=now,
        window_before=window_before,
        window_now=window_now,
        threshold=threshold,
        measures=measured(before, current, threshold),
        terms=tuple(_named(workspace, frozenset(sheet.access), before, current)),
    )


def _named(
    workspace: Workspace, access: frozenset[str], before: dict[str, Sample], now: dict[str, Sample]
) -> list[ChangedTerm]:
    """The concepts whose shares changed most, by their names of today; those that are gone are not named."""
    graph, reader = workspace.graph(), User("", groups=access)
    known = {samples.key_of(each): each for each in graph.concepts() if graph.visible(each, reader)}
    return [
        ChangedTerm(subject, known[key], graph.label(known[key], "en"), then, today)
        for subject in before
        for key, then, today in changed_terms(before[subject], now[subject])
        if key in known
    ]
