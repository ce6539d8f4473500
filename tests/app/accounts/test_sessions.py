from __future__ import annotations

import base64

import pytest
import sqlalchemy as sa

from app.accounts import Accounts
from knowledge.catalog import Catalog
from knowledge.types import User

PASSWORD = "correct horse battery"
MINUTE = 60.0
HOUR = 3600.0


@pytest.fixture
def amy(accounts: Accounts) -> User:
    return accounts.add("Amy", PASSWORD, groups=["hr"])


def test_token_is_long_random_and_stored_only_as_a_hash(accounts: Accounts, amy: User, catalog: Catalog) -> None:
    token, other = accounts.start_session(amy), accounts.start_session(amy)
    assert token != other
    assert len(base64.urlsafe_b64decode(token + "=")) >= 16
    with catalog.connect() as connection:
        assert token not in str(connection.execute(sa.text("SELECT * FROM sessions")).all())
    assert accounts.user_of(token) == amy


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "%"])
def test_made_up_tokens(accounts: Accounts, amy: User, token: str) -> None:
    accounts.start_session(amy)
    assert accounts.user_of(token) is None


def test_idle_session_ends(accounts: Accounts, amy: User, clock) -> None:
    token = accounts.start_session(amy)
    clock.now += 30 * MINUTE - 1
    assert accounts.user_of(token) == amy
    clock.now += 30 * MINUTE - 1
    assert accounts.user_of(token) == amy
    clock.now += 30 * MINUTE
    assert accounts.user_of(token) is None
    clock.now -= 30 * MINUTE  # ended is ended, also when the clock is set back
    assert accounts.user_of(token) is None


def test_session_ends_in_any_case_after_twelve_hours(accounts: Accounts, amy: User, clock) -> None:
    token = accounts.start_session(amy)
    for _ in range(12 * 3 - 1):
        clock.now += 20 * MINUTE
        assert accounts.user_of(token) == amy
    clock.now += 20 * MINUTE
    assert accounts.user_of(token) is None


def test_times_come_from_the_settings(catalog: Catalog, clock, accounts: Accounts, amy: User) -> None:
    short = Accounts(catalog, clock, idle_seconds=MINUTE, absolute_seconds=3 * MINUTE)
    token = short.start_session(amy)
    clock.now += 59
    assert short.user_of(token) == amy
    clock.now += MINUTE
    assert short.user_of(token) is None


def test_use_is_written_down_once_a_minute_at_most(accounts: Accounts, amy: User, clock, catalog: Catalog) -> None:
    token = accounts.start_session(amy)
    begun = clock.now

    def used_at() -> float:
        with catalog.connect() as connection:
            return float(connection.execute(sa.text("SELECT used_at FROM sessions")).scalar_one())

    clock.now += 59
    accounts.user_of(token)
    assert used_at() == begun
    clock.now += 1
    accounts.user_of(token)
    assert used_at() == begun + 60


def test_sign_out(accounts: Accounts, amy: User) -> None:
    token, other = accounts.start_session(amy), accounts.start_session(amy)
    accounts.end_session(token)
    assert accounts.user_of(token) is None
    assert accounts.user_of(other) == amy
    accounts.end_session(token)  # again is no error


def test_token_is_rotated_at_login(accounts: Accounts, amy: User) -> None:
    old = accounts.start_session(amy)
    new = accounts.start_session(amy, replaces=old)
    assert accounts.user_of(old) is None
    assert accounts.user_of(new) == amy


def test_rights_are_read_anew_at_each_check(accounts: Accounts, amy: User) -> None:
    token = accounts.start_session(amy)
    accounts.set_groups("amy", [])
    user = accounts.user_of(token)
    assert user is not None
    assert user.groups == frozenset()


@pytest.mark.parametrize("change", ["disable", "set_password"])
def test_disabling_and_a_new_password_end_all_sessions(accounts: Accounts, amy: User, change: str) -> None:
    token = accounts.start_session(amy)
    if change == "disable":
        accounts.disable("amy")
    else:
        accounts.set_password("amy", "another long one")
    assert accounts.user_of(token) is None
    accounts.enable("amy")
    assert accounts.user_of(token) is None


def test_ended_sessions_are_cleared_away(accounts: Accounts, amy: User, clock, catalog: Catalog) -> None:
    accounts.start_session(amy)
    clock.now += HOUR
    accounts.start_session(amy)
    with catalog.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM sessions")).scalar() == 1
