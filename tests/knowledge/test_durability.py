"""The row that says "indexed" is written after the index is on the disk."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore
from knowledge.keyword_index import LOCK_FILES
from knowledge.types import DocumentRecord


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, set[str], int]]:
    """Each file or folder that is synced from now on (its inode), the states of documents and the live generation
    that another connection sees just before.
    """
    seen = []
    really = os.fsync

    def noted(descriptor: int) -> None:
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other:
            states = {row[0] for row in other.execute("SELECT state FROM documents WHERE path = 'new.md'")}
            live = other.execute("SELECT coalesce(max(id), 0) FROM generations").fetchone()[0]
        really(descriptor)
        seen.append((os.fstat(descriptor).st_ino, states, live))

    monkeypatch.setattr("os.fsync", noted)
    return seen


@pytest.mark.parametrize("before", [0, 2], ids=["first", "later"])
def test_files_and_folders_are_synced_before_the_row_is_written(
    catalog: Catalog,
    store: IndexStore,
    record: Callable[..., DocumentRecord],
    synced: list[tuple[int, set[str], int]],
    before: int,
) -> None:
    for number in range(before):
        catalog.documents.put(record(f"old{number}.md", f"old words {number}"))
        store.publish()
    old = {inode for inode, _, _ in synced}
    synced.clear()
    catalog.documents.put(record("new.md", "new words"))
    generation = store.publish()
    assert generation.id > before
    folder = store.folder / generation.folder
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in LOCK_FILES]
    folders = [folder, *(path for path in folder.iterdir() if path.is_dir()), store.folder]
    now = {inode for inode, _, _ in synced}
    assert len(files) > 4
    assert {path.stat().st_ino for path in folders} <= now
    assert {path.stat().st_ino for path in files} <= now | old
    assert {states == {"pending"} for _, states, _ in synced} == {True}, "nothing said that it is indexed"
    assert {live < generation.id for _, _, live in synced} == {True}
    assert catalog.documents.by_path("new.md").state == "indexed"
