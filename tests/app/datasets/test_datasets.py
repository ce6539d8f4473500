"""Datasets from documents, graph, feedback and files: made, checked, split, struck out, drawn anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harbour import ANN, BEN, EVE, GUIDE, add_document, say

from adapters.training.examples import leaks, read_dataset
from app.datasets import Recipe
from app.datasets.from_graph import _question_form
from app.wiring import Workspace
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.types import User


def made(workspace: Workspace, recipe: Recipe, name: str = "d") -> dict[str, str]:
    """Questions with their answers of a new dataset."""
    workspace.datasets.make(name, recipe, by="test")
    return {row.question: row.answer for row in workspace.datasets.rows(name, limit=1000).rows}


def left_out(workspace: Workspace, name: str = "d") -> dict[str, int]:
    return {key: entry["count"] for key, entry in workspace.datasets.get(name).quality["dropped"].items()}


def test_documents_are_asked_by_templates_and_answer_word_for_word(workspace: Workspace) -> None:
    rows = made(workspace, Recipe(sources=("documents",)))
    assert rows["When is the harbour office open?"].startswith("The office is open from 8:30 to 17:00")
    assert rows["What is the Contact channel in “guide”?"] == "the green radio"
    assert rows["In “guide”, what is the Depth of South?"] == "9 m"
    assert all(answer in GUIDE for answer in rows.values())


def test_the_graph_speaks_both_languages(workspace: Workspace) -> None:
    rows = made(workspace, Recipe(sources=("graph",)))
    assert rows["What is the port of Lantern?"] == "Lantern listens on port 7421."
    assert rows["灯笼平台的负责团队是？"] == "灯笼平台由码头组负责。"
    assert rows["What is GlowDesk called now?"] == "It is called Lantern now."
    assert rows["What is Lantern?"] == "The ticket system of the harbour."


def test_what_the_labels_do_not_allow_is_not_there(workspace: Workspace) -> None:
    everyone = json.dumps(made(workspace, Recipe(sources=("documents", "graph"))), ensure_ascii=False)
    assert not any(secret in everyone for secret in ("reserve", "Coffer", "金匮"))
    recipe = Recipe(sources=("documents", "graph"), access=frozenset({"treasury"}))
    treasury = json.dumps(made(workspace, recipe, "t"))
    assert "reserve" in treasury
    assert "Coffer listens on port 9000." in treasury
    assert workspace.datasets.get("t").access == ("treasury",)


def test_who_lacks_a_label_does_not_find_the_dataset(workspace: Workspace) -> None:
    made(workspace, Recipe(sources=("documents",), access=frozenset({"treasury"})), "t")
    stranger, insider = User("o"), User("i", groups=frozenset({"treasury"}))
    assert workspace.datasets.list(stranger) == []
    assert [sheet.name for sheet in workspace.datasets.list(insider)] == ["t"]
    with pytest.raises(NotFound) as hidden:
        workspace.datasets.rows("t", stranger)
    with pytest.raises(NotFound) as unknown:
        workspace.datasets.rows("u", stranger)
    assert str(hidden.value).replace("t:", "u:", 1) == str(unknown.value)
    with pytest.raises(NotPermitted):
        workspace.datasets.make("x", Recipe(access=frozenset({"treasury"})), by="o", user=stranger)


def test_feedback_becomes_examples_only_where_it_says_what_is_good(workspace: Workspace) -> None:
    up = say(workspace, ANN, "Who owns Lantern?", "Lantern is owned by Wharf Team [1].")
    say(workspace, ANN, "Who runs Buoy?", "Buoy is run by the Dock Team.")  # nobody said anything
    edited = say(
        workspace, BEN, "Where are tickets kept?", "Tickets are kept in GlowDesk.", edit=("GlowDesk", "Lantern")
    )
    down = say(workspace, BEN, "Is it open on Sunday?", "The office is open on Sunday.")
    kept_out = say(workspace, EVE, "Which radio is it?", "It is the green radio.")
    for message, owner, vote in ((up, ANN, "up"), (down, BEN, "down"), (kept_out, EVE, "up")):
        workspace.conversations.give_feedback(message, User(owner), vote)
    assert made(workspace, Recipe(sources=("feedback",))) == {
        "Who owns Lantern?": "Lantern is owned by Wharf Team.",
        "Where are tickets kept?": "Tickets are kept in Lantern.",
    }
    assert left_out(workspace) == {"weak": 1, "not_allowed": 1}
    assert edited in {row.source for row in workspace.datasets.rows("d").rows}


def test_answers_from_what_the_labels_do_not_allow_are_left_out(workspace: Workspace) -> None:
    said = [
        say(workspace, ANN, "How large is it?", "It is 42 million.", documents=["treasury"]),
        say(workspace, ANN, "Who owns Coffer?", "The Dock Team owns it."),
        say(workspace, ANN, "What is in my file?", "A list of boats.", attached="mine.pdf"),
        say(workspace, ANN, "Which radio is it?", "It is the green radio.", documents=["guide"]),
    ]
    for message in said:
        workspace.conversations.give_feedback(message, User(ANN), "up")
    assert list(made(workspace, Recipe(sources=("feedback",)))) == ["Which radio is it?"]
    assert left_out(workspace) == {"access": 3}


def test_edits_make_pairs(workspace: Workspace) -> None:
    say(workspace, ANN, "Where are tickets kept?", "Tickets are kept in GlowDesk.", edit=("GlowDesk", "Lantern"))
    undone = say(workspace, BEN, "Which boat is first?", "The first boat is red.", edit=("red", "blue"))
    reported = say(workspace, BEN, "Which boat is last?", "The last boat is old.", edit=("old", "young"))
    good = say(workspace, ANN, "Which flag flies today?", "The yellow flag flies today.")
    bad = say(workspace, ANN, "Which flag flies today?", "No flag was ever seen there.")
    workspace.conversations.set_undone(undone, 0, undone=True, user=User(BEN))
    workspace.conversations.report_edit(reported, 0, user=User(BEN))
    workspace.conversations.give_feedback(good, User(ANN), "up")
    workspace.conversations.give_feedback(bad, User(ANN), "down")
    workspace.datasets.make("d", Recipe(sources=("feedback",), form="preference"), by="test")
    assert {(row.kind, row.answer, row.rejected) for row in workspace.datasets.rows("d").rows} == {
        ("feedback.edited", "Tickets are kept in Lantern.", "Tickets are kept in GlowDesk."),
        ("feedback.undone", "The first boat is red.", "The first boat is blue."),
        ("feedback.reported", "The last boat is old.", "The last boat is young."),
        ("feedback.better", "The yellow flag flies today.", "No flag was ever seen there."),
    }


def test_pairs_from_the_graph_put_a_true_sentence_against_a_false_one(workspace: Workspace) -> None:
    workspace.datasets.make("d", Recipe(sources=("graph",), form="preference", languages=("en",)), by="test")
    pairs = {(row.answer, row.rejected) for row in workspace.datasets.rows("d", limit=100).rows}
    assert ("Lantern is owned by Wharf Team.", "Lantern is owned by Dock Team.") in pairs
    assert ("Lantern listens on port 7421.", "GlowDesk listens on port 7421.") in pairs


BAD = [
    (
        "inaccurate",
        {"instruction": "How deep is the basin?", "input": "It is 12 m deep.", "output": "It is 15 m deep."},
    ),
    ("personal_data", {"instruction": "Whom do I call?", "output": "Call 13812345678 or zhang.wei@example.com."}),
    ("placeholder", {"instruction": "Whom do I call?", "output": "Call ⟨PHONE·k3f7ab⟩ at once."}),
    ("graph_contradiction", {"instruction": "Who owns Lantern?", "output": "Lantern is owned by Dock Team."}),
    ("term", {"instruction": "What do I open?", "output": "Please open GlowDesk first."}),
    ("wrong_language", {"instruction": "Where is the boat today?", "output": "这条船今天停在北边的泊位上。"}),
    ("too_short", {"instruction": "Boat?", "output": "The boat is red."}),
    ("too_long", {"instruction": "Where is the boat?", "output": "far away " * 200}),
    ("incomplete", {"instruction": "Where is the boat?", "output": "The boat is at ____ today."}),
]


@pytest.mark.parametrize(("reason", "row"), BAD, ids=[reason for reason, _ in BAD])
def test_what_is_not_good_enough_is_left_out_with_its_reason(
    workspace: Workspace, tmp_path: Path, reason: str, row: dict[str, str]
) -> None:
    good = {"instruction": "What colour is the pilot boat?", "output": "The pilot boat is orange."}
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(each) for each in (row, good)), encoding="utf-8")
    rows = made(workspace, Recipe(sources=(), files=(file,)))
    assert rows == {good["instruction"]: good["output"]}
    assert left_out(workspace) == {reason: 1}
    text = (workspace.folder / "datasets/d/datasheet.json").read_text(encoding="utf-8")
    assert "13812345678" not in text


def test_copies_and_disagreements(workspace: Workspace, tmp_path: Path) -> None:
    long = "Boats that come in at night wait at the north buoy until the pilot has been told and has answered them"
    file = tmp_path / "rows.csv"
    file.write_text(
        "question,answer\n"
        "What colour is the pilot boat?,The pilot boat is orange.\n"
        "what colour is the pilot boat,the pilot boat is ORANGE\n"
        f"Where do boats wait?,{long} twice.\n"
        f"Where do boats wait?,{long} two times.\n"
        "How deep is the basin?,The basin is 9 m deep.\n"
        "How deep is the basin?,The basin is 12 m deep.\n",
        encoding="utf-8",
    )
    rows = made(workspace, Recipe(sources=(), files=(file,)))
    assert rows == {
        "What colour is the pilot boat?": "The pilot boat is orange.",
        "Where do boats wait?": f"{long} twice.",
    }
    assert left_out(workspace) == {"duplicate": 1, "near_duplicate": 1, "inconsistent": 2}
    assert workspace.datasets.get("d").quality["measures"]["consistency"] == round(1 - 2 / 6, 4)


def test_the_split_keeps_sources_whole_and_the_sheet_tells_the_files(workspace: Workspace) -> None:
    for number in range(30):
        add_document(workspace, f"boat{number}", f"Call sign: sign {number}\nHome berth: berth {number}")
    sheet = workspace.datasets.make("d", Recipe(sources=("documents",)), by="test")
    read = read_dataset(workspace.folder / "datasets/d")
    assert leaks(read) == []
    assert (sheet.leaks, sheet.sha256, sheet.problem) == (0, read.sha256, "")
    assert sheet.parts == {"train": len(read.train), "validation": len(read.validation), "test": len(read.test)}
    assert min(sheet.parts.values()) >= 2
    assert {source["id"] for source in sheet.sources} == {"guide", *(f"boat{number}" for number in range(30))}
    assert sheet.graph_revision == workspace.graph().revision
    assert sheet.policy == workspace.desensitizer.fingerprint
    (workspace.folder / "datasets/d/test.jsonl").write_text("", encoding="utf-8")
    assert "test.jsonl: not as the datasheet says" in workspace.datasets.get("d").problem


def test_nothing_half_made_stays_and_no_name_is_used_twice(workspace: Workspace, tmp_path: Path) -> None:
    left = workspace.folder / "datasets/.making-old"
    left.mkdir(parents=True)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"instruction": "Why?"}', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"bad\.jsonl, line 1: not an example \(no 'output'\)"):
        workspace.datasets.make("d", Recipe(sources=("graph",), files=(bad,)), by="test")
    assert list((workspace.folder / "datasets").iterdir()) == []
    made(workspace, Recipe(sources=("graph",)))
    with pytest.raises(InvalidInput, match="there is a dataset of that name"):
        made(workspace, Recipe(sources=("graph",)))
    with pytest.raises(InvalidInput, match="nothing to learn from"):
        made(workspace, Recipe(sources=("feedback",)), "empty")


def test_rows_are_struck_out_and_put_back(workspace: Workspace) -> None:
    made(workspace, Recipe(sources=("graph",)))
    row = workspace.datasets.rows("d", part="train").rows[0]
    before = workspace.datasets.get("d")
    sheet = workspace.datasets.strike("d", [row.id], by="ann", reason="out of date")
    assert (sheet.struck, sheet.parts["train"], sheet.problem) == (1, before.parts["train"] - 1, "")
    assert row.id not in {each.id for each in read_dataset(workspace.folder / "datasets/d").train}
    (struck,) = workspace.datasets.struck("d")
    assert (struck.row, struck.by, struck.reason) == (row, "ann", "out of date")
    back = workspace.datasets.put_back("d", [row.id], by="ann")
    assert (back.struck, back.parts) == (0, before.parts)
    assert workspace.datasets.struck("d") == []
    with pytest.raises(InvalidInput, match="say why"):
        workspace.datasets.strike("d", [row.id], by="ann", reason=" ")
    with pytest.raises(InvalidInput, match="no such row: nope"):
        workspace.datasets.strike("d", ["nope"], by="ann", reason="x")
    everything = [each.id for each in workspace.datasets.rows("d", part="train", limit=1000).rows]
    with pytest.raises(InvalidInput, match="no row would be left"):
        workspace.datasets.strike("d", everything, by="ann", reason="x")


def test_a_strike_that_was_killed_half_way_counts_at_once(workspace: Workspace) -> None:
    made(workspace, Recipe(sources=("graph",)))
    folder = workspace.folder / "datasets/d"
    before = (folder / "train.jsonl").read_bytes()
    first, second, *_ = workspace.datasets.rows("d", part="train").rows
    workspace.datasets.strike("d", [first.id], by="ann", reason="x")
    (folder / "train.jsonl").write_bytes(before)  # as a kill leaves it: struck.jsonl is written first
    assert first.id not in {each.id for each in read_dataset(folder).train}
    workspace.datasets.strike("d", [second.id], by="ann", reason="x")
    assert {first.id, second.id}.isdisjoint(each.id for each in workspace.datasets.rows("d", limit=1000).rows)


def test_drawing_evenly(workspace: Workspace, tmp_path: Path) -> None:
    colours = ("red", "blue", "green", "white", "black", "pink")
    rows = [{"instruction": f"What colour is the {c} boat?", "output": f"The boat there is {c}."} for c in colours]
    rows.append({"instruction": "引航船是什么颜色的？", "output": "引航船是橙色的。"})
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    made(workspace, Recipe(sources=(), files=(file,)))
    assert workspace.datasets.get("d").balance["language"] == {"en": 6, "zh": 1}
    down = workspace.datasets.resample("d", "down", "language", "down", by="test")
    up = workspace.datasets.resample("d", "up", "language", "up", by="test")
    assert (down.balance["language"], up.balance["language"]) == ({"en": 1, "zh": 1}, {"en": 6, "zh": 6})
    assert leaks(read_dataset(workspace.folder / "datasets/up")) == []


def test_replayed_rows_are_trained_on_again_and_never_held_back(workspace: Workspace) -> None:
    old = made(workspace, Recipe(sources=("graph",), languages=("en",)), "old")
    for number in range(30):
        add_document(workspace, f"boat{number}", f"Call sign: sign {number}")
    recipe = Recipe(sources=("documents",), replay=("old",), replay_share=0.2)
    workspace.datasets.make("new", recipe, by="test")
    rows = workspace.datasets.rows("new", limit=1000).rows
    replayed = [row for row in rows if row.question in old]
    assert 0 < len(replayed) <= round(0.25 * (len(rows) - len(replayed)))
    assert {row.part for row in replayed} == {"train"}


@pytest.mark.parametrize(
    ("relation", "asked"),
    [
        ("port", "What is the port of X?"),
        ("list price", "What is the list price of X?"),
        ("part of", "What is X part of?"),
        ("member of", "What is X member of?"),
        ("hosted at", "What is X hosted at?"),
        ("reports to", "X reports to what?"),
        ("address of", "What is X address of?"),
    ],
)
def test_questions_about_facts_are_english(relation: str, asked: str) -> None:
    assert _question_form(relation, "en").format(concept="X", relation=relation) == asked
    assert _question_form(relation, "zh") == "{concept}的{relation}是？"


def test_rows_of_a_file_without_sources_are_held_back_too(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    rows = "".join(f"Which flag flies on boat {100 + 7 * n}?,The flag is number {n}.\n" for n in range(30))
    file.write_text(f"question,answer\n{rows}", encoding="utf-8")
    sheet = workspace.datasets.make("d", Recipe(sources=(), files=(file,)), by="test")
    assert dict(sheet.parts) == {"train": 24, "validation": 3, "test": 3}


POLICY = """
version: 1
default: pseudonym
overrides:
  - {sources: [treasury], entities: {PERSON: keep}}
  - {sources: [mail], colleagues: pseudonym}
