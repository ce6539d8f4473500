"""A real workspace without models: two accounts, and the server's shared parts over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ui_site import PASSWORD, Site

from app.assistant import Assistant
from app.settings import load_settings
from app.ui import runtime
from app.wiring import open_workspace


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = load_settings(tmp_path / "workspace", environment={})
    workspace = open_workspace(settings, create=True)
    workspace.accounts.add("sam", PASSWORD, display_name="Sam Carter", language="en")
    workspace.accounts.add("lina", PASSWORD, display_name="李娜", language="zh", groups=["finance"])
    assistant = Assistant(workspace)
    shared = runtime.start(assistant)
    try:
        yield Site(shared, tmp_path / "workspace")
    finally:
        shared.close()
        assistant.close()
