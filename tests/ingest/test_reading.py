"""The processes that read files: limits of time and memory, crashes, order."""

import os
import sys
from dataclasses import replace

import pytest

from ingest.loaders import worker
from ingest.reading import UNCHANGED, Reader, Request
from ingest.sources import content_hash
from ingest.types import Limits, LoadedDocument, Unreadable

LIMITS = Limits(seconds=15, memory_mb=600)


@pytest.fixture
def folder(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.md").write_text(f"# Title {number}\n\nText {number}.\n", encoding="utf-8")
    return tmp_path


def test_order_hash_and_unchanged(folder):
    (folder / "3.md").write_bytes(b"")
    files = sorted(folder.iterdir())
    requests = [Request(files[0], content_hash(files[0].read_bytes())), *map(Request, files[1:])]
    with Reader(LIMITS, workers=2) as reader:
        outcomes = list(reader.read_all(requests))
    assert outcomes[0] is UNCHANGED
    assert str(outcomes[3]) == "the file is empty"
    titles = [outcome.blocks[0].text for outcome in outcomes if isinstance(outcome, LoadedDocument)]
    assert titles == ["Title 1", "Title 2", "Title 4", "Title 5"]
    assert outcomes[1].content_hash == content_hash(files[1].read_bytes())


def test_odd_names_reach_the_process(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\n.md")
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name that is no UTF-8
        file.write("# Odd\n")
    with Reader(LIMITS) as reader:
        assert isinstance(reader.read(Request(type(tmp_path)(path))), LoadedDocument)


def test_too_slow_too_big_and_crashed_readers_are_replaced(folder, monkeypatch, tmp_path):
    """The process runs a stand-in for a parser that misbehaves, found before the real one on the path."""
    stand_in = tmp_path / "path" / "ingest_stand_in.py"
    stand_in.parent.mkdir()
    stand_in.write_text(
        "import ctypes, time\nfrom ingest.loaders import markdown\nreal = markdown.load\n"
        "def load(data, name, limits):\n"
        "    if b'Text 0' in data: time.sleep(60)\n"
        "    if b'Text 1' in data: ctypes.string_at(0)\n"
        "    if b'Text 2' in data: return bytearray(10 ** 10)\n"
        "    return real(data, name, limits)\n"
        "markdown.load = load\n",
        encoding="utf-8",
    )
    (stand_in.parent / "sitecustomize.py").write_text("import ingest_stand_in\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(stand_in.parent), *sys.path])
    with Reader(replace(LIMITS, seconds=2)) as reader:
        slow, crashed, big, good = reader.read_all(Request(folder / f"{number}.md") for number in range(4))
    assert str(slow) == "took longer than 2 s to read"
    assert "crashed the reader" in str(crashed)
    assert "needs more than 600 MiB" in str(big)
    assert isinstance(good, LoadedDocument)


def test_reason_of_an_unforeseen_failure_quotes_nothing(folder, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("the content of the file")

    monkeypatch.setattr("ingest.loaders.load_one", fail)
    answer = worker.answer_to({"path": str(folder / "1.md"), "known_hash": "", "limits": {}})
    assert answer["unreadable"] == "damaged, or in a form that cannot be read (ZeroDivisionError)"


def test_vanished_file_is_a_passing_reason(tmp_path):
    with Reader(LIMITS) as reader:
        outcome = reader.read(Request(tmp_path / "none.md"))
    assert isinstance(outcome, Unreadable)
    assert outcome.passing


def test_more_text_than_can_be_worked_on_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_MOST_CHARACTERS", 1000)
    (tmp_path / "a.txt").write_text("word " * 300, encoding="utf-8")
    answer = worker.answer_to({"path": str(tmp_path / "a.txt"), "known_hash": "", "limits": {}})
    assert "of text; divide the file" in answer["unreadable"]
