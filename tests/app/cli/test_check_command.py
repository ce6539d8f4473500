"""`plumbline check`: graph files, revisions, batches, explanations and rules, and what is said of wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

TERMS = Path(__file__).parents[2] / "knowledge" / "alignment" / "company.ttl"
WRONG = "Meridian is owned by Payroll."


@pytest.fixture
def home(plumbline, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert plumbline("init", home).code == 0
    assert plumbline("graph", "import", TERMS, "--workspace", home).code == 0
    return home


def test_a_batch_against_a_graph_file(plumbline, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": WRONG, "passages": [{"id": "p", "text": "Trains are booked here."}]},
        {"id": 2, "text": "子午差旅平台由薪酬部负责。", "question": "谁负责？"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    ended = plumbline("check", "--graph", TERMS, "--batch", file)
    assert [(row["id"], row["answer"]) for row in ended.rows] == [
        ("a", "Meridian is owned by Travel Desk."),
        (2, "子午差旅平台由差旅服务部负责。"),
    ]


def test_explain(plumbline) -> None:
    report = plumbline("check", "--graph", TERMS, "--explain", "--json", stdin=WRONG).json
    assert report["claims"] == [
        {
            "sentence": WRONG, "start": 21, "end": 28, "text": "Payroll", "subject": "Meridian", "relation": "owner",
            "modality": "asserted", "fit": 1.0, "status": "contradicted", "rule": "relation.value",
            "evidence": ["Meridian · owner · Travel Desk"],
        }
    ]  # fmt: skip
    said = plumbline("check", "--graph", TERMS, "--explain", stdin=WRONG).out
    assert "read: Meridian · owner · Payroll (asserted, fit 1.00)" in said
    assert "contradicted, by relation.value" in said


def test_an_earlier_revision(plumbline, home: Path, tmp_path: Path) -> None:
    old = plumbline("check", "--workspace", home, "--json", stdin=WRONG).json["graph_revision"]
    changed = TERMS.read_text(encoding="utf-8").replace(
        "ex:owner ex:travel ; ex:launched", "ex:owner ex:payroll ; ex:launched"
    )
    (tmp_path / "new.ttl").write_text(changed, encoding="utf-8")
    assert plumbline("graph", "import", tmp_path / "new.ttl", "--replace", "--workspace", home).code == 0
    assert plumbline("check", "--workspace", home, "--json", stdin=WRONG).json["answer"] == WRONG
    before = plumbline("check", "--workspace", home, "--release", old, "--json", stdin=WRONG).json
    assert (before["answer"], before["graph_revision"]) == ("Meridian is owned by Travel Desk.", old)


def test_rules_before_any_answer(plumbline, home: Path) -> None:
    assert plumbline("check", "--rules", "--workspace", home).out == "no answer has been edited yet\n"
    assert plumbline("check", "--rules", "--workspace", home, "--json").json == {"rules": []}


WRONG_USE = {
    "an unknown revision": (["check", "--release", "nowhere"], 1, "nowhere: no such revision or release"),
    "two graphs": (["check", "--release", "r", "--graph", str(TERMS)], 2, "give one"),
    "rules and a text": (["check", "-", "--rules"], 2, "--rules takes no text"),
    "a graph that is none": (["check", "--graph", __file__], 2, Path(__file__).name),
}


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_one_line(plumbline, home: Path, arguments: list[str], code: int, said: str) -> None:
    ended = plumbline(*arguments, "--workspace", home, stdin=WRONG)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert said in ended.err
