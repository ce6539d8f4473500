"""Backups are of one moment, are checked, and come back while others read; nothing that was there is lost."""

import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.catalog.backup import BackupInfo, check_backup, read_info, write_backup
from knowledge.catalog.health import check_catalog
from knowledge.errors import Damaged, InvalidInput, Unavailable
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder
from knowledge.restoring import restore
from knowledge.retriever import Retriever
from knowledge.types import DocumentRecord, User

Record = Callable[..., DocumentRecord]
USER = User("u")


def _silent(_title: str) -> Callable[[int, int | None], None]:
    return lambda _done, _total: None


def _write(catalog: Catalog, target: Path, **others: Path) -> BackupInfo:
    return write_backup(catalog, others, target, _silent, program="0")


def _texts(workspace: Path, question: str, embedder: Embedder) -> list[str]:
    with Catalog.open(workspace / "catalog.sqlite") as catalog:
        store = IndexStore(workspace / "index", catalog)
        return [hit.text for hit in Retriever(catalog, store, embedder).search(question, USER, 50)]


@pytest.fixture
def filled(catalog: Catalog, store: IndexStore, record: Record) -> IndexStore:
    for number in range(6):
        catalog.documents.put(record(f"{number}.md", f"topic{number} first", "second"))
    store.publish()
    return store


def test_backup_says_what_is_in_it_and_keeps_private(catalog: Catalog, filled: IndexStore, tmp_path: Path) -> None:
    settings = tmp_path / "plumbline.toml"
    settings.write_text("[ui]\n")
    target = tmp_path / "out" / "b.zip"
    target.parent.mkdir()
    info = _write(catalog, target, **{"plumbline.toml": settings})
    assert (info.documents, info.chunks, set(info.files)) == (6, 12, {"catalog.sqlite", "plumbline.toml"})
    assert read_info(target) == check_backup(target, lambda _done, _total: None) == info
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["b.zip"], "nothing half-made is left"
    with pytest.raises(InvalidInput, match="exists already"):
        _write(catalog, target)


def test_restored_state_is_the_one_of_the_backup(
    catalog: Catalog, filled: IndexStore, record: Record, tmp_path: Path, embedder: Embedder
) -> None:
    target = tmp_path / "b.zip"
    _write(catalog, target)
    catalog.documents.put(record("new.md", "novelty"))
    catalog.documents.remove([document.id for document in catalog.documents.list(prefix="1")])
    filled.publish()
    reader = Retriever(catalog, filled, embedder)
    assert reader.search("novelty", USER, 1)[0].path == "new.md"
    with pytest.raises(InvalidInput, match="--force"):
        restore(target, tmp_path, _silent)
    restored = restore(target, tmp_path, _silent, force=True)
    assert [hit.path for hit in reader.search("topic1", USER, 1)] == ["1.md"], "an open reader follows"
    assert "new.md" not in {hit.path for hit in reader.search("novelty", USER, 50)}
    assert check_catalog(catalog) == []
    assert filled.recover(), "older generations are swept"
    assert filled.check() == []
    assert restored.aside is not None
    with Catalog.open(restored.aside / "catalog.sqlite") as before:
        assert before.documents.by_path("new.md") is not None
    catalog.documents.put(record("later.md", "laterword"))
    filled.publish()
    assert reader.search("laterword", USER, 1)[0].path == "later.md"
    assert filled.check() == []


def test_restore_into_an_empty_place(catalog: Catalog, filled: IndexStore, tmp_path: Path, embedder: Embedder) -> None:
    _write(catalog, tmp_path / "b.zip")
    place = tmp_path / "fresh"
    assert restore(tmp_path / "b.zip", place, _silent).aside is None
    assert _texts(place, "topic3", embedder)[0] == "topic3 first"
    with Catalog.open(place / "catalog.sqlite") as fresh:
        assert IndexStore(place / "index", fresh).check() == []
    assert {path.name for path in place.iterdir()} <= {
        "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "index"
    }  # fmt: skip


