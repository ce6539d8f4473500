"""`assistant.sources`: what the pages and the library do with sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from tests_support import wait_until

from app.assistant import Assistant
from app.settings import load_settings
from app.wiring import open_workspace
from knowledge.errors import InvalidInput, NotFound, Unavailable
from knowledge.protocols import Vectors
from knowledge.types import User


class OneDirection:
    """Every text has the same vector; nothing is searched here."""

    fingerprint, dimension, max_tokens = "one", 4, 512

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([1, 0, 0, 0], dtype=np.float32), (len(texts), 1))

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    (folder / "b.txt").write_text("Text.\n", encoding="utf-8")
    return folder


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    workspace = open_workspace(load_settings(tmp_path / "ws", environment={}), create=True)
    workspace.parts["embedder"] = OneDirection()
    with Assistant(workspace) as opened:
        yield opened


def test_a_run_in_the_background_is_followed_by_its_id(assistant: Assistant, docs: Path) -> None:
    sources = assistant.sources
    source = sources.add(str(docs / ".." / "docs"), access=["b", "a"], by="ops")
    assert (source.name, source.location, source.access) == ("docs", str(docs), ("a", "b"))
    run_id = sources.start("docs", by="ops")
    wait_until(lambda: sources.run(run_id).state == "done")
    assert [run.id for run in sources.runs("docs")] == [run_id]
    assert [line.number for line in sources.log(run_id)] == [1]
    assert sources.log(run_id, after=1) == []
    wait_until(lambda: bool(assistant.workspace.audit.list(action="source.run")))
    (entry,) = assistant.workspace.audit.list(action="source.run")
    assert (entry.actor, entry.subject, entry.detail["documents"]["added"]) == ("ops", run_id, 2)
    document = sources.documents("docs")[0]
    assert document.access == {"a", "b"}
    assert sources.of(document) == source
    assert sources.documents("docs", assistant.user(None)) == []


def test_a_run_that_cannot_begin_says_so(assistant: Assistant, docs: Path) -> None:
    source = assistant.sources.add(str(docs))
    with assistant.catalog.leases.hold(f"source:{source.id}"), pytest.raises(Unavailable):
        assistant.sources.start("docs")  # in a thread of its own, so that this one's lease is another's
    for name in ("nope", ""):
        with pytest.raises(NotFound):
            assistant.sources.start(name)
    with pytest.raises(NotFound):
        assistant.sources.log("nope")


def test_another_definition_holds_from_the_next_run_on(assistant: Assistant, docs: Path) -> None:
    sources = assistant.sources
    sources.add(str(docs))
    sources.run_now("docs")
    sources.change("docs", access=("hr",), include=("*.md",), by="ops")
    assert [(one.path, one.access) for one in sources.documents("docs")] == [("a.md", {"hr"}), ("b.txt", set())]
    sources.run_now("docs")
    assert [(one.path, one.access) for one in sources.documents("docs")] == [("a.md", {"hr"})]
    for fields in ({"location": "/"}, {"kind": "git"}, {"id": "x"}, {"colour": "red"}):
        with pytest.raises(InvalidInput, match="cannot be changed"):
            sources.change("docs", **fields)
    with pytest.raises(InvalidInput, match="access label"):
        sources.change("docs", access=("a,b",))


def test_a_look_at_a_source_keeps_nothing(assistant: Assistant, docs: Path) -> None:
    found = assistant.sources.probe(str(docs), include=("*.md",))
    assert (found.items, found.more, found.first) == (1, False, ("a.md",))
    assert assistant.sources.list() == []
    with pytest.raises(Unavailable, match="git cannot fetch"):
        assistant.sources.probe(str(docs), kind="git")
    with pytest.raises(InvalidInput, match="no such folder"):
        assistant.sources.probe(str(docs / "nope"))


@pytest.mark.parametrize("keep", [False, True])
def test_documents_go_with_their_source_unless_they_are_kept(assistant: Assistant, docs: Path, keep: bool) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing")
    assistant.sources.add(str(docs))
    assistant.schedules.add("docs", every="6h")
    assistant.sources.run_now("docs")
    assert assistant.sources.remove("docs", keep_documents=keep) == (0 if keep else 2)
    assert assistant.catalog.documents.count() == (2 if keep else 0)
    assert len(assistant.catalog.quarantine.list()) == keep
    assert assistant.schedules.list() == []
    assert assistant.sources.runs() == []
    assert (docs / "a.md").exists()


def test_a_rule_set_by_hand_holds_at_once_and_in_later_runs(assistant: Assistant, docs: Path) -> None:
    sources, family = assistant.sources, assistant.catalog.documents
    for name in ("hr/pay.md", "hr/public/leave.md"):
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(f"# {name}\n\nText.\n", encoding="utf-8")
    (docs / "access.yaml").write_text("hr: [hr]\n", encoding="utf-8")
    sources.add(str(docs), access=["staff"])
    sources.run_now("docs")

    def readers() -> dict[str, str]:
        return {one.path: ",".join(sorted(one.access)) for one in family.list()}

    assert readers() == {"a.md": "staff", "b.txt": "staff", "hr/pay.md": "hr", "hr/public/leave.md": "hr"}
    vectors = [(chunk.id, chunk.text) for one in family.list() for chunk in family.chunks(one.id)]
    assert sources.set_rule("docs", "./hr/public/", [], by="ops") == 1
    assert sources.set_rule("docs", "a.md", ["legal", "board"], by="ops") == 1
    expected = {"a.md": "board,legal", "b.txt": "staff", "hr/pay.md": "hr", "hr/public/leave.md": ""}
    assert readers() == expected
    reader = User("anna", groups=frozenset({"staff"}))
    assert {one.path for one in family.list(reader)} == {"b.txt", "hr/public/leave.md"}
    sources.run_now("docs")
    assert readers() == expected
    assert [(chunk.id, chunk.text) for one in family.list() for chunk in family.chunks(one.id)] == vectors

    told = [(rule.path, rule.labels, rule.own, rule.documents) for rule in sources.rules("docs")]
    assert told == [
        ("a.md", ("board", "legal"), False, 1),
        ("hr", ("hr",), True, 1),
        ("hr/public", (), False, 1),
    ]
    grounds = {one.path: sources.ground_of(one.source_root, one.path) for one in family.list()}
    assert {path: (ground.kind, ground.path) for path, ground in grounds.items() if ground} == {
        "a.md": ("rule", "a.md"),
        "b.txt": ("source", ""),
        "hr/pay.md": ("file", "hr"),
        "hr/public/leave.md": ("rule", "hr/public"),
    }
    # What was set for one document by hand stays whatever the folder says
    assistant.documents.set_access(next(one.id for one in family.list() if one.path == "b.txt"), ["sales"], "ops")
    assert sources.set_rule("docs", "", ["board"]) == 0
    assert sources.set_rule("docs", "a.md", None, by="ops") == 1
    assert readers() == {**expected, "a.md": "board", "b.txt": "sales"}
    audit = assistant.workspace.audit.list(action="source.rule")
    first = next(entry for entry in audit if entry.detail["path"] == "hr/public")
    assert (first.actor, first.detail["before"], first.detail["after"], first.detail["documents"]) == (
        "ops",
        None,
        [],
        1,
    )
    for path in ("../x", "hr/*"):
        with pytest.raises(InvalidInput, match="plain folders"):
            sources.set_rule("docs", path, [])
    with pytest.raises(InvalidInput, match="access label"):
        sources.set_rule("docs", "hr", ["a,b"])


def test_a_folder_is_closed_also_while_its_share_is_not_mounted(assistant: Assistant, docs: Path) -> None:
    sources = assistant.sources
    sources.add(str(docs))
    sources.run_now("docs")
    docs.rename(docs.with_name("elsewhere"))
    assert sources.set_rule("docs", "a.md", ["hr"], by="ops") == 1
    assert [one.path for one in assistant.catalog.documents.list(User("anna"))] == ["b.txt"]


def test_a_rule_set_while_a_run_reads_holds_for_what_the_run_brings(
    assistant: Assistant, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule comes when the run has looked who may read what, and before it writes the first document."""
    sources = assistant.sources
    sources.add(str(docs))
    embedder = assistant.workspace.embedder

    def late(texts: Sequence[str]) -> Vectors:
        if not sources.get("docs").rules:
            sources.set_rule("docs", "a.md", ["hr"])
        return OneDirection.embed_passages(OneDirection(), texts)

    monkeypatch.setattr(embedder, "embed_passages", late, raising=False)
    sources.run_now("docs")
    assert [one.path for one in assistant.catalog.documents.list(User("anna"))] == ["b.txt"]
