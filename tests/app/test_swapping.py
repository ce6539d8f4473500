"""A part is replaced without anybody waiting for the new one longer than a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from app.swapping import Swapped
from knowledge.errors import Unavailable


def waited_for(true: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it did not come within a minute")


def test_readers_keep_the_old_one_until_the_new_one_is_ready() -> None:
    part: Swapped[str] = Swapped(patience=0.01)
    go, began = threading.Event(), threading.Event()

    def slow() -> str:
        began.set()
        go.wait(60)
        return "new"

    assert part.get("1", lambda: "old") == "old"
    assert part.get("2", slow) == "old"
    assert began.wait(60)
    assert part.get("2", pytest.fail) == "old", "only one is made at a time"
    go.set()
    waited_for(lambda: part.get("2", pytest.fail) == "new")


def test_one_that_is_soon_ready_is_waited_for() -> None:
    part: Swapped[int] = Swapped(patience=60)
    assert [part.get(str(number), lambda number=number: number) for number in (1, 2, 2, 3)] == [1, 2, 2, 3]


def test_what_goes_wrong_is_told_and_tried_again() -> None:
    part: Swapped[int] = Swapped(patience=60)

    def fails() -> int:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            part.get("1", fails)
    assert part.get("1", lambda: 1) == 1
    with pytest.raises(ValueError, match="broken"):
        part.get("2", fails)


def test_many_threads_make_one() -> None:
    part: Swapped[object] = Swapped(patience=60)
    made: list[object] = []
    results: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    threads = [threading.Thread(target=lambda: results.append(part.get("1", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 1
    assert results == made * 8


def test_one_is_made_again_while_newer_ones_come() -> None:
    part: Swapped[str] = Swapped(patience=60)
    go, began = threading.Event(), threading.Event()

    def slow() -> str:
        began.set()
        go.wait(60)
        return "1 anew"

    assert part.get("1", lambda: "1") == "1"
    part.renew("1", slow, lambda old, key: f"{old}, then {key}")
    assert began.wait(60)
    part.renew("1", pytest.fail, lambda *_: pytest.fail("one is being made"))
    assert part.get("2", lambda: f"2 from {part.newest}") == "2 from 1"
    go.set()
    waited_for(lambda: part.newest == "1 anew, then 2")
    assert part.get("2", pytest.fail) == "1 anew, then 2"


def test_one_that_cannot_be_made_again_stays_and_is_not_tried_again() -> None:
    part: Swapped[int] = Swapped(patience=60)
    assert part.get("1", lambda: 1) == 1

    def fails() -> int:
        raise Unavailable("broken")

    with capture_logs() as logs:
        part.renew("1", fails, lambda old, _: old)
        waited_for(lambda: bool(logs))
    assert [line["event"] for line in logs] == ["renewal_failed"]
    assert part.newest == 1
    part.renew("1", lambda: pytest.fail("that went wrong before"), lambda old, _: old)
    assert part.get("2", lambda: 2) == 2

    def renewed() -> bool:
        part.renew("2", lambda: 3, lambda old, _: old)  # does nothing until the thread before has ended
        return part.newest == 3

    waited_for(renewed)
