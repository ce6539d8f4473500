from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.accounts import Accounts, TooManyAttempts
from app.audit import Audit
from knowledge.catalog import Catalog
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.types import Role

PASSWORD = "correct horse battery"
MINUTE = 60.0


@pytest.fixture
def amy(accounts: Accounts) -> str:
    return accounts.add("Amy", PASSWORD, groups=["hr"], display_name="Amy Zhang", language="zh").name


def fail(accounts: Accounts, name: str, times: int, address: str = "") -> None:
    for _ in range(times):
        with pytest.raises(NotPermitted, match="name or password is wrong"):
            accounts.authenticate(name, "wrong password", address)


def test_add_and_look_up_whatever_the_case(accounts: Accounts, amy: str) -> None:
    user = accounts.user("AMY")
    assert (user.name, user.role, user.groups) == ("Amy", Role.EMPLOYEE, {"hr"})
    assert (user.display_name, user.language) == ("Amy Zhang", "zh")


def test_taken_name(accounts: Accounts, amy: str) -> None:
    with pytest.raises(InvalidInput, match="exists already"):
        accounts.add("amy", PASSWORD)


@pytest.mark.parametrize("name", ["bob", "", "%", "Amy%", "A*"])
def test_unknown_user_is_not_everybody(accounts: Accounts, amy: str, name: str) -> None:
    with pytest.raises(NotPermitted):
        accounts.user(name)


def test_changes_hold_at_once(accounts: Accounts, amy: str) -> None:
    accounts.set_role(amy, "operator")
    accounts.set_groups(amy, ["finance", "legal"])
    accounts.set_language(amy, "en")
    accounts.set_display_name(amy, "A. Zhang")
    user = accounts.user(amy)
    assert (user.role, user.groups, user.language, user.display_name) == (
        Role.OPERATOR,
        {"finance", "legal"},
        "en",
        "A. Zhang",
    )
    accounts.set_groups(amy, [])
    assert accounts.user(amy).groups == frozenset()


@pytest.mark.parametrize("change", ["set_role", "set_groups", "set_language", "set_password", "disable", "enable"])
def test_changing_an_unknown_account(accounts: Accounts, change: str) -> None:
    arguments = {"set_role": ["admin"], "set_groups": [["hr"]], "set_language": ["en"], "set_password": [PASSWORD]}
    with pytest.raises(NotFound, match="users list"):
        getattr(accounts, change)("bob", *arguments.get(change, []))


def test_sign_in(accounts: Accounts, amy: str) -> None:
    assert accounts.authenticate(" amy ", PASSWORD, "10.0.0.1").name == amy


def test_unknown_disabled_and_wrong_look_alike(accounts: Accounts, amy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.accounts import accounts as module

    hashes: list[str] = []
    verify = module.verify_password
    monkeypatch.setattr(
        module, "verify_password", lambda encoded, given: hashes.append(encoded) or verify(encoded, given)
    )
    accounts.add("bob", PASSWORD)
    accounts.disable("bob")
    messages = set()
    for name, password in [("nobody", PASSWORD), ("bob", PASSWORD), (amy, "wrong password")]:
        with pytest.raises(NotPermitted) as caught:
            accounts.authenticate(name, password)
        messages.add(str(caught.value))
    assert len(messages) == 1
    # Each cost one verification with the same parameters
    assert len(hashes) == 3
    assert len({encoded.rsplit("$", 2)[0] for encoded in hashes}) == 1


def test_account_is_locked_after_five_failures_until_the_oldest_is_15_minutes_old(
    accounts: Accounts, amy: str, clock
) -> None:
    fail(accounts, amy, 1)
    clock.now += 5 * MINUTE
    fail(accounts, amy, 4)
    with pytest.raises(TooManyAttempts, match="10 min") as caught:
        accounts.authenticate(amy, PASSWORD)
    assert caught.value.retry_after == 10 * MINUTE
    clock.now += 10 * MINUTE - 1
    with pytest.raises(TooManyAttempts):
        accounts.authenticate("AMY", PASSWORD)  # another spelling is the same account
    clock.now += 1
    assert accounts.authenticate(amy, PASSWORD).name == amy


def test_unknown_names_are_locked_like_known_ones(accounts: Accounts) -> None:
    fail(accounts, "nobody", 5)
    with pytest.raises(TooManyAttempts):
        accounts.authenticate("nobody", PASSWORD)


@pytest.mark.parametrize(
    ("used", "same"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),  # one household's IPv6 addresses
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("unix", "unix"),
    ],
)
def test_address_is_locked_over_all_accounts(accounts: Accounts, amy: str, used: str, same: str) -> None:
    for number in range(5):
        fail(accounts, f"guess{number}", 1, used)
    with pytest.raises(TooManyAttempts):
        accounts.authenticate(amy, PASSWORD, same)
    assert accounts.authenticate(amy, PASSWORD, "10.9.9.9").name == amy


