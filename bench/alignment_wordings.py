"""Sentences that say the same as the graph in many words, and false ones: what is called wrong, and what is changed.

    PYTHONPATH=. python bench/alignment_wordings.py

The sentences of `tests/knowledge/alignment/harbour.toml`, an invented port, each by itself and without passages.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

FOLDER = Path(__file__).parents[1] / "tests" / "knowledge" / "alignment"


def main() -> None:
    """Check all sentences and count."""
    graph = TermGraph.from_files([FOLDER / "harbour.ttl"])
    checker = Checker(graph, Linker(graph))
    sentences = tomllib.loads((FOLDER / "harbour.toml").read_text(encoding="utf-8"))
    table = Table("sentences", "language", "n", "called wrong", "changed")
    for kind, texts in sentences.items():
        for language, chosen in (("en", str.isascii), ("zh", lambda text: not text.isascii())):
            reports = [checker.check(text) for text in texts if chosen(text)]
            wrong = sum(report.verdict == "contradicted" for report in reports)
            table.add_row(kind, language, str(len(reports)), str(wrong), str(sum(bool(each.edits) for each in reports)))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
