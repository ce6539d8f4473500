"""Real vocabularies keep every statement, and faulty ones are refused or reported, with the development data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import InvalidInput
from knowledge.graph import TermGraph
from knowledge.graph.exchange import export_quads
from knowledge.graph.importing import plan_import
from knowledge.graph.quality import check_graph
from knowledge.graph.reading import read_file

REFUSED = ("malformed", "mojibake", "xxe", "entity-bomb", "remote-context")
TODAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def rda(shared_data: Path) -> TermGraph:
    return TermGraph.from_files([shared_data / "terms" / "rda" / "rda-termlists.nt"])


def test_a_library_vocabulary_is_read_whole(rda: TermGraph) -> None:
    chinese = [name for name in rda.concepts() if rda.preferred(name, "zh")]
    assert len(chinese) > 700, "zh-Hans-CN is Chinese"
    assert rda.search("audio", None, 3)
    assert rda.search(rda.label(chinese[0], "zh"), None, 3)[0].how == "exact"


def test_a_library_vocabulary_comes_back_as_it_was(rda: TermGraph, tmp_path: Path) -> None:
    export_quads(rda.quads, tmp_path / "out.trig")
    assert read_file(tmp_path / "out.trig") == set(rda.quads)


def test_a_table_of_a_library_vocabulary_takes_nothing_away(rda: TermGraph, tmp_path: Path) -> None:
    export_quads(rda.quads, tmp_path / "out.csv")
    plan = plan_import(rda, tmp_path / "out.csv")
    assert (len(plan.added), len(plan.removed)) == (0, 0)


def test_faulty_files_are_refused_or_reported(shared_data: Path) -> None:
    files = sorted(file for file in (shared_data / "terms" / "hostile").iterdir() if file.suffix != ".md")
    assert files
    for file in files:
        if file.stem.startswith(REFUSED):
            with pytest.raises(InvalidInput) as caught:
                TermGraph.from_files([file])
            assert str(caught.value).startswith(str(file))
            assert "\n" not in str(caught.value)
        else:
            graph = TermGraph.from_files([file])
            assert any(issue.severity != "info" for issue in check_graph(graph, TODAY).issues), file.name
