"""The vault's commands and the scan for originals, as a shell would call them. No model is needed."""

import re

import pytest

PHONE = "13857126648"


@pytest.fixture
def with_vault(plumbline, workspace, tmp_path):
    """A workspace whose vault is on, with an admin and an employee."""
    keys = tmp_path / "vault.keys"
    assert plumbline("vault", "new-key", keys, "--workspace", workspace).code == 0
    settings = workspace / "plumbline.toml"
    given = f'[desensitize]\nvault = true\nvault_key = "{keys.as_posix()}"\n'
    settings.write_text(settings.read_text(encoding="utf-8").replace("[desensitize]\n", given), encoding="utf-8")
    for name, role in (("boss", "admin"), ("li.wei", "employee")):
        call = ("users", "add", name, "--role", role, "--password-stdin", "--workspace", workspace)
        assert plumbline(*call, stdin="a long enough password\n").code == 0
    return workspace


def placeholder_of(plumbline, workspace):
    ended = plumbline("desensitize", "-", "--workspace", workspace, stdin=f"电话 {PHONE}")
    assert ended.code == 0
    assert PHONE not in ended.out
    return re.search(r"⟨PHONE·\w+⟩", ended.out).group()


def test_reveal_is_for_the_roles_that_may_and_is_written_down(plumbline, with_vault):
    placeholder = placeholder_of(plumbline, with_vault)
    ended = plumbline("vault", "reveal", placeholder, "--user", "boss", "--reason", "case 7", "--workspace", with_vault)
    assert (ended.code, ended.out.strip()) == (0, PHONE)
    refused = plumbline("vault", "reveal", placeholder, "--user", "li.wei", "--workspace", with_vault)
    assert refused.code == 4
    assert PHONE not in refused.out + refused.err
    entries = plumbline("audit", "list", "--action", "vault", "--json", "--workspace", with_vault).json["entries"]
    assert [(entry["action"], entry["actor"]) for entry in entries] == [
        ("vault.refused", "li.wei"),
        ("vault.reveal", "boss"),
    ]
    assert PHONE not in str(entries)


def test_rotation_and_status(plumbline, with_vault, tmp_path):
    placeholder = placeholder_of(plumbline, with_vault)
    keys = tmp_path / "vault.keys"
    assert plumbline("vault", "new-key", keys, "--workspace", with_vault).code == 0
    assert "sealed 1 values anew" in plumbline("vault", "rotate", "--workspace", with_vault).err
    keys.write_text(keys.read_text(encoding="ascii").splitlines()[0] + "\n", encoding="ascii")
    assert plumbline("vault", "status", "--json", "--workspace", with_vault).json == {"values": {"PHONE_NUMBER": 1}}
    assert plumbline("vault", "reveal", placeholder, "--user", "boss", "--workspace", with_vault).out.strip() == PHONE


def test_off_by_default_and_keys_stay_outside(plumbline, workspace):
    assert plumbline("vault", "status", "--workspace", workspace).code == 2
    ended = plumbline("vault", "new-key", workspace / "keys" / "v", "--workspace", workspace)
    assert ended.code == 2
    assert "must not lie in the workspace" in ended.err


def test_leaks_names_lines_and_places_and_not_the_originals(plumbline, workspace, tmp_path):
    originals = tmp_path / "originals.txt"
    originals.write_text(f"{PHONE}\n郝建平\n", encoding="utf-8")
    clean = plumbline("leaks", originals, "--workspace", workspace)
    assert clean.code == 0
    assert "nothing found" in clean.out
    (workspace / "logs").mkdir(exist_ok=True)
    (workspace / "logs" / "old.log").write_text("called 138-5712-6648", encoding="utf-8")
    found = plumbline("leaks", originals, "--workspace", workspace)
    assert found.code == 1
    assert "line 1 (digits without separators) stands in logs/old.log" in found.out
    assert PHONE not in found.out
    assert plumbline("leaks", originals, "--json", "--workspace", workspace).json["leaks"] != []


@pytest.mark.parametrize("command", ["leaks", "desensitize"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "originals.txt: no such file"),
        (b"\x00\x01\xff\xfe", "originals.txt: not UTF-8 at byte 2"),
        ("张三".encode("gb18030"), "originals.txt: not UTF-8 at byte 0"),
    ],
)
def test_files_that_cannot_be_read(plumbline, workspace, tmp_path, command, content, says):
    originals = tmp_path / "originals.txt"
    if content is not None:
        originals.write_bytes(content)
    ended = plumbline(command, originals, "--workspace", workspace)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert says in ended.err


@pytest.mark.parametrize(
    ("content", "says"),
    [("", ": holds no originals"), ("\n  \n", ": holds no originals"), ("王\n", ":1: one character")],
)
def test_originals_that_are_none(plumbline, workspace, tmp_path, content, says):
    originals = tmp_path / "originals.txt"
    originals.write_text(content, encoding="utf-8")
    ended = plumbline("leaks", originals, "--workspace", workspace)
    assert (ended.code, ended.out) == (2, "")
    assert f"originals.txt{says}" in ended.err
    assert "stdin: holds no originals" in plumbline("leaks", "-", "--workspace", workspace, stdin="").err


def test_without_a_workspace_it_is_said_that_codes_do_not_last(plumbline, tmp_path):
    ended = plumbline("desensitize", "-", "--workspace", tmp_path / "none", stdin=f"电话 {PHONE}")
    assert ended.code == 0
    assert PHONE not in ended.out
    assert "no workspace, so pseudonyms hold for this call only" in ended.err
