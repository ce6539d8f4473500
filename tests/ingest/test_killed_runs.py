"""Runs that are killed at random moments: nothing committed is lost, doubled or embedded again.

`PLUMBLINE_TEST_KILLS=50` kills more often; `bench/crash.py` does the same to the command with the real model.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.catalog.health import check_catalog
from knowledge.index_store import IndexStore
from knowledge.retriever import Retriever
from knowledge.types import User

KILLS = int(os.environ.get("PLUMBLINE_TEST_KILLS", "4"))
RUN = """
import pathlib, sys, time
sys.path.insert(0, sys.argv[3])
import conftest
from ingest.desensitize import Desensitizer, load_policy
from ingest.pipeline import Pipeline
from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore

class Slow(conftest.HashedEmbedder):
    def embed_passages(self, texts):
        for text in texts:
            print(conftest.hashlib.sha256(text.encode()).hexdigest()[:32], flush=True)
        time.sleep(0.02 * len(texts))
        return super().embed_passages(texts)

folder = pathlib.Path(sys.argv[1])
with Catalog.open(folder / "catalog.sqlite") as catalog:
    store = IndexStore(folder / "index", catalog)
    store.recover()
    desensitizer, options = Desensitizer(load_policy(), conftest.KEY), conftest.Options(batch_size=1)
    pipeline = Pipeline(catalog, store, Slow(), desensitizer, options)
    print("begin", flush=True)
    pipeline.run([pathlib.Path(sys.argv[2])])
    print("end", flush=True)
"""


class Site:
    """A folder of documents that changes, and what each of them has ever said."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.said: dict[str, list[str]] = {}
        self.number = 0
        folder.mkdir()
        for place in range(24):
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


def _killed(workspace: Path, site: Site, delay: float | None) -> tuple[set[str], bool]:
    """Run once, killed after `delay` seconds; what was embedded, and whether the run came to its end."""
    command = [sys.executable, "-c", RUN, str(workspace), str(site.folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = iter(process.stdout.readline, "")
        first = next((line for line in lines if line == "begin\n"), None)
        assert first, process.stderr.read()
        if delay is not None:
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
        said = [line.strip() for line in lines]
    return {line for line in said if line != "end"}, "end" in said


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


def test_killed_again_and_again(tmp_path: Path, embedder: object) -> None:
    chance = random.Random(os.environ.get("PLUMBLINE_TEST_SEED", "7"))  # noqa: S311 - not a secret
    workspace, site = tmp_path / "workspace", Site(tmp_path / "source", chance)
    Catalog.open(workspace / "catalog.sqlite", create=True).close()
    whole = 2.0
    for _ in range(KILLS):
        there, before = _committed(workspace)
        embedded, came_to_end = _killed(workspace, site, chance.random() * whole)
        assert not embedded & before, "what a committed document holds is not embedded again"
        _check(workspace, site, embedder)
        lost = there - _committed(workspace)[0]
        assert not [name for name in lost if (site.folder / name).exists()]
        # Kills behind the end of a run prove nothing: aim earlier then
        whole = max(0.3, whole * 0.8) if came_to_end else whole * 1.05
        if chance.random() < 0.5:
            site.change()
    _, came_to_end = _killed(workspace, site, None)
    assert came_to_end
    _check(workspace, site, embedder)
    assert _hits(workspace, site, embedder) == _hits(_fresh(tmp_path, site), site, embedder)


def _fresh(tmp_path: Path, site: Site) -> Path:
    """The same documents in a workspace that never saw a crash."""
    workspace = tmp_path / "fresh"
    Catalog.open(workspace / "catalog.sqlite", create=True).close()
    assert _killed(workspace, site, None)[1]
    return workspace


def _hits(workspace: Path, site: Site, embedder: object) -> list[tuple[str, str, float]]:
    """The first hit for each document's own word; those behind it tie."""
    with Catalog.open(workspace / "catalog.sqlite") as catalog:
        retriever = Retriever(catalog, IndexStore(workspace / "index", catalog), embedder)  # type: ignore[arg-type]
        asked = [site.said[path.name][-1] for path in sorted(site.folder.iterdir())]
        first = [retriever.search(marker, User("u"), 1)[0] for marker in asked]
    return [(hit.path, hit.text, round(hit.score, 4)) for hit in first]
