"""Examples of one's own, from CSV with a head line or from JSONL in any of the forms that training reads."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.datasets.types import Candidate, Source
from knowledge.errors import InvalidInput
from knowledge.language import detect_language

if TYPE_CHECKING:
    from adapters.training.examples import Row
    from app.datasets.types import SourceKind

_COLUMNS = {
    "instruction": ("instruction", "question", "问题"),
    "input": ("input", "context", "背景"),
    "output": ("output", "answer", "答案", "回答"),
    "prompt": ("prompt",),
    "chosen": ("chosen",),
    "rejected": ("rejected",),
    "system": ("system",),
    "source": ("source", "来源"),
    "lang": ("lang", "language", "语言"),
}
"""What the columns of a CSV file may be called."""


def read_file(file: Path, read: Callable[[Any, int], Row]) -> Iterator[Candidate]:
    """The rows of a file as candidates; `read` makes an example of a JSON value or raises.

    Raises InvalidInput with file and line for what is wrong.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as examples ({error}); give UTF-8 text") from error
    values = _csv(file, text) if file.suffix.lower() == ".csv" else _jsonl(file, text)
    for line, value in values:
        try:
            row = read(value, line)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise InvalidInput(f"{file}, line {line}: not an example ({reason}); see docs/adaptation.md") from error
        yield candidate_of(row, value, Source("file", file.name, file.name))


def candidate_of(row: Row, value: Mapping[str, Any], source: Source, kind: str = "") -> Candidate:
    """A row that was read once as a candidate, so that it is checked as the others are."""
    *before, asked = [message for message in row.prompt if message.role != "system"]
    context = str(value.get("input") or "")
    question = asked.text.removesuffix(f"\n\n{context}") if context else asked.text
    answer: str = getattr(row, "answer", "") or getattr(row, "chosen", "")
    rejected: str = getattr(row, "rejected", "")
    given = str(value.get("lang") or "")
    hashed = hashlib.sha256(f"{question}\n{answer}".encode()).hexdigest()
    return Candidate(
        kind=kind or "file",
        question=question,
        answer=answer,
        rejected=rejected,
        context=context,
        source=Source(source.kind, source.id, source.title, hashed),
        language="zh" if given == "zh" else "en" if given == "en" else detect_language(question),
        key_facts=getattr(row, "key_facts", ()),
        system="\n\n".join(message.text for message in row.prompt if message.role == "system"),
        before=tuple(before),
        documents=(row.source,) if row.source else (),
    )


def origin_of(value: Mapping[str, Any], fallback: Source) -> Source:
    """Where a row of a dataset came from first."""
    origin = value.get("origin")
    if not isinstance(origin, Mapping):
        return fallback
    kind: SourceKind = "replay"
    return Source(kind, str(origin.get("id", "")), str(origin.get("title", "")))


def _jsonl(file: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"{file}, line {number}: not JSON ({error}); see docs/adaptation.md") from error


def _csv(file: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines(keepends=True))
    names = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
    columns = {key: names[known] for key, choices in _COLUMNS.items() for known in reversed(choices) if known in names}
    if not {"instruction", "output"} <= columns.keys() and not {"prompt", "chosen", "rejected"} <= columns.keys():
        raise InvalidInput(
            f"{file}: no columns instruction and output, nor prompt, chosen and rejected; found {', '.join(names)}"
        )
    try:
        for row in reader:
            yield reader.line_num, {key: (row[column] or "").strip() for key, column in columns.items()}
    except csv.Error as error:
        raise InvalidInput(f"{file}, line {reader.line_num}: cannot be read as CSV ({error})") from error
