"""The alignment checker on benchmark slices, beside its targets.

    PYTHONPATH=. python bench/alignment.py --data DIR [--slice NAME]... [--graph graph80.ttl] [--wrong FILE] [--json]
        [--keep 0.8] [--every N] [--checker lookup|cosine]

DIR holds slice folders with `graph.ttl` and `cases.jsonl`, and the benchmark's own `score.py`, which defines every
figure. Prints for each slice and kind of case what was detected, changed and put right, and the time a check took.
`--keep` leaves out the other share of the facts, drawn at random; a predicate that lost facts is no longer declared
complete. `--every N` takes every Nth case. `--checker` measures a simpler rule instead (`alignment_baselines.py`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from alignment_baselines import AnyChecker, Cosine, LookUp
from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph
from knowledge.graph import vocabulary as words
from knowledge.types import AlignmentReport, Passage

SWAPS = ("entity_swap", "relation_swap", "direction_swap")
VALUES = ("number_swap", "date_swap", "unit_swap")
COLUMNS = {
    "P": "detection_precision",
    "R": "detection_recall",
    "good flagged": "good_flagged",
    "good changed": "good_changed",
    "must stay, changed": "must_not_change_changed",
    "fixed": "fix_rate",
    "exact when edited": "fix_exact_when_edited",
    "terms replaced": "deprecated_replaced",
    "protected left": "protected_left_alone",
    "linking F1": "linking_f1",
    "balanced acc.": "binary_bacc",
}


@dataclass(frozen=True)
class Target:
    """A figure that the checker has to reach: of these kinds of cases (none: all), at least or at most."""

    name: str
    kinds: tuple[str, ...]
    metric: str
    bound: float
    least: bool
    slices: tuple[str, ...] = ()

    def met(self, value: float) -> bool:
        """Whether a figure is good enough."""
        return value >= self.bound if self.least else value <= self.bound


TARGETS = (
    Target("entity, relation, direction swaps: precision", SWAPS, "detection_precision", 0.98, least=True),
    Target("entity, relation, direction swaps: recall", SWAPS, "detection_recall", 0.90, least=True),
    Target("numbers, dates, units: precision", VALUES, "detection_precision", 0.98, least=True),
    Target("numbers, dates, units: recall", VALUES, "detection_recall", 0.95, least=True),
    Target("good sentences flagged", (), "good_flagged", 0.02, least=False),
    Target("good texts changed", (), "good_changed", 0.005, least=False),
    Target("texts that must stay, changed", (), "must_not_change_changed", 0.005, least=False),
    Target("old and forbidden names replaced", (), "deprecated_replaced", 0.99, least=True),
    Target("protected places left alone", (), "protected_left_alone", 0.99, least=True),
    Target("exact when edited", (), "fix_exact_when_edited", 0.97, least=True),
    Target("linking F1", (), "linking_f1", 0.97, least=True),
    Target("balanced accuracy without a model", (), "binary_bacc", 0.65, least=True),
)


@dataclass(frozen=True)
class Checked:
    """One case with the report on it, the seconds it took, and whether a second check changes nothing."""

    case: dict[str, Any]
    report: AlignmentReport
    seconds: float
    stable: bool


def thinned(graph: TermGraph, keep: float) -> TermGraph:
    """The graph with that share of its facts, drawn with a fixed seed."""
    if keep >= 1:
        return graph
    rng = random.Random(80)  # noqa: S311 - a draw for a benchmark
    relations = {relation.id for relation in graph.relations()}
    facts = sorted((quad for quad in graph.quads if quad.predicate.value in relations), key=str)
    dropped = set(rng.sample(facts, round(len(facts) * (1 - keep))))
    open_now = {quad.predicate.value for quad in dropped}
    left = [
        quad
        for quad in graph.quads
        if quad not in dropped
        and not (quad.predicate.value == words.COMPLETE and getattr(quad.subject, "value", "") in open_now)
    ]
    return TermGraph(left, f"{graph.revision} at {keep:.0%}")


def checker_of(graph: TermGraph, name: str) -> AnyChecker:
    """The checker that is to be measured on a graph."""
    if name == "lookup":
        return LookUp(graph)
    if name == "cosine":
        from adapters.embedders import load_embedder
        from app.settings import load_settings
        from app.wiring import open_models

        settings = load_settings()
        embedding = settings.embedding
        models = open_models(settings)
        return Cosine(graph, load_embedder(embedding.model, embedding.backend, models, settings.models.threads))
    return Checker(graph, Linker(graph))


def check_slice(folder: Path, graph_name: str, name: str, keep: float, every: int) -> Iterator[Checked]:
    """Every case of a slice, or every Nth, checked."""
    graph = thinned(TermGraph.from_files([folder / graph_name]), keep)
    checker = checker_of(graph, name)
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()[::every]:
        case = json.loads(line)
        passages = [Passage(passage["id"], passage["text"]) for passage in case.get("passages", [])]
        began = time.perf_counter()
        report = checker.check(case["text"], passages, case.get("question"))
        seconds = time.perf_counter() - began
        again = report if not report.edits else checker.check(report.answer, passages, case.get("question"))
        yield Checked(case, report, seconds, again.answer == report.answer)


def scores(score: ModuleType, checked: list[Checked], resamples: int) -> dict[str, dict[str, Any]]:
    """What `score.py` says of all cases, of each kind, and of the kinds that targets are about."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for one in checked:
        case = one.case
        row = (case.get("group") or case["id"], score.facts(case, one.report.to_json()))
        linking = case.get("task") == "linking"
        rows["linking" if linking else "all"].append(row)
        rows[case["kind"] + (" (linking)" if linking else "")].append(row)
        for group, kinds in (("swaps", SWAPS), ("values", VALUES)):
            # a false alarm on a good text counts against both
            if not linking and (case["kind"] in kinds or case["expect"]["verdict"] == "supported"):
                rows[group].append(row)
    return {name: score.summary(found, resamples) for name, found in rows.items()}


