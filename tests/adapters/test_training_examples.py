"""Datasets: what is read, what is refused with its line, and splits that cut no source apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.training.examples import (
    Dataset,
    Example,
    Preference,
    Row,
    leaks,
    read_dataset,
    read_rows,
    split,
    write_rows,
)
from knowledge.errors import InvalidInput
from knowledge.types import Message

ASKED = (Message("user", "Who?"),)


def rows_of(tmp_path: Path, *rows: object) -> Path:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    return file


READ = [
    ({"instruction": "Who?", "output": "Ann"}, Example(ASKED, "Ann", "1")),
    (
        {
            "instruction": "谁？",
            "input": "表",
            "output": "安",
            "system": "短",
            "lang": "zh",
            "id": 7,
            "source": "d",
            "x": 1,
        },
        Example((Message("system", "短"), Message("user", "谁？\n\n表")), "安", "7", "d", (), "zh"),
    ),
    (
        {
            "messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ann"}],
            "key_facts": ["Ann"],
        },
        Example(ASKED, "Ann", "1", "", (("Ann",),)),
    ),
    ({"prompt": "Who?", "chosen": "Ann", "rejected": "Bob"}, Preference(ASKED, "Ann", "Bob", "1")),
    (
        {
            "prompt": [{"role": "user", "content": "Who?"}],
            "chosen": [{"role": "assistant", "content": "Ann"}],
            "rejected": [{"role": "assistant", "content": "Bob"}],
        },
        Preference(ASKED, "Ann", "Bob", "1"),
    ),
]


@pytest.mark.parametrize(("row", "expected"), READ)
def test_the_forms_that_are_read(tmp_path: Path, row: dict[str, object], expected: Example | Preference) -> None:
    assert read_rows(rows_of(tmp_path, row)) == [expected]


@pytest.mark.parametrize("form", ["triple", "chat"])
def test_what_is_written_is_read_again(tmp_path: Path, form: str) -> None:
    talk = (Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "Who?"))
    rows = [
        Example(ASKED, "Ann", "a", "d", (("Ann", "安"),)),
        Example(talk, "Bob", "b"),
        Example(ASKED, "安", "c", "", (), "zh"),
    ]
    write_rows(tmp_path / "out.jsonl", rows, form)  # type: ignore[arg-type]
    assert read_rows(tmp_path / "out.jsonl") == rows
    pairs = [Preference(talk, "Ann", "Bob", "p", "d")]
    write_rows(tmp_path / "pairs.jsonl", pairs)
    assert read_rows(tmp_path / "pairs.jsonl") == pairs


WRONG = [
    ([], "an object"),
    ({"instruction": "Who?"}, "no 'output'"),
    ({"instruction": "", "output": "x"}, "instruction is empty"),
    ({"instruction": "Who?", "output": " "}, "output is empty"),
    ({"instruction": 7, "output": "x"}, "not text"),
    ({"messages": []}, "messages are a list"),
    ({"messages": [{"role": "user", "content": "Who?"}]}, "the assistant's"),
    ({"messages": [{"role": "robot", "content": "Who?"}]}, "role 'robot'"),
    ({"prompt": "Who?", "chosen": "x"}, "no 'rejected'"),
]


@pytest.mark.parametrize(("row", "reason"), WRONG)
def test_a_wrong_row_is_named_with_its_line(tmp_path: Path, row: object, reason: str) -> None:
    file = rows_of(tmp_path, {"instruction": "Who?", "output": "Ann"}, row)
    with pytest.raises(InvalidInput, match="line 2") as caught:
        read_rows(file)
    assert reason in str(caught.value)


def test_what_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"train\.jsonl"):
        read_dataset(tmp_path)
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no examples"):
        read_dataset(tmp_path / "empty.jsonl")
    mixed = rows_of(tmp_path, READ[0][0], READ[3][0])
    with pytest.raises(InvalidInput, match="two datasets"):
        read_dataset(mixed)


def test_a_split_cuts_no_source_apart_and_stays() -> None:
    rows: list[Row] = [Example(ASKED, f"{number}", source=f"doc{number // 3}") for number in range(300)]
    train, validation, test = split(rows)
    assert [len(part) for part in (train, validation, test)] == [240, 30, 30]
    assert split(rows[::-1])[2] != []
    assert {row.source for row in split(rows[::-1])[2]} == {row.source for row in test}
    assert not leaks(Dataset("d", "", *(tuple(_own(part)) for part in (train, validation, test))))
    assert split(rows[:20])[1:] == ([], [])  # too few sources to hold one back


def _own(rows: Sequence[Row]) -> list[Row]:
    found = [row for row in rows if isinstance(row, Example)]
    return [Example((Message("user", row.answer),), row.answer, source=row.source) for row in found]


def test_leaks_are_found_by_source_and_by_question() -> None:
    first, second = Example(ASKED, "Ann", source="a"), Example((Message("user", "When?"),), "now", source="a")
    assert leaks(Dataset("d", "", (first,), (), (second,))) == ["source: a"]
    again = Example((Message("system", "short"), *ASKED), "Ann")
    assert leaks(Dataset("d", "", (first,), (again,), ())) == ["prompt: Who?"]
    assert leaks(Dataset("d", "", (first, second), (), ())) == []
