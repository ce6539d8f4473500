"""The vault: nothing without the key, every value bound to its placeholder, keys that can be changed."""

import sqlite3
import stat

import pytest

from ingest.desensitize import Action, Desensitizer, Policy
from ingest.desensitize.vault import Vault, new_key, read_keys
from knowledge.errors import InvalidInput, NotFound

PHONE = "13812345678"


@pytest.fixture
def keys():
    return read_keys(new_key(), "test")


@pytest.fixture
def vault(tmp_path, keys):
    return Vault(tmp_path / "vault.sqlite", keys)


def test_keeps_originals_of_pseudonyms_as_they_were_written(vault):
    desensitizer = Desensitizer(Policy(entities={"PASSWORD": Action.TAG}), b"\x07" * 32, keeper=vault)
    _, spans = desensitizer.desensitize("电话 138 1234 5678，密码：IqUP34#tmC")
    desensitizer.desensitize("电话 138 1234 5678")
    assert vault.reveal(spans[0].replacement) == ["138 1234 5678"]
    assert vault.count() == {"PHONE_NUMBER": 1}
    with pytest.raises(NotFound):
        vault.reveal(spans[1].replacement)


def test_file_holds_no_original_and_is_private(vault, tmp_path):
    vault.keep("PHONE_NUMBER", "⟨PHONE·abcdef⟩", PHONE)
    assert PHONE.encode() not in (tmp_path / "vault.sqlite").read_bytes()
    assert stat.S_IMODE((tmp_path / "vault.sqlite").stat().st_mode) == 0o600


def test_another_key_opens_nothing(vault, tmp_path):
    vault.keep("PHONE_NUMBER", "⟨PHONE·abcdef⟩", PHONE)
    other = Vault(tmp_path / "vault.sqlite", read_keys(new_key(), "test"))
    with pytest.raises(InvalidInput, match="sealed with key"):
        other.reveal("⟨PHONE·abcdef⟩")


def test_a_value_moved_to_another_placeholder_is_refused(vault, tmp_path):
    vault.keep("PHONE_NUMBER", "⟨PHONE·abcdef⟩", PHONE)
    with sqlite3.connect(tmp_path / "vault.sqlite") as database:
        database.execute("UPDATE originals SET placeholder = '⟨PHONE·bbbbbb⟩'")
    database.close()
    with pytest.raises(InvalidInput, match="was changed"):
        vault.reveal("⟨PHONE·bbbbbb⟩")


def test_rotation_seals_anew_and_the_old_key_can_go(vault, tmp_path, keys):
    vault.keep("PHONE_NUMBER", "⟨PHONE·abcdef⟩", PHONE)
    fresh = new_key()
    both = read_keys(f"{fresh}\n{_line(keys)}\n", "test")
    assert Vault(tmp_path / "vault.sqlite", both).rotate() == 1
    only_new = Vault(tmp_path / "vault.sqlite", read_keys(fresh, "test"))
    assert only_new.reveal("⟨PHONE·abcdef⟩") == [PHONE]
    only_new.keep("PHONE_NUMBER", "⟨PHONE·abcdef⟩", PHONE)
    assert only_new.count() == {"PHONE_NUMBER": 1}


def _line(keys):
    import base64

    return base64.b64encode(keys.current).decode()


@pytest.mark.parametrize(
    ("text", "said"), [("", "no key"), ("# only a comment\n", "no key"), ("!!", "base64"), ("AAAA", "3 bytes")]
)
def test_wrong_keys_say_what_is_wrong(text, said):
    with pytest.raises(InvalidInput, match=said):
        read_keys(text, "keys.txt")


def test_a_file_that_is_no_vault(tmp_path, keys):
    (tmp_path / "vault.sqlite").write_bytes(b"something else, long enough to be no database" * 10)
    with pytest.raises(InvalidInput, match="cannot be used as a vault"):
        Vault(tmp_path / "vault.sqlite", keys).count()
