"""Reasons and evidence name the release of the graph; a check may be made against one by its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import Workspace, open_workspace
from knowledge.catalog.releases import Release
from knowledge.errors import NotFound
from knowledge.graph.reading import read_file

HARBOUR = Path(__file__).parents[1] / "knowledge" / "alignment" / "harbour.ttl"
OLD = "HarborLog is offline."


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_workspace(Settings(workspace=tmp_path_factory.mktemp("terms") / "home"), create=True)
    whole = read_file(HARBOUR)
    labels = {quad for quad in whole if "deprecatedLabel" in quad.predicate.value}
    first = opened.catalog.revisions.append(whole, [], author="t", comment="all", parent="")
    opened.catalog.releases.add(Release("spring-2026", first.id, "t", "", 0.0))
    opened.catalog.revisions.append([], labels, author="t", comment="no old names", parent=first.id)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["spring-2026", "1"])
def test_a_release_is_checked_against_by_name_or_number(workspace: Workspace, name: str) -> None:
    report = workspace.terms_at(name).checker.check(OLD)
    assert report.answer == "TideBook is offline."
    assert report.edits[0].reason.endswith("it is now called “TideBook” (term release spring-2026).")
    assert report.edits[0].evidence == ("TideBook · old name · HarborLog (term release spring-2026)",)


def test_a_revision_without_a_name_is_told_by_its_number(workspace: Workspace) -> None:
    checker = workspace.terms().checker
    assert checker.check(OLD).answer == OLD
    report = checker.check("燕鸥拖轮的总部在宁波。")
    assert report.edits[0].reason.endswith("（术语图谱第 2 版）。")
    assert report.edits[0].evidence == ("燕鸥拖轮 · 总部所在地 · 利兹（术语图谱第 2 版）",)


def test_no_such_release(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="no such revision or release"):
        workspace.terms_at("autumn")
