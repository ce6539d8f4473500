"""A trial for Chinese names: a linear head on the token vectors of the frozen embedder, beside the built-in weights.

    PYTHONPATH=.:bench python bench/pii_token_head.py FOLDER ROWS.jsonl ... [--layer 6]

FOLDER holds multilingual-e5-small as sentence-transformers and transformers read it. For each candidate the head sees
the mean vector of its tokens, the token before, the token behind, and whether tokens begin and end with it. It is
trained on the sentences of our own, on nothing else. Printed is the share of names that score above the score that 3 %
of the rows without personal data reach: what each way finds at the same cost, with the best threshold for each.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pii_rows import rows_of
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

from ingest.desensitize.context import TextView
from ingest.desensitize.names import chinese
from ingest.desensitize.names.candidates import find_candidates

TRAINED_ON = ("zh_train", "zh_more", "zh_varied", "zh_lexicon")
HOPELESS = -7.0
"""Candidates with less than this from the built-in weights are left out."""
SCALE = 3.0
HARMLESS = 0.03
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Candidate:
    """One candidate of one row."""

    row: str
    score: float
    is_name: bool
    vector: Floats


class Encoder:
    """The frozen embedder up to a layer."""

    def __init__(self, folder: Path, layer: int) -> None:
        torch.set_num_threads(1)
        self._read = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder).eval()
        self._model.encoder.layer = self._model.encoder.layer[:layer]

    def candidates(self, rows: Sequence[dict[str, Any]]) -> Iterator[Candidate]:
        """The candidates of all rows."""
        for start in range(0, len(rows), 32):
            batch = rows[start : start + 32]
            texts = [TextView(row["text"]).plain for row in batch]
            read = self._read(
                [text.replace("\n", " ") for text in texts],
                return_tensors="pt", padding=True, truncation=True, max_length=510, return_offsets_mapping=True,
            )  # fmt: skip
            offsets = read.pop("offset_mapping").numpy()
            with torch.no_grad():
                layers = self._model(**read).last_hidden_state.numpy()
            for row, text, places, layer in zip(batch, texts, offsets, layers, strict=True):
                unit = layer / np.linalg.norm(layer, axis=1, keepdims=True)
                yield from of_row(row, text, places, unit)


def of_row(row: dict[str, Any], text: str, places: NDArray[np.int64], unit: Floats) -> Iterator[Candidate]:
    """The candidates of a row with their vectors."""
    gold = {(span["start"], span["end"]) for span in row["spans"]}
    found = find_candidates(text)
    scores = chinese._model().scores(found.values)  # noqa: SLF001 - what is built in, before its threshold
    begins, ends = places[:, 0], places[:, 1]
    for start, end, score in zip(found.start.tolist(), found.end.tolist(), scores.tolist(), strict=True):
        inside = np.flatnonzero((ends > begins) & (begins < end) & (ends > start))
        if score < HOPELESS or not len(inside):
            continue
        first, last = int(inside[0]), int(inside[-1])
        edges = np.array([begins[first] == start, ends[last] == end], np.float32)
        parts = (unit[inside].mean(0), unit[max(first - 1, 0)], unit[min(last + 1, len(unit) - 1)], edges)
        yield Candidate(row["id"], score, (start, end) in gold, np.concatenate(parts))


def recall(rows: Sequence[dict[str, Any]], found: Sequence[Candidate], scores: NDArray[np.float64]) -> float:
    """The share of names above what 3 % of the rows without a name reach."""
    clean = {row["id"] for row in rows if not row["spans"]}
    highest: dict[str, float] = {}
    for one, score in zip(found, scores.tolist(), strict=True):
        if one.row in clean:
            highest[one.row] = max(highest.get(one.row, score), score)
    ordered = sorted(highest.values(), reverse=True)
    allowed = int(HARMLESS * len(clean))
    least = ordered[allowed] if allowed < len(ordered) else -np.inf
    names = sum(one.is_name and score > least for one, score in zip(found, scores.tolist(), strict=True))
    return names / max(1, sum(len(row["spans"]) for row in rows))


def main() -> None:
    """Train, and print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--layer", type=int, default=12, help="how many layers of the network are computed")
    parser.add_argument("--every", type=int, default=2, help="train on every so manieth row")
    arguments = parser.parse_args()
    encoder = Encoder(arguments.folder, arguments.layer)
    train = list(chain.from_iterable(rows_of(kind) for kind in TRAINED_ON))[:: arguments.every]
    started = time.process_time()
    known = list(encoder.candidates(train))
    speed = sum(len(row["text"]) for row in train) / (time.process_time() - started)
    print(f"{len(known)} candidates, {speed:,.0f} characters a processor second, one thread")
    head = LogisticRegression(C=0.3, max_iter=300)
    head.fit(SCALE * np.array([one.vector for one in known]), [one.is_name for one in known])
    ways: dict[str, Callable[[Floats, NDArray[np.float64]], NDArray[np.float64]]] = {
        "built in": lambda _, scores: scores,
        "head": lambda vectors, _: head.decision_function(SCALE * vectors),
        "sum": lambda vectors, scores: head.decision_function(SCALE * vectors) + np.clip(scores, -7, 7),
    }
    for path in arguments.rows:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found = list(encoder.candidates(rows))
        vectors, scores = np.array([one.vector for one in found]), np.array([one.score for one in found])
        shares = (f"{name} {recall(rows, found, way(vectors, scores)):.3f}" for name, way in ways.items())
        print(f"| {path.stem} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
