"""Publishing, reading and mending the indexes, with real files."""

import fcntl
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.catalog import Catalog
from knowledge.catalog.documents import VisibleSet
from knowledge.errors import Damaged, Unavailable
from knowledge.index_store import IndexStore
from knowledge.retriever import Retriever
from knowledge.types import DocumentRecord, User

Record = Callable[..., DocumentRecord]
USER = User("u")


def _found(retriever: Retriever, question: str, user: User = USER) -> list[str]:
    return [ranked.document.path for ranked in retriever.retrieve(question, user, 50)]


def _problems(store: IndexStore) -> list[str]:
    return [problem.what for problem in store.check()]


@pytest.fixture
def filled(catalog: Catalog, store: IndexStore, record: Record) -> IndexStore:
    for place in range(20):
        catalog.documents.put(record(f"{place}.md", f"topic{place} alpha", f"第{place}章 内容", title=f"Title {place}"))
    store.publish()
    return store


def test_before_the_first_publish_nothing_is_found(catalog: Catalog, retriever: Retriever, record: Record) -> None:
    assert _found(retriever, "alpha") == []
    catalog.documents.put(record("a.md", "alpha"))
    assert _found(retriever, "alpha") == []


def test_publish_marks_documents_and_they_are_found(catalog: Catalog, filled: IndexStore, retriever: Retriever) -> None:
    assert {document.state for document in catalog.documents.list()} == {"indexed"}
    assert _found(retriever, "topic7")[0] == "7.md"
    assert filled.check() == []
    live = catalog.generations.live()
    assert live is not None
    assert (live.documents, live.chunks) == (20, 40)


def test_publish_without_changes_makes_no_generation(filled: IndexStore) -> None:
    assert filled.publish() == filled.publish()


def test_empty_catalog_publishes(store: IndexStore, retriever: Retriever) -> None:
    assert store.publish().documents == 0
    assert _found(retriever, "alpha") == []
    assert store.check() == []


def test_removed_document_never_answers_even_before_publish(
    catalog: Catalog, filled: IndexStore, retriever: Retriever
) -> None:
    stored = catalog.documents.by_path("7.md")
    assert stored is not None
    catalog.documents.remove([stored.id])
    assert "7.md" not in _found(retriever, "topic7 第7章 Title 7")
    assert _problems(filled) == [
        "1 removed or replaced documents are still in the index files (searches do not show them)"
    ]
    filled.publish()
    assert "7.md" not in _found(retriever, "topic7 第7章 Title 7")
    assert filled.check() == []


def test_replaced_text_is_not_found_any_more(
    catalog: Catalog, filled: IndexStore, retriever: Retriever, record: Record
) -> None:
    catalog.documents.put(record("7.md", "omega"))
    assert "7.md" not in _found(retriever, "topic7")
    filled.publish()
    assert _found(retriever, "omega")[0] == "7.md"
    top = retriever.retrieve("topic7", USER, 50)
    assert [ranked.chunk.text for ranked in top if ranked.document.path == "7.md"] == ["omega"]


def test_removed_words_leave_the_disk(catalog: Catalog, store: IndexStore, record: Record) -> None:
    catalog.documents.put(record("a.md", "ordinary text"))
    secret = catalog.documents.put(record("b.md", "xylophonesecret"))
    store.publish()
    catalog.documents.remove([secret.id])
    store.publish()
    files = [path for path in store.folder.parent.rglob("*") if path.is_file()]
    assert not [path for path in files if b"xylophonesecr" in path.read_bytes()]


def test_labels_change_at_once_and_stay_after_publish(
    catalog: Catalog, filled: IndexStore, retriever: Retriever
) -> None:
    stored = catalog.documents.by_path("7.md")
    assert stored is not None
    insider = User("i", groups=frozenset({"hr"}))
    for publish in (lambda: None, filled.publish, filled.rebuild):
        catalog.documents.set_access(stored.id, ["hr"])
        publish()
        assert "7.md" not in _found(retriever, "topic7")
        assert "7.md" in _found(retriever, "topic7", insider)
        catalog.documents.set_access(stored.id, [])
        assert "7.md" in _found(retriever, "topic7")
    filled.publish()
    assert "7.md" in _found(retriever, "topic7")
    assert filled.check() == []


