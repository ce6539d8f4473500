"""init, config show, users, audit: the commands that need no document."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

PASSWORD = "correct horse battery"


def test_init_makes_a_workspace_and_says_what_is_next(plumbline, tmp_path: Path) -> None:
    folder = tmp_path / "my documents"
    ended = plumbline("init", folder)
    assert (ended.code, ended.out) == (0, f"{folder}\n")
    assert f"plumbline ingest --workspace '{folder}'" in ended.err
    assert (folder / "catalog.sqlite").is_file()
    assert (folder / "plumbline.toml").read_text(encoding="utf-8").startswith("# Settings")


def test_init_here(plumbline) -> None:
    ended = plumbline("init")
    assert ended.code == 0
    assert "plumbline ingest ~/my-documents" in ended.err
    assert plumbline("users", "list").code == 0


@pytest.mark.parametrize("there", ["plumbline.toml", "catalog.sqlite"])
def test_init_overwrites_nothing(plumbline, there: str) -> None:
    Path(there).write_bytes(b"mine")
    ended = plumbline("init")
    assert ended.code == 2
    assert "exists already, nothing was changed" in ended.err
    assert [path.name for path in Path().iterdir()] == [there]
    assert Path(there).read_bytes() == b"mine"


def test_config_show(plumbline, workspace: Path, monkeypatch) -> None:
    monkeypatch.setenv("PLUMBLINE_UI__PORT", "9000")
    shown = plumbline("config", "show", "--json", "--workspace", workspace).json
    assert (shown["ui"]["port"], shown["workspace"]) == (9000, str(workspace))
    assert "[ui]\n" in plumbline("config", "show", "--workspace", workspace).out


@pytest.mark.parametrize(("line", "said"), [("prot = 1", "ui.prot"), ("port = 0", "ui.port")])
def test_wrong_settings_end_every_command(plumbline, workspace: Path, line: str, said: str) -> None:
    (workspace / "plumbline.toml").write_text(f"[ui]\n{line}\n", encoding="utf-8")
    for command in (["config", "show"], ["doctor"], ["users", "list"], ["search", "x"], ["ui"]):
        ended = plumbline(*command, "--workspace", workspace)
        assert (ended.code, ended.out) == (2, "")
        assert said in ended.err


@pytest.fixture
def amy(plumbline, workspace: Path) -> Path:
    added = plumbline(
        "users", "add", "amy", "--groups", "hr,finance", "--display-name", "Amy", "--password-stdin",
        "--workspace", workspace, stdin=f"{PASSWORD}\n",
    )  # fmt: skip
    assert (added.code, added.out) == (0, "")
    return workspace


def test_users(plumbline, amy: Path) -> None:
    for change in (["role", "amy", "operator"], ["groups", "amy", "legal"], ["disable", "amy"]):
        assert plumbline("users", *change, "--workspace", amy).code == 0
    (user,) = plumbline("users", "list", "--json", "--workspace", amy).json["users"]
    assert set(user) == {"name", "display_name", "role", "groups", "language", "disabled", "created_at"}
    assert (user["role"], user["groups"], user["disabled"]) == ("operator", ["legal"], True)
    assert plumbline("users", "list", "--workspace", amy).out == "amy\toperator\tlegal\tAmy\tdisabled\n"
    assert plumbline("search", "x", "--user", "amy", "--workspace", amy).code == 4
    assert plumbline("users", "enable", "amy", "--workspace", amy).code == 0
    assert plumbline("users", "groups", "amy", "", "--workspace", amy).code == 0
    (user,) = plumbline("users", "list", "--json", "--workspace", amy).json["users"]
    assert (user["groups"], user["disabled"]) == ([], False)


def test_password_from_stdin_is_the_first_line_and_is_kept_nowhere(plumbline, amy: Path) -> None:
    ended = plumbline("users", "password", "amy", "--password-stdin", "--workspace", amy, stdin="my new password\r\nx")
    assert ended.code == 0
    from app.settings import load_settings
    from app.wiring import open_workspace

    workspace = open_workspace(load_settings(amy, environment={}))
    assert workspace.accounts.authenticate("amy", "my new password").name == "amy"
    workspace.close()
    for file in amy.rglob("*"):
        assert not file.is_file() or b"my new password" not in file.read_bytes()


def test_audit(plumbline, amy: Path) -> None:
    entries = plumbline("audit", "list", "--json", "--workspace", amy).json["entries"]
    assert [entry["action"] for entry in entries] == ["account.added", "workspace.created"]
    assert set(entries[0]) == {"seq", "at", "actor", "action", "subject", "detail"}
    assert entries[0]["actor"].startswith("cli:")
    assert plumbline("audit", "list", "--action", "workspace", "--limit", "1", "--workspace", amy).out.startswith("1\t")
    verdict = plumbline("audit", "verify", "--json", "--workspace", amy)
    assert (verdict.code, verdict.json) == (0, {"ok": True, "rows": 2, "first_bad": None, "problem": ""})
    with sqlite3.connect(amy / "catalog.sqlite") as connection:
        connection.execute("UPDATE audit SET actor = 'eve' WHERE seq = 2")
    connection.close()
    verdict = plumbline("audit", "verify", "--json", "--workspace", amy)
    assert (verdict.code, verdict.json["ok"], verdict.json["first_bad"]) == (1, False, 2)
    assert plumbline("audit", "verify", "--workspace", amy).out == "not whole: row 2: changed after it was written\n"
