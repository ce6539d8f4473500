"""Documents that are nearly the same are found, linked, and named only to who may see them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from knowledge.catalog import Catalog
from knowledge.index_store import IndexStore
from knowledge.likeness import ALIKE, likeness, sketch
from knowledge.retriever import Retriever
from knowledge.types import DocumentRecord, User

EN = " ".join(f"Clause {number} says that trips of more than {number * 7} days need approval." for number in range(20))
ZH = "".join(f"第{number}条规定出差超过{number * 7}天须经部门负责人批准。" for number in range(20))
HR, NOBODY = User("h", groups=frozenset({"hr"})), User("n")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (EN, EN.upper().replace(". ", ".\n\n"), True),  # letter case and layout do not count
        (EN, EN.replace("Clause 3 says", "Clause 3 now says"), True),
        (ZH, ZH.replace("第3条规定", "第3条新规定"), True),
        (ZH, f"# 制度\n\n**{ZH}**", True),
        (EN, " ".join(EN.split()[::-1]), False),  # the same words in another order
        (EN, ZH, False),
        (ZH, "".join(f"食堂第{number}周供应面条与米饭，价格{number}元。" for number in range(20)), False),
    ],
)
def test_what_is_alike(one: str, other: str, alike: bool) -> None:
    first, second = sketch(one), sketch(other)
    assert first is not None
    assert second is not None
    assert (likeness(first, second) >= ALIKE) is alike


@pytest.mark.parametrize("text", ["", "short", "第一条"])
def test_short_texts_are_not_compared(text: str) -> None:
    assert sketch(text) is None


def _versioned(record: Callable[..., DocumentRecord], path: str, text: str, date: str, *access: str) -> DocumentRecord:
    return replace(record(path, text, date=date, access=access), sketch=sketch(text))


def test_search_names_versions_that_one_may_see(
    catalog: Catalog, store: IndexStore, retriever: Retriever, record: Callable[..., DocumentRecord]
) -> None:
    put = catalog.documents.put
    put(_versioned(record, "2022.md", EN.replace("Clause 1 ", "Clause one "), "2022-01-01"))
    put(_versioned(record, "2023.md", EN.replace("Clause 2 ", "Clause two "), "2023-01-01"))
    newest = put(_versioned(record, "2024.md", EN, "2024-01-01", "hr"))
    put(_versioned(record, "other.md", "Something else altogether, " * 9, "2024-01-01"))
    store.publish()

    def told(user: User) -> dict[str, tuple[int, str | None]]:
        hits = retriever.search("trips approval", user, 50)
        return {hit.path: (hit.older_versions, hit.newer_version) for hit in hits}

    assert told(HR) == {
        "2024.md": (2, None), "2023.md": (1, newest.id), "2022.md": (0, newest.id), "other.md": (0, None)
    }  # fmt: skip
    seen = told(NOBODY)
    assert set(seen) == {"2023.md", "2022.md", "other.md"}
    assert seen["2023.md"] == (1, None), "nothing tells of a newer version that is not for this user"
    catalog.documents.remove([newest.id])
    assert catalog.documents.alike([newest.id], None) == {}
    assert told(HR)["2023.md"] == (1, None)


def test_a_new_version_is_linked_anew(catalog: Catalog, record: Callable[..., DocumentRecord]) -> None:
    one = catalog.documents.put(_versioned(record, "a.md", EN, "2022-01-01"))
    two = catalog.documents.put(_versioned(record, "b.md", EN, "2023-01-01"))
    assert [document.id for document in catalog.documents.alike([one.id], None)[one.id]] == [two.id]
    catalog.documents.put(_versioned(record, "b.md", "Quite another text than before it was. " * 9, "2023-01-01"))
    assert catalog.documents.alike([one.id, two.id], None) == {}


def test_the_same_words_are_shown_once(
    catalog: Catalog, store: IndexStore, retriever: Retriever, record: Callable[..., DocumentRecord]
) -> None:
    notice = "This notice about business trips is confidential and belongs to the travel office of the company."
    put = catalog.documents.put
    put(record("old.md", notice, date="2022-01-01"))
    put(record("new.md", notice.upper(), date="2024-01-01"))
    put(record("hidden.md", notice, date="2025-01-01", access=["hr"]))
    put(record("longer.md", f"{notice} Ask there before you book.", date="2021-01-01"))
    put(record("other.md", notice.replace("travel office", "payroll office"), date="2023-01-01"))
    store.publish()

    def told(user: User) -> dict[str, int]:
        return {hit.path: hit.copies for hit in retriever.search("confidential notice about trips", user, 50)}

    assert told(NOBODY) == {"longer.md": 2, "other.md": 0}, "what says all of it and more; one other word: not a copy"
    assert told(HR) == {"longer.md": 3, "other.md": 0}
    catalog.documents.remove([one.id for one in catalog.documents.list() if one.path == "longer.md"])
    assert told(NOBODY) == {"new.md": 1, "other.md": 0}
    assert told(HR) == {"hidden.md": 2, "other.md": 0}