def test_small_change_writes_little(catalog: Catalog, store: IndexStore, record: Record) -> None:
    for place in range(30):
        catalog.documents.put(record(f"{place}.md", *(f"word{place}x{part} text" for part in range(100))))
    before = store.publish()
    old = {path.stat().st_ino: path for path in (store.folder / before.folder).rglob("*")}
    catalog.documents.put(record("new.md", "novelty"))
    after = store.publish()
    files = [path for path in (store.folder / after.folder).rglob("*") if path.is_file()]
    shared = sum(path.stat().st_size for path in files if path.stat().st_ino in old)
    written = sum(path.stat().st_size for path in files if path.stat().st_ino not in old)
    assert written < shared / 10
    assert store.check() == []


def test_many_small_publishes_keep_few_segments(
    catalog: Catalog, store: IndexStore, retriever: Retriever, record: Record
) -> None:
    for place in range(40):
        catalog.documents.put(record(f"{place}.md", f"topic{place}"))
        live = store.publish()
    assert len(list((store.folder / live.folder / "vectors").glob("*.vectors.npy"))) <= 7
    assert _found(retriever, "topic3")[0] == "3.md"
    assert store.check() == []


def test_only_the_generation_before_is_kept(catalog: Catalog, filled: IndexStore, record: Record) -> None:
    for place in range(3):
        catalog.documents.put(record(f"more{place}.md", "more"))
        live = filled.publish()
    assert sorted(path.name for path in filled.folder.iterdir()) == [f"{live.id - 1:08d}", live.folder]
    assert len(catalog.generations.list()) == 2


def test_open_snapshot_keeps_its_generation(catalog: Catalog, filled: IndexStore, record: Record) -> None:
    snapshot = filled.reader().snapshot()
    assert snapshot is not None
    old = filled.folder / snapshot.generation.folder
    for place in range(3):
        catalog.documents.put(record(f"more{place}.md", "more"))
        filled.publish()
    assert old.is_dir()
    del snapshot
    filled.reader().snapshot()
    catalog.documents.put(record("last.md", "more"))
    filled.publish()
    assert not old.exists()


def test_reader_follows_another_writers_generation(tmp_path: Path, filled: IndexStore, record: Record) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite") as other:
        reader = filled.reader()
        first = reader.snapshot()
        assert reader.snapshot() is first
        other.documents.put(record("other.md", "novelty"))
        IndexStore(filled.folder, other).publish()
        second = reader.snapshot()
    assert first is not None
    assert second is not None
    assert second.generation.id > first.generation.id


def test_searches_go_on_while_others_publish(
    catalog: Catalog, filled: IndexStore, retriever: Retriever, record: Record
) -> None:
    stop = threading.Event()
    errors: list[BaseException] = []
    answers: list[str] = []

    def search() -> None:
        while not stop.is_set():
            try:
                answers.append(_found(retriever, "topic7")[0])
            except BaseException as error:  # noqa: BLE001 - handed to the test
                errors.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for place in range(6):
        catalog.documents.put(record("changing.md", f"text{place}"))
        filled.publish()
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(answers) == {"7.md"}


def _harmed(path: Path, harm: str) -> None:
    """A new file with the damage: hard links of older generations stay sound."""
    data = bytearray(path.read_bytes())
    path.unlink()
    if harm == "flipped":
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    elif harm == "truncated":
        path.write_bytes(data[:-1])
    elif harm == "emptied":
        path.write_bytes(b"")


