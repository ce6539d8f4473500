"""`plumbline sources`, `schedule` and `watch`: definitions, wrong input, and one real round through a repository."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests_support import wait_until

from knowledge.catalog import Catalog

MAIN = "from app.cli.main import main; main()"
Plumbline = Callable[..., Any]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "travel.md").write_text("# Travel\n\nHotels cost at most 600 CNY.\n", encoding="utf-8")
    return folder


def test_sources_are_added_shown_and_removed(plumbline: Plumbline, workspace: Path, docs: Path) -> None:
    here = ("--workspace", workspace)
    ended = plumbline(
        *("sources", "add", docs, "--name", "handbook", "--access", "hr,staff", "--include", "*.md", *here),
        *("--permission", "*=staff", "--permission", "hr=hr"),
    )
    assert (ended.code, ended.out.split("\t")[0]) == (0, "handbook")
    (listed,) = plumbline("sources", "list", "--json", *here).json["sources"]
    assert listed["access"] == ["hr", "staff"]
    assert listed["permissions"] == {"*": ["staff"], "hr": ["hr"]}
    assert listed["last_run"] is None
    shown = plumbline("sources", "show", "handbook", *here)
    assert str(docs) in shown.out
    assert plumbline("sources", "run", "handbook", *here).code == 0
    ended = plumbline("sources", "rule", "handbook", "travel.md", "--access", "board", *here)
    assert (ended.code, "1 documents have other readers" in ended.err) == (0, True)
    (document,) = plumbline("documents", "list", "--json", *here).json["documents"]
    assert document["access"] == ["board"]
    assert plumbline("sources", "rule", "handbook", "travel.md", "--remove", *here).code == 0
    assert plumbline("sources", "rule", "handbook", "travel.md", *here).code == 2
    ended = plumbline("schedule", "add", "handbook", "--cron", "0 6 * * 1-5", *here)
    number = ended.out.split("\t")[0]
    (schedule,) = plumbline("schedule", "list", "--json", *here).json["schedules"]
    assert (schedule["id"], schedule["source"], schedule["cron"]) == (number, "handbook", "0 6 * * 1-5")
    assert plumbline("schedule", "remove", number, *here).code == 0
    # A folder may be named in place of its source; a new one becomes a source
    assert plumbline("schedule", "add", docs, "--every", "6h", *here).out.strip().endswith("handbook")
    (docs / "more").mkdir()
    assert plumbline("schedule", "add", docs / "more", "--every", "6h", *here).out.strip().endswith("more")
    assert plumbline("sources", "remove", "handbook", *here).code == 0
    (left,) = plumbline("schedule", "list", "--json", *here).json["schedules"]
    assert left["source"] == "more"
    audit = plumbline("audit", "list", "--json", *here).out
    assert all(action in audit for action in ("source.added", "schedule.added", "schedule.removed", "source.removed"))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["sources", "add"], 2, "Missing argument"),
        (["sources", "add", "no-such-folder"], 2, "no such folder"),
        (["sources", "add", ".", "--name", "a b"], 2, "source name"),
        (["sources", "add", ".", "--kind", "ftp"], 2, "not known; one of folder"),
        (["sources", "add", ".", "--option", "x"], 2, "write it as NAME=VALUE"),
        (["sources", "add", ".", "--access", "a*"], 2, "access label"),
        (["sources", "add", "https://u:secretpw@example.com/"], 2, "holds a password"),
        (["sources", "add", "imaps://example.com"], 2, "needs the option username"),
        (["sources", "show", "nope"], 1, "there is none"),
        (["sources", "remove", "nope"], 1, "there is none"),
        (["sources", "run", "nope"], 1, "there is none"),
        (["schedule", "add", "nope", "--every", "6h"], 1, "there is none"),
        (["schedule", "add", ".", "--every", "often"], 2, "write a number and a unit"),
        (["schedule", "add", "."], 2, "either --every 6h or --cron"),
        (["schedule", "remove", "nope"], 1, "there is none"),
        (["watch", "no-such-folder"], 2, "no such folder"),
        (["watch", ".", "--poll", "0"], 2, "--poll"),
    ],
)
def test_wrong_input_is_one_line(
    plumbline: Plumbline, workspace: Path, arguments: list[str], code: int, says: str
) -> None:
    ended = plumbline(*arguments, "--workspace", workspace)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert "secretpw" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.model
def test_a_schedule_brings_a_repository_in(plumbline: Plumbline, workspace: Path, docs: Path) -> None:
    """With the real model, through the commands; then the same folder watched in a process of its own."""
    here = ("--workspace", workspace)
    about = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    for command in (("init", "-q"), ("add", "-A"), (*about, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *command], cwd=docs, check=True)
    plumbline("sources", "add", docs, "--kind", "git", "--name", "wiki", "--access", "staff", *here)
    plumbline("schedule", "add", "wiki", "--every", "1h", *here)
    assert "1 runs made" in plumbline("schedule", "run", "--once", *here).err
    assert "0 runs made" in plumbline("schedule", "run", "--once", *here).err
    (document,) = plumbline("documents", "list", "--json", *here).json["documents"]
    assert (document["path"], document["access"]) == ("travel.md", ["staff"])
    run = plumbline("sources", "run", "wiki", "--json", *here)
    assert (run.code, run.json["state"], run.json["report"]["fetched"]["unchanged"]) == (0, "done", 1)
    shown = plumbline("sources", "show", "wiki", "--json", *here).json
    assert [one["trigger"] for one in shown["runs"]] == ["manual", "schedule"]
    assert shown["documents"] == 1

    folder = docs.with_name("watched")
    folder.mkdir()
    command = [sys.executable, "-c", MAIN, "watch", str(folder), "--workspace", str(workspace)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watching:
        with Catalog.open(workspace / "catalog.sqlite") as catalog:
            wait_until(
                lambda: any(one.state == "done" and one.trigger == "watch" for one in catalog.source_runs.list())
            )
            (folder / "new.md").write_text("# New\n\nThe canteen opens at noon.\n", encoding="utf-8")
            wait_until(lambda: catalog.documents.by_path("new.md") is not None)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(60) == 0
    assert plumbline("sources", "remove", "wiki", *here).code == 0
    assert [one["path"] for one in plumbline("documents", "list", "--json", *here).json["documents"]] == ["new.md"]
