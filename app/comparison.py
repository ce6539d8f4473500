"""A model version compared with the one in service: same questions, side by side, each measure with its uncertainty."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from app.adaptation import BASE, Writer
from app.bert_score import bert_scores
from app.evaluation import Outcome, exact, f1, outcomes, question_measures, read_queries, states, text_of
from knowledge.errors import InvalidInput
from knowledge.types import Message

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.catalog.versions import ModelVersion
    from knowledge.protocols import Generator, TokenEmbedder

Progress = Callable[[int, int | None], None]
Rows = dict[str, list[float | None]]
"""Each measure with its value for every question, in the order in which they were asked; None: no measure there."""

_RESAMPLES = 1000
_INTERVAL = 0.95
_GENERAL_TOKENS = 32


@dataclass(frozen=True, slots=True)
class _Question:
    """A question of a comparison; `general` ones belong to no dataset and show what was forgotten."""

    prompt: tuple[Message, ...]
    references: tuple[str, ...]
    facts: tuple[tuple[str, ...], ...]
    general: bool = False


def compare(
    workspace: Workspace,
    version_id: str,
    *,
    by: str,
    against: str | None = None,
    line: str = "",
    dataset: str | None = None,
    folder: Path | None = None,
    answers: int = 20,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Ask both the held-back questions, some general ones and, over documents, those of `folder`; keep the result.

    `against` is a version or `base`; without it, the stable one of `line`. The result has per measure the means of both
    and of the difference, each with a bootstrap interval, and says what the gate makes of it. See
    `Adaptation.closed`; the held-back questions may be missing when there is a `folder`. Raises InvalidInput before
    anything is asked.
    """
    adaptation = workspace.adaptation
    version = adaptation.get(version_id)
    other = adaptation.line(line).stable if against is None else "" if against == BASE else adaptation.get(against).id
    if other == version.id:
        raise InvalidInput(f"{version.id}: is the version in service itself; give --against, such as `base`")
    if folder is not None:
        read_queries(folder / "queries.jsonl")  # what is wrong there is said before an hour is spent
    held_back = _held_back(workspace, version, dataset)
    if not held_back and folder is None:
        raise InvalidInput(
            f"{version.id}: nothing was held back of its dataset; give --dataset or --eval with questions"
        )
    questions = [*held_back, *_general()]
    asked = sum(not question.general for question in questions)
    steps = iter(range(1, 2 * len(questions) + 1))
    ours, theirs = (
        _ask(workspace, adaptation.writer_of(each), questions, lambda: progress(next(steps), 2 * len(questions)))
        for each in (version.id, other)
    )
    result: dict[str, Any] = {
        "version": version.id,
        "against": other or BASE,
        "questions": asked,
        "dataset": dataset or version.dataset.get("name", ""),
        "at": time.time(),
        **_side_by_side(ours, theirs),
    }
    if folder is not None:
        result["documents"] = _over_documents(workspace, version.id, other, folder, answers)
    workspace.catalog.versions.set_evaluation(version.id, result, by=by)
    return {**result, "gate": adaptation.gate(adaptation.get(version.id), adaptation.line(line).stable)}