@pytest.mark.parametrize("harm", ["flipped", "truncated", "emptied", "deleted"])
def test_every_damaged_file_is_named_and_mended(
    catalog: Catalog, filled: IndexStore, harm: str, tmp_path: Path, embedder: object
) -> None:
    live = catalog.generations.live()
    assert live is not None
    names = [path.relative_to(filled.folder) for path in (filled.folder / live.folder).rglob("*") if path.is_file()]
    names = [name for name in names if not name.name.endswith(".lock") and (filled.folder / name).stat().st_size]
    assert len(names) >= 10
    for place, name in enumerate(names):
        copy = tmp_path / f"copy{place}"
        copy.mkdir()
        catalog.backup(copy / "catalog.sqlite")
        shutil.copytree(filled.folder, copy / "index")
        _harmed(copy / "index" / name, harm)
        with Catalog.open(copy / "catalog.sqlite") as harmed:
            store = IndexStore(copy / "index", harmed)
            assert [problem.where for problem in store.check()] == [str(copy / "index" / name)]
            assert _found(Retriever(harmed, store, embedder), "topic7")[0] == "7.md"  # type: ignore[arg-type]
            assert store.check() == [], name


def test_damaged_index_is_not_built_upon(catalog: Catalog, filled: IndexStore, record: Record) -> None:
    live = catalog.generations.live()
    assert live is not None
    _harmed(next((filled.folder / live.folder / "vectors").glob("*.vectors.npy")), "flipped")
    catalog.documents.put(record("new.md", "novelty"))
    filled.publish()
    assert filled.check() == []


