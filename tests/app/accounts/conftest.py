"""A catalog in a temporary folder, a clock that tests turn, and hashing that costs little."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.accounts import Accounts, passwords
from app.audit import Audit
from knowledge.catalog import Catalog


class Clock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        yield catalog


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    # The same algorithm with small numbers: these tests are not about its cost
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr("app.accounts.accounts.NOBODY", passwords.hash_password("nobody's"))


@pytest.fixture
def audit(catalog: Catalog, tmp_path: Path, clock: Clock) -> Audit:
    return Audit(catalog, tmp_path / "keys", clock)


@pytest.fixture
def accounts(catalog: Catalog, clock: Clock, audit: Audit, cheap_hashing: None) -> Accounts:
    return Accounts(catalog, clock, audit=audit)
