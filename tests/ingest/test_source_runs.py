"""Runs of sources: what they take, who may read it, what is noted, and what happens when something is in the way."""

from __future__ import annotations

import grp
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support import wait_until

from ingest.holdings import Holdings
from ingest.pipeline import Pipeline
from ingest.source_run import SourceRunner, Wish
from knowledge.catalog import Catalog
from knowledge.catalog.source_runs import SourceRun
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable
from knowledge.index_store import WRITER

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def pipeline(make_pipeline: Callable[..., Pipeline], catalog: Catalog, workspace: Path) -> Pipeline:
    return make_pipeline(holdings=Holdings(catalog, workspace))


@pytest.fixture
def environment() -> dict[str, str]:
    return {}


@pytest.fixture
def runner(catalog: Catalog, workspace: Path, pipeline: Pipeline, environment: dict[str, str]) -> SourceRunner:
    return SourceRunner(catalog, workspace, lambda: pipeline, environment, str, exclude=(".*", "~$*"), max_file_mb=5.0)


@pytest.fixture
def run(catalog: Catalog, runner: SourceRunner) -> Callable[..., SourceRun]:
    """Adds a source and runs it, or runs the one that is there."""

    def call(source: Source | str, **wish: object) -> SourceRun:
        added = catalog.sources.get(source) if isinstance(source, str) else catalog.sources.add(source)
        return runner.run(added, Wish(**wish))

    return call


def access(catalog: Catalog) -> dict[str, str]:
    """The labels of all documents by path."""
    return {one.path: ",".join(sorted(one.access)) for one in catalog.documents.list()}


def counts(run: SourceRun) -> dict[str, int]:
    assert run.state == "done", run.message
    return {key: value for key, value in run.report["ingested"]["documents"].items() if value}


def folder_of(place: Path, **fields: object) -> Source:
    return Source(name="docs", kind="folder", location=str(place), **fields)


# --- folders and access ---------------------------------------------------------------------------------------------


def test_a_folder_is_followed(catalog: Catalog, run: Callable[..., SourceRun], source: Path) -> None:
    assert counts(run(folder_of(source, access=("staff",)))) == {"added": 3}
    assert access(catalog) == {"hr/pay.csv": "staff", "leave.txt": "staff", "travel.md": "staff"}
    (source / "travel.md").unlink()
    (source / "leave.txt").write_text("年假为每年十五天。\n", encoding="utf-8")
    assert counts(run("docs")) == {"updated": 1, "unchanged": 1, "removed": 1}


def test_patterns_choose_files(catalog: Catalog, run: Callable[..., SourceRun], source: Path) -> None:
    (source / "drafts").mkdir()
    (source / "drafts" / "idea.md").write_text("# Idea\n\nNot yet.\n", encoding="utf-8")
    run(folder_of(source, include=("*.md", "hr/*"), exclude=("drafts",)))
    assert set(access(catalog)) == {"hr/pay.csv", "travel.md"}
    # Another choice takes away what is not chosen any more
    catalog.sources.change(catalog.sources.get("docs").model_copy(update={"include": ("*.txt",)}))
    assert counts(run("docs")) == {"added": 1, "removed": 2}


def test_rules_of_the_source_go_by_the_longest_path(
    catalog: Catalog, run: Callable[..., SourceRun], source: Path, tmp_path: Path
) -> None:
    (source / "access.yaml").write_text('"": [ignored]\n', encoding="utf-8")
    rules = tmp_path / "rules.yaml"
    rules.write_text("hr: [hr]\nleave.txt: [all]\n", encoding="utf-8")
    run(folder_of(source, access=("staff",), access_file=str(rules), rules={"hr/pay.csv": ("payroll",)}))
    assert access(catalog) == {"hr/pay.csv": "payroll", "leave.txt": "all", "travel.md": "staff"}


def test_whoever_ingests_a_file_of_a_source_its_own_labels_hold(
    catalog: Catalog, run: Callable[..., SourceRun], pipeline: Pipeline, source: Path, tmp_path: Path
) -> None:
    run(folder_of(source / "hr", access=("hr",)))
    (source / "hr" / "new.md").write_text("# New\n\nA new salary.\n", encoding="utf-8")
    pipeline.run([source / "hr" / "new.md"])
    assert access(catalog) == {"pay.csv": "hr", "new.md": "hr"}
    with pytest.raises(InvalidInput, match="belongs to the source 'docs'"):
        pipeline.run([source / "hr" / "new.md"], access=frozenset({"other"}))
    (tmp_path / "alias").symlink_to(source / "hr")
    with pytest.raises(InvalidInput, match="by another name"):
        pipeline.run([tmp_path / "alias"])
    # A run over the folder above leaves them to their source, and takes nothing of it away
    pipeline.run([source])
    assert access(catalog) == {"pay.csv": "hr", "new.md": "hr", "travel.md": "", "leave.txt": ""}


