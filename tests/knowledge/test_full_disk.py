"""A disk that is really full: a small file system of its own where that may be mounted, else a limit on file sizes."""

import os
import subprocess
import sys
from collections.abc import Iterator
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
from knowledge.errors import PlumblineError
from knowledge.index_store import IndexStore

folder = pathlib.Path(sys.argv[1])
try:
    with Catalog.open(folder / "catalog.sqlite") as catalog:
        store = IndexStore(folder / "index", catalog)
        for place in range(100_000):
            texts = [f"topic{place} part{part} " + "filler words here " * 160 for part in range(20)]
            catalog.documents.put(made_record(f"{place}.md", *texts))
            print("put", place, flush=True)
            if place % 7 == 6:
                store.publish()
except PlumblineError as error:
    print("refused", error, flush=True)
    sys.exit(1)
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system with room for 10 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_full_disk_loses_nothing_and_goes_on_when_there_is_room(small: Path, embedder: Embedder) -> None:
    Catalog.open(small / "catalog.sqlite", create=True).close()
    command = [sys.executable, "-c", WRITER, str(small), str(Path(__file__).parent)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("refused")
    assert "room" in last
    put = [line.split()[1] for line in ended.stdout.splitlines() if line.startswith("put")]
    with Catalog.open(small / "catalog.sqlite") as catalog:
        assert check_catalog(catalog) == []
        store = IndexStore(small / "index", catalog)
        kept = {document.path for document in catalog.documents.list()}
        assert {f"{place}.md" for place in put} <= kept, "what was committed is there"
        reader = Retriever(catalog, store, embedder)
        live = catalog.generations.live()
        assert live is not None
        assert reader.search("topic3 part0", User("u"), 5)[0].path == "3.md", "reading goes on at once"
        subprocess.run(["mount", "-o", "remount,size=200m", str(small)], check=True)
        store.recover()
        assert store.check() == []
        assert reader.search(f"topic{put[-1]} part0", User("u"), 5)[0].path == f"{put[-1]}.md"


def test_file_size_limit_is_told_in_one_line(tmp_path: Path) -> None:
    """Where nothing may be mounted this is the nearest thing: the system refuses to let a file grow."""
    Catalog.open(tmp_path / "catalog.sqlite", create=True).close()
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))\n"
    )
    command = [sys.executable, "-c", limited + WRITER, str(tmp_path), str(Path(__file__).parent)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"})
    assert ended.returncode == 1, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr
    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        assert check_catalog(catalog) == []
        store = IndexStore(tmp_path / "index", catalog)
        store.recover()
        assert store.check() == []
