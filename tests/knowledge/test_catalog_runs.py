"""Runs, quarantine and generations."""

import pytest

from knowledge.catalog import Catalog
from knowledge.catalog.generations import Generation, Generations
from knowledge.catalog.runs import Quarantine, Runs
from knowledge.errors import NotFound


def test_runs_newest_first_with_their_reports(catalog: Catalog) -> None:
    now = iter(range(100))
    runs = Runs(catalog, clock=lambda: float(next(now)))
    first = runs.start("ingest")
    second = runs.start("rebuild")
    runs.finish(first, {"documents": {"added": 2}}, message="done")
    assert [(run.id, run.state) for run in runs.list()] == [(second, "running"), (first, "done")]
    found = runs.get(first)
    assert found is not None
    assert (found.report, found.finished_at) == ({"documents": {"added": 2}}, 2.0)
    assert [run.id for run in runs.list(kind="ingest")] == [first]
    with pytest.raises(NotFound):
        runs.finish("unknown", {})


def test_quarantine_holds_one_entry_per_file(catalog: Catalog) -> None:
    quarantine = Quarantine(catalog, clock=lambda: 5.0)
    quarantine.put("b.pdf", "encrypted", source_root="/docs")
    quarantine.put("a.pdf", "empty", source_root="/docs")
    quarantine.put("a.pdf", "no text found", source_root="/docs", content_hash="abc")
    assert [(entry.path, entry.reason) for entry in quarantine.list()] == [
        ("a.pdf", "no text found"),
        ("b.pdf", "encrypted"),
    ]
    found = quarantine.get("a.pdf", "/docs")
    assert found is not None
    assert (found.content_hash, found.at) == ("abc", 5.0)
    assert quarantine.list(source_root="/elsewhere") == []
    assert quarantine.remove("a.pdf", "/elsewhere") == 0
    assert quarantine.remove("a.pdf") == 1
    assert quarantine.get("a.pdf", "/docs") is None


def test_newest_generation_is_live(catalog: Catalog) -> None:
    generations = Generations(catalog, clock=lambda: 7.0)
    assert generations.live() is None
    for _ in range(2):
        number = generations.next_id()
        with catalog.begin() as connection:
            generations.switch(connection, Generation(number, f"{number:08d}", "hash", "print", 1, 2, 0.0))
    live = generations.live()
    assert live is not None
    assert (live.id, live.published_at) == (2, 7.0)
    generations.forget([1])
    assert [generation.id for generation in generations.list()] == [2]
