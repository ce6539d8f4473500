"""What several rooms' tests need: the demo company, its models, and where development data lies."""

import os
import shutil
from pathlib import Path

import pytest

from app.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("PLUMBLINE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data beside the project; a test that needs it says so when it is absent."""
    folder = Path(os.environ.get("PLUMBLINE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}; set PLUMBLINE_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def _demo_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company, ingested once per test run with the real embedding model."""
    from app.cli.demo import prepare

    folder = tmp_path_factory.mktemp("demo") / "workspace"
    prepare(load_settings(folder, environment={}))
    return folder


@pytest.fixture
def demo_workspace(_demo_master: Path, tmp_path: Path) -> Path:
    """A copy of the ingested demo workspace that the test may change."""
    return Path(shutil.copytree(_demo_master, tmp_path / "demo"))


@pytest.fixture
def demo_settings(demo_workspace: Path) -> Settings:
    return load_settings(demo_workspace, environment={})
