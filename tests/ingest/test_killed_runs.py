"""Runs that are killed at random moments: nothing committed is lost, doubled or embedded again.

`PLUMBLINE_TEST_KILLS=50` kills more often; `bench/crash.py` does the same to the command with the real model.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.catalog.health import check_catalog
from knowledge.index_store import IndexStore
from knowledge.retriever import Retriever
from knowledge.types import User

KILLS = int(os.environ.get("PLUMBLINE_TEST_KILLS", "6"))
RUNS = """
import json, os, pathlib, sys, time
sys.path.insert(0, sys.argv[1])
import conftest
from ingest.desensitize import Desensitizer, load_policy
from ingest.pipeline import Pipeline
from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore

class Slow(conftest.HashedEmbedder):
    def embed_passages(self, texts):
        for text in texts:
            say(conftest.hashlib.sha256(text.encode()).hexdigest()[:32])
        time.sleep(0.02 * len(texts))
        return super().embed_passages(texts)

def say(line):
    os.write(1, f"{line}\\n".encode())  # whole, or not at all

def run(workspace, source):
    with Catalog.open(workspace / "catalog.sqlite") as catalog:
        store = IndexStore(workspace / "index", catalog)
        store.recover()
        pipeline = Pipeline(catalog, store, Slow(), desensitizer, conftest.Options(batch_size=1))
        say(f"begin {os.getpid()}")
        pipeline.run([source])
        say("end")

desensitizer = Desensitizer(load_policy(), conftest.KEY)
desensitizer.desensitize("王小明 wrote to John Smith.")
for line in sys.stdin:
    child = os.fork()  # before anything has started a thread
    if not child:
        run(*map(pathlib.Path, json.loads(line)))
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # its number stays its own, so that no other process is killed
    say("over")
    sys.stdin.readline()
    os.waitpid(child, 0)
"""


class Runs:
    """Runs in processes of their own: forked from one that has read the code and the word lists, but done nothing."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", RUNS, str(Path(__file__).parent)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def killed(self, workspace: Path, site: "Site", delay: float | None) -> tuple[set[str], bool]:
        """Run once, killed after `delay` seconds; what was embedded, and whether the run came to its end."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps([str(workspace), str(site.folder)]) + "\n")
        asked.flush()
        lines = iter(answers.readline, "")
        begin = next((line for line in lines if line.startswith(("begin", "over"))), "")
        assert begin.startswith("begin"), "the run did not begin; see its message above"
        if delay is not None:
            time.sleep(delay)
            os.kill(int(begin.split()[1]), signal.SIGKILL)
        said = set()
        for line in lines:
            if line == "over\n":
                break
            said.add(line.strip())
        asked.write("\n")
        asked.flush()
        return said - {"end"}, "end" in said

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def runs() -> Iterator[Runs]:
    runs = Runs()
    yield runs
    runs.close()


class Site:
    """A folder of documents that changes, and what each of them has ever said."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.said: dict[str, list[str]] = {}
        self.number = 0
        folder.mkdir()
        for place in range(16):
            self.write(f"d{place}.md")

    def write(self, name: str) -> None:
        self.number += 1
        parts = "\n\n".join(f"## Part {part}\n\n{f'word{part} ' * 40}" for part in range(2))
        text = f"# Title of {name}\n\nmarker{self.number} first.\n\n{parts}\n"
        self.said.setdefault(name, []).append(f"marker{self.number}")
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self) -> None:
        for name in self.chance.sample(sorted(path.name for path in self.folder.iterdir()), 4):
            (self.folder / name).unlink()
            if self.chance.random() < 0.7:
                self.write(name)
        self.write(f"new{self.number}.md")


def _check(workspace: Path, site: Site, embedder: object) -> None:
    with Catalog.open(workspace / "catalog.sqlite") as catalog:
        assert check_catalog(catalog) == []
        store = IndexStore(workspace / "index", catalog)
        store.recover()
        assert store.check() == []
        found = catalog.documents.list()
        assert len({document.path for document in found}) == len(found)
        retriever = Retriever(catalog, store, embedder)  # type: ignore[arg-type]
        for document in found:
            assert document.state == "indexed"
            whole = catalog.documents.text(document.id)
            marker = next(marker for marker in reversed(site.said[document.path]) if f"{marker} " in whole)
            hits = [hit for hit in retriever.search(marker, User("u"), 100) if f"{marker} " in hit.text]
            assert [hit.path for hit in hits] == [document.path], marker


def _committed(workspace: Path) -> tuple[set[str], set[str]]:
    """Paths of committed documents, and hashes of what was embedded for them."""
    with Catalog.open(workspace / "catalog.sqlite") as catalog, catalog.connect() as connection:
        hashes = {row[0] for row in connection.execute(text("SELECT embedded FROM chunks"))}
        return {document.path for document in catalog.documents.list()}, hashes


def test_killed_again_and_again(tmp_path: Path, embedder: object, runs: Runs) -> None:
    chance = random.Random(os.environ.get("PLUMBLINE_TEST_SEED", "7"))  # noqa: S311 - not a secret
    workspace, site = tmp_path / "workspace", Site(tmp_path / "source", chance)
    Catalog.open(workspace / "catalog.sqlite", create=True).close()
    whole = 2.0
    for _ in range(KILLS):
        there, before = _committed(workspace)
        embedded, came_to_end = runs.killed(workspace, site, chance.random() * whole)
        assert not embedded & before, "what a committed document holds is not embedded again"
        _check(workspace, site, embedder)
        lost = there - _committed(workspace)[0]
        assert not [name for name in lost if (site.folder / name).exists()]
        # Kills behind the end of a run prove nothing: aim earlier then
        whole = max(0.3, whole * 0.8) if came_to_end else whole * 1.05
        if chance.random() < 0.5:
            site.change()
    _, came_to_end = runs.killed(workspace, site, None)
    assert came_to_end
    _check(workspace, site, embedder)
    assert _hits(workspace, site, embedder) == _hits(_fresh(tmp_path, site, runs), site, embedder)


def _fresh(tmp_path: Path, site: Site, runs: Runs) -> Path:
    """The same documents in a workspace that never saw a crash."""
    workspace = tmp_path / "fresh"
    Catalog.open(workspace / "catalog.sqlite", create=True).close()
    assert runs.killed(workspace, site, None)[1]
    return workspace


def _hits(workspace: Path, site: Site, embedder: object) -> list[tuple[str, str, float]]:
    """The first hit for each document's own word; those behind it tie."""
    with Catalog.open(workspace / "catalog.sqlite") as catalog:
        retriever = Retriever(catalog, IndexStore(workspace / "index", catalog), embedder)  # type: ignore[arg-type]
        asked = [site.said[path.name][-1] for path in sorted(site.folder.iterdir())]
        first = [retriever.search(marker, User("u"), 1)[0] for marker in asked]
    return [(hit.path, hit.text, round(hit.score, 4)) for hit in first]
