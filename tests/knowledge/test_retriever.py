"""From a question to hits: fused, explained, and never more than the person may see."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.catalog import Catalog
from knowledge.fusion import FOREIGN_SHARE, Signals, Weights, fused
from knowledge.index_store import IndexStore
from knowledge.protocols import Embedder
from knowledge.retriever import Retriever
from knowledge.types import ANYONE, DocumentRecord, Mention, Role, User

Record = Callable[..., DocumentRecord]


@pytest.fixture
def company(catalog: Catalog, store: IndexStore, record: Record) -> Catalog:
    put = catalog.documents.put
    put(record("travel.md", "Hotel costs up to 650 yuan per night", title="Travel policy", concepts=["urn:travel"]))
    put(record("zh.md", "差旅住宿费标准为每晚六百五十元", title="差旅制度", concepts=["urn:travel"]))
    put(record("pay.md", "Grade seven earns 30000 yuan", title="Salaries", access=["hr"], concepts=["urn:pay"]))
    put(record("deal.md", "The merger with Borealis closes in May", title="Merger", access=["legal", "board"]))
    store.publish()
    return catalog


def test_hit_says_where_it_is_from(company: Catalog, retriever: Retriever) -> None:
    (first, *_) = retriever.search("hotel costs per night", ANYONE)
    document = company.documents.by_path("travel.md")
    assert document is not None
    assert (first.rank, first.document_id, first.path, first.title) == (1, document.id, "travel.md", "Travel policy")
    assert (first.heading, first.text) == ("Part 0", "Hotel costs up to 650 yuan per night")


def test_ranked_chunk_explains_itself(company: Catalog, retriever: Retriever) -> None:
    (first, *_) = retriever.retrieve("hotel costs", ANYONE, concepts=["urn:travel"])
    assert (first.dense_rank, first.keyword_rank) == (1, 1)
    assert 0.3 < first.coverage <= 1
    assert first.concept_rank in {1, 2}
    assert first.similarity is not None
    assert -1 <= first.relevance <= 1
    assert first.keyword_score is not None
    signals = Signals(first.relevance, first.coverage, first.concept_coverage)
    assert first.score == pytest.approx(fused(signals, Weights()))


def test_numbers_count_across_languages(
    company: Catalog, store: IndexStore, retriever: Retriever, record: Record
) -> None:
    company.documents.put(record("limit.md", "单次费用超过 8000 元的由首席财务官审批", title="审批"))
    store.publish()
    found = {ranked.document.path: ranked.coverage for ranked in retriever.retrieve("trip above 8000 yuan", ANYONE)}
    assert found["limit.md"] > 2 * FOREIGN_SHARE
    assert found["zh.md"] == FOREIGN_SHARE  # neither helped nor held back
    assert found["travel.md"] < found["limit.md"]


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_blank_question_finds_nothing(company: Catalog, retriever: Retriever, question: str) -> None:
    assert retriever.search(question, ANYONE) == []


def test_limit(company: Catalog, retriever: Retriever) -> None:
    assert len(retriever.search("yuan", ANYONE, limit=1)) == 1


@pytest.mark.parametrize(
    ("user", "paths"),
    [
        (ANYONE, {"travel.md", "zh.md"}),
        (User("admin", role=Role.ADMIN), {"travel.md", "zh.md"}),
        (User("h", groups=frozenset({"hr"})), {"travel.md", "zh.md", "pay.md"}),
        (User("H", groups=frozenset({"HR", "hr*", "h"})), {"travel.md", "zh.md"}),
        (User("b", groups=frozenset({"board"})), {"travel.md", "zh.md", "deal.md"}),
    ],
)
def test_each_person_finds_all_that_is_theirs_and_nothing_else(
    company: Catalog, retriever: Retriever, user: User, paths: set[str]
) -> None:
    for question in ("yuan grade seven", "merger Borealis May", "差旅", "hotel"):
        found = retriever.retrieve(question, user, 50, concepts=["urn:travel", "urn:pay"])
        assert {ranked.document.path for ranked in found} <= paths
    everything = retriever.retrieve("yuan merger grade hotel 差旅", user, 50)
    assert {ranked.document.path for ranked in everything} == paths


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(st.sets(st.sampled_from("abc")), min_size=6, max_size=6),
    groups=st.sets(st.sampled_from("abcd")),
    publish=st.booleans(),
)
def test_label_changes_count_at_the_next_question(
    catalog: Catalog,
    store: IndexStore,
    retriever: Retriever,
    record: Record,
    labels: list[set[str]],
    groups: set[str],
    publish: bool,
) -> None:
    if not catalog.documents.count():
        for place in range(6):
            catalog.documents.put(record(f"{place}.md", f"common word{place}", access=["a"] if place % 2 else []))
        store.publish()
    for place, wanted in enumerate(labels):
        document = catalog.documents.by_path(f"{place}.md")
        assert document is not None
        catalog.documents.set_access(document.id, wanted)
    if publish:
        store.publish()
    expected = {f"{place}.md" for place, wanted in enumerate(labels) if not wanted or wanted & groups}
    found = retriever.retrieve("common", User("u", groups=frozenset(groups)), 50)
    assert {ranked.document.path for ranked in found} == expected
    assert len(found) == len(expected)


def test_filter_does_not_cost_hits(catalog: Catalog, store: IndexStore, embedder: Embedder, record: Record) -> None:
    """A thousand better hits that the person may not see must not push the permitted one out of the candidates."""
    for place in range(50):
        texts = [f"secret plan number {place} {part}" for part in range(20)]
        catalog.documents.put(record(f"hidden{place}.md", *texts, access=["board"]))
    catalog.documents.put(record("open.md", "a plan for lunch"))
    store.publish()
    assert [hit.path for hit in Retriever(catalog, store, embedder).search("secret plan number 3", ANYONE)] == [
        "open.md"
    ]


class Linker:
    """Knows one concept."""

    def link(self, text: str, user: User | None = None) -> list[Mention]:
        assert user == ANYONE
        start = text.find("Meridian")
        return [Mention(start, start + 8, "Meridian", "urn:travel", "preferred")] if start >= 0 else []

    def expand(self, mentions: Sequence[Mention], user: User | None = None) -> list[str]:
        assert user == ANYONE
        return ["差旅"] if mentions else []


def test_linked_concepts_and_their_labels_are_searched(company: Catalog, store: IndexStore, embedder: Embedder) -> None:
    plain = Retriever(company, store, embedder)
    linked = Retriever(company, store, embedder, linker=Linker())
    question = "Who owns Meridian?"
    assert all(ranked.concept_rank is None for ranked in plain.retrieve(question, ANYONE))
    top = {ranked.document.path: ranked for ranked in linked.retrieve(question, ANYONE)[:2]}
    assert set(top) == {"travel.md", "zh.md"}
    assert top["zh.md"].concept_rank is not None
    assert top["zh.md"].keyword_rank is not None
    assert {hit.path for hit in linked.search(question, ANYONE)[:2]} == {"travel.md", "zh.md"}


class LongestFirst:
    """A reranker with a simple mind."""

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        assert question
        return [float(len(text)) for text in texts]


def test_reranker_has_the_last_word(company: Catalog, store: IndexStore, embedder: Embedder) -> None:
    reranked = Retriever(company, store, embedder, reranker=LongestFirst())
    lengths = [len(hit.text) for hit in reranked.search("差旅 yuan", ANYONE)]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(("old", "new"), [("2024-01-01", "2025-06-01"), ("2025", "2025-06-01")])
def test_newer_of_two_versions_comes_first(
    catalog: Catalog, store: IndexStore, retriever: Retriever, record: Record, old: str, new: str
) -> None:
    catalog.documents.put(record("v2.md", "the hotel limit per night is 650 yuan in all large cities", date=new))
    catalog.documents.put(record("v1.md", "the hotel limit per night is 500 yuan in all large cities", date=old))
    catalog.documents.put(record("other.md", "lunch is at noon", date="2026-01-01"))
    store.publish()
    for question in ("hotel limit per night in yuan", "hotel limit per night 650", "hotel limit"):
        assert [hit.path for hit in retriever.search(question, ANYONE)][:2] == ["v2.md", "v1.md"]


def test_warm_up_loads_what_the_first_question_needs(company: Catalog, retriever: Retriever, store: IndexStore) -> None:
    retriever.warm_up()
    assert store.reader().snapshot(store.centres(retriever._embedder)) is not None


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        (None, {"hr/open.md", "hr/pay.md", "hr-old/pay.md", "HR/pay.md", "plan.md"}),
        (["hr"], {"hr/open.md", "hr/pay.md"}),
        (["hr/"], {"hr/open.md", "hr/pay.md"}),
        (["hr/pay.md", "plan.md"], {"hr/pay.md", "plan.md"}),
        (["h"], set()),
        (["h%", "%", "_r", ""], set()),
        ([], set()),
    ],
)
def test_a_scope_only_takes_away(
    catalog: Catalog, store: IndexStore, retriever: Retriever, record: Record, scope: list[str] | None, paths: set[str]
) -> None:
    for path, access in (("hr/open.md", []), ("hr/pay.md", ["hr"]), ("hr-old/pay.md", []), ("HR/pay.md", [])):
        catalog.documents.put(record(path, f"common word of {path}", access=access, concepts=["urn:pay"]))
    plan = catalog.documents.put(record("plan.md", "common plan", concepts=["urn:pay"]))
    store.publish()
    reader = User("h", groups=frozenset({"hr"}))
    for user, seen in ((reader, paths), (ANYONE, paths - {"hr/pay.md"})):
        found = retriever.retrieve("common", user, 50, concepts=["urn:pay"], scope=scope)
        assert {ranked.document.path for ranked in found} == seen
        assert all(ranked.keyword_rank and ranked.dense_rank and ranked.concept_rank for ranked in found)
    assert [hit.path for hit in retriever.search("common", ANYONE, scope=[plan.id])] == ["plan.md"]


def test_a_scope_does_not_cost_hits(catalog: Catalog, store: IndexStore, embedder: Embedder, record: Record) -> None:
    """Better hits outside the scope do not push those inside out of the candidates."""
    for place in range(60):
        catalog.documents.put(record(f"big/{place}.md", f"secret plan number {place}", f"plan number {place} again"))
    catalog.documents.put(record("small/lunch.md", "a plan for lunch"))
    store.publish()
    found = Retriever(catalog, store, embedder).search("secret plan number 3", ANYONE, scope=["small"])
    assert [hit.path for hit in found] == ["small/lunch.md"]
