"""What an embedding model makes of a language itself, and how to take it off.

A multilingual embedder puts a text's language into its vector: chunks of the question's own language come first,
whatever they say. The part that is the language is found with sentences that say the same in both: the mean over the
sentences of one language is that language's *centre*. Without it, and brought back to unit length, vectors compare what
is said.

Parallel sentences do better than the means of the documents themselves, which also hold what the documents of one
language are about; and they serve from the first document on. Ten pairs are nearly as good as forty (measured by
bench/retrieval_languages.py).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.protocols import Embedder, Vectors

SENTENCES = Path(__file__).with_name("parallel_sentences.tsv")
"""Columns: kind ("question" or "passage"), zh, en."""


@dataclass(frozen=True, slots=True)
class Centres:
    """Each language's centre among passages and among questions; a language without one is left as it is."""

    passages: Mapping[str, Vectors]
    questions: Mapping[str, Vectors]

    def of_passages(self, vectors: Vectors, language: str) -> Vectors:
        """Passages in `language` (one vector or rows) as they are compared."""
        return _without(vectors, self.passages.get(language))

    def of_question(self, vector: Vectors, language: str) -> Vectors:
        """A question in `language` as it is compared."""
        return _without(vector, self.questions.get(language))


NO_CENTRES = Centres({}, {})
"""Vectors as the model gives them."""


def measure_centres(embedder: Embedder) -> Centres:
    """The centres of an embedder: embeds some hundred short sentences."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    passages, questions = {}, {}
    for language in ("zh", "en"):
        of_kind = {kind: [row[language] for row in rows if row["kind"] == kind] for kind in ("passage", "question")}
        passages[language] = _mean(embedder.embed_passages(of_kind["passage"]))
        questions[language] = _mean(embedder.embed_queries(of_kind["question"]))
    return Centres(passages, questions)


def _mean(vectors: Vectors) -> Vectors:
    return np.asarray(vectors.mean(axis=0, dtype=np.float64), dtype=np.float32)


def _without(vectors: Vectors, centre: Vectors | None) -> Vectors:
    """The vectors without `centre`, at unit length; one that equals the centre becomes all zeros."""
    if centre is None:
        return vectors
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=-1, keepdims=True)
    return np.asarray(moved / np.maximum(lengths, 1e-6), dtype=np.float32)
