from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.audit import HEAD_NAME, KEY_NAME, Audit
from knowledge.catalog import Catalog
from knowledge.errors import Damaged

ROWS = 5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalog with five audit rows, closed."""
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        audit = Audit(catalog, tmp_path / "keys", clock=iter(range(1000, 1000 + ROWS)).__next__)
        for number in range(1, ROWS + 1):
            audit.append(
                "login.ok" if number % 2 else "ask", "amy", {"number": number, "问": "答"}, subject=f"s{number}"
            )
    return tmp_path / "catalog.sqlite"


def verify(file: Path):
    with Catalog.open(file) as catalog:
        return Audit(catalog, file.parent / "keys").verify()


def execute(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_whole(file: Path) -> None:
    verdict = verify(file)
    assert (verdict.ok, verdict.rows, verdict.first_bad, verdict.problem) == (True, ROWS, None, "")


def test_empty_log_is_whole(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        assert Audit(catalog, tmp_path / "keys").verify().ok


def test_entries_newest_first_and_by_kind(file: Path) -> None:
    with Catalog.open(file) as catalog:
        audit = Audit(catalog, file.parent / "keys")
        newest = next(iter(audit.list(limit=1)))
        assert newest.to_json() == {
            "seq": 5,
            "at": "1970-01-01T00:16:44+00:00",
            "actor": "amy",
            "action": "login.ok",
            "subject": "s5",
            "detail": {"number": 5, "问": "答"},
        }
        assert [entry.seq for entry in audit.list(action="login")] == [5, 3, 1]
        assert [entry.seq for entry in audit.list(action="login.ok", actor="bob")] == []
        assert [entry.seq for entry in audit.list(action="log")] == []


def rehash(file: Path, first: int) -> None:
    """Make all hashes from a row on consistent again, as a forger without the key can."""
    with Catalog.open(file) as catalog:
        rows = list(catalog.audit.rows())
    previous = rows[first - 2].hash if first > 1 else "0" * 64
    with sqlite3.connect(file) as connection:
        for row in rows[first - 1 :]:
            connection.execute("UPDATE audit SET previous = ? WHERE seq = ?", (previous, row.seq))
            changed = type(row)(row.seq, row.at, row.actor, row.action, row.subject, row.detail, previous)
            previous = changed.computed_hash()
            connection.execute("UPDATE audit SET hash = ? WHERE seq = ?", (previous, row.seq))
    connection.close()


def swap(file: Path) -> None:
    execute(
        file,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )


COLUMNS = "at, actor, action, subject, detail, previous, hash, signature"


def insert(file: Path) -> None:
    execute(
        file,
        "UPDATE audit SET seq = seq + 100 WHERE seq >= 3",
        f"INSERT INTO audit SELECT 3, {COLUMNS} FROM audit WHERE seq = 2",  # noqa: S608
        "UPDATE audit SET actor = 'eve' WHERE seq = 3",
        "UPDATE audit SET seq = seq - 99 WHERE seq > 100",
    )


def replace_with_forged(file: Path) -> None:
    execute(file, "UPDATE audit SET actor = 'eve'")
    rehash(file, 1)


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        pytest.param(lambda file: execute(file, "UPDATE audit SET actor = 'eve' WHERE seq = 3"), 3, id="changed"),
        pytest.param(lambda file: execute(file, "UPDATE audit SET at = at + 1 WHERE seq = 2"), 2, id="time changed"),
        pytest.param(lambda file: execute(file, "DELETE FROM audit WHERE seq = 2"), 2, id="deleted"),
        pytest.param(lambda file: execute(file, "DELETE FROM audit WHERE seq = 1"), 1, id="first deleted"),
        pytest.param(insert, 3, id="inserted"),
        pytest.param(
            lambda file: execute(
                file,
                f"INSERT INTO audit SELECT 0, {COLUMNS} FROM audit WHERE seq = 1",  # noqa: S608
            ),
            1,
            id="inserted before the first",
        ),
        pytest.param(swap, 2, id="swapped"),
        pytest.param(lambda file: execute(file, "DELETE FROM audit WHERE seq >= 4"), 4, id="tail cut off"),
        pytest.param(lambda file: execute(file, "DELETE FROM audit"), 1, id="all gone"),
        pytest.param(replace_with_forged, 1, id="whole table replaced"),
    ],
)
def test_tampering_is_named(file: Path, tamper: Callable[[Path], None], first_bad: int) -> None:
    tamper(file)
    verdict = verify(file)
    assert (verdict.ok, verdict.first_bad) == (False, first_bad)
    assert verdict.problem


def test_changed_row_with_hashes_made_consistent_is_not_signed(file: Path) -> None:
    execute(file, "UPDATE audit SET actor = 'eve' WHERE seq = 3")
    rehash(file, 3)
    assert verify(file).problem == "row 3: not signed with this workspace's key"


def test_older_copy_of_the_whole_table_is_noticed(file: Path) -> None:
    older = file.read_bytes()
    with Catalog.open(file) as catalog:
        Audit(catalog, file.parent / "keys").append("ask", "amy")
    for side in file.parent.glob("catalog.sqlite-*"):
        side.unlink()
    file.write_bytes(older)
    assert verify(file).problem == "row 6: missing, the log once reached row 6"


def test_rows_written_after_a_cut_do_not_hide_it(file: Path) -> None:
    execute(file, "DELETE FROM audit WHERE seq >= 4")
    with Catalog.open(file) as catalog:
        audit = Audit(catalog, file.parent / "keys")
        audit.append("ask", "amy")
        audit.append("ask", "amy")
    assert verify(file).problem == "row 4: missing"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(lambda keys: (keys / HEAD_NAME).unlink(), "missing", id="head gone"),
        pytest.param(lambda keys: (keys / HEAD_NAME).write_text("{}"), "not signed", id="head empty"),
        pytest.param(
            lambda keys: (keys / HEAD_NAME).write_text('{"seq": 1, "hash": "x", "signature": "y"}'),
            "not signed",
            id="head forged",
        ),
        pytest.param(lambda keys: (keys / KEY_NAME).unlink(), "row 1: not signed", id="key gone"),
        pytest.param(lambda keys: (keys / KEY_NAME).write_bytes(os.urandom(32)), "not signed", id="other key"),
    ],
)
def test_key_and_head(file: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(file.parent / "keys")
    verdict = verify(file)
    assert not verdict.ok
    assert said in verdict.problem


def test_short_key_is_damage(file: Path) -> None:
    (file.parent / "keys" / KEY_NAME).write_bytes(b"short")
    with pytest.raises(Damaged, match=r"audit\.key"):
        verify(file)


def test_key_is_private_and_outside_the_catalog(file: Path) -> None:
    keys = file.parent / "keys"
    assert keys.stat().st_mode & 0o077 == 0
    for name in (KEY_NAME, HEAD_NAME):
        assert (keys / name).stat().st_mode & 0o077 == 0
    assert (keys / KEY_NAME).read_bytes() not in file.read_bytes()
    assert sorted(path.name for path in keys.iterdir()) == [HEAD_NAME, KEY_NAME]


def test_crash_between_row_and_head_is_no_alarm(file: Path) -> None:
    head = file.parent / "keys" / HEAD_NAME
    before = head.read_bytes()
    with Catalog.open(file) as catalog:
        Audit(catalog, file.parent / "keys").append("ask", "amy")
    head.write_bytes(before)
    assert verify(file).ok


def test_writers_side_by_side_keep_one_chain(file: Path) -> None:
    with Catalog.open(file) as catalog:
        audit = Audit(catalog, file.parent / "keys")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: audit.append("ask", "amy", {"n": number}), range(40)))
        assert audit.verify().rows == ROWS + 40


APPENDING = """
import pathlib, sys
from app.audit import Audit
from knowledge.catalog import Catalog

file = pathlib.Path(sys.argv[1])
with Catalog.open(file) as catalog:
    audit = Audit(catalog, file.parent / "keys")
    while True:
        audit.append("ask", "amy")
"""


def test_killed_again_and_again_without_a_false_alarm(file: Path) -> None:
    before = ROWS
    for _ in range(2):
        # Not `multiprocessing`: it would run `__main__` again, which tests of pages put in another module's place
        with subprocess.Popen([sys.executable, "-c", APPENDING, str(file)]) as process:
            with Catalog.open(file) as catalog:
                while len(list(catalog.audit.rows())) < before + 10:
                    assert process.poll() is None
            process.kill()
        verdict = verify(file)
        assert verdict.ok, verdict.problem
        before = verdict.rows