def test_permissions_of_files_become_labels(catalog: Catalog, run: Callable[..., SourceRun], source: Path) -> None:
    group = grp.getgrgid((source / "travel.md").stat().st_gid).gr_name
    (source / "secret.md").write_text("# Secret\n\nOnly for its owner.\n", encoding="utf-8")
    for name, mode in (("travel.md", 0o644), ("leave.txt", 0o640), ("secret.md", 0o600), ("hr/pay.csv", 0o644)):
        (source / name).chmod(mode)
    (source / "hr").chmod(0o750)  # what is in it is for the group, whatever its own mode says
    source.chmod(0o755)
    run(folder_of(source, permissions={"*": (), group: ("team",)}))
    assert access(catalog) == {"travel.md": "", "leave.txt": "team", "hr/pay.csv": "team"}
    # Nobody is told of the group: what only it may read is left out
    catalog.sources.change(catalog.sources.get("docs").model_copy(update={"permissions": {"*": ("everybody",)}}))
    run("docs")
    assert access(catalog) == {"travel.md": "everybody"}


@pytest.mark.parametrize("unmounted", ["gone", "empty"])
def test_a_share_that_is_not_mounted_removes_nothing(
    catalog: Catalog, run: Callable[..., SourceRun], source: Path, unmounted: str
) -> None:
    run(folder_of(source))
    source.rename(source.with_name("away"))
    if unmounted == "empty":
        source.mkdir()
    ended = run("docs")
    assert ended.state == "failed"
    assert "nothing was removed" in ended.message
    assert len(access(catalog)) == 3
    if unmounted == "empty":
        assert counts(run("docs", allow_empty=True)) == {"removed": 3}


# --- mirrored sources -----------------------------------------------------------------------------------------------


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    about = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*about, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_a_repository_becomes_documents_with_its_own_rules(
    catalog: Catalog, run: Callable[..., SourceRun], workspace: Path, tmp_path: Path
) -> None:
    files = {"guide.md": "# Guide\n\nHow we work.\n", "hr/pay.md": "# Pay\n\nGrades.\n", "access.yaml": "hr: [hr]\n"}
    place = repository(tmp_path / "repo", files)
    (place / "link.md").symlink_to("/etc/passwd")
    ended = run(Source(name="wiki", kind="git", location=str(place), access=("staff",), include=("*.md",)))
    assert counts(ended) == {"added": 2}
    assert access(catalog) == {"guide.md": "staff", "hr/pay.md": "hr"}
    assert ended.report["fetched"] == {
        **dict.fromkeys(("unchanged", "removed", "left_out", "failed"), 0),
        "listed": 3,
        "fetched": 3,
        "bytes": sum(map(len, files.values())),
    }
    again = run("wiki")
    assert (again.report["fetched"]["fetched"], counts(again)) == (0, {"unchanged": 2})
    mirror = workspace / "sources" / catalog.sources.get("wiki").id
    assert mirror.stat().st_mode & 0o077 == 0


def test_rows_carry_the_labels_of_their_readers(
    catalog: Catalog, run: Callable[..., SourceRun], tmp_path: Path
) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection, connection:
        connection.execute("CREATE TABLE deals (id, title, note, readers)")
        rows = [
            (1, "Open", "for all", "*"),
            (2, "Ours", "sales only", "sales, nobody-we-know"),
            (3, "Closed", "for whom?", "nobody-we-know"),
            ("../../4", "Climber", "stays inside", "sales"),
        ]
        connection.executemany("INSERT INTO deals VALUES (?, ?, ?, ?)", rows)
    options = {"query": "SELECT * FROM deals", "key": "id", "title": "title", "readers": "readers", "text": "{note}"}
    source = Source(
        name="crm",
        kind="sql",
        location=f"sqlite:///{tmp_path / 'crm.db'}",
        options=options,
        permissions={"*": (), "sales": ("sales",)},
    )
    assert counts(run(source)) == {"added": 3}
    found = {one.title: ",".join(sorted(one.access)) for one in catalog.documents.list()}
    assert found == {"Open": "", "Ours": "sales", "Climber": "sales"}
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection, connection:
        connection.execute("UPDATE deals SET readers = 'nobody-we-know' WHERE id = 1")
        connection.execute("UPDATE deals SET readers = '*' WHERE id = 2")
    run("crm")
    found = {one.title: ",".join(sorted(one.access)) for one in catalog.documents.list()}
    assert found == {"Ours": "", "Climber": "sales"}


