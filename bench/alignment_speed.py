"""How long a check takes and how much memory the graph needs, by the number of labels.

    PYTHONPATH=. python bench/alignment_speed.py [LABELS ...]

Makes a graph of invented names for each number of labels (default 1000, 100000 and 1000000; half English, half Chinese;
each concept has a type and an owner) and checks texts of 1,000 characters that name ten of its concepts, with no
passages and with five of 400 characters. Prints processor milliseconds per check (which other work on the machine does
not lengthen much), the same for a text that is looked at after each of its sentences while it is written (all looks
together), checks a minute on one core, seconds to build, and the resident memory that the graph, linker and checker
added.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode, Quad
from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.alignment.streaming import SentenceWatch
from knowledge.graph import Linker, TermGraph
from knowledge.graph import vocabulary as words
from knowledge.sentences import split_sentences
from knowledge.types import Passage

CHARACTERS = 1000
PASSAGE = 400
CHECKS = 60
_SYLLABLES = "ba de fi go lu mar nel or pin qua ros sil tan ul vex wim yor zed kel dra".split()
_HAN = "河山林海星云风雷松竹梅兰金银铜铁石玉天地东西南北安宁康泰清明远长高新华建国民生和平永福瑞祥嘉禾"
_OWNER, _TEAM = "urn:bench:owner", "urn:bench:Thing"


@dataclass(frozen=True)
class Names:
    """The English and the Chinese name of each concept, by its number."""

    english: list[str]
    chinese: list[str]


def names(count: int, rng: random.Random) -> Names:
    """As many different names of each language."""
    english: dict[str, None] = {}
    chinese: dict[str, None] = {}
    while len(english) < count:
        english["".join(rng.choices(_SYLLABLES, k=3)).title() + " " + "".join(rng.choices(_SYLLABLES, k=2)).title()] = (
            None
        )
    while len(chinese) < count:
        chinese["".join(rng.choices(_HAN, k=5)) + "系统"] = None
    return Names(list(english), list(chinese))


def quads(known: Names) -> Iterator[Quad]:
    """A graph in which each concept is owned by the next one."""

    def about(subject: str, predicate: str, value: NamedNode | Literal) -> Quad:
        return Quad(NamedNode(subject), NamedNode(predicate), value)

    kind, owner = NamedNode(words.TYPE), _OWNER
    yield Quad(NamedNode(owner), kind, NamedNode(words.OBJECT_PROPERTY))
    yield Quad(NamedNode(owner), kind, NamedNode(words.FUNCTIONAL))
    for phrase, language in (("{subject} is owned by {object}", "en"), ("{subject}由{object}负责", "zh")):
        yield about(owner, words.PHRASE, Literal(phrase, language=language))
    count = len(known.english)
    for number in range(count):
        concept = f"urn:bench:c{number}"
        yield Quad(NamedNode(concept), kind, NamedNode(words.CONCEPT))
        yield Quad(NamedNode(concept), kind, NamedNode(_TEAM))
        yield about(concept, words.SKOS + "prefLabel", Literal(known.english[number], language="en"))
        yield about(concept, words.SKOS + "prefLabel", Literal(known.chinese[number], language="zh"))
        yield about(concept, owner, NamedNode(f"urn:bench:c{(number + 1) % count}"))


def text_of(known: Names, rng: random.Random, length: int, *, chinese: bool) -> str:
    """True and false statements about ten concepts among plain sentences, cut to a length."""
    pieces: list[str] = []
    count = len(known.english)
    for place in range(5):
        one = rng.randrange(count)
        other = (one + 1) % count if place % 2 else rng.randrange(count)
        if chinese:
            pieces.append(f"{known.chinese[one]}由{known.chinese[other]}负责，每月向全体同事公布一次运行情况。")
            pieces.append("遇到问题时，请先查看操作手册，再与值班同事联系，通常在两个工作日之内会有答复。" * 2)
        else:
            pieces.append(
                f"{known.english[one]} is owned by {known.english[other]} and reports to everyone each month."
            )
            pieces.append("When something goes wrong, look into the manual first, then ask the colleagues on duty. ")
    whole = ("" if chinese else " ").join(pieces)
    while len(whole) < length:
        whole += "其他事项按照公司的一般规定办理。" if chinese else " Everything else follows the general rules."
    return whole[:length]


def written(checker: Checker, text: str, passages: list[Passage]) -> None:
    """A text checked while it is written, after each of its sentences."""
    watch = SentenceWatch(checker.checking(passages, with_model=False))
    for sentence in split_sentences(text):
        watch.take(text[: sentence.end])
    watch.take(text, complete=True)


def megabytes() -> float:
    """The most memory that the process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def at(values: list[float], share: float) -> float:
    """The value below which that share of them lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(labels: int) -> list[tuple[str, ...]]:
    """One row for each language and number of passages."""
    rng = random.Random(labels)  # noqa: S311 - names for a benchmark, no secrets
    known = names(labels // 2, rng)
    before, began = megabytes(), time.process_time()
    graph = TermGraph(quads(known), "bench")
    linker = Linker(graph)
    checker = Checker(graph, linker, today=lambda: date(2026, 1, 1))
    checker.check(text_of(known, rng, CHARACTERS, chinese=True))
    built, grown = time.process_time() - began, megabytes() - before
    rows = []
    for chinese in (False, True):
        for passages in (0, 5):
            times, streamed = [], []
            for _ in range(CHECKS):
                text = text_of(known, rng, CHARACTERS, chinese=chinese)
                given = [
                    Passage(str(number), text_of(known, rng, PASSAGE, chinese=chinese)) for number in range(passages)
                ]
                start = time.process_time()
                checker.check(text, given)
                middle = time.process_time()
                times.append((middle - start) * 1000)
                written(checker, text, given)
                streamed.append((time.process_time() - middle) * 1000)
            minute = 60_000 / (sum(times) / len(times))
            language = "zh" if chinese else "en"
            figures = (
                f"{at(times, 0.5):.1f}",
                f"{at(times, 0.95):.1f}",
                f"{at(streamed, 0.5):.1f}",
                f"{minute:,.0f}",
                f"{built:.1f}",
                f"{grown:,.0f}",
            )
            rows.append((f"{labels:,}", language, str(passages), *figures))
    return rows


def main() -> None:
    """Measure each number of labels."""
    sizes = [int(size) for size in sys.argv[1:]] or [1000, 100_000, 1_000_000]
    table = Table(title=f"{CHARACTERS} characters, {CHECKS} checks each")
    for column in (
        "labels",
        "language",
        "passages",
        "p50 ms",
        "p95 ms",
        "written p50",
        "a minute",
        "built in s",
        "memory MB",
    ):
        table.add_column(column, justify="right")
    for size in sizes:
        for row in measure(size):
            table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
