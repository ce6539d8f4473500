"""Opening, upgrading and refusing catalogs."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from knowledge.catalog import Catalog, migrating
from knowledge.catalog.schema import metadata
from knowledge.errors import Damaged, NotFound, PlumblineError, Unavailable


def test_missing_catalog_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="plumbline init"):
        Catalog.open(tmp_path / "catalog.sqlite")
    assert not list(tmp_path.iterdir())


def test_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_text("not a database, but somebody's notes")
    with pytest.raises(Damaged, match="restore"):
        Catalog.open(path, create=True)
    assert path.read_text().startswith("not a database")


def test_catalog_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with Catalog.open(path, create=True) as catalog, catalog.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer version"):
        Catalog.open(path)


def test_older_catalog_is_copied_before_it_is_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(migrating, "head", lambda: "0001")
        Catalog.open(path, create=True).close()
    with Catalog.open(path) as catalog, catalog.connect() as connection:
        assert migrating.current(connection) == migrating.head()
    copies = list(tmp_path.glob("catalog-before-*.sqlite"))
    assert len(copies) == 1
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_migrations_make_what_the_schema_says(catalog: Catalog) -> None:
    with catalog.connect() as connection:
        found = inspect(connection)
        for table in metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert columns == {column.name: column.nullable for column in table.columns}, table.name
            indexes = {index["name"] for index in found.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= indexes, table.name
            keys = {tuple(key["constrained_columns"]) for key in found.get_foreign_keys(table.name)}
            assert keys == {tuple(key.column_keys) for key in table.foreign_key_constraints}, table.name


def test_connections_are_durable_and_forget_what_is_deleted(catalog: Catalog) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000}
    with catalog.connect() as connection:
        assert {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in expected} == expected


def test_error_inside_a_transaction_undoes_all_of_it(catalog: Catalog) -> None:
    def half() -> None:
        with catalog.begin() as connection:
            connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with catalog.connect() as connection:
        assert not connection.execute(text("SELECT count(*) FROM counters")).scalar()


def test_full_disk_is_one_line(catalog: Catalog) -> None:
    with catalog.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()

    def fill() -> None:
        with catalog.begin() as connection:
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))  # SQLite's own way to say "disk full"
            connection.execute(text("INSERT INTO runs VALUES ('x', '', '', 0, 0, zeroblob(1000000), '{}')"))

    with pytest.raises(PlumblineError, match="no room left"):
        fill()


def test_many_processes_may_create_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from knowledge.catalog import Catalog\n"
        "with Catalog.open(pathlib.Path(sys.argv[1]), create=True) as c: print(c.documents.count())"
    )
    path = tmp_path / "catalog.sqlite"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    results = [process.communicate() for process in started]
    assert [out.strip() for out, _ in results] == [b"0"] * 4, results


def test_opening_a_current_catalog_does_not_load_the_migration_tool(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog.open(path, create=True).close()
    code = "import sys, pathlib; from knowledge.catalog import Catalog; Catalog.open(pathlib.Path(sys.argv[1])).close()"
    code += "; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
