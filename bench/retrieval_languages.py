"""How questions find documents in their own and in the other language: ways to compare vectors, and ways to fuse.

    plumbline eval DATASET_DIR --workspace WORKSPACE      # makes the workspace, and embeds it
    python bench/retrieval_languages.py DATASET_DIR WORKSPACE

Prints document recall@1 and @5 for each direction (language of the question > language of its documents), and how well
the best score tells questions that have an answer from those that have none (area under the ROC curve). Searches are
exhaustive, so that only the comparison differs.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.embedders import load_embedder
from adapters.model_catalog import ModelCatalog
from knowledge.catalog import Catalog
from knowledge.centring import Centres
from knowledge.fusion import FOREIGN_SHARE, Signals, Weights, fused
from knowledge.index_store import IndexStore
from knowledge.language import detect_language
from knowledge.types import ANYONE

MODEL = "multilingual-e5-small"
DAMPING = 60  # of reciprocal rank fusion, as in Cormack et al. 2009
CANDIDATES = 40

Scores = NDArray[np.float64]
"""Of all chunks, for one question."""


@dataclass(frozen=True)
class Corpus:
    """The chunks of a workspace, in parallel."""

    paths: list[str]
    languages: NDArray[np.str_]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """A question with its vector, its keyword coverage of each chunk, and what answers it."""

    text: str
    language: str
    vector: NDArray[np.float32]
    coverage: Scores
    relevant: set[str]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("workspace", type=Path)
    arguments = parser.parse_args()
    embedder = load_embedder(MODEL, "auto", ModelCatalog.load())
    with Catalog.open(arguments.workspace / "catalog.sqlite") as catalog:
        store = IndexStore(arguments.workspace / "index", catalog)
        snapshot = store.reader().snapshot()
        assert snapshot is not None, "the workspace has no index; run plumbline eval first"
        permitted = snapshot.permitted(ANYONE).keywords
        corpus, places = _corpus(catalog)
        rows = [json.loads(line) for line in (arguments.dataset / "queries.jsonl").read_text("utf-8").splitlines()]
        questions = []
        for row, vector in zip(rows, embedder.embed_queries([row["question"] for row in rows]), strict=True):
            coverage = np.zeros(len(corpus.paths))
            hits = snapshot.keywords.search(row["question"], permitted, CANDIDATES)
            coverage[[places[found] for found in hits.rows.tolist()]] = hits.coverage
            language = detect_language(row["question"])
            relevant = {_name(found["doc_id"]) for found in row["relevant"]}
            questions.append(Question(row["question"], language, vector, coverage, relevant))
        for name, method in _methods(corpus, store.centres(embedder)).items():
            _print(name, method, corpus, questions)


def _corpus(catalog: Catalog) -> tuple[Corpus, dict[int, int]]:
    rows: list[int] = []
    languages: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    for batch in catalog.documents.vectors():
        rows += batch.rows.tolist()
        languages += batch.languages
        vectors.append(batch.vectors)
    stored = catalog.documents.stored_chunks(rows)
    paths = [_name(stored[row].document.path) for row in rows]
    return Corpus(paths, np.array(languages), np.concatenate(vectors)), {row: at for at, row in enumerate(rows)}


def _name(path: str) -> str:
    """A document's id in the dataset: its path, for a corpus in one file without the ending."""
    return path.removesuffix(".md")


def _methods(corpus: Corpus, centres: Centres) -> dict[str, Callable[[Question], Scores]]:
    known = sorted(set(corpus.languages.tolist()))
    means = {language: corpus.vectors[corpus.languages == language].mean(axis=0) for language in known}
    by_means = Centres(means, means)

    def plain(question: Question) -> Scores:
        return _float64(corpus.vectors @ question.vector)

    def compared(by: Centres) -> Callable[[Question], Scores]:
        passages = corpus.vectors.copy()
        for language in known:
            mine = corpus.languages == language
            passages[mine] = by.of_passages(passages[mine], language)
        return lambda question: _float64(passages @ by.of_question(question.vector, question.language))

    def each_language(method: Callable[[Question], Scores]) -> Callable[[Question], Scores]:
        def ranks(question: Question) -> Scores:
            scores, found = method(question), np.zeros(len(corpus.paths))
            for language in known:
                mine = np.flatnonzero(corpus.languages == language)
                found[mine] = _reciprocal_ranks(scores[mine])
            return found + 1e-6 * scores

        return ranks

    centred = compared(centres)

    def blended(question: Question) -> Scores:
        foreign = corpus.languages != question.language
        held = np.where(foreign, np.maximum(question.coverage, FOREIGN_SHARE), question.coverage)
        pairs = zip(centred(question).tolist(), held.tolist(), strict=True)
        return np.array([fused(Signals(near, words), Weights()) for near, words in pairs])

    def by_ranks(question: Question) -> Scores:
        near, words = centred(question), question.coverage
        return _votes(near, near >= np.sort(near)[-CANDIDATES:][0]) + _votes(words, words > 0)

    return {
        "cosine": plain,
        "each language by itself, ranks fused": each_language(plain),
        "less each language's mean over the corpus": compared(by_means),
        "  each language by itself, less its mean": each_language(compared(by_means)),
        "less centres of parallel sentences (ours)": centred,
        "  each language by itself, less its centre": each_language(centred),
        "keywords": lambda question: question.coverage,
        "ours and keywords, reciprocal rank fusion": by_ranks,
        "ours and keywords, scores added (ours)": blended,
    }


def _float64(values: NDArray[Any]) -> Scores:
    return values.astype(np.float64)


def _reciprocal_ranks(scores: Scores) -> Scores:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return 1 / (DAMPING + ranks)


def _votes(scores: Scores, taking_part: NDArray[np.bool_]) -> Scores:
    return np.where(taking_part, _reciprocal_ranks(scores), 0.0)


def _print(name: str, method: Callable[[Question], Scores], corpus: Corpus, questions: list[Question]) -> None:
    language_of = dict(zip(corpus.paths, corpus.languages.tolist(), strict=True))
    recalls: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    best: dict[bool, list[float]] = {True: [], False: []}
    for question in questions:
        scores = method(question)
        best[bool(question.relevant)].append(float(scores.max()))
        if not question.relevant:
            continue
        order = np.argsort(-scores, kind="stable")
        found = list(dict.fromkeys(corpus.paths[place] for place in order[:400]))
        recall = tuple(
            len(question.relevant & set(found[:depth])) / min(depth, len(question.relevant)) for depth in (1, 5)
        )
        languages = "/".join(sorted({language_of[path] for path in question.relevant if path in language_of}))
        for group in ("all", f"{question.language}>{languages}"):
            recalls[group].append((recall[0], recall[1]))
    cells = [
        f"{group} ({len(rows)}) " + " / ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
        for group, rows in sorted(recalls.items())
    ]
    print(f"{name:44} {'   '.join(cells)}   auc {_auc(best[True], best[False]):.3f}", flush=True)


def _auc(answerable: list[float], unanswerable: list[float]) -> float:
    """The chance that a question with an answer scores higher than one without."""
    if not answerable or not unanswerable:
        return float("nan")
    pairs: Any = np.subtract.outer(np.array(answerable), np.array(unanswerable))
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


if __name__ == "__main__":
    main()
