"""Fits the weights of Chinese person names: ingest/desensitize/data/zh_person_weights.json.

    PYTHONPATH=.:bench python scripts/person_weights.py

Logistic regression on the candidates of our own sentences (`bench/pii_texts`) and of the demo company's Chinese
documents, whose people are known from its facts. The same input gives the same file.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pii_rows import rows_of
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from ingest.desensitize.context import TextView
from ingest.desensitize.names.candidates import find_candidates
from ingest.desensitize.names.features import feature_names
from ingest.loaders import load

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "ingest" / "desensitize" / "data" / "zh_person_weights.json"
FEWEST = 3
LEAST = 0.02
BESIDE = 0.15
"""How much a candidate counts that overlaps a name: their order decides which wins, not the threshold."""
DRAWN = 0.5
"""How much a candidate counts in a sentence whose words are drawn from the dictionary."""


def documents() -> list[tuple[str, set[tuple[int, int]]]]:
    """Texts of the demo company with the places of its people."""
    facts = (ROOT / "examples" / "source" / "facts.yaml").read_text(encoding="utf-8")
    people = {person["zh"] for person in yaml.safe_load(facts)["people"] if "zh" in person}
    found = []
    for path in sorted((ROOT / "examples" / "documents").rglob("*")):
        if not path.is_file():
            continue
        text = "\n\n".join(block.text for block in load(path).blocks)
        if len(re.findall(r"[\u4e00-\u9fff]", text)) > len(text) * 0.1:
            places = {match.span() for person in people for match in re.finditer(re.escape(person), text)}
            found.append((text, places))
    return found


def blind() -> list[tuple[str, set[tuple[int, int]]]]:
    """Rows of the sets that were written blind and measured once (`bench/pii_unseen`), without those made of others."""
    found = []
    for path in sorted((ROOT / "bench" / "pii_unseen").glob("zh_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "-page-" not in row["id"]:
                spans = (span for span in row["spans"] if span["type"] == "PERSON")
                found.append((row["text"], {(span["start"], span["end"]) for span in spans}))
    return found


def marked(row: dict[str, Any]) -> tuple[str, set[tuple[int, int]]]:
    """The text of a row with the places of its names."""
    return row["text"], {(span["start"], span["end"]) for span in row["spans"]}


def main() -> None:
    """Fit and write."""
    # Of `zh_varied` only the sentences without a person: its names made other words count as names, and found no more
    harmless = (row for row in rows_of("zh_varied") if not row["spans"])
    written = chain(rows_of("zh_train"), rows_of("zh_more"), harmless)
    texts = [(*marked(row), 1.0) for row in written]
    texts += [(*marked(row), DRAWN) for row in rows_of("zh_lexicon")]
    texts += [(*one, 1.0) for one in chain(documents(), blind())]
    names: dict[str, int] = {}
    rows: list[list[int]] = []
    labels: list[int] = []
    shares: list[float] = []
    for text, gold, share in texts:
        candidates = find_candidates(TextView(text).plain)
        rows += [[names.setdefault(name, len(names)) for name in each] for each in feature_names(candidates.values)]
        held = {at for start, end in gold for at in range(start, end)}
        places = list(zip(candidates.start.tolist(), candidates.end.tolist(), strict=True))
        shares += [share * (1.0 if one in gold or held.isdisjoint(range(*one)) else BESIDE) for one in places]
        labels += [int(place in gold) for place in zip(candidates.start, candidates.end, strict=True)]
    pointers = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    matrix = csr_matrix((np.ones(len(columns)), columns, pointers), shape=(len(rows), len(names)))
    often = np.asarray(matrix.sum(axis=0)).ravel() >= FEWEST
    matrix = matrix[:, often]
    kept = [name for name, use in zip(names, often, strict=True) if use]
    model = LogisticRegression(C=float(sys.argv[1]) if len(sys.argv) > 1 else 0.2, max_iter=400, solver="lbfgs")
    model.fit(matrix, labels, sample_weight=shares)
    weights = {"bias": round(float(model.intercept_[0]), 3)}
    found = sorted(zip(kept, model.coef_[0], strict=True))
    weights |= {name: round(float(value), 3) for name, value in found if abs(value) >= LEAST}
    TARGET.write_text(json.dumps(weights, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{len(labels)} candidates, {sum(labels)} names, {len(weights)} weights")


if __name__ == "__main__":
    main()
