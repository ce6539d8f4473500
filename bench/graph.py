"""The term graph at size: loading, searching, checking, linking, each with its goal.

    PYTHONPATH=. python bench/graph.py [--concepts 100000] [--labels 1000000] [--only load,search,check,link]
        [--terms FILE] [--linking DIR]

The graph is made up with a fixed seed: per concept a preferred label in each language, three alternatives, a broader
concept, a definition, a fact; one in fifty is restricted. `--terms` loads and checks a vocabulary of one's own instead.
`--linking` scores a folder with `graph.ttl` and `cases.jsonl` as the alignment benchmark has them. Seconds are given by
the clock and as processor time, which other work on the machine lengthens less.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pyoxigraph import RdfFormat, parse
from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.catalog import Catalog
from knowledge.graph import Linker, TermGraph
from knowledge.graph.pinyin import spellings
from knowledge.graph.quads import Patch
from knowledge.graph.quality import check_concepts, check_graph
from knowledge.graph.reading import read_lines
from knowledge.types import ANYONE

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_HAN = (
    "安北材采仓测产厂场城储创存大单档德地电定东动段队发方风港工固管光规国海航合核恒华环汇机基集计价建交金精景科空控矿蓝雷力立联量"
    "林龙路贸门密明南能宁欧盘配平期器钱强桥轻区全泉热仁软山商设深升胜石实数水税思速台泰特天通途图微维文物西系先线信星行讯业医银英"
    "应永元远云运泽展真正证支质中舟州洲资自宗组"
)
_SYLLABLES = (
    "ba be bo da de di do fa fe ga go ha ka ke ko la le li lo ma me mi na ne no pa po ra re ri sa se ta te va".split()
)
_HEADS = "system platform portal policy team ledger index tool form office group plan contract center".split()
_QUERIES = 100
_TEXTS = 60
_TEXT = 1000


class Report:
    """Rows of measure, goal, wall clock and processor time."""

    def __init__(self) -> None:
        self.table = Table(title=f"term graph, {os.cpu_count()} cores")
        for column in ("what", "goal", "measured", "processor time"):
            self.table.add_column(column)

    def once(self, what: str, goal: str, work: Callable[[], object]) -> object:
        """The result of one piece of work, timed in seconds."""
        wall, own = time.perf_counter(), time.process_time()
        result = work()
        self.table.add_row(what, goal, f"{time.perf_counter() - wall:.1f} s", f"{time.process_time() - own:.1f} s")
        return result

    def often(self, what: str, goal: str, works: list[Callable[[], object]]) -> None:
        """Many small pieces of work: median and 95th percentile in milliseconds."""
        walls, owns = [], []
        for work in works:
            wall, own = time.perf_counter(), time.process_time()
            work()
            walls.append((time.perf_counter() - wall) * 1000)
            owns.append((time.process_time() - own) * 1000)
        self.table.add_row(what, goal, _percentiles(walls), _percentiles(owns))


def _percentiles(values: list[float]) -> str:
    ordered = sorted(values)
    return f"p50 {ordered[len(ordered) // 2]:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms"


def made_up(concepts: int, alternatives: int) -> Iterator[str]:
    """N-Triples of a graph that nobody needs."""
    rng = random.Random(1)  # noqa: S311 - a draw for a benchmark
    for number in range(concepts):
        about = f"<urn:ex:c{number}>"
        chinese = "".join(rng.choices(_HAN, k=rng.randint(3, 6)))
        english = f"{''.join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).capitalize()} {rng.choice(_HEADS)}"
        yield f"{about} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{_SKOS}Concept> .\n"
        yield f'{about} <{_SKOS}prefLabel> "{chinese}"@zh .\n{about} <{_SKOS}prefLabel> "{english}"@en .\n'
        for place in range(alternatives):
            parts, size, tag = (_SYLLABLES, (3, 5), "en") if place % 2 else (_HAN, (3, 7), "zh")
            name = "".join(rng.choices(parts, k=rng.randint(*size)))
            yield f'{about} <{_SKOS}altLabel> "{name.capitalize()}"@{tag} .\n'
        yield f"{about} <{_SKOS}broader> <urn:ex:c{rng.randrange(max(1, number // 10), max(2, number))}> .\n"
        yield f'{about} <{_SKOS}definition> "What number {number} is, in a sentence long enough to be one."@en .\n'
        yield f"{about} <urn:ex:owner> <urn:ex:c{rng.randrange(concepts)}> .\n"
        if number % 50 == 0:
            yield f'{about} <urn:plumbline:ns#accessLabel> "board" .\n'
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    yield f"<urn:ex:owner> {kind} <http://www.w3.org/2002/07/owl#ObjectProperty> .\n"


def loaded(report: Report, data: bytes) -> TermGraph:
    """The graph, loaded from a catalog as a workspace does it."""
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder) / "catalog.sqlite", create=True) as catalog:
        catalog.revisions.append(parse(data, RdfFormat.N_TRIPLES), (), author="bench", comment="", parent="")
        what = f"load {len(data.splitlines()):,} statements"
        graph = report.once(what, "15 s for 1 M", lambda: TermGraph.load(catalog))
    assert isinstance(graph, TermGraph)
    return graph


def searched(report: Report, graph: TermGraph) -> None:
    """What people type: beginnings, whole names, pinyin, slips."""
    report.once(f"search index of {len(graph.concepts()):,} concepts", "", lambda: graph.search("x"))
    rng = random.Random(2)  # noqa: S311 - a draw for a benchmark
    typed: dict[str, list[str]] = defaultdict(list)
    for name in rng.sample(graph.concepts(), _QUERIES):
        labels = graph.labels_of(name)
        english = next(label.text for label in labels if label.language == "en")
        chinese = next(label.text for label in labels if label.language == "zh")
        slip = rng.randrange(len(english) - 1)
        typed["one letter"].append(english[:1])
        typed["the beginning"].append(english[:5])
        typed["a word"].append(english.split()[-1])
        typed["Chinese characters"].append(chinese[1:3])
        typed["pinyin initials"].append("".join(syllable[0] for syllable in spellings(chinese)[0]))
        typed["full pinyin"].append("".join(spellings(chinese)[0]))
        typed["two letters exchanged"].append(english[:slip] + english[slip : slip + 2][::-1] + english[slip + 2 :])
        typed["nothing like it"].append(f"qqzz{slip}xx")
    graph.search("qqzzxxqq")  # the index for slips is made when it is first needed
    for kind, texts in typed.items():
        report.often(f"search: {kind}", "50 ms", [lambda text=text: graph.search(text, ANYONE) for text in texts])


def checked(report: Report, graph: TermGraph) -> None:
    """Every shape on every concept, and on one."""
    today = datetime.now(UTC).date()
    report.once(f"check {len(graph.concepts()):,} concepts", "60 s for 100,000", lambda: check_graph(graph, today))
    some = random.Random(3).sample(graph.concepts(), min(_QUERIES, len(graph.concepts())))  # noqa: S311 - as above
    report.often("check one concept", "", [lambda name=name: check_concepts(graph, [name], today) for name in some])


def linked(report: Report, graph: TermGraph) -> None:
    """Names found in texts of 1,000 characters, half of them names."""
    labels = sum(len(graph.labels_of(name)) for name in graph.concepts())
    linker = report.once(f"linker of {labels:,} labels", "", lambda: _ready(graph))
    assert isinstance(linker, Linker)
    rng = random.Random(4)  # noqa: S311 - a draw for a benchmark
    ids = graph.concepts()
    texts = []
    for _ in range(_TEXTS):
        words = []
        while sum(map(len, words)) < _TEXT:
            words.append(rng.choice(graph.labels_of(rng.choice(ids))).text)
            words.append("".join(rng.choices(_HAN, k=9)) if len(words) % 4 else " is what the meeting said about ")
        texts.append("，".join(words)[:_TEXT])
    report.often("link 1,000 characters", "p95 25 ms", [lambda text=text: linker.link(text, ANYONE) for text in texts])
    Checker(graph, linker).check(texts[0])
    for what, alternatives in (("English", ("Zzyzx Portal", "Zzyzx Desk")), ("short Chinese", ("安北", "材采"))):
        graph, linker = followed(report, graph, linker, what, alternatives)
    report.often("… after these", "p95 25 ms", [lambda text=text: linker.link(text, ANYONE) for text in texts])


def followed(
    report: Report, graph: TermGraph, linker: Linker, what: str, names: tuple[str, ...]
) -> tuple[TermGraph, Linker]:
    """A revision that gives some concepts further names, until an answer has been checked against it."""
    some = graph.concepts()[:: len(graph.concepts()) // len(names)]
    lines = (f'<{one}> <{_SKOS}altLabel> "{name}" .\n' for one, name in zip(some, names, strict=False))
    change = Patch(frozenset(read_lines("".join(lines))))

    def use() -> tuple[TermGraph, Linker]:
        after = graph.after(change, "next")
        links = linker.after(after)
        Checker(after, links).check(f"{names[0]}由{names[-1]}负责。")
        return after, links

    result = report.once(f"a revision with {len(names)} {what} names in use", "3 s", use)
    assert isinstance(result, tuple)
    return result


def _ready(graph: TermGraph) -> Linker:
    linker = Linker(graph)
    linker.link("安北材 first use builds the automaton and the cutter")
    return linker


def linking_f1(folder: Path) -> float:
    """F1 of the linked spans; optional ones count neither way."""
    linker = Linker(TermGraph.from_files([folder / "graph.ttl"]))
    right = wrong = missed = 0
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case.get("task") != "linking":
            continue
        gold = {tuple(span) for span in case["expect"]["mentions"]}
        free = {tuple(span) for span in case["expect"].get("mentions_optional", [])} - gold
        found = {(mention.start, mention.end) for mention in linker.link(case["text"])} - free
        right, wrong, missed = right + len(gold & found), wrong + len(found - gold), missed + len(gold - found)
    return 2 * right / max(1, 2 * right + wrong + missed)


def main() -> None:
    """Measure what was asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concepts", type=int, default=100_000)
    parser.add_argument("--labels", type=int, default=1_000_000, help="labels of the graph that texts are linked with")
    parser.add_argument("--only", default="load,search,check,link")
    parser.add_argument("--terms", type=Path, help="an RDF file instead of the graph that is made up")
    parser.add_argument("--linking", type=Path, help="a folder with graph.ttl and cases.jsonl")
    wanted = parser.parse_args()
    only = set(wanted.only.split(","))
    report = Report()
    if only & {"load", "search", "check"}:
        if wanted.terms:
            graph = TermGraph.from_files([wanted.terms])
        else:
            graph = loaded(report, "".join(made_up(wanted.concepts, 3)).encode())
        if "search" in only and not wanted.terms:
            searched(report, graph)
        if "check" in only:
            checked(report, graph)
        del graph
    if "link" in only:
        data = "".join(made_up(wanted.labels // 10, 8)).encode()
        linked(report, TermGraph(parse(data, RdfFormat.N_TRIPLES)))
    if wanted.linking:
        report.table.add_row(f"linking F1, {wanted.linking.name}", "0.97", f"{linking_f1(wanted.linking):.4f}", "")
    Console(width=140).print(report.table)
    scale = 1 << (20 if sys.platform == "darwin" else 10)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale:.0f} MiB")


if __name__ == "__main__":
    main()
