"""Documents: replaced whole, removed whole, seen only by whom they are for."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.catalog.documents import VisibleSet, document_id
from knowledge.catalog.health import check_catalog
from knowledge.errors import Damaged, InvalidInput, NotFound
from knowledge.types import DocumentRecord, Role, User

Record = Callable[..., DocumentRecord]


def test_put_and_read_back(catalog: Catalog, record: Record) -> None:
    given_record = record("a/b.md", "first chunk", "第二段", access=["hr"], concepts=["urn:x"], date="2026-01-01")
    stored = catalog.documents.put(replace(given_record, desensitized={"PERSON": 2}))
    assert stored.id == document_id("", "a/b.md")
    found = catalog.documents.by_path("a/b.md")
    assert found == stored
    assert found is not None
    assert (found.state, found.access, found.effective_date) == ("pending", frozenset({"hr"}), "2026-01-01")
    assert catalog.documents.text(stored.id) == "first chunk\n第二段"
    assert catalog.documents.desensitized(stored.id) == {"PERSON": 2}
    chunks = catalog.documents.chunks(stored.id)
    assert [(chunk.text, chunk.language, chunk.concepts) for chunk in chunks] == [
        ("first chunk", "en", ("urn:x",)),
        ("第二段", "zh", ("urn:x",)),
    ]
    assert catalog.documents.chunks_by_ids([chunks[1].id, "none"]) == {chunks[1].id: chunks[1]}
    (batch,) = catalog.documents.vectors()
    assert np.allclose(batch.vectors, given_record.vectors, atol=1e-3)


def test_replacing_keeps_the_id_and_nothing_else(catalog: Catalog, record: Record) -> None:
    first = catalog.documents.put(record("a.md", "one", "two", "three"))
    before = catalog.documents.visible(None)
    second = catalog.documents.put(record("a.md", "four"))
    after = catalog.documents.visible(None)
    assert first.id == second.id
    assert [chunk.text for chunk in catalog.documents.chunks(first.id)] == ["four"]
    assert not set(before.numbers) & set(after.numbers)
    assert not after.holds_rows(np.arange(before.first_rows[0], before.first_rows[0] + 3)).any()
    assert check_catalog(catalog) == []


def test_same_path_under_another_root_is_another_document(catalog: Catalog, record: Record) -> None:
    here = record("a.md", "here")
    there = replace(here, document=replace(here.document, source_root="/other"))
    assert catalog.documents.put(here).id != catalog.documents.put(there).id
    assert catalog.documents.count() == 2
    found = catalog.documents.by_path("a.md", "/other")
    assert found is not None
    assert found.source_root == "/other"


def test_failed_put_leaves_the_earlier_version(catalog: Catalog, record: Record) -> None:
    catalog.documents.put(record("a.md", "old"))
    new = record("a.md", "new", "newer")
    same_id = replace(new, chunks=tuple(replace(chunk, id="twice") for chunk in new.chunks))
    with pytest.raises(Exception, match="UNIQUE"):
        catalog.documents.put(same_id)
    assert catalog.documents.text(document_id("", "a.md")) == "old"
    assert check_catalog(catalog) == []


@pytest.mark.parametrize(
    ("vectors", "why"),
    [
        (np.ones((1, 4), dtype=np.float32) / 2, "one vector for two chunks"),
        (np.ones((2, 4), dtype=np.float32), "not of unit length"),
        (np.full((2, 4), np.nan, dtype=np.float32), "not numbers"),
        (np.zeros((2, 4), dtype=np.float32), "zeros"),
    ],
)
def test_unusable_vectors_are_refused(catalog: Catalog, record: Record, vectors: object, why: str) -> None:
    with pytest.raises(InvalidInput, match=r"a\.md"):
        catalog.documents.put(replace(record("a.md", "one", "two"), vectors=vectors))
    assert catalog.documents.count() == 0, why


@pytest.mark.parametrize("label", ["", "a,b", "*", "hr%", "'hr'", '"', " hr", "hr ", "a\nb", "x" * 65])
def test_labels_that_could_be_lists_or_patterns_are_refused(catalog: Catalog, record: Record, label: str) -> None:
    with pytest.raises(InvalidInput, match="access label"):
        catalog.documents.put(record("a.md", "one", access=[label]))
    stored = catalog.documents.put(record("a.md", "one"))
    with pytest.raises(InvalidInput, match="access label"):
        catalog.documents.set_access(stored.id, [label])


@pytest.mark.parametrize("label", ["hr", "财务部", "HR-Berlin", "team:infra", "a b", "x" * 64, "_all"][:-1])
def test_usable_labels(catalog: Catalog, record: Record, label: str) -> None:
    assert catalog.documents.put(record("a.md", "one", access=[label])).access == {label}


def test_document_without_chunks_is_kept(catalog: Catalog, record: Record) -> None:
    catalog.documents.put(record("before.md", "one"))
    stored = catalog.documents.put(record("empty.md"))
    catalog.documents.put(record("after.md", "two"))
    assert catalog.documents.chunks(stored.id) == []
    assert catalog.documents.visible(None).holds_rows(np.array([0, 1, 2, 3])).tolist() == [False, True, True, False]
    assert check_catalog(catalog) == []


def test_remove_takes_everything(catalog: Catalog, record: Record) -> None:
    stored = catalog.documents.put(record("a.md", "secret words"))
    kept = catalog.documents.put(record("b.md", "others"))
    assert catalog.documents.remove([stored.id, "unknown"]) == 1
    assert catalog.documents.get(stored.id) is None
    with pytest.raises(NotFound, match="documents list"):
        catalog.documents.text(stored.id)
    with catalog.connect() as connection:
        for table in ("chunks", "embeddings", "document_texts", "documents"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1, table  # noqa: S608
    assert [document.id for document in catalog.documents.list()] == [kept.id]


def test_removed_text_leaves_the_file(catalog: Catalog, record: Record) -> None:
    stored = catalog.documents.put(record("a.md", "a-very-secret-sentence"))
    catalog.documents.remove([stored.id])
    catalog.checkpoint()
    files = [catalog.path, catalog.path.with_name(catalog.path.name + "-wal")]
    assert not any(b"a-very-secret" in file.read_bytes() for file in files if file.exists())


def test_list_filters(catalog: Catalog, record: Record) -> None:
    for path in ("hr/a.md", "hr/b.md", "hr_old/c.md", "x%y.md"):
        catalog.documents.put(record(path, path))
    paths = [document.path for document in catalog.documents.list(prefix="hr/")]
    assert paths == ["hr/a.md", "hr/b.md"]
    assert [document.path for document in catalog.documents.list(prefix="x%")] == ["x%y.md"]
    assert [document.path for document in catalog.documents.list(prefix="hr_")] == ["hr_old/c.md"]
    assert [document.path for document in catalog.documents.list(limit=1, offset=1)] == ["hr/b.md"]
    assert catalog.documents.list(state="indexed") == []


def test_access_follows_the_labels_at_once(catalog: Catalog, record: Record) -> None:
    stored = catalog.documents.put(record("a.md", "pay", access=["hr"]))
    outsider, insider = User("o", role=Role.ADMIN), User("i", groups=frozenset({"hr", "x"}))
    assert catalog.documents.get(stored.id, outsider) is None
    assert catalog.documents.get(stored.id, insider) == stored
    change = catalog.documents.change()
    catalog.documents.set_access(stored.id, [])
    assert catalog.documents.change() > change
    assert catalog.documents.get(stored.id, outsider) is not None
    catalog.documents.set_access(stored.id, ["legal"])
    assert catalog.documents.list(insider) == []
    with pytest.raises(NotFound):
        catalog.documents.set_access("unknown", [])


LABELS = ["hr", "HR", "finance", "fin", "finance/eu", "财务"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    documents=st.lists(st.sets(st.sampled_from(LABELS)), min_size=1, max_size=8),
    groups=st.sets(st.sampled_from([*LABELS, "h", "*", "%"])),
    role=st.sampled_from(list(Role)),
)
def test_visible_means_no_labels_or_a_shared_one(
    catalog: Catalog, record: Record, documents: list[set[str]], groups: set[str], role: Role
) -> None:
    catalog.documents.remove([document.id for document in catalog.documents.list()])
    for place, labels in enumerate(documents):
        catalog.documents.put(record(f"{place}.md", "text", access=sorted(labels)))
    user = User("u", role=role, groups=frozenset(groups))
    expected = {f"{place}.md" for place, labels in enumerate(documents) if not labels or labels & groups}
    assert {document.path for document in catalog.documents.list(user)} == expected
    assert catalog.documents.count(user) == len(expected)
    visible = catalog.documents.visible(user)
    stored = catalog.documents.stored_chunks(visible.first_rows.tolist())
    assert {found.document.path for found in stored.values()} == expected


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=12), st.lists(st.integers(-2, 60), max_size=20)
)
def test_rows_belong_to_the_ranges(ranges: list[tuple[int, int]], rows: list[int]) -> None:
    first, starts, counts = 1, [], []
    for gap, count in ranges:
        first += gap
        starts.append(first)
        counts.append(count)
        first += count
    numbers = np.arange(len(ranges))
    held = VisibleSet(0, numbers, np.array(starts, dtype=np.int64), np.array(counts, dtype=np.int64), (), numbers)
    belonging = {row for start, count in zip(starts, counts, strict=True) for row in range(start, start + count)}
    assert held.holds_rows(np.array(rows, dtype=np.int64)).tolist() == [row in belonging for row in rows]


def test_vectors_of_different_lengths_are_reported(catalog: Catalog, record: Record) -> None:
    catalog.documents.put(record("a.md", "one"))
    other = record("b.md", "two")
    catalog.documents.put(replace(other, vectors=np.eye(1, 8, dtype=np.float32)))
    with pytest.raises(Damaged, match="different"):
        list(catalog.documents.vectors())


def test_health_names_what_is_missing(catalog: Catalog, record: Record) -> None:
    catalog.documents.put(record("a.md", "one", "two"))
    assert check_catalog(catalog) == []
    with catalog.begin() as connection:
        connection.execute(text("DELETE FROM embeddings WHERE row = 1"))
    assert [problem.what for problem in check_catalog(catalog)] == ["document 'a.md': 1 chunks have no vector"]
    with catalog.begin() as connection:
        connection.execute(text("DELETE FROM chunks WHERE row = 1"))
    assert [problem.what for problem in check_catalog(catalog)] == ["document 'a.md' should have 2 chunks, has 1"]


def test_health_sees_a_flipped_page(catalog: Catalog, record: Record) -> None:
    for place in range(200):
        catalog.documents.put(record(f"{place}.md", "some text to fill pages " * 5))
    catalog.checkpoint()
    catalog.close()
    data = bytearray(catalog.path.read_bytes())
    for page in range(4, len(data) // 4096):
        data[page * 4096 : page * 4096 + 16] = b"\xff" * 16
    catalog.path.write_bytes(data)
    problems = check_catalog(catalog)
    assert problems
    assert "restore" in problems[0].fix


def test_folders_and_names_are_those_that_a_person_may_see(catalog: Catalog, record: Record) -> None:
    for path, access in (("a/b/c/1.md", ()), ("a/2.md", ()), ("hr/3.md", ("hr",)), ("top.md", ())):
        catalog.documents.put(record(path, "text", title=f"Title of {path}", access=access))
    everyone, reader = User("u"), User("h", groups=frozenset({"hr"}))
    assert catalog.documents.folders(everyone) == {"a": 2, "a/b": 1}
    assert catalog.documents.folders(reader) == {"a": 2, "a/b": 1, "hr": 1}
    assert [each.path for each in catalog.documents.find("TITLE OF HR", everyone, 5)] == []
    assert [each.path for each in catalog.documents.find("TITLE OF HR", reader, 5)] == ["hr/3.md"]
    assert [each.path for each in catalog.documents.find("%", reader, 5)] == []
    assert catalog.documents.count(everyone, scope=["a", "hr"]) == 2


def test_several_in_one_transaction(catalog: Catalog, record: Record) -> None:
    bad = replace(record("b.md", "two"), vectors=np.ones((1, 8), dtype=np.float32))
    with pytest.raises(InvalidInput):
        catalog.documents.put_all([record("a.md", "one"), bad])
    assert catalog.documents.list() == []
    stored = catalog.documents.put_all([record("a.md", "one"), record("b.md", "two"), record("a.md", "newer")])
    assert [document.path for document in stored] == ["a.md", "b.md", "a.md"]
    assert [chunk.text for chunk in catalog.documents.chunks(stored[0].id)] == ["newer"], "the last one holds"
    assert check_catalog(catalog) == []
