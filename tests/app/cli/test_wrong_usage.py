"""Each command, wrongly used: one line on stderr, nothing on stdout, and the exit code that the design names."""

from __future__ import annotations

from pathlib import Path

import pytest

NO_WORKSPACE = "no workspace here; run `plumbline init`"

OUTSIDE = [
    # No command, or none of ours
    (["nope"], 2, "No such command 'nope'"),
    (["--nope"], 2, "No such option: --nope"),
    (["users", "nope"], 2, "No such command 'nope'"),
    (["--config", "no.toml", "config", "show"], 2, "no.toml: no such settings file"),
    # A workspace is needed and there is none
    (["ingest", "."], 1, NO_WORKSPACE),
    (["documents", "list"], 1, NO_WORKSPACE),
    (["documents", "show", "x"], 1, NO_WORKSPACE),
    (["documents", "remove", "x"], 1, NO_WORKSPACE),
    (["quarantine", "list"], 1, NO_WORKSPACE),
    (["quarantine", "retry"], 1, NO_WORKSPACE),
    (["search", "x"], 1, NO_WORKSPACE),
    (["ask", "x"], 1, NO_WORKSPACE),
    (["check", "-"], 1, NO_WORKSPACE),
    (["graph", "export"], 1, NO_WORKSPACE),
    (["graph", "check"], 1, NO_WORKSPACE),
    (["graph", "search", "x"], 1, NO_WORKSPACE),
    (["users", "list"], 1, NO_WORKSPACE),
    (["audit", "list"], 1, NO_WORKSPACE),
    (["audit", "verify"], 1, NO_WORKSPACE),
    (["ui"], 1, NO_WORKSPACE),
    (["doctor"], 1, NO_WORKSPACE),
    (["rebuild"], 1, NO_WORKSPACE),
    (["--workspace", "nowhere", "doctor"], 1, "nowhere: no workspace here"),
    (["doctor", "--workspace", "nowhere"], 1, "nowhere: no workspace here"),
    # Something is missing, too much, or of the wrong kind
    (["ingest"], 2, "Missing argument"),
    (["ingest", ".", "--nope"], 2, "No such option: --nope"),
    (["documents", "show"], 2, "Missing argument"),
    (["documents", "show", "a", "b"], 2, "unexpected extra argument"),
    (["documents", "remove"], 2, "Missing argument"),
    (["search"], 2, "give either a question or --batch"),
    (["search", "x", "--batch", "rows.jsonl"], 2, "give either a question or --batch"),
    (["search", "x", "--limit", "0"], 2, "--limit"),
    (["search", "x", "--limit", "many"], 2, "--limit"),
    (["search", "--batch", "no.jsonl"], 2, "no.jsonl: no such file"),
    (["search", "--batch", "."], 2, "is a folder"),
    (["ask"], 2, "give either a question or --batch"),
    (["ask", "x", "--batch", "rows.jsonl"], 2, "give either a question or --batch"),
    (["ask", "x", "--conversation", "c"], 2, "give --user"),
    (["check", "no.txt"], 2, "no.txt: no such file"),
    (["check", "x", "--batch", "rows.jsonl"], 2, "leave FILE and --question out"),
    (["check", "-", "--graph", "no.ttl"], 2, "no.ttl: no such graph file"),
    (["desensitize", "no.txt"], 2, "no.txt: no such file"),
    (["desensitize", "x", "--batch", "rows.jsonl"], 2, "leave FILE out"),
    (["graph", "import"], 2, "Missing argument"),
    (["graph", "import", "no.ttl"], 2, "no.ttl: no such graph file"),
    (["graph", "search"], 2, "Missing argument"),
    (["users", "add"], 2, "Missing argument"),
    (["users", "role", "amy"], 2, "Missing argument"),
    (["users", "groups", "amy"], 2, "Missing argument"),
    (["users", "disable"], 2, "Missing argument"),
    (["audit", "list", "--limit", "0"], 2, "--limit"),
    (["eval"], 2, "Missing argument"),
    (["eval", "nowhere"], 2, "nowhere: no such folder"),
    (["eval", ".", "--answers", "-1"], 2, "--answers"),
    (["eval", "."], 2, "queries.jsonl"),
    (["ui", "--port", "0"], 2, "--port"),
    (["ui", "--port", "99999"], 2, "--port"),
    (["init", "a", "--workspace", "b"], 2, "two folders"),
    (["init", "--config", "x.toml"], 2, "leave --config out"),
    (["init", "a", "b"], 2, "unexpected extra argument"),
    (["models", "pull", "no-such-model"], 1, "no-such-model"),
    (["models", "verify", "no-such-model"], 1, "no-such-model"),
]

