"""The Models page as Streamlit runs it, without a browser and without models."""

from __future__ import annotations

import json

import pytest
from models_site import html, opened
from ui_site import PASSWORD, Site
from xss_payloads import PAYLOADS

from app.adaptation import BASE
from app.datasets import Recipe
from knowledge.catalog.versions import Line
from knowledge.types import Role

SPAN = {"mean": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture
def operated(site: Site) -> Site:
    """Olga (English) and Ou (Chinese) look after two versions, the first of them evaluated below the gate."""
    accounts = site.assistant.workspace.accounts
    accounts.add("olga", PASSWORD, role=Role.OPERATOR, language="en")
    accounts.add("ou", PASSWORD, role=Role.OPERATOR, language="zh")
    for _ in range(2):
        made = site.folder / "made"
        made.mkdir()
        (made / "adapter_config.json").write_text("{}", encoding="utf-8")
        site.assistant.versions.register("facts", made, base="small", method="lora", by="test")
    measures = {"f1": SPAN, "general": SPAN}
    found = {"against": BASE, "questions": 2, "at": 1.0, "measures": measures, "others": measures}
    found["difference"] = {"f1": {"mean": 0.1, "low": 0.05, "high": 0.2}, "general": SPAN}
    site.assistant.catalog.versions.set_evaluation("facts@1.0.0", found, by="test")
    return site


@pytest.fixture
def with_dataset(operated: Site) -> Site:
    rows = [
        {
            "instruction": f"Which port does system number {number} use?",
            "output": f"It uses port {7000 + number} {bad}.",
        }
        for number, bad in enumerate(PAYLOADS[:12])
    ]
    file = operated.folder.parent / "own.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    operated.assistant.datasets.make("own", Recipe(sources=(), files=(file,)), by="test")
    return operated


def test_others_get_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened(site, monkeypatch, "sam")
    assert [each.value for each in shown.error] == ["You may not do this."]
    assert not shown.selectbox


@pytest.mark.parametrize("name", ["olga", "ou"])
@pytest.mark.parametrize("view", ["versions", "service", "training", "datasets", "drift"])
def test_every_view_is_shown(operated: Site, monkeypatch: pytest.MonkeyPatch, name: str, view: str) -> None:
    assert html(opened(operated, monkeypatch, name, view))


def test_two_versions_side_by_side(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = opened(operated, monkeypatch, "olga")
    assert "were not compared" in html(shown)
    shown.selectbox(key="plb-models-first").select("facts@1.0.0").run()
    assert "<b>+0.100 [+0.050, +0.200]</b>" in html(shown)
    shown.button(key="plb-models-verify").click().run()
    assert shown.success


def test_canary_promotion_with_a_reason_and_back(operated: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = operated.assistant.versions
    shown = opened(operated, monkeypatch, "olga", "service")
    shown.slider(key="plb-models-share--facts@1.1.0-0").set_value(10).run()
    shown.button(key="plb-models-canary-").click().run()
    assert (versions.line().canary, versions.line().share) == ("facts@1.1.0", 0.1)
    assert shown.button(key="plb-models-promote-").disabled
    shown.text_input(key="plb-models-force-").set_value("agreed <b>").run()
    shown.button(key="plb-models-promote-").click().run()
    assert versions.line().stable == "facts@1.1.0"
    assert versions.events(1)[0].reason.startswith("forced: agreed <b>")
    shown.button(key="plb-models-rollback-").click().run()
    assert versions.line() == Line("", before=(), changed_at=versions.line().changed_at, changed_by="olga")
    assert "agreed &lt;b&gt;" in html(opened(operated, monkeypatch, "olga"))


def test_examples_are_looked_through_and_struck_out(with_dataset: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = with_dataset.assistant.datasets
    before = datasets.rows("own", limit=1).total
    shown = opened(with_dataset, monkeypatch, "olga", "datasets")
    assert not any(payload in html(shown) for payload in PAYLOADS if "<" in payload)
    row = datasets.rows("own", part="train", limit=1).rows[0]
    shown.selectbox(key="plb-models-part-own").select("train").run()
    shown.checkbox(key=f"plb-example-tick-own-{row.id}").check().run()
    shown.text_input(key="plb-models-strike-why-own").set_value("wrong").run()
    shown.button(key="plb-models-strike-own").click().run()
    assert (datasets.rows("own", limit=1).total, datasets.struck("own")[0].by) == (before - 1, "olga")
    shown.button(key=f"plb-models-back-{row.id}").click().run()
    assert datasets.rows("own", limit=1).total == before


def test_drift_is_measured_and_drawn(with_dataset: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = with_dataset.assistant.datasets
    shown = opened(with_dataset, monkeypatch, "olga", "drift")
    assert "Drift was not measured yet." in html(shown)
    shown.button(key="plb-models-measure-now").click().run()
    assert "too few texts" in html(shown)
    assert [each["dataset"] for each in datasets.drifts()] == ["own"]
    measures = [{"subject": "questions", "name": "lengths", "verdict": "drift", "before": 40, "now": 30,
                 "statistic": 0.4, "by_chance": 0.1, "p": 0.002}]  # fmt: skip
    runs = with_dataset.assistant.catalog.runs
    for name in ("own", "hidden"):
        report = {"dataset": name, "verdict": "drift", "at": 2.0**31, "threshold": 0.1, "measures": measures}
        runs.finish(runs.start("drift"), report)
        decided = {"dataset": name, "decision": "prepared", "fired": True, "reason": f"<b>{name}</b>", "prepared": "x"}
        runs.finish(runs.start("continual"), decided)
    chinese = opened(with_dataset, monkeypatch, "ou", "drift")
    told = html(chinese)
    assert "有漂移" in told
    assert "0.400" in told
    assert "已准备数据集" in told
    assert "&lt;b&gt;own" in told
    assert "hidden" not in told  # no dataset of theirs
    assert len(chinese.get("image")) == 1
