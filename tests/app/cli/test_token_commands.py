"""Tokens of the service on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

WRONG_USE = {
    "a token for nobody": (["users", "token", "nobody"], 4, "unknown or disabled"),
    "tokens of nobody": (["users", "tokens", "nobody"], 4, "unknown or disabled"),
    "a label of two lines": (["users", "token", "nan", "--label", "a\nb"], 2, "one line"),
    "no such token": (["users", "revoke", "12345678"], 1, "no such token"),
    "a port that is none": (["serve", "--port", "0"], 2, "--port"),
}


@pytest.fixture
def home(plumbline, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert plumbline("init", home).code == 0
    added = plumbline("users", "add", "nan", "--password-stdin", "--workspace", home, stdin="quay-side-1998\n")
    assert added.code == 0
    return home


def test_a_token_is_issued_listed_and_revoked(plumbline, home: Path) -> None:
    issued = plumbline("users", "token", "nan", "--label", "nightly", "--workspace", home)
    assert issued.code == 0
    token = issued.out.strip()
    assert token.startswith("plb_")
    listed = plumbline("users", "tokens", "--workspace", home, "--json")
    (row,) = json.loads(listed.out)["tokens"]
    assert (row["name"], row["label"], row["used_at"]) == ("nan", "nightly", None)
    assert token not in listed.out
    assert plumbline("users", "revoke", row["id"], "--workspace", home).code == 0
    assert json.loads(plumbline("users", "tokens", "nan", "--workspace", home, "--json").out) == {"tokens": []}


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_one_line(plumbline, home: Path, arguments: list[str], code: int, said: str) -> None:
    ended = plumbline(*arguments, "--workspace", home)
    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert said in ended.err


def test_without_a_workspace_nothing_is_served(plumbline, tmp_path: Path) -> None:
    ended = plumbline("serve", "--workspace", tmp_path)
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "no workspace here" in ended.err
