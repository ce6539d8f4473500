"""What a policy costs answers: how often it changes the answer itself, and how often question and document do not fit.

    python bench/pii_answers.py DATASET_DIR ... [--policy FILE] [--names N]

A dataset has corpus.jsonl {"id", "text"} and queries.jsonl {"question", "answers", "relevant": [{"doc_id"}]}.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.desensitize import Desensitizer, load_policy

KEY = b"\x07" * 32


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def measure(folder: Path, desensitizer: Desensitizer, names: int) -> None:
    """Print the counts of one dataset, whose documents count as lying in a folder `library`."""
    texts = {row["id"]: row["text"] for row in read(folder / "corpus.jsonl")}
    queries = [row for row in read(folder / "queries.jsonl") if row.get("answers") and row.get("relevant")]
    of_documents = desensitizer.for_document(Path("/library/text.md"), "library/text.md", frozenset())
    masked = apart = fitted = 0
    values: Counter[str] = Counter()
    for row in queries:
        text = texts[row["relevant"][0]["doc_id"]]
        clean, spans = of_documents.desensitize(text)
        answer = next((each for each in row["answers"] if each in text), "")
        if answer and answer not in clean:
            masked += 1
            values.update(text[span.start : span.end] for span in spans if text[span.start : span.end] in answer)
        asked, in_question = desensitizer.desensitize(row["question"])
        taken = [row["question"][span.start : span.end] for span in in_question]
        missing = [
            value
            for value, span in zip(taken, in_question, strict=True)
            if value in text and span.replacement not in clean
        ]
        apart += bool(missing)
        searched = desensitizer.for_search(row["question"], asked)
        fitted += bool(missing) and all(value in searched for value in missing)
    print(
        f"{folder.name}: {len(queries)} questions with an answer; the answer is changed in {masked}; question and "
        f"document differ in a value in {apart}, of which the search knows both writings in {fitted}"
    )
    if names:
        print("  " + ", ".join(value for value, _ in values.most_common(names)))


def main() -> None:
    """Measure every dataset that is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--names", type=int, default=0, help="show so many of the values that answers lose")
    arguments = parser.parse_args()
    desensitizer = Desensitizer(load_policy(arguments.policy), KEY)
    for folder in arguments.datasets:
        measure(folder, desensitizer, arguments.names)


if __name__ == "__main__":
    main()
