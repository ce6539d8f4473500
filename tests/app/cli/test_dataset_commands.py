"""`plumbline train examples` and `train datasets`: one way through, and wrong usage in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Ended

COLOURS = ("red", "blue", "green")

WRONG = [
    (["examples"], 2, "Missing argument"),
    (["examples", "a/b", "--from", "rows.csv"], 2, "a/b: no name for a dataset"),
    (["examples", "new", "--from", "magic"], 2, "magic: nothing to make examples from"),
    (["examples", "new", "--from", "no.csv"], 2, "no.csv: no such file"),
    (["examples", "new", "--from", "bad.csv"], 2, "bad.csv: no columns instruction and output"),
    (["examples", "new", "--from", "rows.csv", "--form", "poem"], 2, "poem: no such form"),
    (["examples", "new", "--from", "rows.csv", "--form", "preference"], 2, "rows.csv: has no pairs"),
    (["examples", "new", "--from", "rows.csv", "--lang", "fr"], 2, "fr: the languages are zh and en"),
    (["examples", "new", "--from", "rows.csv", "--since", "soon"], 2, "--since soon: write a day"),
    (["examples", "new", "--from", "rows.csv", "--balance", "mood"], 2, "mood down: rows are drawn by"),
    (["examples", "new", "--from", "rows.csv", "--replay", "nope"], 1, "nope: no such dataset"),
    (["examples", "new", "--from", "rows.csv", "--replay", "d", "--replay-share", "1"], 2, "replay 1: give older"),
    (["examples", "d", "--from", "rows.csv"], 2, "there is a dataset of that name"),
    (["examples", "new", "--from", "feedback"], 2, "nothing to learn from"),
    (["datasets", "show", "nope"], 1, "nope: no such dataset"),
    (["datasets", "show", "d", "--part", "half"], 2, "--part half: there are train, validation, test"),
    (["datasets", "strike", "d", "nope", "--reason", "x"], 2, "no such row: nope"),
    (["datasets", "strike", "d", "nope"], 2, "say why"),
    (["datasets", "put-back", "d", "nope"], 2, "not struck out: nope"),
    (["datasets", "resample", "d", "e", "--by", "mood"], 2, "mood down: rows are drawn by"),
    (["datasets", "resample", "d", "d"], 2, "there is a dataset of that name"),
    (["datasets", "remove", "nope"], 1, "nope: no such dataset"),
    (["lora", "some/where"], 2, "some/where: no such file or folder"),
    (["lora", "nope"], 1, "nope: no such dataset"),
]


@pytest.fixture
def given(plumbline: Callable[..., Ended], workspace: Path) -> Path:
    """A workspace with a dataset `d`, and files beside it."""
    lines = [f"What colour is boat {n}?,The boat there is {colour}." for n, colour in enumerate(COLOURS)]
    Path("rows.csv").write_text("\n".join(["问题,答案", *lines]), encoding="utf-8")
    Path("bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert plumbline("--workspace", workspace, "train", "examples", "d", "--from", "rows.csv").code == 0
    return workspace


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_wrong_usage(
    plumbline: Callable[..., Ended], given: Path, arguments: list[str], code: int, message: str
) -> None:
    ended = plumbline("--workspace", given, "train", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.splitlines()[-1].count(message) == 1


def test_from_a_file_to_what_training_reads(plumbline: Callable[..., Ended], given: Path) -> None:
    def call(*arguments: str) -> Ended:
        return plumbline("--workspace", given, "train", *arguments)

    listed = call("datasets", "list", "--json").json["datasets"]
    assert [(each["name"], each["parts"]["train"]) for each in listed] == [("d", 3)]
    shown = call("datasets", "show", "d", "--json").json
    assert {row["answer"] for row in shown["rows"]} == {f"The boat there is {colour}." for colour in COLOURS}
    row = shown["rows"][0]["id"]
    assert call("datasets", "strike", "d", row, "--reason", "wrong", "--json").json["struck"] == 1
    assert call("datasets", "show", "d", "--json").json["struck_rows"][0]["reason"] == "wrong"
    file = given / "datasets/d/train.jsonl"
    assert {json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()}.isdisjoint({row})
    assert call("datasets", "put-back", "d", row, "--json").json["parts"]["train"] == 3
    assert call("datasets", "resample", "d", "e", "--json").json["parts"]["train"] == 3
    assert "quality: completeness 100.0%" in call("datasets", "show", "e").out
    assert call("datasets", "remove", "e").code == 0
    assert call("datasets", "list").out.count("\n") == 1