def test_generation_before_serves_while_another_process_writes(
    catalog: Catalog, filled: IndexStore, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.documents.put(record("new.md", *(f"novelty{part}" for part in range(200))))
    live = filled.publish()
    # Not merged with the segment before, so that the older generation stays sound
    _harmed(next((filled.folder / live.folder / "vectors").glob(f"{live.folder}-*.vectors.npy")), "flipped")
    monkeypatch.setattr("knowledge.index_reader.REPAIR_WAIT", 0.0)
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with catalog.leases.hold("writer"):
            held.set()
            release.wait()

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    try:
        snapshot = IndexStore(filled.folder, catalog).reader().snapshot()
        assert snapshot is not None
        assert snapshot.generation.id == live.id - 1
        shutil.rmtree(filled.folder / snapshot.generation.folder)
        with pytest.raises(Damaged, match="plumbline rebuild"):
            IndexStore(filled.folder, catalog).reader().snapshot()
    finally:
        release.set()
        other.join()


def test_stray_files_are_named_and_do_no_harm(catalog: Catalog, filled: IndexStore, retriever: Retriever) -> None:
    live = catalog.generations.live()
    assert live is not None
    strays = [
        filled.folder / "tmp123",
        filled.folder / live.folder / "x.tmp",
        filled.folder / live.folder / "keywords/y",
    ]
    for stray in strays:
        stray.write_bytes(b"left over")
    assert sorted(problem.where for problem in filled.check()) == sorted(map(str, strays))
    assert _found(retriever, "topic7")[0] == "7.md"


def test_rebuild_gives_the_same_hits(catalog: Catalog, filled: IndexStore, retriever: Retriever) -> None:
    before = [(ranked.chunk.id, ranked.score) for ranked in retriever.retrieve("topic7 第3章", USER, 50)]
    shutil.rmtree(filled.folder)
    assert filled.check()
    filled.rebuild()
    assert [(ranked.chunk.id, ranked.score) for ranked in retriever.retrieve("topic7 第3章", USER, 50)] == before
    assert filled.check() == []


def test_pending_documents_are_reported_and_recovered(
    catalog: Catalog, filled: IndexStore, retriever: Retriever, record: Record
) -> None:
    assert not filled.recover()
    catalog.documents.put(record("new.md", "novelty"))
    assert _problems(filled) == ["1 documents are in the catalog but not in the index"]
    assert filled.recover()
    assert _found(retriever, "novelty")[0] == "new.md"
    assert filled.check() == []


def test_half_written_generation_is_swept(filled: IndexStore) -> None:
    (filled.folder / "00000099.partial" / "vectors").mkdir(parents=True)
    (filled.folder / "00000098").mkdir()
    assert len(filled.check()) == 2
    assert filled.recover()
    assert filled.check() == []


def test_recovery_leaves_a_writer_alone(catalog: Catalog, filled: IndexStore, tmp_path: Path, record: Record) -> None:
    catalog.documents.put(record("new.md", "novelty"))
    with Catalog.open(tmp_path / "catalog.sqlite") as other, other.leases.hold("writer"):
        assert not filled.recover()
        with pytest.raises(Unavailable, match="has been writing"):
            filled.publish(wait=0)


def test_full_disk_leaves_the_old_generation(
    catalog: Catalog, filled: IndexStore, retriever: Retriever, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    catalog.documents.put(record("new.md", "novelty"))
    with monkeypatch.context() as patch:
        patch.setattr("knowledge.generation_writer.sync_folder", no_room)
        with pytest.raises(Unavailable, match="No space left"):
            filled.publish()
    assert not list(filled.folder.glob("*.partial"))
    assert _found(retriever, "topic7")[0] == "7.md"
    filled.publish()
    assert _found(retriever, "novelty")[0] == "new.md"
    assert filled.check() == []


def test_file_system_without_hard_links_copies(
    catalog: Catalog, filled: IndexStore, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    catalog.documents.put(record("new.md", *(f"novelty{part}" for part in range(9))))
    filled.publish()
    assert filled.check() == []


def test_documents_of_another_model_wait_for_ingestion(catalog: Catalog, filled: IndexStore, record: Record) -> None:
    from dataclasses import replace

    catalog.documents.put(replace(record("new.md", "novelty"), embedder="other-model"))
    filled.publish()
    assert _problems(filled) == [
        "20 documents were embedded with another model than the newest one; searches do not find them"
    ]


def test_question_embedded_by_another_model_is_refused(
    catalog: Catalog, filled: IndexStore, embedder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(embedder), "fingerprint", "hashed-2")
    with pytest.raises(Unavailable, match=r"another model \(hashed-1\)"):
        _found(Retriever(catalog, filled, embedder), "topic7")  # type: ignore[arg-type]


def test_large_segments_become_graphs(catalog: Catalog, tmp_path: Path, record: Record, embedder: object) -> None:
    store = IndexStore(tmp_path / "index", catalog, hnsw_from=100)
    for place in range(3):
        catalog.documents.put(record(f"{place}.md", *(f"word{place}x{part} text" for part in range(100))))
    live = store.publish()
    assert list((store.folder / live.folder / "vectors").glob("*.faiss"))
    catalog.documents.put(record("new.md", "novelty"))
    store.publish()
    retriever = Retriever(catalog, store, embedder)  # type: ignore[arg-type]
    assert _found(retriever, "word1x42")[0] == "1.md"
    assert _found(retriever, "novelty")[0] == "new.md"
    assert store.check() == []


def test_visible_set_of_everybody_needs_no_mask(filled: IndexStore, catalog: Catalog) -> None:
    snapshot = filled.reader().snapshot()
    assert snapshot is not None
    first = snapshot.permitted(USER)
    assert isinstance(first.visible, VisibleSet)
    assert set(first.vectors.masks) == {None}
    assert snapshot.permitted(USER) is first
    stored = catalog.documents.list()[0]
    catalog.documents.set_access(stored.id, ["hr"])
    assert snapshot.permitted(USER) is not first


def test_lock_of_a_dead_reader_does_not_stay(filled: IndexStore, catalog: Catalog, record: Record) -> None:
    live = catalog.generations.live()
    assert live is not None
    folder = filled.folder / live.folder
    child = os.fork()
    if child == 0:
        descriptor = os.open(folder / "manifest.json", os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        os._exit(0)
    os.waitpid(child, 0)
    for place in range(2):
        catalog.documents.put(record(f"more{place}.md", "more"))
        filled.publish()
    assert not folder.exists()
