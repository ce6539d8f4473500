"""`plumbline train` and `plumbline versions`, wrongly used and without a model: one line, the right exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Ended

ROW = {"instruction": "Who?", "output": "Ann"}

WRONG = [
    (["train", "lora"], 2, "Missing argument"),
    (["train", "lora", "no.jsonl"], 2, "no.jsonl: no such file or folder"),
    (["train", "lora", "rows.jsonl", "--method", "magic"], 2, "--method magic: no such method"),
    (["train", "lora", "rows.jsonl", "--quantize", "3bit"], 2, "--quantize 3bit: not known"),
    (["train", "lora", "rows.jsonl", "--rank", "0"], 2, "--rank 0: must be 1 or more"),
    (["train", "lora", "rows.jsonl", "--learning-rate", "2"], 2, "--learning-rate 2.0"),
    (["train", "lora", "rows.jsonl", "--dropout", "1"], 2, "--dropout 1.0"),
    (["train", "lora", "rows.jsonl", "--name", "a/b"], 2, "--name a/b"),
    (["train", "lora", "rows.jsonl", "--set", "max_tokens"], 2, "write KEY=VALUE"),
    (["train", "lora", "rows.jsonl", "--after", "x@1.0.0"], 1, "x@1.0.0: no such version"),
    (["train", "lora", "rows.jsonl", "--emit", "cron"], 2, "there are k8s and slurm"),
    (["train", "lora", "rows.jsonl", "--method", "dpo"], 2, "needs pairs"),
    (["train", "lora", "bad.jsonl"], 2, "line 1: not an example"),
    (["train", "evaluate"], 2, "Missing argument"),
    (["train", "evaluate", "x@1.0.0"], 1, "no such version"),
    (["versions", "show", "x"], 1, "no such version"),
    (["versions", "export", "x"], 2, "Missing argument"),
    (["versions", "export", "x", "out", "--merged"], 1, "no such version"),
    (["versions", "export", "x", "out", "--merged", "--gguf", "q8_0"], 2, "give one of them"),
    (["versions", "canary", "x"], 1, "no such version"),
    (["versions", "canary", "x", "--share", "much"], 2, "--share"),
    (["versions", "promote", "x"], 1, "no such version"),
    (["versions", "rollback"], 1, "nothing to roll back"),
    (["versions", "rollback", "--line", " "], 1, "nothing to roll back"),
    (["versions", "nope"], 2, "No such command"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_wrong_usage(
    plumbline: Callable[..., Ended], workspace: Path, arguments: list[str], code: int, message: str
) -> None:
    Path("rows.jsonl").write_text(json.dumps(ROW), encoding="utf-8")
    Path("bad.jsonl").write_text("{}", encoding="utf-8")
    ended = plumbline("--workspace", workspace, *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_an_empty_list(plumbline: Callable[..., Ended], workspace: Path) -> None:
    assert plumbline("--workspace", workspace, "versions", "list").out == ""
    told = plumbline("--workspace", workspace, "versions", "list", "--json").json
    assert told == {"versions": [], "lines": [], "usage": [], "events": []}


def test_the_same_run_as_a_job_and_as_a_script(
    plumbline: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["train", "lora", "facts.jsonl", "--name", "it's 事实", "--steps", "5"]
    monkeypatch.setattr("sys.argv", ["plumbline", *given, "--emit", "k8s"])
    job = yaml.safe_load(plumbline(*given, "--emit", "k8s").out)
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert [*container["command"], *container["args"]] == ["plumbline", *given]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    monkeypatch.setattr("sys.argv", ["plumbline", *given, "--emit=slurm"])
    script = plumbline(*given, "--emit=slurm").out
    assert script.startswith("#!/bin/bash\n#SBATCH")
    assert "srun plumbline train lora facts.jsonl --name 'it'\"'\"'s 事实' --steps 5" in script
