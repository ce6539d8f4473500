"""Continual learning: when the trigger fires and when it does not, and what is prepared then."""

from __future__ import annotations

import json

import pytest
from harbour import ANN, BEN, add_document, say

from app.continual import EVERY, Continual, Continued
from app.datasets import Datasets, Recipe
from app.settings import AdaptationSettings
from app.training_process import begin_continuing
from app.wiring import Workspace
from knowledge.catalog.runs import FAILED
from knowledge.errors import NotFound, Unavailable
from knowledge.types import User

DAY = 86_400.0
TRAINED, LATER = 100 * DAY, 103 * DAY
COLOURS = ("red", "blue", "green", "white", "black", "amber")
NIGHTLY = (
    "When the {colour} ferry number {number} comes in at night, which of the watchmen opens the gate to let it pass?"
)


def continual(workspace: Workspace, now: float, **settings: object) -> Continual:
    """As at a time and with these settings of `[adaptation]`, in this one process."""
    wanted = AdaptationSettings.model_validate({"min_examples": 10, "not_from": ("secretive",), **settings})
    workspace.settings = workspace.settings.model_copy(update={"adaptation": wanted})
    workspace.parts["datasets"] = Datasets(workspace, workspace.datasets._formats, clock=lambda: now)
    workspace.catalog.runs._clock = lambda: now
    return Continual(workspace, clock=lambda: now)


def judged(workspace: Workspace, owner: str, now: float, count: int, asked: str, told: str) -> None:
    """Answers that their owner found good."""
    workspace.conversations._clock = lambda: now
    for number in range(count):
        about = {"colour": COLOURS[number % len(COLOURS)], "number": 100 + 7 * number, "keeper": f"watch {number}"}
        message = say(workspace, owner, asked.format(**about), told.format(**about))
        workspace.conversations.give_feedback(message, User(owner), "up")


@pytest.fixture
def learnt(workspace: Workspace) -> Workspace:
    """A dataset `berths` of short questions, and then forty long ones about something else."""
    judged(workspace, ANN, 90 * DAY, 30, "Where is {colour} boat {number}?", "At berth {number}.")
    continual(workspace, TRAINED)
    workspace.datasets.make("berths", Recipe(sources=("feedback",)), by="test")
    judged(workspace, BEN, 101 * DAY, 40, NIGHTLY, "For ferry {number} it is {keeper}.")
    return workspace


def run(found: Continual, **options: object) -> Continued:
    return found.run(by="test", **options)  # type: ignore[arg-type] # as each test says


def test_drift_with_enough_examples_prepares_a_dataset_with_older_ones_again(learnt: Workspace) -> None:
    done = run(continual(learnt, LATER, replay_share=0.25))
    assert (done.decision, done.fired, done.dataset, done.drift) == ("prepared", True, "berths", "drift")
    assert done.prepared == "berths-19700414"
    assert "lengths of questions" in done.reason
    sheet = learnt.datasets.get(done.prepared)
    rows = [
        json.loads(line)
        for part in sheet.files
        for line in (learnt.datasets.folder / done.prepared / part).read_text(encoding="utf-8").splitlines()
    ]
    again = [row for row in rows if row.get("replay")]
    fresh = [row for row in rows if not row.get("replay")]
    assert {row["instruction"].split()[0] for row in fresh} == {"When"}
    assert {row["instruction"].split()[0] for row in again} == {"Where"}
    assert len(again) / len(rows) == pytest.approx(0.25, abs=0.02)
    assert sheet.window["since"] == TRAINED
    assert sheet.access == ()


def test_too_soon_after_the_last_one(learnt: Workspace) -> None:
    first = run(continual(learnt, LATER))
    judged(learnt, ANN, 104 * DAY, 40, "Where is {colour} boat {number}?", "At berth {number}.")
    soon = run(continual(learnt, LATER + 2 * DAY))
    assert (soon.decision, soon.fired, soon.drift) == ("too_soon", False, "")
    assert soon.dataset == first.prepared  # goes on from the newest
    assert soon.reason == "the last one was prepared 2.0 days ago, at least 7 pass"
    late = run(continual(learnt, LATER + 7 * DAY))
    assert (late.decision, late.prepared) == ("prepared", "berths-19700421")


def test_without_drift_nothing_is_prepared_unless_somebody_says_so(learnt: Workspace) -> None:
    continual(learnt, 102 * DAY)
    learnt.datasets.make("ferries", Recipe(sources=("feedback",), since=TRAINED), by="test")
    judged(learnt, ANN, 102.5 * DAY, 40, NIGHTLY, "For ferry {number} it is {keeper}.")
    found = continual(learnt, LATER)
    done = run(found)
    assert (done.decision, done.drift, len(learnt.datasets.list())) == ("no_drift", "steady", 2)
    forced = run(found, force=True)
    assert (forced.decision, forced.reason.split(";")[0]) == ("prepared", "forced")


def test_too_few_new_texts_give_no_verdict(workspace: Workspace) -> None:
    continual(workspace, TRAINED)
    workspace.datasets.make("d", Recipe(sources=("documents",)), by="test")
    add_document(workspace, "new", "**How deep is it?**\nIt is 12 m deep.", modified=101 * DAY)
    done = run(continual(workspace, LATER))
    assert (done.decision, done.drift) == ("no_drift", "too_few")
    assert done.reason == "whether there is drift cannot be said (too few; 1 texts came in)"


def test_too_few_examples(learnt: Workspace) -> None:
    done = run(continual(learnt, LATER, min_examples=41))
    assert (done.decision, done.fired) == ("few_examples", False)
    assert done.reason == "40 new examples passed the checks, at least 41 are needed"
    assert [sheet.name for sheet in learnt.datasets.list()] == ["berths"]


def test_what_was_decided_is_kept_and_audited(learnt: Workspace) -> None:
    done = run(continual(learnt, LATER))
    kept = learnt.continual.latest()
    assert [each.report for each in kept] == [done.to_json()]
    made = learnt.audit.list(action="dataset.make")
    assert [(entry.subject, entry.actor) for entry in made] == [(done.prepared, "test"), ("berths", "test")]


def test_a_candidate_that_cannot_be_trained_leaves_its_dataset(learnt: Workspace) -> None:
    found = continual(learnt, LATER, continual="train")
    with pytest.raises(Unavailable):  # no model is there
        run(found)
    assert learnt.continual.latest()[0].state == FAILED
    assert "berths-19700414" in {sheet.name for sheet in learnt.datasets.list()}
    assert run(continual(learnt, LATER, continual="train"), allowed="prepare", force=True).version == ""


def test_no_dataset_to_go_on_from(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="train examples"):
        run(continual(workspace, LATER))


def test_the_schedule_looks_once_a_day_and_only_when_it_may(learnt: Workspace) -> None:
    assert not continual(learnt, LATER).due()
    found = continual(learnt, LATER, continual="prepare", min_examples=41)
    assert found.due()
    run(found)
    assert not continual(learnt, LATER + EVERY - 1, continual="prepare").due()
    assert continual(learnt, LATER + EVERY, continual="prepare").due()


def test_the_schedule_begins_a_process_that_decides(learnt: Workspace) -> None:
    learnt.settings.workspace.joinpath("plumbline.toml").write_text(
        '[adaptation]\ncontinual = "prepare"\n', encoding="utf-8"
    )
    learnt.catalog.runs._clock = lambda: 0.0
    assert begin_continuing(learnt).wait() == 0
    report = learnt.continual.latest()[0].report
    assert (report["dataset"], report["decision"]) == ("berths", "no_drift")  # years have passed since
