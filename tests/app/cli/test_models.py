"""models list, pull, verify, on a folder of one's own: nothing is fetched here."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty model cache, and settings that forbid the network."""
    monkeypatch.setenv("PLUMBLINE_MODELS__CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PLUMBLINE_MODELS__OFFLINE", "true")
    return tmp_path


def test_list(plumbline, offline: Path) -> None:
    models = {model["name"]: model for model in plumbline("models", "list", "--json").json["models"]}
    default = models["qwen2.5-coder-1.5b-instruct-q4"]
    assert (default["role"], default["verified"], default["pulled"], default["in_use"]) == ("answer", True, False, True)
    assert set(default) == {
        "name", "role", "format", "licence", "languages", "bytes", "verified", "pulled", "in_use", "note",
    }  # fmt: skip
    assert any(not model["verified"] for model in models.values())
    lines = plumbline("models", "list").out.splitlines()
    assert len(lines) == len(models)


def test_pull_without_any_source_says_what_to_do(plumbline, offline: Path) -> None:
    ended = plumbline("models", "pull", "multilingual-e5-small")
    assert (ended.code, ended.out) == (1, "")
    assert "offline; bring e5-small-q4.bin into a folder" in ended.err


def test_wrong_bytes_are_refused(plumbline, offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brought = offline / "brought"
    brought.mkdir()
    (brought / "e5-small-q4.bin").write_bytes(b"not the model")
    monkeypatch.setenv("PLUMBLINE_MODELS__FOLDER", str(brought))
    ended = plumbline("models", "pull", "multilingual-e5-small")
    assert (ended.code, ended.out) == (1, "")
    assert "will not be used" in ended.err
    verified = plumbline("models", "verify", "multilingual-e5-small", "--json")
    assert verified.code == 1
    assert verified.json["models"][0]["name"] == "multilingual-e5-small"
    assert "has not been pulled" in verified.json["models"][0]["problems"][0]


def test_verify_of_an_empty_cache_is_fine(plumbline, offline: Path) -> None:
    ended = plumbline("models", "verify", "--json")
    assert (ended.code, ended.json) == (0, {"models": []})


def test_names_and_the_tests_models_at_once(plumbline, offline: Path) -> None:
    assert plumbline("models", "pull", "multilingual-e5-small", "--needed-for-tests").code == 2
