"""Running commands in this process, as a shell would: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from app.cli.main import run


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to stand in, no settings from outside, and logging as it was before."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("PLUMBLINE_WORKSPACE",):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield
    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "plumbline", False):
            logging.getLogger().removeHandler(handler)
            handler.close()
    logging.captureWarnings(capture=False)


@pytest.fixture
def plumbline(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    def call(*arguments: str | Path, stdin: str | bytes = "") -> Ended:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def workspace(plumbline: Callable[..., Ended], tmp_path: Path) -> Path:
    """An empty workspace made by `plumbline init`."""
    assert plumbline("init", tmp_path / "ws").code == 0
    return tmp_path / "ws"
