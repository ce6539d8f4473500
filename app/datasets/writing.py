"""Candidates as rows in the forms that trl and LLaMA-Factory read, in parts that share no source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from app.datasets.near import components
from app.datasets.types import PARTS, Candidate, Form

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.training.examples import Dataset, Row


class Formats(Protocol):
    """What reads and splits datasets for training."""

    def row_of(self, value: Any, number: int) -> Row:
        """The example in a JSON value."""
        ...

    def split(self, rows: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
        """8:1:1 by source."""
        ...

    def read_dataset(self, path: Path) -> Dataset:
        """The dataset in a folder."""
        ...

    def leaks(self, dataset: Dataset) -> list[str]:
        """What stands in more than one part."""
        ...


def rows_of(candidates: Sequence[Candidate], form: Form, alike: Sequence[Sequence[str]] = ()) -> list[dict[str, Any]]:
    """The candidates as JSON values. Those that share a document, or whose documents are `alike`, get one source."""
    together = components([_keys(candidate) for candidate in candidates], alike)
    return [_row(candidate, form, together(_keys(candidate)[0])) for candidate in candidates]


def parts_of(rows: Sequence[Mapping[str, Any]], formats: Formats) -> dict[str, list[Mapping[str, Any]]]:
    """The rows split 8:1:1 by source. What was trained on before, and what shares its source, is trained on again:
    held back it would measure what is known already.
    """
    known = {row["source"] for row in rows if row.get("replay")}
    fresh = [row for row in rows if row["source"] not in known]
    split = formats.split([formats.row_of(row, number) for number, row in enumerate(fresh)]) if fresh else ([], [], [])
    place = {example.id: part for part, examples in zip(PARTS, split, strict=True) for example in examples}
    parts: dict[str, list[Mapping[str, Any]]] = {part: [] for part in PARTS}
    for row in rows:
        parts[place.get(row["id"], "train")].append(row)
    return parts


def _keys(candidate: Candidate) -> tuple[str, ...]:
    if candidate.documents:
        return candidate.documents
    own = f"{candidate.source.kind}:{candidate.source.id}"
    if candidate.source.kind != "file":
        return (own,)
    # Rows of a file that name no source have only their question in common, or else none would be held back
    asked = "\n".join([*(message.text for message in candidate.before), candidate.question])
    return (f"{own}:{hashlib.sha256(asked.encode()).hexdigest()[:12]}",)


def _row(candidate: Candidate, form: Form, group: str) -> dict[str, Any]:
    origin = {"kind": candidate.source.kind, "id": candidate.source.id, "title": candidate.source.title}
    about: dict[str, Any] = {
        "id": _id(candidate),
        "source": group,
        "lang": candidate.language,
        "kind": candidate.kind,
        "origin": origin,
    }
    if candidate.key_facts and form != "preference":
        about["key_facts"] = [list(fact) for fact in candidate.key_facts]
    if candidate.source.kind == "replay":
        about["replay"] = True
    if form == "triple" and not candidate.before:
        system = {"system": candidate.system} if candidate.system else {}
        asked = {"instruction": candidate.question, "input": candidate.context, "output": candidate.answer}
        return {**system, **asked, **about}
    prompt = _prompt(candidate)
    if form == "preference":
        return {"prompt": prompt, "chosen": _said(candidate.answer), "rejected": _said(candidate.rejected), **about}
    return {"messages": [*prompt, *_said(candidate.answer)], **about}


def _prompt(candidate: Candidate) -> list[dict[str, str]]:
    system = [{"role": "system", "content": candidate.system}] if candidate.system else []
    before = [{"role": message.role, "content": message.text} for message in candidate.before]
    asked = "\n\n".join(text for text in (candidate.question, candidate.context) if text)
    return [*system, *before, {"role": "user", "content": asked}]


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _id(candidate: Candidate) -> str:
    """By what the row says, so that a row that is made again is called as before."""
    said = [candidate.question, candidate.answer, candidate.rejected, [message.text for message in candidate.before]]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:12]
