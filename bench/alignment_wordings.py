"""Sentences that say the same as the graph in many words, and false ones: what is called wrong, and what is changed.

    PYTHONPATH=. python bench/alignment_wordings.py [--show]

The sentences of `tests/knowledge/alignment`: `harbour.toml`, an invented port, `meadow.toml`, forms of true sentences
for several verbs, and `grove.toml`, sentences of seven relations; the latter two are false with the names exchanged.
Each sentence by itself and without passages. Denied, asked and supposed ones are among the forms, so not all of the
exchanged ones are false: their share found has no goal.
`--show` prints the true sentences that were called wrong.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph
from knowledge.types import Language

FOLDER = Path(__file__).parents[1] / "tests" / "knowledge" / "alignment"


def forms(*, exchanged: bool) -> Iterator[tuple[Language, str]]:
    """The sentences of `meadow.toml` with their language; `exchanged`: who does it and whom it is done to, swapped."""
    told = tomllib.loads((FOLDER / "meadow.toml").read_text(encoding="utf-8"))
    for verb in told["verbs"].values():
        chinese, english = (verb["pair"][:2], verb["pair"][2:])
        own: tuple[tuple[Language, list[str], list[str]], ...] = (
            ("zh", chinese, verb.get("zh_own", told["zh"])),
            ("en", english, verb.get("en_own", told["en"])),
        )
        for language, pair, texts in own:
            first, second = reversed(pair) if exchanged else pair
            words = {"v": verb["zh"], **verb["en"]} if "zh" in verb else {}
            for text in texts:
                yield language, text.format(a=first, b=second, **words)


def port(kind: str) -> Iterator[tuple[Language, str]]:
    """The sentences of `harbour.toml` of one kind, "good" or "wrong"."""
    for text in tomllib.loads((FOLDER / "harbour.toml").read_text(encoding="utf-8"))[kind]:
        yield "en" if text.isascii() else "zh", text


def grove(graph: TermGraph, kinds: Sequence[str], *, exchanged: bool) -> Iterator[tuple[Language, str]]:
    """The sentences of `grove.toml` of those kinds, "told" or "open"."""
    for told in tomllib.loads((FOLDER / "grove.toml").read_text(encoding="utf-8")).values():
        for text in (text for kind in kinds for text in told[kind]):
            language: Language = "en" if text.isascii() else "zh"
            names = [graph.label(f"urn:grove:{concept}", language) for concept in told["fact"]]
            first, second = reversed(names) if exchanged else names
            yield language, text.format(a=first, b=second)


def checker_of(name: str) -> Checker:
    """A checker of one of the graphs."""
    graph = TermGraph.from_files([FOLDER / name])
    return Checker(graph, Linker(graph))


def main() -> None:
    """Check all sentences and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    show = parser.parse_args().show
    harbour, meadow = checker_of("harbour.ttl"), checker_of("meadow.ttl")
    trees = TermGraph.from_files([FOLDER / "grove.ttl"])
    wood = Checker(trees, Linker(trees))
    rows = (
        ("port, true", harbour, list(port("good"))),
        ("port, false", harbour, list(port("wrong"))),
        ("forms, true", meadow, list(forms(exchanged=False))),
        ("forms, exchanged", meadow, list(forms(exchanged=True))),
        ("grove, true", wood, list(grove(trees, ("told", "open"), exchanged=False))),
        ("grove, verb first, exchanged", wood, list(grove(trees, ("told",), exchanged=True))),
    )
    table = Table("sentences", "language", "n", "called wrong", "changed")
    for kind, checker, sentences in rows:
        for language in ("en", "zh"):
            reports = [checker.check(text) for spoken, text in sentences if spoken == language]
            wrong = [report for report in reports if report.verdict == "contradicted"]
            table.add_row(
                kind, language, str(len(reports)), str(len(wrong)), str(sum(bool(each.edits) for each in reports))
            )
            if show and "true" in kind:
                print(*(f"{report.draft}  ->  {report.answer}" for report in wrong), sep="\n")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
