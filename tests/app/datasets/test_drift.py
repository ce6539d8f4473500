"""Drift: the statistics against known values and by their error rates, and the windows of a real workspace."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from harbour import ANN, BEN, EVE, add_document, say

from app.datasets import Datasets, DriftReport, Recipe, drift
from app.datasets.samples import AXES, FILE, Sample, projected, read, sample, write
from app.settings import Settings
from app.wiring import Workspace, open_workspace
from knowledge.catalog.accounts import AccountRecord
from knowledge.errors import Damaged

TIDE = "Which flag is flown at low tide near the northern berth?"
DAY = 86_400.0


# --- the statistics -------------------------------------------------------------------------------------------------


def test_kolmogorov_smirnov_is_the_largest_difference_of_the_distribution_functions() -> None:
    now = np.array([[False] * 4 + [True] * 5])
    values = np.array([1.0, 2, 2, 3, 2, 3, 3, 4, 5])
    # At 2: 3/4 of the first sample, 1/5 of the second
    assert drift.kolmogorov_smirnov(values[:, None], now)[0] == pytest.approx(0.55)
    both = np.stack([np.zeros(9), values], axis=1)
    assert drift.kolmogorov_smirnov(both, now)[0] == pytest.approx(0.55)  # the largest of the axes


def test_jensen_shannon_as_in_other_software() -> None:
    """scipy 1.17: jensenshannon([3, 1, 0, 6], [1, 1, 5, 3], base=2) ** 2."""
    table = np.repeat(np.eye(4), [3, 1, 0, 6], axis=0), np.repeat(np.eye(4), [1, 1, 5, 3], axis=0)
    now = (np.arange(20) >= 10)[None]
    assert drift.jensen_shannon(np.concatenate(table), now)[0] == pytest.approx(0.3245112498)
    assert drift.jensen_shannon(np.repeat(np.eye(2), 10, axis=0), now)[0] == pytest.approx(1.0)  # nothing in common


def test_p_by_permutation_is_near_the_known_one() -> None:
    """scipy 1.17: ks_2samp of these two samples gives p 0.0234."""
    chance = np.random.default_rng(1)
    chance.normal(size=20), chance.normal(size=25)
    one, other = chance.normal(size=60), chance.normal(size=80) + 0.5
    found = drift._tested("questions", "lengths", one[:, None], other[:, None], drift.kolmogorov_smirnov)
    assert found.statistic == pytest.approx(0.25)
    assert found.p == pytest.approx(0.0234, abs=0.01)


def test_holm_as_worked_by_hand() -> None:
    assert drift.holm([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02]
    assert drift.holm([]) == []


def test_projections_keep_distances() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    points = projected(vectors)
    assert points.shape == (40, AXES)
    pairs = np.triu_indices(40, 1)
    ratio = np.linalg.norm(points[pairs[0]] - points[pairs[1]], axis=1) / np.linalg.norm(
        vectors[pairs[0]] - vectors[pairs[1]], axis=1
    )
    assert abs(ratio.mean() - 1) < 0.05
    assert ratio.std() < 2 / np.sqrt(2 * AXES)


def drawn(seed: int, count: int, *, centre: float = 0.0, words: float = 12, terms: int = 8) -> Sample:
    """Texts about two subjects; `centre` moves their vectors, `words` is their length; they speak of `terms`."""
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(count, 96)).astype(np.float32)
    vectors[:, 0] += np.where(chance.random(count) < 0.5, 3, -3)
    vectors[:, 1] += centre
    spoken = [{f"c{each}" for each in chance.integers(0, terms, size=2)} for _ in range(count)]
    return sample(vectors, list(chance.poisson(words, count)), spoken, count, "m")


def verdicts(before: Sample, now: Sample, threshold: float = 0.1) -> dict[str, str]:
    return {each.name: each.verdict for each in drift.measured({"q": before}, {"q": now}, threshold)}


def test_samples_of_the_same_kind_are_seldom_called_drift() -> None:
    found = [verdicts(drawn(seed, 40), drawn(1000 + seed, 30)) for seed in range(40)]
    false = sum("drift" in each.values() for each in found)
    assert false <= 6  # 2 are expected at the level of 0.05; more than 6 have a probability of 0.003


@pytest.mark.parametrize(
    ("moved", "name"),
    [
        ({"centre": 4.0}, "projections"),
        ({"centre": 6.0}, "topics"),
        ({"words": 30}, "lengths"),
        ({"terms": 3}, "terms"),
    ],
)
def test_what_was_moved_is_found(moved: dict[str, float], name: str) -> None:
    before, now = drawn(1, 80), drawn(2, 80, **moved)  # type: ignore[arg-type] # as the table says
    found = verdicts(before, now)
    assert found[name] == "drift"
    assert (found["lengths"] == "drift") == (name == "lengths")
    assert verdicts(before, now, threshold=1.0)[name] in {"small", "drift"}


def test_no_verdict_without_enough_texts_or_the_same_model() -> None:
    few = verdicts(drawn(1, 80), drawn(2, drift.FEWEST - 1, centre=9.0, words=90))
    assert set(few.values()) == {"too_few"}
    other = replace(drawn(2, 80, centre=9.0), embedder="another")
    assert verdicts(drawn(1, 80), other) == {
        "projections": "other_model", "topics": "other_model", "lengths": "steady", "terms": "steady"
    }  # fmt: skip
    assert {each.verdict for each in drift.measured({}, {"q": drawn(1, 80)}, 0.1)} == {"missing"}


def test_samples_on_the_disk_hold_numbers_only(tmp_path: Path) -> None:
    one = drawn(1, 30)
    write(tmp_path, {"questions": one})
    again = read(tmp_path)["questions"]
    assert (again.count, again.total, again.embedder) == (30, 30, "m")
    assert np.allclose(again.points, one.points, atol=0.02)
    with np.load(tmp_path / FILE, allow_pickle=False) as arrays:
        kinds = {name: arrays[name].dtype.kind for name in arrays.files}
    assert {name for name, kind in kinds.items() if kind not in "fiu"} == {"questions.about"}
    (tmp_path / FILE).write_bytes(b"PK broken")
    with pytest.raises(Damaged, match="make the dataset again"):
        read(tmp_path)


# --- a workspace ----------------------------------------------------------------------------------------------------


def asked(workspace: Workspace, owner: str, count: int, text: str) -> None:
    for number in range(count):
        say(workspace, owner, f"{text} ({number})", "It is the yellow one.")


def at(workspace: Workspace, now: float) -> Datasets:
    """The datasets of the workspace as they are at a time."""
    return Datasets(workspace, workspace.datasets._formats, clock=lambda: now)


@pytest.fixture
def learnt(workspace: Workspace) -> Workspace:
    """A dataset `d` over thirty questions and the two documents, of which one is for treasury."""
    workspace.conversations._clock = lambda: 1000.0
    asked(workspace, ANN, 30, TIDE)
    at(workspace, 2000.0).make("d", Recipe(sources=("documents",)), by="test")
    return workspace


def found(report: DriftReport, subject: str) -> dict[str, tuple[str, int, int]]:
    return {each.name: (each.verdict, each.before, each.now) for each in report.measures if each.subject == subject}


def test_longer_questions_about_something_else_are_drift(learnt: Workspace) -> None:
    learnt.conversations._clock = lambda: 3000.0
    asked(learnt, BEN, 25, "Who owns Lantern, and which port does the Buoy listen on when the Wharf Team is away? " * 2)
    report = at(learnt, 4000.0).drift("d")
    questions = found(report, "questions")
    assert questions["lengths"] == ("drift", 30, 25)
    assert questions["terms"] == ("too_few", 0, 25)
    assert questions["projections"] == ("missing", 0, 0)  # no embedding model is there
    assert found(report, "documents")["lengths"] == ("too_few", 1, 0)
    assert (report.verdict, report.window_before, report.window_now) == ("drift", (0.0, 2000.0), (2000.0, 4000.0))
    kept = at(learnt, 5000.0).drifts()[0]
    assert (kept["verdict"], kept["dataset"], "terms" in kept) == ("drift", "d", False)


def test_the_same_questions_again_are_steady(learnt: Workspace) -> None:
    learnt.conversations._clock = lambda: 3000.0
    asked(learnt, BEN, 30, TIDE)
    report = at(learnt, 4000.0).drift("d")
    assert found(report, "questions")["lengths"] == ("steady", 30, 30)
    assert report.verdict == "steady"


def test_the_window_slides_and_begins_after_the_training(learnt: Workspace) -> None:
    learnt.conversations._clock = lambda: 3000.0
    asked(learnt, BEN, 30, TIDE)
    late = at(learnt, 3000.0 + 2 * DAY)
    assert found(late.drift("d", days=3), "questions")["lengths"][2] == 30
    assert found(late.drift("d", days=1), "questions")["lengths"][2] == 0
    assert late.drift("d", days=3).window_now[0] == 2000.0


def test_who_and_what_is_not_to_be_learnt_from_is_in_no_window(learnt: Workspace) -> None:
    learnt.conversations._clock = lambda: 3000.0
    asked(learnt, EVE, 30, TIDE)  # the settings keep her group out
    asked(learnt, ANN, 30, "Who owns Coffer?")  # a concept for treasury
    for number in range(30):
        add_document(learnt, f"t{number}", "The reserve was counted.", "treasury", modified=3000.0)
    report = at(learnt, 4000.0).drift("d")
    assert {each.now for each in report.measures} == {0}
    at(learnt, 5000.0).make("t", Recipe(sources=("documents",), access=frozenset({"treasury"})), by="test")
    assert learnt.datasets.get("t").reference["documents"]["total"] == 32
    assert learnt.datasets.get("t").reference["questions"]["total"] == 60


def test_documents_of_another_kind(learnt: Workspace) -> None:
    for number in range(40):
        add_document(learnt, f"old{number}", f"Boat {number} lies at the north berth.", modified=1500.0)
    at(learnt, 2000.0).make("e", Recipe(sources=("documents",)), by="test")
    for number in range(40):
        add_document(learnt, f"new{number}", "Lantern listens on port 7421. " * (20 + number), modified=3000.0)
    found_now = found(at(learnt, 4000.0).drift("e"), "documents")
    assert found_now["lengths"] == ("drift", 41, 40)
    assert found_now["projections"] == ("steady", 41, 40)  # these tests give all documents the same vector


def test_what_lies_with_the_dataset_has_no_words_of_anybody(learnt: Workspace) -> None:
    folder = learnt.datasets.folder / "d"
    for file in folder.iterdir():
        assert b"low tide" not in file.read_bytes(), file.name
    assert learnt.datasets.get("d").reference["questions"] == {"kept": 30, "total": 30, "embedder": ""}
    (folder / FILE).write_bytes(b"other")
    with pytest.raises(Damaged, match="not as the datasheet says"):
        learnt.datasets.drift("d")


def test_a_dataset_from_before_samples_were_kept_gives_no_verdict(learnt: Workspace) -> None:
    folder = learnt.datasets.folder / "d"
    (folder / FILE).unlink()
    sheet = json.loads((folder / "datasheet.json").read_text(encoding="utf-8"))
    del sheet["reference"]
    (folder / "datasheet.json").write_text(json.dumps(sheet), encoding="utf-8")
    assert learnt.datasets.drift("d").verdict == "missing"


def test_a_dataset_drawn_anew_keeps_the_sample(learnt: Workspace) -> None:
    learnt.datasets.resample("d", "r", "language", "down", by="test")
    assert read(learnt.datasets.folder / "r")["questions"].count == 30
    assert found(at(learnt, 4000.0).drift("r"), "questions")["lengths"][:2] == ("too_few", 30)


@pytest.mark.model
def test_questions_about_another_subject_are_drift_by_their_vectors(tmp_path: Path) -> None:
    """Of the same form and length, so that only what they mean tells them apart; the real embedding model."""
    with closing(open_workspace(Settings(workspace=tmp_path / "own"), create=True)) as own:
        own.catalog.accounts.add(AccountRecord(ANN, "hash", "employee", frozenset(), "en"))
        travel = ("hotel", "train", "flight", "taxi", "meal", "visa")
        asked_of(own, 1000.0, "refund", travel)
        at(own, 2000.0).make("d", Recipe(sources=(), files=(rows_file(tmp_path),)), by="test")
        asked_of(own, 3000.0, "refund", travel)
        same = found(at(own, 4000.0).drift("d"), "questions")
        asked_of(own, 5000.0, "restart", ("router", "printer", "server", "laptop", "firewall", "scanner"))
        other = found(at(own, 6000.0).drift("d", days=1500 / DAY), "questions")
    assert same["projections"] == ("steady", 36, 36)
    assert other["projections"] == ("drift", 36, 36)


def asked_of(workspace: Workspace, now: float, what: str, things: tuple[str, ...]) -> None:
    """Six questions about each of six things."""
    workspace.conversations._clock = lambda: now
    for thing in things:
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Sunday"):
            say(workspace, ANN, f"How do I {what} the {thing} on {day}?", "By the form.")


def rows_file(folder: Path) -> Path:
    file = folder / "own.csv"
    file.write_text("question,answer\nWhich colour is the boat?,The boat is red.\n", encoding="utf-8")
    return file
