from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from app.cli.config_text import commented_settings
from app.settings import CONFIG_NAME, Settings, load_settings
from knowledge.errors import InvalidInput


def load(folder: Path, text: str = "", **environment: str) -> Settings:
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")
    return load_settings(folder, environment=environment)


def test_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings(workspace=tmp_path)


def test_file_then_environment_then_argument(tmp_path: Path) -> None:
    text = "[ui]\nport = 9000\nlanguage = 'zh'\n[answer]\npassages = 3"
    settings = load(
        tmp_path, text, PLUMBLINE_UI__PORT="9001", PLUMBLINE_WORKSPACE="/elsewhere", PLUMBLINE_MODELS__OFFLINE="true"
    )
    assert (settings.ui.port, settings.ui.language, settings.answer.passages) == (9001, "zh", 3)
    assert settings.models.offline is True
    assert settings.workspace == tmp_path


def test_workspace_is_found_upward(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load_settings(environment={}, cwd=inner).workspace == inner
    (tmp_path / CONFIG_NAME).write_text("", encoding="utf-8")
    assert load_settings(environment={}, cwd=inner).workspace == tmp_path
    assert load_settings(environment={"PLUMBLINE_WORKSPACE": str(inner)}, cwd=tmp_path).workspace == inner
    assert load_settings(config=tmp_path / CONFIG_NAME, environment={}, cwd=inner).workspace == tmp_path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ui]\nprot = 1", "ui.prot"),
        ("[uii]\nport = 1", "uii"),
        ("[ui]\nport = 0", "ui.port"),
        ("[ui]\nport = 70000", "70000"),
        ("[ui]\nport = 'x'", "ui.port"),
        ("[answer]\nbackend = 'magic'", "openvino"),
        ("[ingest]\nmax_file_mb = 0", "ingest.max_file_mb"),
        ("[retrieval]\ndense_weight = -1", "retrieval.dense_weight"),
        ("[answer]\nmin_relevance = 2.5", "answer.min_relevance"),
        ("answer = 3", "answer"),
        ("[ui", "cannot be read"),
        ("a = 'ü\udcff'", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / CONFIG_NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInput, match=re.escape(said)) as caught:
        load_settings(tmp_path, environment={})
    assert str(tmp_path / CONFIG_NAME) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["PLUMBLINE_UI__PROT", "PLUMBLINE_UII__PORT", "PLUMBLINE_UI__PORT__X", "PLUMBLINE_ANSWER__BACKEND"]
)
def test_what_is_wrong_in_the_environment_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / CONFIG_NAME).write_text("[answer]\nbackend = 'auto'\n")
    with pytest.raises(InvalidInput, match=f"^{name} in the environment: "):
        load(tmp_path, **{name: "1"})


def test_missing_config_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such settings file"):
        load_settings(config=tmp_path / "no.toml", environment={})


def test_written_file_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, commented_settings()) == Settings(workspace=tmp_path)


def test_written_file_names_every_setting_with_its_default(tmp_path: Path) -> None:
    text = commented_settings()
    lines = [line for line in text.splitlines() if not re.fullmatch(r'# \w+ = "…"', line)]
    uncommented = "\n".join(line.removeprefix("# ") if re.match(r"# \w+ = ", line) else line for line in lines)
    assert load(tmp_path, uncommented) == Settings(workspace=tmp_path)
    for section, fields in Settings(workspace=tmp_path).model_dump().items():
        for key in fields if isinstance(fields, dict) else ():
            assert f"# {key} = " in text.split(f"\n[{section}]\n")[1].split("\n[")[0]
    assert set(tomllib.loads(text)) == set(Settings.model_fields) - {"workspace"}
