"""Who deletes a conversation or removes a document takes it out of the datasets too: rows, datasheet and the numbers
kept for drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from harbour import ANN, BEN, add_document, say

from adapters.training.examples import read_dataset
from app.datasets import Recipe
from app.datasets.samples import read, sample
from app.wiring import Workspace
from knowledge.errors import NotFound
from knowledge.protocols import Vectors
from knowledge.types import Role, User

OPERATOR = User("olga", Role.OPERATOR)
SECRET = "Which of the two lanterns hangs at the old pier?"
COLOURS = ("red", "blue", "green", "white", "black", "amber", "brown", "grey", "pink", "violet", "ochre", "teal")


def judged(workspace: Workspace, owner: str, question: str, answer: str) -> str:
    message = say(workspace, owner, question, answer)
    workspace.conversations.give_feedback(message, User(owner), "up")
    return message


@pytest.fixture
def secret(workspace: Workspace) -> str:
    """A dataset `d` of what ann and ben were answered; gives the id of the answer that ben will delete."""
    for colour in COLOURS:
        judged(workspace, ANN, f"Where is the {colour} boat today?", f"The {colour} boat is at berth {len(colour)}.")
    message = judged(workspace, BEN, SECRET, "The left one of the two lanterns hangs there.")
    workspace.datasets.make("d", Recipe(sources=("feedback",)), by="test")
    return message


def delete(workspace: Workspace, owner: str) -> None:
    for conversation in workspace.conversations.list(User(owner)):
        workspace.conversations.delete(conversation.id, User(owner))


def everything(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_nothing_of_a_deleted_conversation_is_left(workspace: Workspace, secret: str) -> None:
    folder = workspace.datasets.folder / "d"
    assert read(folder)["questions"].count == 13
    assert SECRET.encode() in everything(folder)
    delete(workspace, BEN)
    assert SECRET.encode() not in everything(folder)
    assert secret.encode() not in everything(folder)
    sheet = workspace.datasets.get("d")
    assert sheet.problem == ""
    assert sum(sheet.parts.values()) == 12
    assert sheet.sha256 == read_dataset(folder).sha256
    assert sheet.reference["questions"] == {"kept": 12, "total": 12, "embedder": ""}
    left = read(folder)["questions"]
    assert (left.count, len(left.keys)) == (12, 12)
    assert len(left.lengths) == 12
    workspace.datasets.drift("d")  # the sample is the one that the datasheet tells of
    (entry,) = workspace.audit.list(action="dataset.erase")
    assert (entry.subject, entry.detail) == ("d", {"rows": 1})


def test_struck_and_repeated_rows_go_too(workspace: Workspace, secret: str) -> None:
    (row,) = workspace.datasets.rows("d", search="old pier").rows
    workspace.datasets.make("again", Recipe(sources=("graph",), replay=("d",), replay_share=0.9), by="test")
    workspace.datasets.strike("d", [row.id], by="ann", reason="too old")
    delete(workspace, BEN)
    for name in ("d", "again"):
        assert SECRET.encode() not in everything(workspace.datasets.folder / name)
        assert secret.encode() not in everything(workspace.datasets.folder / name)
        assert workspace.datasets.get(name).problem == ""
    assert workspace.datasets.struck("d") == []


def test_other_rows_stay_as_they_are(workspace: Workspace, secret: str) -> None:
    before = {row.id for row in workspace.datasets.rows("d", limit=100).rows}
    (gone,) = workspace.datasets.rows("d", search="old pier").rows
    workspace.conversations.delete(workspace.conversations.create(User(BEN)).id, User(BEN))
    assert {row.id for row in workspace.datasets.rows("d", limit=100).rows} == before
    assert workspace.audit.list(action="dataset.erase") == []
    delete(workspace, BEN)
    assert {row.id for row in workspace.datasets.rows("d", limit=100).rows} == before - {gone.id}


def test_altered_files_are_not_taken_for_right_by_erasing(workspace: Workspace, secret: str) -> None:
    folder = workspace.datasets.folder / "d"
    with (folder / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")
    delete(workspace, BEN)
    assert SECRET.encode() not in everything(folder)
    assert "not as the datasheet says" in workspace.datasets.get("d").problem


def test_a_dataset_without_any_row_left_goes(workspace: Workspace, secret: str) -> None:
    delete(workspace, BEN)
    delete(workspace, ANN)
    with pytest.raises(NotFound):
        workspace.datasets.get("d")


def test_what_is_deleted_while_another_one_is_made_is_left_to_its_maker(workspace: Workspace, secret: str) -> None:
    others: list[Thread] = []

    def told(*_: object) -> None:
        if not others:  # somebody else's press, when the answers have been read already
            others.append(Thread(target=delete, args=(workspace, BEN)))
            others[0].start()
            others[0].join()

    workspace.datasets.make("second", Recipe(sources=("feedback",)), by="test", told=told)
    assert others
    for name in ("d", "second"):
        assert SECRET.encode() not in everything(workspace.datasets.folder / name)


# --- documents ------------------------------------------------------------------------------------------------------

PIER = "**When does the pier close?**\nThe pier closes at ten, says the harbour master."


@pytest.fixture
def with_pier(workspace: Workspace) -> str:
    """A dataset `d` with rows of the documents `guide` and `pier`, one of them struck out, and of an answer over
    `pier`; gives the answer's id.
    """
    add_document(workspace, "pier", PIER, modified=200.0)
    for colour in COLOURS:
        judged(workspace, ANN, f"Where is the {colour} boat today?", f"The {colour} boat is at berth {len(colour)}.")
    answer = say(
        workspace, ANN, "Is the pier closed by midnight?", "It is, the harbour master says.", documents=["pier"]
    )
    workspace.conversations.give_feedback(answer, User(ANN), "up")
    workspace.datasets.make("d", Recipe(sources=("feedback", "documents")), by="test")
    return answer


def test_nothing_of_a_removed_document_is_left(workspace: Workspace, with_pier: str) -> None:
    datasets = workspace.datasets
    (row,) = datasets.rows("d", search="When does the pier").rows
    datasets.make("again", Recipe(sources=("graph",), replay=("d",), replay_share=0.9), by="test")
    datasets.strike("d", [row.id], by="ann", reason="too old")
    before = {each.id for each in datasets.rows("d", limit=100).rows}
    (over,) = datasets.rows("d", search="closed by midnight").rows
    kept = read(datasets.folder / "d")["documents"].count
    workspace.catalog.documents.remove(["pier"])
    datasets.erase_deleted()
    for name in ("d", "again"):
        assert b"harbour master" not in everything(datasets.folder / name)
        assert with_pier.encode() not in everything(datasets.folder / name)
        assert datasets.get(name).problem == ""
    assert {each.id for each in datasets.rows("d", limit=100).rows} == before - {over.id}
    assert datasets.struck("d") == []
    assert {source["id"] for source in datasets.get("d").sources if source["kind"] == "documents"} == {"guide"}
    assert read(datasets.folder / "d")["documents"].count == kept - 1
    datasets.drift("d")  # the sample is the one that the datasheet tells of


def test_a_document_that_was_moved_is_not_gone(workspace: Workspace, with_pier: str) -> None:
    add_document(workspace, "jetty", PIER, modified=200.0)  # the same text at another place
    workspace.catalog.documents.remove(["pier"])
    workspace.datasets.erase_deleted()
    assert workspace.datasets.rows("d", search="When does the pier").total == 1
    workspace.catalog.documents.remove(["jetty"])
    workspace.datasets.erase_deleted()
    assert workspace.datasets.rows("d", search="When does the pier").total == 0


def test_a_damaged_datasheet_keeps_nothing_else_from_being_erased(workspace: Workspace, with_pier: str) -> None:
    broken = workspace.datasets.folder / "broken"
    broken.mkdir()
    (broken / "datasheet.json").write_text("{", encoding="utf-8")
    workspace.catalog.documents.remove(["pier"])
    workspace.datasets.erase_deleted()
    assert b"harbour master" not in everything(workspace.datasets.folder / "d")


def test_removing_and_a_run_that_finds_a_file_gone_erase(workspace: Workspace, tmp_path: Path) -> None:
    """Whichever way documents go: by an operator's hand, or because their file is gone."""
    workspace.parts["embedder"] = Lengths()
    datasets, files = workspace.datasets, tmp_path / "files"
    files.mkdir()
    for name in ("one", "two", "three"):
        (files / f"{name}.md").write_text(
            f"# Berth {name}\n\n## Who owns berth {name}?\n\n{name} of the pilots.\n", "utf-8"
        )
    workspace.pipeline().run([files])
    datasets.make("d", Recipe(sources=("documents",)), by="test")
    assert {row.answer for row in datasets.rows("d", search="of the pilots").rows} == {
        f"{name} of the pilots." for name in ("one", "two", "three")
    }
    (first,) = [each for each in workspace.catalog.documents.list(None) if each.path == "one.md"]
    workspace.managed_documents.remove([first.id], OPERATOR)
    assert datasets.rows("d", search="one of the pilots").total == 0
    (files / "two.md").unlink()
    workspace.pipeline().run([files])
    assert [row.answer for row in datasets.rows("d", search="of the pilots").rows] == ["three of the pilots."]


class Lengths:
    """An embedder of a text's length, for documents that nobody searches for."""

    dimension = 2
    max_tokens = 512
    fingerprint = "lengths"

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        angles = np.array([len(text) % 7 for text in texts], dtype=np.float32)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 1 for text in texts]


def test_a_sample_that_does_not_say_what_it_came_from_goes_whole(tmp_path: Path) -> None:
    old = sample(None, [4, 5], [{"a"}, {"a", "b"}], 2, "")
    assert old.only({"x", "y"}).count == 0
    known = sample(None, [4, 5, 6], [{"a"}, {"a", "b"}, {"c"}], 3, "", ["x", "y", "z"])
    left = known.only({"x", "z"})
    assert (left.lengths.tolist(), left.term_rows.tolist(), left.total) == ([4, 6], [0, 1], 2)
    assert left.term_keys.tolist() == [known.term_keys[0], known.term_keys[3]]