def test_one_good_account_does_not_reset_its_address(accounts: Accounts, amy: str) -> None:
    for number in range(4):
        fail(accounts, f"guess{number}", 1, "10.0.0.1")
        assert accounts.authenticate(amy, PASSWORD, "10.0.0.1").name == amy
    fail(accounts, "guess4", 1, "10.0.0.1")
    with pytest.raises(TooManyAttempts):
        accounts.authenticate(amy, PASSWORD, "10.0.0.1")


def test_success_forgets_the_failures_of_the_account(accounts: Accounts, amy: str) -> None:
    fail(accounts, amy, 4)
    accounts.authenticate(amy, PASSWORD)
    fail(accounts, amy, 4)
    assert accounts.authenticate(amy, PASSWORD).name == amy


def test_lock_holds_across_processes(accounts: Accounts, amy: str, catalog: Catalog, clock) -> None:
    fail(accounts, amy, 5)
    with Catalog.open(catalog.path) as another, pytest.raises(TooManyAttempts):
        Accounts(another, clock).authenticate(amy, PASSWORD)


def test_guesses_side_by_side_get_no_more_than_five(accounts: Accounts, amy: str) -> None:
    def guess(_: int) -> type[NotPermitted]:
        with pytest.raises(NotPermitted) as caught:
            accounts.authenticate(amy, "wrong password")
        return caught.type

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(guess, range(12)))
    assert ended.count(NotPermitted) == 5
    assert ended.count(TooManyAttempts) == 7


def test_local_change_of_password_lifts_the_lock(accounts: Accounts, amy: str) -> None:
    fail(accounts, amy, 5)
    accounts.set_password(amy, "another long one")
    assert accounts.authenticate(amy, "another long one").name == amy
    fail(accounts, amy, 1)  # the lock is gone, not the counting


def test_hash_with_old_parameters_is_renewed_at_sign_in(accounts: Accounts, amy: str, catalog: Catalog) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    catalog.accounts.change(amy, 0.0, password_hash=old)
    accounts.authenticate(amy, PASSWORD)
    record = catalog.accounts.get(amy)
    assert record is not None
    assert "m=64," in record.password_hash


def test_audit_tells_what_was_done_and_holds_no_password_and_no_unknown_name(
    accounts: Accounts, amy: str, audit: Audit, catalog: Catalog
) -> None:
    accounts.set_groups(amy, ["finance"], by="cli:root")
    fail(accounts, "my-secret-password", 1, "10.0.0.1")
    fail(accounts, amy, 1)
    accounts.end_session(accounts.start_session(accounts.authenticate(amy, PASSWORD)))
    accounts.disable(amy, by="cli:root")
    entries = list(audit.list())[::-1]
    assert [(entry.action, entry.actor, entry.subject) for entry in entries] == [
        ("account.added", "", "Amy"),
        ("account.groups", "cli:root", "Amy"),
        ("login.failed", "(unknown)", "(unknown)"),
        ("login.failed", "Amy", "Amy"),
        ("login.ok", "Amy", "Amy"),
        ("logout", "Amy", "Amy"),
        ("account.disabled", "cli:root", "Amy"),
    ]
    assert entries[1].detail == {"before": ["hr"], "after": ["finance"]}
    with catalog.connect() as connection:
        rows = [connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in ("audit", "sign_in_failures")]  # noqa: S608
    assert PASSWORD not in str(rows)
    assert "my-secret-password" not in str(rows)
