"""Datasets for training: files in the formats that trl and LLaMA-Factory read, as our own types, split without leaks.

A dataset is one JSONL file, which is split 8:1:1 by source when it is read, or a folder with `train.jsonl` and, where
there are any, `validation.jsonl`, `test.jsonl`. A row is a triple (`instruction`, `input`, `output`, `system`), a
chat (`messages`, the last one the assistant's) or a preference (`prompt`, `chosen`, `rejected`). A row may also have
`id`, `source`, `key_facts` and `lang`; other keys are left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from knowledge.errors import InvalidInput
from knowledge.types import Language, Message

PARTS = ("train", "validation", "test")
STRUCK = "struck.jsonl"
"""In a dataset's folder, the rows that were struck out, each with its `id`: nobody trains on them."""
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Example:
    """What is asked and what is to be answered. Each key fact is a list of wordings, of which an answer has one."""

    prompt: tuple[Message, ...]
    answer: str
    id: str = ""
    source: str = ""
    key_facts: tuple[tuple[str, ...], ...] = ()
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Preference:
    """What is asked, with an answer that is better than another one."""

    prompt: tuple[Message, ...]
    chosen: str
    rejected: str
    id: str = ""
    source: str = ""
    language: Language = "en"


Row = Example | Preference


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows for training, for watching it, and held back for evaluation; `sha256` is over the files' bytes."""

    name: str
    sha256: str
    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Name, hash and sizes, as a version and a run keep them."""
        return {"name": self.name, "sha256": self.sha256, **{part: len(getattr(self, part)) for part in PARTS}}


def read_dataset(path: Path) -> Dataset:
    """The dataset in a file or folder. Raises InvalidInput with file and line for what is wrong."""
    if path.is_file():
        train, validation, test = split(read_rows(path))
        return Dataset(path.stem, _hash([path]), tuple(train), tuple(validation), tuple(test))
    files = [path / f"{part}.jsonl" for part in PARTS]
    if not files[0].is_file():
        raise InvalidInput(f"{path}: no dataset there; give a JSONL file, or a folder with train.jsonl")
    struck = _struck(path / STRUCK)
    parts = [tuple(row for row in read_rows(file) if row.id not in struck) if file.is_file() else () for file in files]
    return Dataset(path.resolve().name, _hash([file for file in files if file.is_file()]), *parts)


def read_rows(file: Path) -> list[Row]:
    """The rows of one JSONL file, all of one kind. Raises InvalidInput with the line that is wrong."""
    rows: list[Row] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as a dataset ({error})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(row_of(json.loads(line), number))
        except (ValueError, KeyError, TypeError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise InvalidInput(f"{file}, line {number}: not an example ({reason}); see docs/adaptation.md") from error
    if not rows:
        raise InvalidInput(f"{file}: no examples in it; see docs/adaptation.md for the format")
    if len({type(row) for row in rows}) > 1:
        raise InvalidInput(f"{file}: has preferences and other examples; put them into two datasets")
    return rows


def write_rows(file: Path, rows: Iterable[Row], form: Literal["triple", "chat"] = "triple") -> None:
    """Rows as JSONL; a talk of several turns is written as a chat also when triples are asked for."""
    lines = [json.dumps(_json(row, form), ensure_ascii=False) + "\n" for row in rows]
    file.write_text("".join(lines), encoding="utf-8")


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    """About 8:1:1, by the hash of the source (without one: of the prompt), so that a source is never cut apart.

    From ten sources on, each part gets one at least.
    """
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.source or _prompt_key(row)].append(row)
    order = sorted(groups, key=lambda source: hashlib.sha256(source.encode()).hexdigest())
    tenth = len(order) // 10
    cuts = (order[2 * tenth :], order[:tenth], order[tenth : 2 * tenth])
    train, validation, test = ([row for source in cut for row in groups[source]] for cut in cuts)
    return train, validation, test


def leaks(dataset: Dataset) -> list[str]:
    """Sources, and prompts without one, that stand in more than one part: what is measured there was learnt."""
    seen: dict[str, set[str]] = defaultdict(set)
    for part in PARTS:
        for row in getattr(dataset, part):
            seen[f"prompt: {_asked(row)}"].add(part)
            if row.source:
                seen[f"source: {row.source}"].add(part)
    return sorted(what for what, parts in seen.items() if len(parts) > 1)


def _struck(file: Path) -> frozenset[str]:
    """Ids that are struck out, also while the part that they stand in is still to be written anew."""
    if not file.is_file():
        return frozenset()
    return frozenset(str(json.loads(line)["id"]) for line in file.read_text(encoding="utf-8").splitlines())


def _asked(row: Row) -> str:
    return " / ".join(message.text for message in row.prompt if message.role != "system")


def _prompt_key(row: Row) -> str:
    return json.dumps([[message.role, message.text] for message in row.prompt], ensure_ascii=False)


def _hash(files: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


# --- rows -----------------------------------------------------------------------------------------------------------


def row_of(value: Any, number: int) -> Row:
    """The example in a JSON value; without an `id` it is called by its number.

    Raises TypeError, KeyError or ValueError for a value that is none.
    """
    if not isinstance(value, dict):
        raise TypeError("a row is an object")
    about: dict[str, Any] = {
        "id": str(value.get("id", number)),
        "source": str(value.get("source", "")),
        "language": "zh" if value.get("lang") == "zh" else "en",
    }
    if "chosen" in value:
        chosen, rejected = _said(value["chosen"]), _said(value["rejected"])
        return Preference(_prompt(value["prompt"]), chosen, rejected, **about)
    facts = tuple((fact,) if isinstance(fact, str) else tuple(fact) for fact in value.get("key_facts", ()))
    if "messages" in value:
        *prompt, last = _messages(value["messages"])
        if last.role != "assistant" or not prompt:
            raise ValueError("the last of several messages is to be the assistant's")
        return Example(tuple(prompt), _filled(last.text, "answer"), key_facts=facts, **about)
    system = (Message("system", value["system"]),) if value.get("system") else ()
    parts = [text for text in (_text(value["instruction"]), _text(value.get("input", ""))) if text]
    asked = Message("user", _filled("\n\n".join(parts), "instruction"))
    return Example((*system, asked), _filled(_text(value["output"]), "output"), key_facts=facts, **about)


def _prompt(value: Any) -> tuple[Message, ...]:
    if isinstance(value, str):
        return (Message("user", _filled(value, "prompt")),)
    return tuple(_messages(value))


def _said(value: Any) -> str:
    """What an assistant says, given as text or as the last of some messages."""
    return _filled(value if isinstance(value, str) else _messages(value)[-1].text, "answer")


def _messages(value: Any) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise TypeError("messages are a list")
    found = []
    for each in value:
        if each["role"] not in _ROLES:
            raise ValueError(f"role {each['role']!r}; there are {', '.join(_ROLES)}")
        found.append(Message(each["role"], _text(each["content"])))
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _filled(text: str, what: str) -> str:
    if not text.strip():
        raise ValueError(f"the {what} is empty")
    return text


def _json(row: Row, form: str) -> Mapping[str, Any]:
    about = {"id": row.id, "source": row.source, "lang": row.language}
    if isinstance(row, Preference):
        return {
            "prompt": _chat(row.prompt),
            "chosen": _chat([Message("assistant", row.chosen)]),
            "rejected": _chat([Message("assistant", row.rejected)]),
            **about,
        }
    facts = {"key_facts": [list(fact) for fact in row.key_facts]} if row.key_facts else {}
    system = [message.text for message in row.prompt if message.role == "system"]
    others = [message for message in row.prompt if message.role != "system"]
    if form == "chat" or len(others) != 1 or len(system) > 1:
        return {"messages": _chat([*row.prompt, Message("assistant", row.answer)]), **facts, **about}
    given = {"system": system[0]} if system else {}
    return {**given, "instruction": others[0].text, "input": "", "output": row.answer, **facts, **about}


def _chat(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]