"""


def personal(workspace: Workspace) -> dict[str, int]:
    """The kinds of personal data for which rows were left out, none where none were."""
    dropped = workspace.datasets.get("d").quality["dropped"]
    kinds: dict[str, int] = dropped.get("personal_data", {}).get("kinds", {})
    return kinds


def test_colleagues_stay_in_examples_as_in_documents(workspace: Workspace) -> None:
    add_document(workspace, "rota", "Watch officer: Marta Jansen\nNight watch: the north pier")
    rows = made(workspace, Recipe(sources=("documents",)))
    assert {"Marta Jansen", "the north pier"}.isdisjoint(rows.values())
    assert personal(workspace) == {"PERSON": 2}  # it is the passage of both rows
    workspace.datasets.remove("d", by="test")
    (workspace.folder / "directory.csv").write_text("name\nMarta Jansen\n", encoding="utf-8")
    (workspace.folder / "policy.yaml").write_text(POLICY, encoding="utf-8")  # read anew, and the people with it
    rows = made(workspace, Recipe(sources=("documents",)))
    assert {"Marta Jansen", "the north pier"} <= set(rows.values())
    assert personal(workspace) == {}


@pytest.mark.parametrize(
    ("folder", "text", "kept"),
    [
        ("guide", "Watch officer: Marta Jansen", True),
        ("mail", "Watch officer: Marta Jansen", False),  # stricter there
        ("guide", "Guest of honour: Peter Okonkwo", False),
        ("treasury", "Guest of honour: Peter Okonkwo", False),  # kept for its readers, not for all who ask a model
    ],
)
def test_an_exception_of_the_policy_lets_nothing_more_into_a_dataset(
    workspace: Workspace, folder: str, text: str, *, kept: bool
) -> None:
    (workspace.folder / "directory.csv").write_text("name\nMarta Jansen\n", encoding="utf-8")
    (workspace.folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    add_document(workspace, f"{folder}/rota", text)
    rows = made(workspace, Recipe(sources=("documents",)))
    assert (text.split(": ")[1] in rows.values()) is kept
    assert personal(workspace) == ({} if kept else {"PERSON": 1})
