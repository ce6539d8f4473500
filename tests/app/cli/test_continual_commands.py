"""`plumbline train drift` and `train continue`: what they print, for people and as JSON; wrong usage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.datasets import Datasets, Recipe
from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.types import AlignmentReport, Chunk, Document, DocumentRecord, User

if TYPE_CHECKING:
    from conftest import Ended

WRONG = [
    (["drift", "nope"], 1, "nope: no such dataset"),
    (["drift", "x@1.0.0"], 1, "x@1.0.0: no such version"),
    (["drift", "boats", "--days", "0"], 2, "--days"),
    (["drift", "boats", "more"], 2, "unexpected extra argument"),
    (["continue", "nope"], 1, "nope: no such dataset"),
    (["continue", "--allow", "promote"], 2, "--allow promote: write prepare or train"),
]
SHORT, LONG = (
    "Where is boat {0}?",
    "When the night ferry {0} comes in, which of the watchmen opens the lower gate to it?",
)
DAY = 86_400.0


def judged(workspace: Workspace, now: float, asked: str, told: str, count: int = 30) -> None:
    """Answers that ann found good."""
    conversations, ann = workspace.conversations, User("ann")
    conversations._clock = lambda: now
    for number in range(count):
        text = told.format(number)
        report = AlignmentReport(verdict="supported", answer=text, draft=text)
        answer = {"question": asked.format(number), "answer": text, "alignment": report.to_json(), "citations": []}
        message = conversations.append(conversations.create(ann).id, ann, answer)
        conversations.give_feedback(message, ann, "up")


def come_in(workspace: Workspace, now: float) -> None:
    document = Document(id="rota", path="rota.md", title="rota", modified_at=now, ingested_at=now)
    chunk = Chunk("rota-0", "rota", 0, "Contact channel: the green radio")
    vector = np.array([[1.0, 0.0]], dtype=np.float32)
    workspace.catalog.documents.put(DocumentRecord(document, chunk.text, (chunk,), vector))


@pytest.fixture
def place(workspace: Path) -> Path:
    """A workspace with a dataset `boats` of short questions that was made two days ago; no models are there."""
    settings = '[models]\noffline = true\ncache = "none"\nfolder = "none"\n[adaptation]\nmin_examples = 10\n'
    (workspace / "plumbline.toml").write_text(settings, encoding="utf-8")
    with closing(open_workspace(load_settings(workspace, environment={}))) as opened:
        opened.accounts.add("ann", "correct horse battery")
        now = opened.catalog.runs._clock()
        judged(opened, now - 3 * DAY, SHORT, "At berth {0}.")
        Datasets(opened, opened.datasets._formats, clock=lambda: now - 2 * DAY).make(
            "boats", Recipe(sources=("feedback",)), by="test"
        )
    return workspace


@pytest.fixture
def drifted(place: Path) -> Path:
    """And since then thirty long questions about something else, and a document."""
    with closing(open_workspace(load_settings(place, environment={}))) as opened:
        now = opened.catalog.runs._clock()
        judged(opened, now, LONG, "It is number {0}.")
        come_in(opened, now)
    return place


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_wrong_usage(
    plumbline: Callable[..., Ended], place: Path, arguments: list[str], code: int, message: str
) -> None:
    ended = plumbline("--workspace", place, "train", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err.splitlines()[-1]


def test_without_a_dataset_both_say_what_to_do(plumbline: Callable[..., Ended], workspace: Path) -> None:
    for name in ("drift", "continue"):
        ended = plumbline("--workspace", workspace, "train", name)
        assert (ended.code, ended.out) == (1, "")
        assert "make one with `plumbline train examples NAME`" in ended.err


def test_drift_in_numbers_and_in_words(plumbline: Callable[..., Ended], drifted: Path) -> None:
    report = plumbline("--workspace", drifted, "train", "drift", "--json").json
    assert (report["dataset"], report["verdict"]) == ("boats", "drift")
    lengths = next(each for each in report["measures"] if (each["subject"], each["name"]) == ("questions", "lengths"))
    assert (lengths["before"], lengths["now"], lengths["verdict"]) == (30, 30, "drift")
    assert 0 < lengths["p"] <= 0.05
    assert lengths["statistic"] == 1
    told = plumbline("--workspace", drifted, "train", "drift", "boats", "--days", "1").out
    assert "is of another kind now" in told
    assert "no vectors or no sample was kept with the dataset" in told  # there is no embedding model here
    assert told.splitlines()[-1].startswith("boats: drift: what comes in is of another kind than what was trained on")


def test_a_narrow_window_has_too_few_texts(plumbline: Callable[..., Ended], place: Path) -> None:
    told = plumbline("--workspace", place, "train", "drift").out
    assert told.splitlines()[-1].startswith("boats: no verdict: too few texts")


def test_continue_prepares_once_and_says_why_not_again(plumbline: Callable[..., Ended], drifted: Path) -> None:
    ended = plumbline("--workspace", drifted, "train", "continue")
    assert ended.code == 0
    assert ended.out.startswith("fired: drift in lengths of questions; boats-")
    name = ended.out.split("; ")[1].split(":")[0]
    assert f"next: plumbline train lora {name}" in ended.err
    shown = plumbline("--workspace", drifted, "train", "datasets", "show", name, "--json", "--limit", "200").json
    kinds = {row["kind"] for row in shown["rows"]}
    assert kinds == {"feedback.kept", "document.value"}
    assert shown["recipe"]["replay"] == ["boats"]
    again = plumbline("--workspace", drifted, "train", "continue", "--json").json
    assert (again["fired"], again["decision"], again["prepared"]) == (False, "too_soon", "")
    told = plumbline("--workspace", drifted, "train", "continue", "boats").out
    assert told.startswith("did not fire: the last one was prepared 0.0 days ago, at least 7 pass")
    forced = plumbline("--workspace", drifted, "train", "continue", "boats", "--force", "--json").json
    assert (forced["fired"], forced["decision"], forced["reason"].split(";")[0]) == (True, "prepared", "forced")


def test_a_candidate_that_cannot_be_trained_ends_in_one_line(plumbline: Callable[..., Ended], drifted: Path) -> None:
    ended = plumbline("--workspace", drifted, "train", "continue", "--allow", "train")
    assert (ended.code, ended.out) == (1, "")
    assert "plumbline models pull" in ended.err.splitlines()[-1]
    listed = plumbline("--workspace", drifted, "train", "datasets", "list", "--json").json["datasets"]
    assert len(listed) == 2  # what was prepared stays


def test_who_continues_stands_in_the_audit_log(plumbline: Callable[..., Ended], drifted: Path) -> None:
    assert plumbline("--workspace", drifted, "train", "continue", "--scheduled").code == 0
    entries = plumbline("--workspace", drifted, "audit", "list", "--json").json
    made = [entry for entry in entries["entries"] if entry["action"] == "dataset.make"]
    assert {entry["actor"] for entry in made} == {"automatic", "test"}
