"""What the term graph does for finding: questions in the other language, or in words that were renamed.

    plumbline demo --no-ui --workspace WORKSPACE
    python bench/term_graph_retrieval.py WORKSPACE examples/queries.jsonl

Each question is searched as its user would, with the workspace's graph (names in both languages and old names widen the
question, shared concepts count) and without it (no linker, concept weight 0). Prints, for each kind of question,
document and passage recall@5 both ways, and how often the evidence then holds a fact of the graph.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from app.assistant import Assistant
from app.facts import facts_for
from knowledge.language import detect_language
from knowledge.retriever import Retriever
from knowledge.types import ANYONE, Hit, User

DEPTH = 5
KINDS = ("cross_lingual", "renamed")


@dataclass(frozen=True)
class Measured:
    """One question, both ways: shares of what is relevant among the first five hits."""

    documents: tuple[float, float]
    passages: tuple[float, float]
    facts: bool


def measure(assistant: Assistant, row: dict[str, Any]) -> Measured:
    """Search for one question with the graph and without it."""
    workspace = assistant.workspace
    settings = workspace.settings.retrieval
    without = Retriever(
        workspace.catalog,
        workspace.store,
        workspace.embedder,
        settings=settings.model_copy(update={"concept_weight": 0.0}),
    )
    user = workspace.accounts.user(row["user"]) if row.get("user") else ANYONE
    found = [each.search(row["question"], user, DEPTH) for each in (workspace.retriever(), without)]
    documents, passages = zip(*(_recall(hits, row["relevant"]) for hits in found), strict=True)
    return Measured(documents, passages, _has_facts(assistant, row["question"], user))


def _recall(hits: list[Hit], relevant: list[dict[str, str]]) -> tuple[float, float]:
    documents = mean(any(hit.path.endswith(each["doc_id"]) for hit in hits) for each in relevant)
    passages = mean(any(_squeezed(each["quote"]) in _squeezed(hit.text) for hit in hits) for each in relevant)
    return documents, passages


def _squeezed(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _has_facts(assistant: Assistant, question: str, user: User) -> bool:
    terms = assistant.workspace.terms()
    today = datetime.now(UTC).date()
    return bool(facts_for(question, terms.graph, terms.linker, detect_language(question), user, today))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("queries", type=Path)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    measured: dict[str, list[Measured]] = defaultdict(list)
    with Assistant.open(given.workspace) as assistant:
        for row in rows:
            if row.get("answerable") and row.get("relevant") and not row.get("follows"):
                found = measure(assistant, row)
                measured["all"].append(found)
                if row.get("kind") in KINDS:
                    measured[row["kind"]].append(found)
    print("kind            questions  documents@5 with/without  passages@5 with/without  with a fact")
    for kind in (*KINDS, "all"):
        each = measured[kind]
        if each:
            figures = [mean(one.documents[side] for one in each) for side in (0, 1)]
            figures += [mean(one.passages[side] for one in each) for side in (0, 1)]
            columns = "  ".join(f"{value:.3f}" for value in figures)
            print(f"{kind:<15} {len(each):>9}  {columns}  {sum(one.facts for one in each)}")


if __name__ == "__main__":
    main()
