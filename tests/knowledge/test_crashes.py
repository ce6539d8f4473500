"""A process killed at any moment loses nothing that was committed, doubles nothing, leaves a sound workspace."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.catalog import Catalog
from knowledge.catalog.health import check_catalog
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder
from knowledge.retriever import Retriever
from knowledge.types import User

WRITER = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from conftest import made_record
from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore

folder = pathlib.Path(sys.argv[1])
with Catalog.open(folder / "catalog.sqlite") as catalog:
    store = IndexStore(folder / "index", catalog)
    start = int(sys.argv[3])
    for place in range(start, start + 1000):
        with catalog.leases.hold("writer", wait=30):
            catalog.documents.put(made_record(f"{place % 12}.md", f"topic{place % 12} version{place}", "second"))
            print("put", place, flush=True)
            if place % 5 == 0:
                catalog.documents.remove([catalog.documents.list()[0].id])
            store.publish()
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_writing(tmp_path: Path, embedder: Embedder, seed: int) -> None:
    Catalog.open(tmp_path / "catalog.sqlite", create=True).close()
    random_delay = random.Random(seed)  # noqa: S311 - not a secret
    committed = 0
    for round_ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent), str(committed + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            committed = next(int(line.split()[1]) for line in lines if line.startswith("put "))
            time.sleep(random_delay.random() * 0.4)  # it is writing now, and dies somewhere in it
            os.kill(process.pid, signal.SIGKILL)
            committed = max([committed, *(int(line.split()[1]) for line in lines if line.startswith("put "))])
        with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
            store = IndexStore(tmp_path / "index", catalog)
            assert check_catalog(catalog) == [], round_
            store.recover()
            assert store.check() == [], round_
            retriever = Retriever(catalog, store, embedder)
            for document in catalog.documents.list():
                topic = f"topic{document.path.removesuffix('.md')}"
                first = catalog.documents.chunks(document.id)[0]
                hits = [hit.chunk_id for hit in retriever.search(topic, User("u"), 100)]
                assert hits.count(first.id) == 1, (round_, topic)
            assert [document.state for document in catalog.documents.list() if document.state != "indexed"] == []
