"""Paragraphs that many documents repeat are held out of the index, and nothing is lost by it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.catalog import Catalog, repeats
from knowledge.catalog.health import check_catalog
from knowledge.catalog.repeats import REPEATED
from knowledge.index_store import IndexStore
from knowledge.likeness import sketch
from knowledge.retriever import Retriever
from knowledge.types import DocumentRecord, User
from tests.knowledge.conftest import made_record

NOTICE = (
    "This message and its attachments are confidential and meant only for the person to whom they are addressed; "
    "if you are not that person, tell the sender and delete it."
)
MANY = 5  # in place of the real bound, for speed
READER = User("r", groups=frozenset({"hr"}))


def of_its_own(number: int) -> str:
    words = " ".join(f"word{number}x{place}" for place in range(60))
    return f"Subject{number} says {words}."


def letter(number: int, *, access: tuple[str, ...] = (), notice: str = NOTICE) -> DocumentRecord:
    return made_record(f"mail{number:02}.eml", of_its_own(number), notice, access=access)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MANY", MANY)


def put(catalog: Catalog, store: IndexStore, count: int, start: int = 0, **options: object) -> None:
    for number in range(start, start + count):
        catalog.documents.put(letter(number, **options))
    store.publish()


def found(retriever: Retriever, scope: list[str] | None = None) -> list[str]:
    return [hit.path for hit in retriever.search("confidential message sender", READER, 50, scope=scope)
            if hit.text == NOTICE]  # fmt: skip


def held(catalog: Catalog) -> int:
    return sum(catalog.documents.held_out(document.id for document in catalog.documents.list()).values())


def sound(catalog: Catalog, store: IndexStore) -> None:
    assert check_catalog(catalog) == []
    assert store.check() == []


def test_what_few_documents_repeat_stays(catalog: Catalog, store: IndexStore) -> None:
    put(catalog, store, MANY - 1)
    assert held(catalog) == 0
    live = catalog.generations.live()
    assert live is not None
    assert live.chunks == 2 * (MANY - 1)


def test_of_what_many_documents_repeat_one_is_found(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    assert held(catalog) == MANY - 1
    live = catalog.generations.live()
    assert live is not None
    assert live.chunks == MANY + 1
    sound(catalog, store)
    assert found(retriever) == ["mail00.eml"]
    assert retriever.search("word3x5 word3x6", READER, 1)[0].path == "mail03.eml", (
        "what documents say themselves is there"
    )
    assert [chunk.text for chunk in catalog.documents.chunks(catalog.documents.list()[3].id)][1] == NOTICE
    assert catalog.documents.quality_of(catalog.documents.list()[3].id) == {"held_out": {REPEATED: 1}}
    assert catalog.documents.quality_of(catalog.documents.list()[0].id) == {}


def test_within_a_scope_it_is_found(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    assert found(retriever, ["mail03.eml"]) == ["mail03.eml"]


def test_later_documents_join_and_the_only_one_found_may_go(
    catalog: Catalog, store: IndexStore, retriever: Retriever
) -> None:
    put(catalog, store, MANY + 2)
    put(catalog, store, 1, start=MANY + 2)
    assert held(catalog) == MANY + 2
    catalog.documents.remove([catalog.documents.list()[0].id])
    store.publish()
    assert held(catalog) == MANY + 1
    assert found(retriever) == ["mail01.eml"]
    sound(catalog, store)


def test_when_they_become_fewer_all_are_found_again(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    catalog.documents.remove([catalog.documents.list()[3].id])
    store.publish()
    assert held(catalog) == 0
    sound(catalog, store)
    assert retriever.search("confidential message sender", READER, 50)[0].copies == MANY - 2
    assert all(found(retriever, [document.path]) for document in catalog.documents.list())
    assert all(not catalog.documents.quality_of(document.id) for document in catalog.documents.list())


def test_other_labels_count_apart(catalog: Catalog, store: IndexStore) -> None:
    put(catalog, store, MANY - 1)
    put(catalog, store, MANY - 1, start=MANY, access=("hr",))
    assert held(catalog) == 0
    catalog.documents.set_access(catalog.documents.list()[0].id, ["hr"])
    store.publish()
    assert held(catalog) == MANY - 1, "so many have the label now"


def test_versions_of_one_document_count_once(catalog: Catalog, store: IndexStore) -> None:
    body = of_its_own(1)
    for number in range(MANY + 5):
        text = f"{body}\n{NOTICE}"
        record = made_record(f"version{number:02}.md", f"{body} {number}", NOTICE)
        catalog.documents.put(DocumentRecord(**{**_fields(record), "sketch": sketch(f"{text} {number}")}))
    store.publish()
    assert len(catalog.documents.alike([catalog.documents.list()[0].id], None)) == 1, "they are versions"
    assert held(catalog) == 0


def test_what_a_document_says_is_kept(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    catalog.documents.put(made_record("policy.md", "Confidential messages", NOTICE))
    store.publish()
    assert not catalog.documents.held_out([catalog.documents.by_path("policy.md").id])
    assert found(retriever, ["policy.md"])
    second = NOTICE.replace("delete", "destroy")
    for number in range(MANY):
        catalog.documents.put(made_record(f"x{number}.eml", of_its_own(100 + number), second))
    catalog.documents.put(made_record("only.md", NOTICE, second))
    store.publish()
    left = catalog.documents.held_out([catalog.documents.by_path("only.md").id])
    assert left == {catalog.documents.by_path("only.md").id: 1}, "the last of its chunks stays"


def test_short_ones_are_not_counted(catalog: Catalog, store: IndexStore) -> None:
    put(catalog, store, MANY + 3, notice="Not applicable to this vendor.")
    assert held(catalog) == 0


def test_a_crash_before_the_index_follows(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    catalog.documents.remove([catalog.documents.list()[3].id])
    assert catalog.documents.hold_out_repeated(), "as `publish` begins; then the process is killed"
    assert [document.state for document in catalog.documents.list()].count("pending") == MANY - 2
    assert store.recover(), "the next one that opens the workspace ends it"
    sound(catalog, store)
    assert all(found(retriever, [document.path]) for document in catalog.documents.list())


def test_rebuilding_gives_the_same(catalog: Catalog, store: IndexStore, retriever: Retriever) -> None:
    put(catalog, store, MANY)
    before = found(retriever)
    store.rebuild()
    sound(catalog, store)
    assert found(retriever) == before
    live = catalog.generations.live()
    assert live is not None
    assert live.chunks == MANY + 1


def test_nothing_is_looked_at_when_nothing_changed(catalog: Catalog, store: IndexStore) -> None:
    put(catalog, store, MANY)
    generation = catalog.generations.live()
    assert not catalog.documents.hold_out_repeated()
    assert store.publish() == generation


def test_a_segment_that_stays_masks_what_is_held_out(
    catalog: Catalog, store: IndexStore, retriever: Retriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.generation_writer._CHEAP_CHUNKS", 0)
    monkeypatch.setattr("knowledge.generation_writer._DEAD_SHARE", 1.0)
    for number in range(40):
        catalog.documents.put(made_record(f"other{number}.md", of_its_own(200 + number), of_its_own(300 + number)))
    put(catalog, store, MANY - 1)
    before = segments(catalog, store)
    put(catalog, store, 1, start=MANY)
    assert before < segments(catalog, store), "the large one is linked, what is new stands beside it"
    sound(catalog, store)
    assert found(retriever) == ["mail00.eml"]
    catalog.documents.remove([catalog.documents.by_path("mail05.eml").id])
    store.publish()
    sound(catalog, store)
    assert all(found(retriever, [f"mail{number:02}.eml"]) for number in range(MANY - 1) if number != 5)


def segments(catalog: Catalog, store: IndexStore) -> set[str]:
    live = catalog.generations.live()
    assert live is not None
    return {path.name for path in (store.folder / live.folder / "vectors").iterdir()}


def _fields(record: DocumentRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_an_older_catalog_counts_what_it_holds(tmp_path: Path) -> None:
    place = tmp_path / "older.sqlite"
    with Catalog.open(place, create=True) as catalog:
        catalog.documents.put_all([letter(number) for number in range(3)])
        catalog.documents.put(made_record("policy.md", "Confidential messages", NOTICE))
    with closing(sqlite3.connect(place)) as before:
        noted = before.execute(ALL).fetchall()
        before.executescript(
            "DROP TABLE repeats; DROP TABLE held_chunks; UPDATE alembic_version SET version_num = '0012'"
        )
    Catalog.open(place).close()
    with closing(sqlite3.connect(place)) as after:
        assert after.execute(ALL).fetchall() == noted
    assert len(noted) == 7, "the short one is not counted"
    assert [row for _, _, row in noted].count(None) == 4, "what a document says itself is never held out"


ALL = 'SELECT "key", document_id, "row" FROM repeats ORDER BY "key", document_id'
