"""Which version answers whom, what opens the gate, and what takes a canary back by itself; no model is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.router import in_canary
from app.adaptation import AUTOMATIC, checked_settings
from app.settings import AdaptationSettings, AnswerSettings, load_settings
from app.wiring import Workspace, open_workspace
from knowledge.catalog.versions import Choice, Line, VersionUse
from knowledge.errors import Damaged, InvalidInput, NotFound, NotPermitted
from knowledge.types import User

LIMITS = AdaptationSettings(judge_after=4)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = load_settings(tmp_path / "ws", environment={}).model_copy(update={"adaptation": LIMITS})
    made = open_workspace(settings, create=True)
    yield made
    made.close()


def registered(workspace: Workspace, name: str = "facts", **about: Any) -> str:
    folder = workspace.folder / "made"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    return workspace.adaptation.register(name, folder, base="small", method="lora", by="test", **about).id


def evaluated(workspace: Workspace, version: str, *, f1: float = 0.1, general: float = 0.0, **about: Any) -> None:
    found = {"against": "base", "questions": 5, "difference": {"f1": {"mean": f1}, "general": {"mean": general}}}
    workspace.catalog.versions.set_evaluation(version, {**found, **about}, by="test")


def over_documents(f1: float, questions: int = 5) -> dict[str, Any]:
    return {"questions": questions, "difference": {"f1": {"mean": f1}}}


def test_numbers_follow_one_another(workspace: Workspace) -> None:
    assert [registered(workspace) for _ in range(3)] == ["facts@1.0.0", "facts@1.1.0", "facts@1.2.0"]
    assert registered(workspace, number="2.0.0") == "facts@2.0.0"
    assert registered(workspace) == "facts@2.1.0"
    assert workspace.adaptation.get("facts").number == "2.1.0"
    with pytest.raises(InvalidInput, match="semantic version"):
        registered(workspace, "other", number="1.2")


def test_files_are_immutable(workspace: Workspace) -> None:
    version = workspace.adaptation.get(registered(workspace))
    file = workspace.folder / "adapters" / version.folder / "adapter_config.json"
    assert file.stat().st_mode & 0o222 == 0
    file.chmod(0o644)
    file.write_text('{"r": 1}', encoding="utf-8")
    with pytest.raises(Damaged, match="not what was registered"):
        workspace.adaptation.canary(version.id, 0.1, by="test")


def test_the_first_group_with_a_line_decides(workspace: Workspace) -> None:
    first, second = registered(workspace), registered(workspace)
    workspace.adaptation.promote(first, line="b", by="test", force="a test")
    workspace.adaptation.promote(second, line="c", by="test", force="a test")
    rows = [((), ("", "")), (("a",), ("", "")), (("c", "b"), (first, "b")), (("a", "c"), (second, "c"))]
    for groups, (version, line) in rows:
        assert workspace.router.choose(User("u", groups=frozenset(groups))) == Choice(version, line, "stable")


def test_a_canary_meets_its_share_of_users_and_keeps_them(workspace: Workspace) -> None:
    line = Line("sales", canary="facts@1.0.0", share=0.1)
    users = [f"user{number}" for number in range(2000)]
    tenth = {user for user in users if in_canary(line, user)}
    assert 140 < len(tenth) < 260
    assert tenth == {user.upper().casefold() for user in tenth if in_canary(line, user.upper())}
    assert tenth < {user for user in users if in_canary(replace(line, share=0.3), user)}
    assert tenth != {user for user in users if in_canary(replace(line, canary="facts@1.1.0"), user)}
    assert not any(in_canary(replace(line, share=0.0), user) for user in users)
    assert all(in_canary(replace(line, share=1.0), user) for user in users)


def test_a_request_may_ask_for_a_channel(workspace: Workspace) -> None:
    version = registered(workspace)
    user = User("u")
    assert workspace.router.choose(user, "canary") == Choice()  # there is none
    workspace.adaptation.canary(version, 1.0, by="test")
    assert workspace.router.choose(user).channel == "canary"
    assert workspace.router.choose(user, "stable") == Choice()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "not evaluated"),
        ({"against": "other@1.0.0"}, "evaluate it again"),
        ({"questions": 4}, "4 held-back questions and 0 over documents, and the gate needs 5"),
        ({"questions": 4, "documents": over_documents(0.1, 4)}, "4 held-back questions and 4 over documents"),
        ({"f1": -0.01}, "F1 is -0.010"),
        ({"general": -0.2}, "forgot 20%"),
        # Asked over documents, alone and besides
        ({"questions": 0, "documents": over_documents(-0.01)}, "F1 over documents is -0.010"),
        ({"questions": 0, "general": -0.2, "documents": over_documents(0.1)}, "forgot 20%"),
        ({"documents": over_documents(-0.01)}, "F1 over documents is -0.010"),
        ({"f1": -0.01, "documents": over_documents(0.1)}, "F1 is -0.010"),
        ({"questions": 0, "documents": over_documents(0.1)}, ""),
        ({"documents": over_documents(-0.01, 4)}, ""),
        ({}, ""),
    ],
)
def test_the_gate(workspace: Workspace, found: dict[str, Any] | None, reason: str) -> None:
    version = registered(workspace)
    if found is not None:
        evaluated(workspace, version, **found)
    if not reason:
        assert workspace.adaptation.promote(version, by="test").stable == version
        return
    with pytest.raises(NotPermitted, match=reason):
        workspace.adaptation.promote(version, by="test")
    with pytest.raises(NotPermitted, match=reason):
        workspace.adaptation.promote(version, by="test", force="  ")
    workspace.adaptation.promote(version, by="test", force="the board wants it")
    assert workspace.adaptation.events()[0].reason.startswith("forced: the board wants it (")


def test_rollback_takes_the_canary_first_and_then_what_was_promoted(workspace: Workspace) -> None:
    first, second = registered(workspace), registered(workspace)
    adaptation = workspace.adaptation
    with pytest.raises(NotFound, match="nothing to roll back"):
        adaptation.rollback(by="test")
    adaptation.promote(first, by="test", force="a test")
    adaptation.promote(second, by="test", force="a test")
    adaptation.canary(first, 0.2, by="test")
    with pytest.raises(InvalidInput, match="already"):
        adaptation.promote(second, by="test", force="a test")
    stable = [adaptation.rollback(by="test").stable for _ in range(3)]
    assert stable == [second, first, ""]
    actions = [(row["action"], row["actor"]) for row in _audited(workspace)]
    assert actions.count(("versions.rollback", "test")) == 3


def _audited(workspace: Workspace) -> list[dict[str, Any]]:
    return [{"action": row.action, "actor": row.actor} for row in workspace.audit.list(limit=50)]


WORSE = [
    ("thumbs", {"down": 5, "asked": 5}, "5 of 5 thumbs are down"),
    ("failures", {"asked": 4, "errors": 2}, "2 of 4 answers failed"),
    ("slow", {"asked": 4, "ms": 900.0}, "900 ms, the stable one's 100 ms"),
    ("too few to say", {"asked": 3, "errors": 1, "ms": 900.0}, ""),
    ("as good", {"asked": 6}, ""),
]


@pytest.mark.parametrize(("found", "reason"), [row[1:] for row in WORSE], ids=[row[0] for row in WORSE])
def test_a_canary_that_is_worse_is_taken_back(workspace: Workspace, found: dict[str, Any], reason: str) -> None:
    version = registered(workspace)
    adaptation, versions = workspace.adaptation, workspace.catalog.versions
    adaptation.canary(version, 0.5, by="test")
    for _ in range(4):
        versions.record(VersionUse("", "", "stable", 100.0))
    for number in range(found["asked"]):
        message = _voted(workspace, number) if number < found.get("down", 0) else ""
        error = "Unavailable" if number < found.get("errors", 0) else ""
        versions.record(VersionUse(version, "", "canary", found.get("ms", 100.0), error, message))
    assert reason in adaptation.judge("")
    assert adaptation.line().canary == ("" if reason else version)
    if reason:
        assert adaptation.events()[0].by == AUTOMATIC


def _voted(workspace: Workspace, number: int) -> str:
    """A kept answer with a thumb down."""
    from knowledge.catalog.conversations import ConversationRecord, MessageRecord
    from knowledge.catalog.feedback import FeedbackRecord

    if not number:
        workspace.accounts.add("voter", "correct horse battery")
        workspace.catalog.conversations.create(ConversationRecord("c", "voter", "", 0.0, 0.0))
    message = f"m{number}"
    workspace.catalog.conversations.append(MessageRecord(message, "c", 0, 0.0, "?", {}, (), frozenset()))
    workspace.catalog.feedback.add(FeedbackRecord(message, "voter", "down"))
    return message


def test_a_server_key_stands_in_no_file(tmp_path: Path) -> None:
    (tmp_path / "plumbline.toml").write_text('[server]\napi_key = "secret"\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="PLUMBLINE_SERVER__API_KEY") as caught:
        load_settings(tmp_path, environment={})
    assert "secret" not in str(caught.value)
    (tmp_path / "plumbline.toml").unlink()
    key = load_settings(tmp_path, environment={"PLUMBLINE_SERVER__API_KEY": "secret"}).server.api_key
    assert key is not None
    assert "secret" not in repr(key)


def test_settings_of_a_version_are_checked() -> None:
    answer = AnswerSettings()
    assert checked_settings(answer, {"max_tokens": "64"}) == {"max_tokens": 64}
    with pytest.raises(InvalidInput, match="a version may set"):
        checked_settings(answer, {"model": "x"})
    with pytest.raises(InvalidInput, match="max_tokens"):
        checked_settings(answer, {"max_tokens": 1})


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_that_cannot_be(workspace: Workspace, share: float) -> None:
    with pytest.raises(InvalidInput, match="share"):
        workspace.adaptation.canary(registered(workspace), share, by="test")
