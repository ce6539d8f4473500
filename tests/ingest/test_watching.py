"""Watching a folder: changes are picked up, a burst is one run or few, and editors' files beside are left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests_support import wait_until

from ingest.holdings import Holdings
from ingest.pipeline import Pipeline
from ingest.source_run import SourceRunner
from ingest.watching import Watcher
from knowledge.catalog import Catalog
from knowledge.catalog.sources import Source


@pytest.fixture(params=[None, 1.0], ids=["notified", "polling"])
def watched(
    request: pytest.FixtureRequest,
    catalog: Catalog,
    make_pipeline: Callable[..., Pipeline],
    tmp_path: Path,
    source: Path,
) -> Iterator[Path]:
    workspace = tmp_path / "workspace"
    pipeline = make_pipeline(holdings=Holdings(catalog, workspace))
    runner = SourceRunner(catalog, workspace, lambda: pipeline, {}, str, exclude=(".*", "~$*"), max_file_mb=5.0)
    added = catalog.sources.add(Source(name="docs", kind="folder", location=str(source), access=("staff",)))
    watcher = Watcher(added, runner, exclude=(".*",), poll=request.param)
    stop = threading.Event()
    thread = threading.Thread(target=watcher.run_until, args=(stop,))
    thread.start()
    wait_until(lambda: catalog.documents.count() == 3)
    yield source
    stop.set()
    thread.join()


def test_changes_are_picked_up(catalog: Catalog, watched: Path) -> None:
    def paths() -> set[str]:
        return {document.path for document in catalog.documents.list()}

    # As editors save: a file beside, then renamed over the old one; and a burst of others
    (watched / ".travel.md.swp").write_text("half", encoding="utf-8")
    (watched / "travel.md~").write_text("# Travel\n\nHotels cost at most 700 CNY.\n", encoding="utf-8")
    (watched / "travel.md~").rename(watched / "travel.md")
    (watched / "new").mkdir()
    for number in range(20):
        (watched / "new" / f"{number}.md").write_text(f"# Number {number}\n\nText {number}.\n", encoding="utf-8")
    wait_until(lambda: catalog.documents.count() == 23)
    travel = catalog.documents.by_path("travel.md")
    assert travel is not None
    assert "700" in catalog.documents.text(travel.id)
    assert len(catalog.source_runs.list()) < 8  # 22 files were written
    assert {document.access for document in catalog.documents.list()} == {frozenset({"staff"})}

    (watched / "leave.txt").unlink()
    (watched / "hr").rename(watched / "people")
    wait_until(lambda: paths() >= {"people/pay.csv"} and not paths() & {"leave.txt", "hr/pay.csv"})
    assert catalog.documents.count() == 22
