"""Seconds until an answer begins and ends, for questions of the usual kinds in both languages.

    python bench/first_token.py WORKSPACE [--queries examples/queries.jsonl] [--each 14]

WORKSPACE holds the documents that the questions are about (`plumbline demo` makes one). Medians over the first `--each`
questions of each language that ask for a single fact, a table's cell, the newest version or several documents.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median

from app import Assistant
from app.answer import AnswerEvent, EvidenceEvent, TokenEvent
from knowledge.language import detect_language

KINDS = {"single_fact", "table", "versions", "multi_document"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--queries", type=Path, default=Path("examples/queries.jsonl"))
    parser.add_argument("--each", type=int, default=14)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.queries.read_text(encoding="utf-8").splitlines()]
    usual = [str(row["question"]) for row in rows if row["kind"] in KINDS and row.get("answerable", True)]
    assistant = Assistant.open(given.workspace)
    assistant.warm_up()
    print(f"{os.cpu_count()} cores; medians in seconds: evidence, first token, whole answer")
    every: list[dict[type, float]] = []
    for language in ("zh", "en"):
        asked = [question for question in usual if detect_language(question) == language][: given.each]
        times = [timed(assistant, question) for question in asked]
        every += times
        print(f"{language:4} {len(times):3} questions", *told(times))
    print(f"both {len(every):3} questions", *told(every))


def timed(assistant: Assistant, question: str) -> dict[type, float]:
    """When the first event of each kind came, in seconds after the question."""
    begin, first = time.perf_counter(), dict[type, float]()
    for event in assistant.stream(question):
        first.setdefault(type(event), time.perf_counter() - begin)
    return first


def told(times: list[dict[type, float]]) -> list[str]:
    """The medians; a refusal without a model has no first token."""
    kinds = (EvidenceEvent, TokenEvent, AnswerEvent)
    return [f"{median(one[kind] for one in times if kind in one):.2f}" for kind in kinds]


if __name__ == "__main__":
    main()