def test_a_secret_that_is_missing_is_named_and_never_written(
    catalog: Catalog, run: Callable[..., SourceRun], environment: dict[str, str], tmp_path: Path
) -> None:
    secrets = {"password": "env:WIKI_PASSWORD"}
    source = Source(name="wiki", kind="git", location="http://127.0.0.1:9/wiki.git", secrets=secrets)
    ended = run(source)
    assert ended.state == "failed"
    assert "WIKI_PASSWORD is not set" in ended.message
    environment["WIKI_PASSWORD"] = "horse-battery-7"
    ended = run("wiki")
    assert ended.state == "failed"
    assert "git cannot fetch it" in ended.message
    catalog.checkpoint()
    for file in (tmp_path / "workspace").rglob("*"):
        assert not file.is_file() or b"horse-battery-7" not in file.read_bytes(), file


# --- in each other's way --------------------------------------------------------------------------------------------


def test_a_busy_workspace_is_waited_for(
    catalog: Catalog, runner: SourceRunner, run: Callable[..., SourceRun], source: Path
) -> None:
    ended = []
    added = catalog.sources.add(folder_of(source))
    with catalog.leases.hold(WRITER):
        thread = threading.Thread(target=lambda: ended.append(runner.run(added, Wish())))
        thread.start()
        wait_until(lambda: any(one.phase == "waiting" for one in catalog.source_runs.list()))
        (waiting,) = catalog.source_runs.list()
        assert "has been writing for" in waiting.message
        assert catalog.documents.count() == 0
        with pytest.raises(Unavailable, match="source:"):
            runner.run(added, Wish())  # the same source twice
    thread.join()
    assert counts(ended[0]) == {"added": 3}
    assert any("waits" in line.text for line in catalog.source_runs.lines(ended[0].id))


def test_a_workspace_that_stays_busy_postpones_the_run(catalog: Catalog, runner: SourceRunner, source: Path) -> None:
    added = catalog.sources.add(folder_of(source))
    ended = []
    with catalog.leases.hold(WRITER):
        thread = threading.Thread(target=lambda: ended.append(runner.run(added, Wish(busy_wait=0.0))))
        thread.start()
        thread.join()
    assert ended[0].state == "postponed"
    assert "tried again soon" in ended[0].message


def test_a_run_can_be_watched_and_stopped(catalog: Catalog, runner: SourceRunner, source: Path) -> None:
    for number in range(20):
        (source / f"note-{number}.md").write_text(f"# Note {number}\n\nText {number}.\n", encoding="utf-8")
    added = catalog.sources.add(folder_of(source))
    seen: list[tuple[str, int, int]] = []
    stopping = threading.Event()

    def told(phase: str, done: int, total: int) -> None:
        seen.append((phase, done, total))
        if done > 5:
            stopping.set()

    ended = runner.run(added, Wish(stopping=stopping.is_set, told=told))
    assert ended.state == "interrupted"
    assert seen[-1][0] == "reading"
    assert seen[-1][2] == 23
    ended = runner.run(added, Wish())
    assert (catalog.documents.count(), ended.state, ended.done, ended.total) == (23, "done", 23, 23)


def test_a_run_whose_process_died_reads_as_interrupted(catalog: Catalog, source: Path) -> None:
    added = catalog.sources.add(folder_of(source))
    code = (
        "import sys, time, pathlib; from knowledge.catalog import Catalog\n"
        "catalog = Catalog.open(pathlib.Path(sys.argv[1]))\n"
        "with catalog.leases.hold('source:' + sys.argv[2]):\n"
        "    print(catalog.source_runs.start(sys.argv[2], 'schedule'), flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(catalog.path), added.id],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert other.stdout is not None
    run_id = other.stdout.readline().strip()
    assert catalog.source_runs.get(run_id).state == "running"
    other.kill()
    other.wait()
    assert catalog.source_runs.get(run_id).state == "interrupted"
