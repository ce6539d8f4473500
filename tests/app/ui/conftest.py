"""A real workspace without models: two accounts, and the server's shared parts over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_site import PASSWORD, Site

from app.assistant import Assistant
from app.settings import load_settings
from app.ui import runtime
from app.wiring import open_workspace


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two accounts, made once: hashing passwords takes its time on purpose."""
    folder = tmp_path_factory.mktemp("ui") / "workspace"
    workspace = open_workspace(load_settings(folder, environment={}), create=True)
    workspace.accounts.add("sam", PASSWORD, display_name="Sam Carter", language="en")
    workspace.accounts.add("lina", PASSWORD, display_name="李娜", language="zh", groups=["finance"])
    workspace.close()
    return folder


@pytest.fixture
def site(_empty: Path, tmp_path: Path) -> Iterator[Site]:
    folder = Path(shutil.copytree(_empty, tmp_path / "workspace"))
    assistant = Assistant.open(settings=load_settings(folder, environment={}))
    shared = runtime.start(assistant)
    try:
        yield Site(shared, folder)
    finally:
        shared.close()
        assistant.close()
