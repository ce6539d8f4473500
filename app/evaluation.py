"""How well a workspace finds and answers the questions of a dataset; formats and measures as `docs/evaluation.md` says.

A dataset is a folder with `queries.jsonl` and either `corpus.jsonl` or a folder `documents/`. It is ingested into a
workspace of its own that is kept for the next time.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import log2
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote, unquote

from app.answer import Answer, Citation
from app.assistant import Assistant
from app.questions import Turn
from app.settings import Settings
from app.wiring import open_workspace
from knowledge.errors import InvalidInput
from knowledge.types import Hit, Language, User, is_document

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and of how much."""

_HITS = 10
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)*|[㐀-鿿]")
_MARKERS = re.compile(r"\s*\[\d{1,2}\]")


@dataclass(frozen=True, slots=True)
class Query:
    """One question of a dataset. Each key fact is a list of wordings, of which a right answer has one."""

    id: str
    question: str
    language: Language
    answers: tuple[str, ...]
    relevant: tuple[tuple[str, str], ...]
    answerable: bool
    user: str | None = None
    follows: str | None = None
    key_facts: tuple[tuple[str, ...], ...] = ()
    forbidden_facts: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one query: ranked hits with their document ids, and the answer where one was asked for."""

    query: Query
    hits: tuple[Hit, ...]
    documents: tuple[str, ...]
    answer: Answer | None
    cited: tuple[str, ...] = ()


def evaluate(
    dataset: Path,
    settings: Settings,
    *,
    workspace: Path | None = None,
    answers: int = 0,
    progress: Progress = lambda _what, _done, _total: None,
) -> dict[str, Any]:
    """The measures of `design.md` §6 over a dataset; the model answers `answers` of its queries, spread evenly."""
    return report(outcomes(dataset, settings, workspace=workspace, answers=answers, progress=progress))


def outcomes(
    dataset: Path,
    settings: Settings,
    *,
    workspace: Path | None = None,
    answers: int = 0,
    progress: Progress = lambda _what, _done, _total: None,
    registry: Any = None,
    version: str | None = None,
) -> list[Outcome]:
    """What came of each query. A `version` ("": the base) of another workspace's `registry` answers if it is named."""
    queries = read_queries(dataset / "queries.jsonl")
    folder = workspace or _kept_workspace(dataset)
    with _prepared(dataset, settings.model_copy(update={"workspace": folder}), progress) as assistant:
        if registry is not None:
            assistant.workspace.parts["registry"] = registry
        asking = _Asking(assistant, {query.id: query for query in queries}, _users(dataset), dataset, version)
        chosen = _spread(queries, answers)
        found = []
        for done, query in enumerate(queries):
            progress("questions", done, len(queries))
            found.append(_run(asking, query, ask=query.id in chosen))
        progress("questions", len(queries), len(queries))
    return found


