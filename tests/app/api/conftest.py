"""The service on a small workspace with the harbour's graph, a public and a restricted concept, and no models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_site import LARGEST
from starlette.testclient import TestClient

from app.api.server import LOOPBACK, application
from app.assistant import Assistant
from app.settings import ModelSettings, Settings
from app.wiring import open_workspace
from knowledge.graph.reading import read_file

HARBOUR = Path(__file__).parents[2] / "knowledge" / "alignment" / "harbour.ttl"
PASSWORD = "quay-side-1998"
SECRET = """
@prefix ex: <urn:harbour:> . @prefix plb: <urn:plumbline:ns#> .
ex:buoy plb:accessLabel "treasury" .
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "secret.ttl").write_text(SECRET, encoding="utf-8")
    settings = Settings(
        workspace=folder / "workspace",
        models=ModelSettings(cache=folder / "none", folder=folder / "none", offline=True),
    )
    workspace = open_workspace(settings, create=True)
    quads = read_file(HARBOUR) | read_file(folder / "secret.ttl")
    workspace.catalog.revisions.append(quads, [], author="test", comment="harbour", parent="")
    workspace.accounts.add("nan", PASSWORD)
    workspace.accounts.add("tess", PASSWORD, groups=["treasury"])
    workspace.accounts.add("ada", PASSWORD, role="admin")
    with Assistant(workspace) as opened:
        yield opened


@pytest.fixture
def client(assistant: Assistant) -> Iterator[TestClient]:
    app = application(assistant, LOOPBACK, LARGEST)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened
