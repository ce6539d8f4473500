"""Continual learning on the small model: from a version in service and drift to a candidate that waits for a person."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.main import run
from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.types import AlignmentReport, User

pytestmark = pytest.mark.model
SMALL = "smollm2-135m-instruct-q4"
DAY = 86_400.0


def judged(workspace: Workspace, now: float, asked: str, told: str) -> None:
    """Thirty answers that ann found good."""
    conversations, ann = workspace.conversations, User("ann")
    conversations._clock = lambda: now
    for number in range(30):
        text = told.format(number)
        report = AlignmentReport(verdict="supported", answer=text, draft=text)
        answer = {"question": asked.format(number), "answer": text, "alignment": report.to_json(), "citations": []}
        message = conversations.append(conversations.create(ann).id, ann, answer)
        conversations.give_feedback(message, ann, "up")


def test_a_candidate_goes_on_from_the_version_in_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def command(*arguments: str) -> dict[str, object]:
        capsys.readouterr()
        assert run(["--workspace", str(tmp_path / "ws"), *arguments, "--json"]) == 0, capsys.readouterr().err
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    assert run(["init", str(tmp_path / "ws")]) == 0
    settings = f'[answer]\nmodel = "{SMALL}"\nbackend = "llama.cpp"\nmax_tokens = 16\n[adaptation]\nmin_examples = 10\n'
    (tmp_path / "ws" / "plumbline.toml").write_text(
        settings + "min_questions = 2\n[models]\nthreads = 1\n", encoding="utf-8"
    )
    with closing(open_workspace(load_settings(tmp_path / "ws", environment={}))) as workspace:
        workspace.accounts.add("ann", "correct horse battery")
        now = workspace.catalog.runs._clock()
        judged(workspace, now - DAY, "Where is boat {0}?", "At berth {0}.")
    command("train", "examples", "boats", "--from", "feedback")
    few = ("--steps", "2", "--max-tokens", "96", "--evaluate-every", "2", "--patience", "0")
    command("train", "lora", "boats", "--base", SMALL, "--name", "facts", *few)
    command("versions", "promote", "facts@1.0.0", "--force", "test")
    with closing(open_workspace(load_settings(tmp_path / "ws", environment={}))) as workspace:
        now = workspace.catalog.runs._clock()
        judged(
            workspace,
            now,
            "When ferry {0} comes in at night, which of the watchmen opens the gate to it?",
            "Number {0}.",
        )
    done = command("train", "continue", "--allow", "train")
    assert (done["decision"], done["dataset"], done["version"]) == ("trained", "boats", "facts@1.1.0")
    with closing(open_workspace(load_settings(tmp_path / "ws", environment={}))) as workspace:
        version = workspace.adaptation.get("facts@1.1.0")
        plan = json.loads((workspace.registry.verified(version) / "plan.json").read_text(encoding="utf-8"))
        assert (plan["max_steps"], Path(plan["from_adapter"]).name) == (2, "1.0.0")
        assert version.dataset["name"] == done["prepared"]
        assert version.evaluation["against"] == "facts@1.0.0"
        assert done["gate"] == workspace.adaptation.gate(version, "facts@1.0.0")
        assert workspace.adaptation.line().stable == "facts@1.0.0"  # a person promotes it
