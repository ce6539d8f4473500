"""Bringing a catalog to the newest schema.

Migrations are the files `migrations/versions/NNNN_name.py`; `NNNN` is the revision's id, each builds on the one
before. The version row is compared here first, so that Alembic is imported only when there is something to do.
"""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from knowledge.errors import Damaged, Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """The id of the newest migration."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current(connection: Connection) -> str | None:
    """The id of the migration that the catalog stands at; None for an empty file."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def bring_to_head(path: Path, engine: Engine) -> None:
    """Upgrade in one transaction; an existing older catalog is copied beside itself first."""
    try:
        with engine.connect() as connection:
            version = current(connection)
        if version == head():
            return
        if version is not None and version > head():
            raise Unavailable(f"{path}: made by a newer version of plumbline (schema {version}); upgrade the program")
        if version is not None:
            _keep_copy(path, version)
        with engine.execution_options(plumbline_write=True).begin() as connection:
            # Another process may have upgraded while this one waited for the write lock
            if current(connection) != head():
                _upgrade(connection)
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise Damaged(f"{path}: {error.orig}; restore it with `plumbline restore`") from error
        raise


def _keep_copy(path: Path, version: str) -> None:
    from knowledge.catalog.database import copy_file

    stamp = time.strftime("%Y%m%d-%H%M%S")
    copy_file(path, path.with_name(f"{path.stem}-before-{head()}-from-{version}-{stamp}{path.suffix}"))


def forget_copies(path: Path) -> None:
    """Delete the copies of the catalog that upgrades left beside it: they hold what was removed since.

    A copy is for the case that an upgrade went wrong; once documents were taken out of the upgraded catalog, it works.
    """
    for copy in path.parent.glob(f"{path.stem}-before-*{path.suffix}"):
        copy.unlink(missing_ok=True)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, head())