def table(report: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    """Rows for people: measure, ours, theirs, difference with its interval."""
    for title, part in (("", report), ("over documents: ", report.get("documents", {}))):
        for name, ours in part.get("measures", {}).items():
            difference = part["difference"][name]
            interval = f"{difference['mean']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]"
            yield (f"{title}{name}", f"{ours['mean']:.3f}", f"{part['others'][name]['mean']:.3f}", interval)


# --- asking ---------------------------------------------------------------------------------------------------------


def _held_back(workspace: Workspace, version: ModelVersion, dataset: str | None) -> list[_Question]:
    """The questions of a dataset's test part, or of the part that was held back when the version was trained."""
    from app.training import dataset_path
    from app.wiring import held_back_rows

    path = None if dataset is None else dataset_path(workspace, dataset)
    rows = held_back_rows(workspace, version, path)
    return [_Question(row.prompt, (row.answer,), row.key_facts or ((row.answer,),)) for row in rows]


def _general() -> list[_Question]:
    lines = files("app").joinpath("general.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line]
    return [
        _Question((Message("user", row["question"]),), (), tuple(tuple(fact) for fact in row["facts"]), general=True)
        for row in rows
    ]


def _ask(workspace: Workspace, writer: Writer, questions: Sequence[_Question], done: Callable[[], None]) -> Rows:
    generator, embedder = workspace.adaptation.generator(writer), workspace.embedder
    rows: Rows = {name: [] for name in ("f1", "em", "key_facts", "tokens", "tokens_per_second", "general")}
    texts = []
    for question in questions:
        text, seconds = _answer(generator, question, writer.settings.max_tokens)
        right = float(states(text, question.facts))
        if question.general:
            rows["general"].append(right)
        else:
            tokens = generator.count_tokens(text)
            texts.append(text)
            rows["f1"].append(f1(text, question.references))
            rows["em"].append(exact(text, question.references))
            rows["key_facts"].append(right)
            rows["tokens"].append(float(tokens))
            rows["tokens_per_second"].append(tokens / seconds)
        done()
    references = [question.references for question in questions if not question.general]
    return {**rows, "bert_score": bert_scores(embedder, texts, references)}


def _answer(generator: Generator, question: _Question, max_tokens: int) -> tuple[str, float]:
    started = time.perf_counter()
    limit = min(max_tokens, _GENERAL_TOKENS) if question.general else max_tokens
    text = "".join(generator.stream(question.prompt, max_tokens=limit))
    return text.strip(), max(time.perf_counter() - started, 1e-6)


def _over_documents(workspace: Workspace, ours: str, theirs: str, folder: Path, answers: int) -> dict[str, Any]:
    """Both over the documents of a `plumbline eval` dataset, search, citations and alignment included."""
    found = [
        outcomes(folder, workspace.settings, answers=answers, registry=workspace.registry, version=version)
        for version in (ours, theirs)
    ]
    ours_rows, theirs_rows = (_document_rows(each, workspace.embedder) for each in found)
    both = zip(ours_rows.get("f1", ()), theirs_rows.get("f1", ()), strict=True)
    questions = sum(mine is not None and other is not None for mine, other in both)
    return {"questions": questions, **_side_by_side(ours_rows, theirs_rows)}


def _document_rows(found: Sequence[Outcome], embedder: TokenEmbedder) -> Rows:
    answered = [outcome for outcome in found if outcome.answer is not None]
    rows: Rows = {}
    for outcome in answered:
        for name, value in question_measures(outcome).items():
            rows.setdefault(name, []).append(value)
    # As with F1, a refusal comes near to no reference
    texts = ["" if outcome.answer.abstained else text_of(outcome) for outcome in answered if outcome.answer]
    rows["bert_score"] = bert_scores(embedder, texts, [outcome.query.answers for outcome in answered])
    return rows


# --- measuring ------------------------------------------------------------------------------------------------------


def _side_by_side(ours: Rows, theirs: Rows) -> dict[str, Any]:
    """The means of both and of the differences; the same questions were asked of both."""
    result: dict[str, Any] = {"measures": {}, "others": {}, "difference": {}}
    for name, values in ours.items():
        both = zip(values, theirs[name], strict=True)
        pairs = [(mine, other) for mine, other in both if mine is not None and other is not None]
        if pairs:
            result["measures"][name] = interval([mine for mine, _ in pairs])
            result["others"][name] = interval([other for _, other in pairs])
            result["difference"][name] = interval([mine - other for mine, other in pairs])
    return result


def interval(values: Sequence[float], seed: int = 0) -> dict[str, float]:
    """The mean with a 95 % interval: percentiles of the means of resamples (Efron 1979). The same seed, the same."""
    chance = random.Random(seed)  # noqa: S311 - resampling is no secret
    means = sorted(mean(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    edge = round(_RESAMPLES * (1 - _INTERVAL) / 2)
    low, high = means[edge], means[-edge - 1]
    return {"mean": round(mean(values), 4), "low": round(low, 4), "high": round(high, 4)}
