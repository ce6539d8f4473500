"""A small workspace with documents, a term graph and accounts; no model is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from harbour import ANN, BEN, EVE, GRAPH, GUIDE, TREASURY, add_document

from app.settings import AdaptationSettings, ModelSettings, Settings
from app.wiring import Workspace, open_workspace
from knowledge.catalog.accounts import AccountRecord
from knowledge.graph.reading import read_file


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "terms.ttl").write_text(GRAPH, encoding="utf-8")
    settings = Settings(
        workspace=tmp_path / "ws",
        models=ModelSettings(cache=tmp_path / "none", folder=tmp_path / "none", offline=True),
        adaptation=AdaptationSettings(not_from=("secretive",)),
    )
    made = open_workspace(settings, create=True)
    made.catalog.revisions.append(read_file(tmp_path / "terms.ttl"), [], author="t", comment="harbour", parent="")
    for name, groups in ((ANN, frozenset()), (BEN, frozenset()), (EVE, frozenset({"secretive"}))):
        made.catalog.accounts.add(AccountRecord(name, "hash", "employee", groups, "en"))
    add_document(made, "guide", GUIDE)
    add_document(made, "treasury", TREASURY, "treasury")
    yield made
    made.close()
