from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from app.accounts import passwords
from app.accounts.passwords import NOBODY, checked_password, hash_password, needs_new_hash, verify_password
from knowledge.errors import Damaged, InvalidInput


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "too short"),
        ("1234567", "too short"),
        ("12345678", "guessed"),
        ("PassWord123", "guessed"),  # compared without case
        ("zzzzzzzzzz", "guessed"),  # one letter again and again
        ("amy.zhang", "guessed"),  # the account's own name
        ("x" * 1025, "too long"),
    ],
)
def test_refused(password: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        checked_password(password, "Amy.Zhang")
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize("password", ["天气很好我们去爬山", "aaaaaaab", "x1" * 512, "four words are fine", "        x"])
def test_accepted_without_rules_about_kinds_of_characters(password: str) -> None:
    assert checked_password(password, "amy") == password


def test_hash_is_argon2id_with_64_mib_three_passes_one_lane() -> None:
    for encoded in (hash_password("correct horse"), NOBODY):
        found = extract_parameters(encoded)
        assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 65536, 3, 1)
        assert not needs_new_hash(encoded)


def test_verify_and_spellings_of_one_password() -> None:
    encoded = hash_password("café au lait")
    assert verify_password(encoded, "cafe\u0301 au lait")  # typed on a keyboard that composes
    assert not verify_password(encoded, "Café au lait")


def test_unreadable_hash_is_damage_not_a_wrong_password() -> None:
    with pytest.raises(Damaged, match="users password"):
        verify_password("plain text", "correct horse")


def test_at_most_two_hashes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, both = threading.Lock(), threading.Barrier(2)
    now, most = 0, 0

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:  # noqa: ARG002
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            both.wait(timeout=10)  # goes on only when two are inside
            with lock:
                now -= 1
            return "hash"

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hash_password, ["password"] * 6))
    assert most == 2