def judged(target: Target, figures: dict[str, dict[str, Any]]) -> float | None:
    """The figure that a target is about; None where the slice has no such cases."""
    group = "swaps" if target.kinds == SWAPS else "values" if target.kinds == VALUES else "all"
    if target.metric == "linking_f1":
        group = "linking"
    value = figures.get(group, {}).get(target.metric)
    return value[0] if value else None


def show(console: Console, name: str, checked: list[Checked], figures: dict[str, dict[str, Any]]) -> None:
    """The tables of one slice."""
    table = Table(title=name)
    table.add_column("cases")
    table.add_column("n", justify="right")
    shown = [column for column, metric in COLUMNS.items() if any(metric in figure for figure in figures.values())]
    for column in shown:
        table.add_column(column, justify="right")
    for kind, figure in figures.items():
        if kind not in ("swaps", "values"):
            cells = [_percent(figure.get(COLUMNS[column])) for column in shown]
            table.add_row(kind, str(figure["cases"]), *cells)
    console.print(table)
    verdicts = Table(title=f"{name}: targets")
    for column in ("target", "bound", "measured", ""):
        verdicts.add_column(column)
    for target in TARGETS:
        value = judged(target, figures)
        if value is not None:
            bound = f"{'≥' if target.least else '≤'} {target.bound:.1%}"
            verdicts.add_row(target.name, bound, f"{value:.1%}", "met" if target.met(value) else "MISSED")
    stable = sum(one.stable for one in checked) / len(checked)
    verdicts.add_row("second check changes nothing", "100.0%", f"{stable:.1%}", "met" if stable == 1 else "MISSED")
    console.print(verdicts)
    times = sorted(one.seconds * 1000 for one in checked)
    console.print(
        f"{name}: a check took {_at(times, 0.5):.1f} ms (median), {_at(times, 0.95):.1f} ms (95th percentile)\n"
    )


def _percent(value: list[Any] | None) -> str:
    return "" if value is None else f"{value[0] * 100:.1f}"


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def load_score(folder: Path) -> ModuleType:
    """The benchmark's scorer."""
    spec = importlib.util.spec_from_file_location("alignment_score", folder / "score.py")
    if spec is None or spec.loader is None or not (folder / "score.py").is_file():
        sys.exit(f"{folder}: no score.py here; --data names the folder of the benchmark")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Run the slices that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--slice", action="append", default=[])
    parser.add_argument("--graph", default="graph.ttl", help="the graph file in each slice folder")
    parser.add_argument("--resamples", type=int, default=0, help="bootstrap samples for confidence intervals in --json")
    parser.add_argument("--wrong", type=Path, help="write misjudged cases with their reports here, one a line")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=float, default=1.0, help="share of the graph's facts, 0 to 1")
    parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    parser.add_argument("--checker", choices=("ours", "lookup", "cosine"), default="ours")
    wanted = parser.parse_args()
    score = load_score(wanted.data)
    names = wanted.slice or sorted(path.parent.name for path in wanted.data.glob(f"*/{wanted.graph}"))
    console, result, wrong = Console(width=180), {}, []
    for name in names:
        checked = list(check_slice(wanted.data / name, wanted.graph, wanted.checker, wanted.keep, wanted.every))
        result[name] = scores(score, checked, wanted.resamples)
        for one in checked:
            facts = score.facts(one.case, one.report.to_json())
            tags = [tag for tag in ("fp", "fn", "keep_changed", "positive_miscorrected") if facts[tag]]
            if tags or not one.stable:
                wrong.append({"tags": tags, "stable": one.stable, "case": one.case, "report": one.report.to_json()})
        if not wanted.json:
            show(console, name, checked, result[name])
    if wanted.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    if wanted.wrong:
        wanted.wrong.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in wrong), encoding="utf-8")


if __name__ == "__main__":
    main()
