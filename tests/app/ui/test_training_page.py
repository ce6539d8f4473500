"""Trainings on the Models page: one that runs now, one that stopped, those that are done, and beginning another."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from models_site import html, opened
from streamlit.testing.v1 import AppTest
from ui_site import PASSWORD, Site

from adapters.training.plan import Plan, Step
from app.datasets import Recipe
from app.training_process import Launch, begin, foresee
from knowledge.errors import InvalidInput
from knowledge.types import Role

PLAN = Plan("nowhere", max_steps=12)


@pytest.fixture
def trained_on(site: Site) -> Site:
    """Olga (English) and Ou (Chinese), and a dataset `own`; the base of the trainings was never pulled."""
    accounts = site.assistant.workspace.accounts
    accounts.add("olga", PASSWORD, role=Role.OPERATOR, language="en")
    accounts.add("ou", PASSWORD, role=Role.OPERATOR, language="zh")
    file = site.folder.parent / "own.jsonl"
    rows = ({"instruction": f"Which port has system {n}?", "output": f"It has port {7000 + n}."} for n in range(12))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    site.assistant.datasets.make("own", Recipe(sources=(), files=(file,)), by="test")
    return site


def report(steps: int, **about: Any) -> dict[str, Any]:
    """What a training has noted after so many steps of twelve."""
    curve = [Step(number, 12, 3.0 - number / 5, None, 150.0, 60.0 - 5 * number) for number in range(1, steps + 1)]
    told = {"plan": PLAN.to_json(), "dataset": {"name": "own"}, "folder": ".training-1", "name": "facts"}
    return {**told, "curve": [step.to_json() for step in curve], **about}


@contextmanager
def at_work(site: Site) -> Iterator[Path]:
    """As the process that trains holds its folder."""
    folder = site.assistant.workspace.folder / "adapters" / ".training-1"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def progress(shown: AppTest) -> str:
    (bar,) = shown.get("progress")
    return str(bar.proto.text)


def test_a_training_that_runs_is_followed_and_stopped(trained_on: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = trained_on.assistant.catalog.runs
    run = runs.start("training")
    with at_work(trained_on) as folder:
        runs.note(run, report(3))
        shown = opened(trained_on, monkeypatch, "olga", "training")
        assert progress(shown) == "Step 3 of 12 · loss 2.400 · 150 tokens/s · 45 s left"
        assert "running" in html(shown)
        assert len(shown.get("image")) == 1  # the curve
        runs.note(run, report(7))  # by the process that trains
        shown.run()
        assert progress(shown).startswith("Step 7 of 12 · loss 1.600")
        assert progress(opened(trained_on, monkeypatch, "ou", "training")).startswith("第 7 / 12 步 · 损失 1.600")
        shown = opened(trained_on, monkeypatch, "olga", "training")
        shown.button(key=f"plb-models-stop-{run}").click().run()
        assert (folder / "stop").exists()
        assert [toast.value for toast in shown.toast] == ["It stops after this step."]


def test_a_training_whose_process_is_gone_can_go_on(trained_on: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = trained_on.assistant.catalog.runs
    run = runs.start("training")
    with at_work(trained_on):
        runs.note(run, report(4))
    begun: list[tuple[str, dict[str, Any], str]] = []

    def noted(_workspace: object, dataset: str, plan: dict[str, Any], *, name: str, by: str) -> Launch:
        begun.append((dataset, plan, name))
        return begin(trained_on.assistant.workspace, dataset, plan, name=name, by=by)

    monkeypatch.setattr("app.training_process.begin", noted)
    shown = opened(trained_on, monkeypatch, "olga", "training")
    assert "interrupted" in html(shown)
    assert not [button for button in shown.button if button.key == f"plb-models-stop-{run}"]
    shown.button(key=f"plb-models-go-on-{run}").click().run()
    assert begun == [("own", PLAN.to_json(), "facts")]  # the same plan finds its checkpoint again
    launch = trained_on.shared.launches[-1]
    launch.process.wait()
    assert "nowhere: no such model" in launch.problem  # it was understood up to the base, which is none
    again = opened(trained_on, monkeypatch, "olga", "training")
    assert any("no such model" in error.value for error in again.error), [error.value for error in again.error]
    (entry,) = trained_on.assistant.workspace.audit.list(action="train.begin")
    assert (entry.subject, entry.actor) == ("own", "olga")


def test_those_that_are_done_have_their_curve(trained_on: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = trained_on.assistant.catalog.runs
    run = runs.start("training")
    runs.finish(run, report(12, metrics={"loss": 0.6, "validation_loss": 0.712}))
    shown = opened(trained_on, monkeypatch, "olga", "training")
    assert "0.712" in html(shown)
    assert run in html(shown)
    assert len(shown.get("image")) == 1
    assert not shown.get("progress")


def test_whoever_may_not_see_the_dataset_is_not_told_its_name(
    trained_on: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = trained_on.folder.parent / "own.jsonl"
    recipe = Recipe(sources=(), files=(file,), access=frozenset({"treasury"}))
    trained_on.assistant.datasets.make("reserves", recipe, by="test")
    runs = trained_on.assistant.catalog.runs
    runs.finish(runs.start("training"), report(2, dataset={"name": "reserves"}))
    shown = opened(trained_on, monkeypatch, "olga", "training")
    assert "nowhere" in html(shown)
    assert "reserves" not in html(shown)
    assert shown.selectbox(key="plb-models-train-dataset").options == ["own"]


def test_a_plan_that_cannot_be_is_refused_before_it_begins(trained_on: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = trained_on.assistant.workspace
    with pytest.raises(InvalidInput, match="--rank 0: must be 1 or more"):
        foresee(workspace, "own", {"base": "nowhere", "rank": 0}, name="facts")
    shown = opened(trained_on, monkeypatch, "olga", "training")
    assert not [button for button in shown.button if button.key == "plb-models-begin"]  # the estimate comes first

    def expected(_workspace: object, _dataset: str, plan: dict[str, Any], *, name: str) -> dict[str, Any]:
        assert (plan["method"], name) == ("lora", "facts")
        return {"fits": plan["rank"] < 64, "memory_bytes": 3 << 30, "seconds": 120.0}

    monkeypatch.setattr("app.training_process.foresee", expected)
    shown.text_input(key="plb-models-train-name").set_value("facts").run()
    for rank, offered in ((64, False), (8, True)):
        shown.number_input(key="plb-models-train-rank").set_value(rank).run()
        shown.button(key="plb-models-estimate").click().run()
        assert "3.0 G" in html(shown)
        assert bool([button for button in shown.button if button.key == "plb-models-begin"]) == offered