@pytest.mark.parametrize("harm", ["flipped", "header", "truncated", "emptied", "deleted", "log"])
def test_damaged_catalog_is_restored(
    catalog: Catalog, filled: IndexStore, record: Record, tmp_path: Path, harm: str, embedder: Embedder
) -> None:
    _write(catalog, tmp_path / "b.zip")
    catalog.checkpoint()  # the file alone would otherwise show this process as writing
    catalog.documents.put(record("new.md", "novelty"))
    place = tmp_path / "harmed"
    place.mkdir()
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        shutil.copy(tmp_path / name, place / name)
    shutil.copytree(filled.folder, place / "index")
    victim = place / "catalog.sqlite"
    data = bytearray(victim.read_bytes())
    if harm == "flipped":
        data[5000:9000] = bytes(4000)
        (place / "catalog.sqlite-wal").unlink()
    elif harm == "header":
        data[:100] = b"x" * 100
    elif harm == "truncated":
        del data[len(data) // 2 :]
    elif harm == "emptied":
        data.clear()
    elif harm == "log":
        (place / "catalog.sqlite-wal").write_bytes(b"y" * 9000)
    victim.write_bytes(data)
    if harm == "deleted":
        victim.unlink()
    restored = restore(tmp_path / "b.zip", place, _silent, force=True)
    assert restored.aside is not None
    assert _texts(place, "topic3", embedder)[0] == "topic3 first"
    with Catalog.open(place / "catalog.sqlite") as mended:
        store = IndexStore(place / "index", mended)
        store.recover()
        assert [*check_catalog(mended), *store.check()] == []


@pytest.mark.parametrize("harm", ["cut", "flipped", "other", "newer"])
def test_unusable_backup_changes_nothing(
    catalog: Catalog, filled: IndexStore, tmp_path: Path, harm: str, embedder: Embedder
) -> None:
    target = tmp_path / "b.zip"
    _write(catalog, target)
    data = bytearray(target.read_bytes())
    if harm == "cut":
        del data[len(data) // 2 :]
    elif harm == "flipped":
        data[len(data) // 2] ^= 0xFF
    elif harm == "other":
        data = bytearray(b"no archive")
    target.write_bytes(data)
    if harm == "newer":
        target.unlink()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("backup.json", '{"format": 99, "program": "9.9"}')
    with pytest.raises((InvalidInput, Damaged, Unavailable), match=r"b\.zip"):
        restore(target, tmp_path, _silent, force=True)
    assert _texts(tmp_path, "topic3", embedder)[0] == "topic3 first"
    assert not list(tmp_path.glob("before-restore*"))
    assert not (tmp_path / ".restoring").exists()


def test_names_that_lead_out_are_refused(catalog: Catalog, filled: IndexStore, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="unusable name"):
        _write(catalog, tmp_path / "evil.zip", **{"../outside": tmp_path / "catalog.sqlite"})
    assert not (tmp_path / "evil.zip").exists()


def test_backups_while_a_run_writes_are_sound(tmp_path: Path, catalog: Catalog, filled: IndexStore) -> None:
    code = (
        "import pathlib, sys; sys.path.insert(0, sys.argv[2]); from conftest import made_record\n"
        "from knowledge.catalog import Catalog; from knowledge.index_store import IndexStore\n"
        "with Catalog.open(pathlib.Path(sys.argv[1]) / 'catalog.sqlite') as c:\n"
        "    store = IndexStore(pathlib.Path(sys.argv[1]) / 'index', c); print('up', flush=True)\n"
        "    for n in range(10**6):\n"
        "        c.documents.put(made_record(f'{n % 40}.md', f'topic{n}', 'second')); store.publish()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            for number in range(3):
                info = _write(catalog, tmp_path / f"{number}.zip")
                restore(tmp_path / f"{number}.zip", tmp_path / f"r{number}", _silent)
                with Catalog.open(tmp_path / f"r{number}" / "catalog.sqlite") as copy:
                    assert check_catalog(copy) == []
                    assert copy.documents.count() == info.documents
                    assert IndexStore(tmp_path / f"r{number}" / "index", copy).check() == []
        finally:
            process.kill()


def test_readers_go_on_while_it_is_restored(
    catalog: Catalog, filled: IndexStore, record: Record, tmp_path: Path, embedder: Embedder
) -> None:
    target = tmp_path / "b.zip"
    _write(catalog, target)
    catalog.documents.put(record("new.md", "novelty"))
    filled.publish()
    reader, stop, seen = Retriever(catalog, filled, embedder), threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            seen.append(reader.search("topic3", USER, 1)[0].path)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(3):
        restore(target, tmp_path, _silent, force=True)
    stop.set()
    thread.join()
    assert len(seen) > 3
    assert set(seen) == {"3.md"}


def test_writer_is_waited_for(catalog: Catalog, filled: IndexStore, tmp_path: Path) -> None:
    _write(catalog, tmp_path / "b.zip")
    with catalog.leases.hold("writer"), pytest.raises(Unavailable, match="process"):
        restore(tmp_path / "b.zip", tmp_path, _silent, force=True, wait=0)


def test_later_rows_of_the_audit_log_are_kept(catalog: Catalog, filled: IndexStore, tmp_path: Path) -> None:
    def row(action: str) -> None:
        catalog.audit.append(
            at=0.0, actor="", action=action, subject="", detail={}, sign=lambda _: "", floor=lambda: (0, "")
        )

    row("before")
    _write(catalog, tmp_path / "b.zip")
    row("after")
    restore(tmp_path / "b.zip", tmp_path, _silent, force=True)
    assert [record.action for record in catalog.audit.rows()] == ["before", "after"]
    with catalog.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