INSIDE = [
    (["init"], 2, "exists already"),
    (["ingest", "no-such-folder"], 2, "no-such-folder"),
    (["ingest", ".", "--access", "a,,b"], 2, "access label ''"),
    (["ingest", ".", "--access", "a*"], 2, "access label 'a*'"),
    (["ingest", ".", "--access-file", "no.yaml"], 2, "no.yaml"),
    (["documents", "show", "x"], 1, "x: no such document"),
    (["documents", "remove", "x"], 1, "x: no such document"),
    (["documents", "list", "--user", "nobody"], 4, "user 'nobody': unknown or disabled"),
    (["search", "x", "--user", "nobody"], 4, "user 'nobody': unknown or disabled"),
    (["search", " "], 2, "empty"),
    (["ask", "x", "--user", "nobody"], 4, "user 'nobody': unknown or disabled"),
    (["ask", " "], 2, "empty"),
    (["graph", "search", "x", "--user", "nobody"], 4, "user 'nobody': unknown or disabled"),
    (["users", "add", "a b", "--password-stdin"], 2, "account name 'a b'"),
    (["users", "add", "amy"], 2, "no terminal to ask on"),
    (["users", "add", "amy", "--password-stdin"], 2, "password: too short"),
    (["users", "add", "amy", "--role", "boss", "--password-stdin"], 2, "role 'boss'"),
    (["users", "add", "amy", "--groups", "a,b*", "--password-stdin"], 2, "'b*'"),
    (["users", "add", "amy", "--groups", " ", "--password-stdin"], 2, "' '"),
    (["users", "add", "amy", "--language", "fr", "--password-stdin"], 2, "language 'fr'"),
    (["users", "role", "nobody", "admin"], 1, "user 'nobody': no such account"),
    (["users", "groups", "nobody", "a"], 1, "user 'nobody': no such account"),
    (["users", "disable", "nobody"], 1, "user 'nobody': no such account"),
    (["users", "enable", "nobody"], 1, "user 'nobody': no such account"),
    (["users", "password", "nobody", "--password-stdin"], 1, "user 'nobody': no such account"),
]


def check_one_line(ended, code: int, said: str) -> None:
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("plumbline: error: ")
    assert ended.err.count("\n") == 1
    assert said in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"), OUTSIDE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_outside_a_workspace(plumbline, arguments: list[str], code: int, said: str) -> None:
    check_one_line(plumbline(*arguments), code, said)


@pytest.mark.parametrize(
    ("arguments", "code", "said"), INSIDE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_inside_a_workspace(
    plumbline, workspace: Path, monkeypatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(workspace)
    check_one_line(plumbline(*arguments), code, said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "rows.jsonl:1: not JSON"),
        ('{"id": "1", "question": "x", "text": "x"}\n\n[1]', "rows.jsonl:3: found list"),
        ('{"id": "1"}', "is missing or no text"),
        ('{"question": "x", "text": "x"}', "'id' is missing"),
        ('{"id": "1", "question": 3, "text": 3}', "is missing or no text"),
        (b'{"id": "\xff"}', "not UTF-8 at byte 8"),
    ],
)
@pytest.mark.parametrize("command", ["search", "ask", "check", "desensitize"])
def test_batch_files_are_checked_before_the_first_row_is_used(plumbline, workspace, command, content, said) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    Path("rows.jsonl").write_bytes(data)
    check_one_line(plumbline(command, "--batch", "rows.jsonl", "--workspace", workspace), 2, said)


@pytest.mark.parametrize("passages", ['"text"', '[{"id": "p"}]', '[["p", "text"]]'])
def test_passages_of_a_check(plumbline, workspace, passages: str) -> None:
    Path("rows.jsonl").write_text(f'{{"id": 7, "text": "x", "passages": {passages}}}', encoding="utf-8")
    ended = plumbline("check", "--batch", "rows.jsonl", "--workspace", workspace)
    check_one_line(ended, 2, "rows.jsonl: 7: passages must be a list")


@pytest.mark.parametrize(
    "arguments", [[], ["users"], ["graph"], ["models"], ["documents"], ["quarantine"], ["audit"], ["config"]]
)
def test_without_a_command_help_is_shown(plumbline, arguments: list[str]) -> None:
    ended = plumbline(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: plumbline" in ended.err
