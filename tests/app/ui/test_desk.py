import time

import pytest
from ui_site import Site

from app.answer import StageEvent, TokenEvent
from app.ui.desk import MOST_WAITING, Desk, Writing
from knowledge.errors import NotPermitted, Unavailable


def finished(writing: Writing) -> Writing:
    for _ in range(600):
        if writing.done:
            return writing
        writing.wait(writing.version, 0.1)
    raise AssertionError("still writing")


def conversation(site: Site) -> str:
    return site.assistant.workspace.conversations.create(site.user("sam")).id


def test_without_models_there_is_one_clear_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(site.folder))
    where = conversation(site)
    settings = site.assistant.settings.model_copy(
        update={"models": site.assistant.settings.models.model_copy(update={"cache": site.folder / "none"})}
    )
    site.assistant.workspace.settings = settings
    writing = Writing("How do I book a trip?", site.user("sam"), where)
    assert site.shared.desk.ask(writing)
    assert isinstance(finished(writing).error, Unavailable)
    assert site.shared.desk.line(where) == [writing]
    site.shared.desk.dismiss(where)
    assert site.shared.desk.line(where) == []


def test_a_disabled_user_gets_nothing(site: Site) -> None:
    where = conversation(site)
    user = site.user("sam")
    site.assistant.workspace.accounts.disable("sam")
    writing = Writing("How do I book a trip?", user, where)
    assert site.shared.desk.ask(writing)
    assert isinstance(finished(writing).error, NotPermitted)


def test_a_line_has_an_end(site: Site) -> None:
    where = conversation(site)
    desk = Desk(site.assistant)
    first = Writing("a", site.user("sam"), where)
    desk._lines[where] = __import__("collections").deque([first])
    asked = [Writing("b", site.user("sam"), where) for _ in range(MOST_WAITING + 1)]
    assert [desk.ask(each) for each in asked] == [True] * MOST_WAITING + [False]
    desk.close()
    assert [each.stopped for each in asked] == [True] * MOST_WAITING + [False]


def test_whoever_waits_is_told(site: Site) -> None:
    writing = Writing("a", site.user("sam"), "c")
    writing.take(StageEvent("searching"))
    writing.take(TokenEvent("Hel"))
    writing.take(TokenEvent("lo"))
    assert (writing.stage, writing.draft, writing.version) == ("searching", "Hello", 3)
    started = time.monotonic()
    assert writing.wait(0, 60) == 3
    writing.stop()
    writing.wait(3, 60)
    assert writing.done
    assert time.monotonic() - started < 50