def read_queries(file: Path) -> list[Query]:
    """The queries of a `queries.jsonl`; raises InvalidInput with the line that is wrong."""
    if not file.is_file():
        raise InvalidInput(
            f"{file.parent}: no queries.jsonl there; a dataset for `plumbline eval` is a folder with one"
        )
    queries = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            queries.append(_query(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(f"{file}, line {number}: not a query ({error}); see docs/evaluation.md") from error
    if not queries:
        raise InvalidInput(f"{file}: no query in it; see docs/evaluation.md for the format")
    return queries


def _query(row: dict[str, Any]) -> Query:
    return Query(
        id=str(row["id"]),
        question=str(row["question"]),
        language="zh" if row.get("lang") == "zh" else "en",
        answers=tuple(row.get("answers", ())),
        relevant=tuple((item["doc_id"], item.get("quote", "")) for item in row.get("relevant", ())),
        answerable=bool(row.get("answerable", True)),
        user=row.get("user"),
        follows=row.get("follows"),
        key_facts=tuple((fact,) if isinstance(fact, str) else tuple(fact) for fact in row.get("key_facts", ())),
        forbidden_facts=tuple(row.get("forbidden_facts", ())),
        kind=row.get("kind", ""),
    )


def _kept_workspace(dataset: Path) -> Path:
    from platformdirs import user_cache_path

    place = dataset.expanduser().resolve()
    return user_cache_path("plumbline") / "eval" / f"{place.name}-{sha256(str(place).encode()).hexdigest()[:8]}"


def _prepared(dataset: Path, settings: Settings, progress: Progress) -> Assistant:
    """An assistant over the dataset's documents, terms and access labels; only what changed is ingested."""
    from app.demo import import_terms

    documents = dataset / "documents"
    access = dataset / "access.yaml"
    own = {"policy": dataset / "policy.yaml", "directory": dataset / "directory.csv"}
    given = {key: file.resolve() for key, file in own.items() if file.is_file()}
    settings = settings.model_copy(update={"desensitize": settings.desensitize.model_copy(update=given)})
    workspace = open_workspace(settings, create=True)
    if not documents.is_dir():
        documents = _write_corpus(dataset / "corpus.jsonl", settings.workspace / "documents")
    if (dataset / "terms.ttl").is_file():
        import_terms(workspace, dataset / "terms.ttl")
    workspace.pipeline().run(
        [documents],
        access_file=access if access.is_file() else None,
        progress=lambda done, total: progress("documents", done, total or done),
    )
    return Assistant(workspace)


def _write_corpus(file: Path, folder: Path) -> Path:
    """`corpus.jsonl` as one Markdown file per document; files that are right already are left alone."""
    if not file.is_file():
        raise InvalidInput(f"{file.parent}: neither documents/ nor corpus.jsonl there; see docs/evaluation.md")
    folder.mkdir(parents=True, exist_ok=True)
    wanted: dict[Path, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            title = " ".join(str(row.get("title") or row["id"]).split())
            wanted[folder / f"{quote(str(row['id']), safe='')}.md"] = f"# {title}\n\n{row['text']}\n"
    for old in set(folder.glob("*.md")) - set(wanted):
        old.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return folder


def _users(dataset: Path) -> dict[str, User]:
    from app.demo import read_accounts

    file = dataset / "users.yaml"
    if not file.is_file():
        return {}
    return {each.name: User(name=each.name, role=each.role, groups=each.groups) for each in read_accounts(file)}


def _spread(queries: Sequence[Query], count: int) -> set[str]:
    """`count` query ids spread evenly over languages and kinds."""
    if count >= len(queries):
        return {query.id for query in queries}
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for query in queries:
        groups[query.kind, query.language].append(query.id)
    rounds = [ids[turn] for turn in range(len(queries)) for _, ids in sorted(groups.items()) if turn < len(ids)]
    return set(rounds[:count])


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whom to ask, as whom, over what."""

    assistant: Assistant
    by_id: dict[str, Query]
    users: dict[str, User]
    dataset: Path
    version: str | None


def _run(asking: _Asking, query: Query, *, ask: bool) -> Outcome:
    assistant, dataset = asking.assistant, asking.dataset
    user = asking.users.get(query.user or "")
    if query.user and user is None:
        raise InvalidInput(f"{dataset / 'users.yaml'}: no account {query.user!r}, which query {query.id} asks as")
    history = _history(query, asking.by_id)
    hits = tuple(assistant.search(assistant.understand(query.question, history), user, _HITS))
    answer = None
    if ask:
        *_, last = assistant.stream(query.question, user, history=history, version=asking.version)
        answer = last.answer  # type: ignore[union-attr] # the last event holds it
    corpus = not (dataset / "documents").is_dir()
    return Outcome(
        query=query,
        hits=hits,
        documents=tuple(_document_id(hit.path, corpus=corpus) for hit in hits),
        answer=answer,
        cited=tuple(_document_id(each.path, corpus=corpus) for each in _cited(answer)) if answer else (),
    )


def _cited(answer: Answer) -> list[Citation]:
    """The citations of documents: what the term graph itself says is no document's."""
    return [each for each in answer.citations if is_document(each.document_id)]


def _history(query: Query, by_id: dict[str, Query]) -> list[Turn]:
    """What was said before a follow-up: the earlier questions with their reference answers."""
    turns: list[Turn] = []
    earlier = by_id.get(query.follows or "")
    while earlier is not None and len(turns) < len(by_id):
        turns.insert(0, Turn(earlier.question, earlier.answers[0] if earlier.answers else ""))
        earlier = by_id.get(earlier.follows or "")
    return turns


def _document_id(path: str, *, corpus: bool) -> str:
    return unquote(path.removesuffix(".md")) if corpus else path


# --- measures ---------------------------------------------------------------------------------------------------


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All measures, overall and by language and kind."""
    whole = _measures(outcomes)
    for name, key in (("by_lang", "language"), ("by_kind", "kind")):
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            groups[getattr(outcome.query, key)].append(outcome)
        whole[name] = {group: _measures(members) for group, members in sorted(groups.items()) if group}
    whole["wrong"] = [_complaint(outcome) for outcome in outcomes if outcome.answer and not _right(outcome)]
    return whole


def _complaint(outcome: Outcome) -> dict[str, Any]:
    answer = outcome.answer
    return {
        "id": outcome.query.id,
        "kind": outcome.query.kind,
        "question": outcome.query.question,
        "answer": answer.answer if answer else "",
        "abstained": bool(answer and answer.abstained),
        "expected": outcome.query.answers[:1],
    }


def _measures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found = [outcome for outcome in outcomes if outcome.query.answerable and outcome.query.relevant]
    measures: dict[str, Any] = {"queries": len(outcomes)}
    for depth in (1, 5, 10):
        measures[f"recall@{depth}"] = _average(_recall(outcome, depth) for outcome in found)
    measures["mrr@10"] = _average(_reciprocal_rank(outcome) for outcome in found)
    measures["ndcg@10"] = _average(_ndcg(outcome) for outcome in found)
    measures["passage_recall@5"] = _average(_passage_recall(outcome) for outcome in found)
    answered = [outcome for outcome in outcomes if outcome.answer is not None]
    if answered:
        measures["answer"] = _answer_measures(answered)
    return measures


def question_measures(outcome: Outcome) -> dict[str, float | None]:
    """The measures of one answered query, alignment included; shares from 0 to 1, None where there is no measure."""
    answer = outcome.answer
    if answer is None:
        raise AssertionError("only for answered queries")
    report = answer.alignment
    return {
        "f1": _f1(outcome),
        "em": _exact(outcome),
        "right": float(_right(outcome)),
        "abstained": float(answer.abstained),
        "citation_precision": _citation_precision(outcome),
        "citation_recall": _citation_recall(outcome),
        "term_coverage": report.term_coverage,
        "relation_accuracy": report.relation_accuracy,
        "contextual_consistency": report.contextual_consistency,
    }


def _average(values: Iterable[float]) -> float | None:
    rows = list(values)
    return round(mean(rows), 4) if rows else None


def _ranked_documents(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(outcome.documents))


def _relevant(outcome: Outcome) -> set[str]:
    return {document for document, _ in outcome.query.relevant}


def _recall(outcome: Outcome, depth: int) -> float:
    """Share of the relevant documents among the first `depth` hits."""
    relevant = _relevant(outcome)
    return len(relevant & set(outcome.documents[:depth])) / len(relevant)


def _reciprocal_rank(outcome: Outcome) -> float:
    relevant = _relevant(outcome)
    return next((1 / rank for rank, each in enumerate(_ranked_documents(outcome), 1) if each in relevant), 0.0)


def _ndcg(outcome: Outcome) -> float:
    """Normalized discounted cumulative gain over documents, binary gains (Järvelin and Kekäläinen 2002)."""
    relevant = _relevant(outcome)
    gain = sum(1 / log2(rank + 1) for rank, each in enumerate(_ranked_documents(outcome), 1) if each in relevant)
    return gain / sum(1 / log2(rank + 1) for rank in range(1, min(len(relevant), _HITS) + 1))


def _passage_recall(outcome: Outcome) -> float:
    """Share of the relevant quotes that stand in one of the first five hits."""
    texts = [_squeeze(hit.text) for hit in outcome.hits[:5]]
    quotes = [_squeeze(text) for _, text in outcome.query.relevant if text]
    return mean(any(text in held for held in texts) for text in quotes) if quotes else 1.0


def _answer_measures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    answerable = [outcome for outcome in outcomes if outcome.query.answerable]
    refused = [outcome for outcome in outcomes if outcome.answer and outcome.answer.abstained]
    written = [outcome for outcome in answerable if outcome not in refused]
    unanswerable = [outcome for outcome in outcomes if not outcome.query.answerable]
    rightly = [outcome for outcome in refused if not outcome.query.answerable]
    timings = [outcome.answer.timings_ms for outcome in outcomes if outcome.answer and not outcome.answer.abstained]
    return {
        "asked": len(outcomes),
        "right": _average(_right(outcome) for outcome in answerable),
        "em": _average(_exact(outcome) for outcome in answerable),
        "f1": _average(_f1(outcome) for outcome in answerable),
        "citation_precision": _average(_citation_precision(outcome) for outcome in written),
        "citation_recall": _average(_citation_recall(outcome) for outcome in written),
        "abstain_precision": round(len(rightly) / len(refused), 4) if refused else None,
        "abstain_recall": round(len(rightly) / len(unanswerable), 4) if unanswerable else None,
        "refused_answerable": _average(outcome in refused for outcome in answerable),
        "leaks": sum(_leaks(outcome) for outcome in outcomes),
        "median_ms": {
            "retrieve": round(median(each.retrieve for each in timings), 1),
            "first_token": round(median(each.first_token for each in timings), 1),
            "total": round(median(each.total for each in timings), 1),
        }
        if timings
        else None,
    }


def text_of(outcome: Outcome) -> str:
    """The answer without its citation markers; empty where there is none."""
    return _MARKERS.sub("", outcome.answer.answer) if outcome.answer else ""


def _squeeze(text: str) -> str:
    """Lower case without blanks, Markdown marks, thousands separators and the zeros of 03月05日."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))|(?<=[年月])0(?=\d[月日])", "", text.lower())
    return re.sub(r"[\s*_`|\\]+", "", text)


def _right(outcome: Outcome) -> bool:
    """Answerable: answered with all key facts (where none are given: with a reference answer); else: refused."""
    if outcome.answer is None or not outcome.query.answerable:
        return bool(outcome.answer and outcome.answer.abstained)
    if outcome.answer.abstained:
        return False
    return states(text_of(outcome), outcome.query.key_facts or (outcome.query.answers,))


def states(text: str, facts: Sequence[Sequence[str]]) -> bool:
    """Whether one wording of each fact stands in a text, whatever its case, blanks and Markdown."""
    squeezed = _squeeze(text)
    return all(any(_squeeze(wording) in squeezed for wording in fact) for fact in facts)


def _exact(outcome: Outcome) -> float:
    return exact(text_of(outcome), outcome.query.answers)


def exact(text: str, references: Sequence[str]) -> float:
    """1.0 when the words of a text are those of a reference, else 0.0."""
    given = _WORD.findall(text.lower())
    return float(any(given == _WORD.findall(reference.lower()) for reference in references))


def _f1(outcome: Outcome) -> float:
    if outcome.answer is None or outcome.answer.abstained:
        return 0.0
    return f1(text_of(outcome), outcome.query.answers)


def f1(text: str, references: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over words (Han: characters), best reference (as SQuAD's script does)."""
    given = Counter(_WORD.findall(text.lower()))
    best = 0.0
    for reference in references:
        wanted = Counter(_WORD.findall(reference.lower()))
        common = sum((given & wanted).values())
        if common:
            best = max(best, 2 * common / (given.total() + wanted.total()))
    return best


def _citation_precision(outcome: Outcome) -> float:
    cited = set(outcome.cited)
    return len(cited & _relevant(outcome)) / len(cited) if cited else 0.0


def _citation_recall(outcome: Outcome) -> float:
    relevant = _relevant(outcome)
    return len(set(outcome.cited) & relevant) / len(relevant) if relevant else 1.0


def _leaks(outcome: Outcome) -> bool:
    """Whether a fact that this asker may not see stands in anything shown."""
    if not outcome.query.forbidden_facts or outcome.answer is None:
        return False
    answer = outcome.answer
    shown = [answer.answer, answer.alignment.draft, *answer.follow_ups]
    shown += [f"{each.title} {each.heading} {each.quote}" for each in (*answer.citations, *answer.nearest)]
    shown += [f"{hit.title} {hit.heading} {hit.text}" for hit in outcome.hits]
    held = _squeeze(" ".join(shown))
    return any(_squeeze(fact) in held for fact in outcome.query.forbidden_facts)
