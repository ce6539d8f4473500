"""The Models page in a real browser: compared, a canary by slider, promoted with a reason, taken back, struck out;
drift as a chart, and a training that is followed while it goes on.
"""

import fcntl
import json
from typing import Any

import pytest
from conftest import Site, Visitor, Visits, press
from playwright.sync_api import expect

from adapters.training.plan import Plan, Step
from app.datasets import Recipe

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

OPERATOR, EMPLOYEE = "yu.siyuan", "anna.schmidt"
SOON_MS = 120_000
VIEWS = ("versions", "service", "training", "datasets", "drift")
SPAN = {"mean": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture(scope="module")
def models(quick_site: Site) -> Site:
    """One version with a comparison that does not open the gate, and a dataset."""
    expect.set_options(timeout=SOON_MS)
    site = quick_site
    made = site.folder / "made"
    made.mkdir()
    (made / "adapter_config.json").write_text("{}", encoding="utf-8")
    site.assistant.versions.register("facts", made, base="smollm2-135m-instruct-q4", method="lora", by="test")
    told = {"f1": SPAN, "general": SPAN}
    found = {"against": "base", "questions": 2, "at": 1.0, "measures": told, "others": told, "difference": told}
    site.assistant.catalog.versions.set_evaluation("facts@1.0.0", found, by="test")
    file = site.folder.parent / "own.jsonl"
    rows = ({"instruction": f"Which port has system {n}?", "output": f"It has port {7000 + n}."} for n in range(12))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    site.assistant.datasets.make("own", Recipe(sources=(), files=(file,)), by="test")
    site.assistant.workspace.accounts.set_language(OPERATOR, "en")
    return site


def signed_in(visit: Visits) -> Visitor:
    visitor = visit()
    visitor.context.set_default_timeout(SOON_MS)
    visitor.sign_in(OPERATOR)
    return visitor


def noted(steps: int) -> dict[str, Any]:
    """What a training has noted after so many steps."""
    curve = [Step(number, 12, 3.0 - number / 5, None, 150.0, 60.0 - 5 * number) for number in range(1, steps + 1)]
    plan = Plan("smollm2-135m-instruct-q4", max_steps=12).to_json()
    told = {"plan": plan, "dataset": {"name": "own"}, "folder": ".training-1", "name": "facts"}
    return {**told, "curve": [step.to_json() for step in curve]}


def test_from_comparing_to_striking_out(models: Site, quick_visit: Visits) -> None:
    versions = models.assistant.versions
    visitor = signed_in(quick_visit)
    page = visitor.page
    page.goto(f"{visitor.site.address}/models")
    expect(page.locator(".plb-grid").first).to_contain_text("facts@1.0.0")
    expect(page.locator(".stImage img").first).to_be_visible()

    page.goto(f"{visitor.site.address}/models?view=service")
    handle = page.get_by_role("slider").first
    for share in (5, 10):
        handle.press("ArrowRight")
        expect(page.get_by_role("button", name=f"Canary for {share}%")).to_be_visible()
    press(page.get_by_role("button", name="Canary for 10%"))
    expect(page.get_by_text("canary facts@1.0.0 · 10%")).to_be_visible()
    assert versions.line().share == 0.1
    why = page.get_by_role("textbox", name="Reason to promote it all the same")
    why.fill("agreed with sales")
    why.press("Tab")
    press(page.get_by_role("button", name="Promote all the same"))
    expect(page.get_by_text("stable facts@1.0.0")).to_be_visible()
    press(page.get_by_role("button", name="Back to base model"))
    expect(page.get_by_text("stable base model")).to_be_visible()
    assert (versions.line().stable, versions.events(1)[0].by) == ("", OPERATOR)

    page.goto(f"{visitor.site.address}/models?view=datasets")
    page.locator("[class*=st-key-plb-example-] label").first.click()
    reason = page.get_by_role("textbox", name="Why they are struck out")
    reason.fill("not ours")
    reason.press("Tab")
    press(page.get_by_role("button", name="Strike out 1"))
    expect(page.get_by_text("not ours", exact=False)).to_be_visible()
    assert models.assistant.datasets.struck("own")[0].reason == "not ours"


def test_drift_is_drawn_and_a_training_followed(models: Site, quick_visit: Visits) -> None:
    visitor = signed_in(quick_visit)
    page = visitor.page
    page.goto(f"{visitor.site.address}/models?view=drift")
    press(page.get_by_role("button", name="Measure now"))
    expect(page.get_by_role("status").get_by_text("too few texts")).to_be_visible()
    measure = {"subject": "questions", "name": "lengths", "verdict": "drift", "before": 40, "now": 30}
    measure |= {"statistic": 0.4, "by_chance": 0.1, "p": 0.002}
    runs = models.assistant.catalog.runs
    drifted = {"dataset": "own", "verdict": "drift", "at": 2.0**31, "threshold": 0.1, "measures": [measure]}
    runs.finish(runs.start("drift"), drifted)
    page.reload()
    expect(page.locator(".stImage img").first).to_be_visible()

    # Another process trains: what it notes is on the screen by itself, and it is asked to stop
    folder = models.folder / "adapters" / ".training-1"
    folder.mkdir(parents=True)
    run = runs.start("training")
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        runs.note(run, noted(3))
        page.goto(f"{visitor.site.address}/models?view=training")
        expect(page.get_by_text("Step 3 of 12")).to_be_visible()
        runs.note(run, noted(7))
        expect(page.get_by_text("Step 7 of 12")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("It stops after this step.")).to_be_visible()
        assert (folder / "stop").exists()

    narrow = quick_visit(width=360, height=740, dark=True)
    narrow.sign_in(OPERATOR)
    for view in VIEWS:
        narrow.page.goto(f"{narrow.site.address}/models?view={view}")
        narrow.page.locator(".st-key-plb-models-top").wait_for()
        narrow.page.wait_for_timeout(500)
        assert narrow.sideways() <= 0
