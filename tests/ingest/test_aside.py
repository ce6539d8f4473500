"""A change of the model, the splitter or the policy is made aside: searches go on, and see it all at once."""

from dataclasses import replace

import pytest

from ingest.desensitize import Desensitizer, Policy
from knowledge.retriever import Retriever
from knowledge.types import User

USER = User("u")


def _paths(retriever: Retriever) -> list[str]:
    return sorted({hit.path for hit in retriever.search("hotels 年假 salary", USER, 50)})


@pytest.mark.parametrize("changed", ["policy", "chunk size", "model"])
def test_searches_go_on_and_the_switch_is_one_step(make_pipeline, catalog, source, store, embedder, changed):
    options = type(make_pipeline()._settings)()
    make_pipeline(options).run([source])
    reader = Retriever(catalog, store, embedder)
    before, live = _paths(reader), catalog.generations.live()
    assert before == ["hr/pay.csv", "leave.txt", "travel.md"]
    other = type(embedder)("hashed-2")
    parts = {
        "model": {"embedder": other},
        "policy": {"desensitizer": Desensitizer(Policy(default="tag"), b"\x07" * 32)},
        "chunk size": {"options": replace(options, chunk_tokens=50)},
    }[changed]
    seen = []

    def look(done, total):
        seen.append((_paths(reader), catalog.generations.live().id))

    report = make_pipeline(**parts).run([source], progress=look)
    assert report.documents.updated == 3
    assert len(seen) >= 3
    assert all(each == (before, live.id) for each in seen), "nothing changes for readers before the end"
    assert catalog.generations.live().id > live.id
    assert _paths(Retriever(catalog, store, parts.get("embedder", embedder))) == before
    assert store.check() == []
    assert not (store.folder.parent / ".next").exists()
    assert catalog.runs.list()[0].id == report.run_id
    assert make_pipeline(**parts).run([source]).documents.unchanged == 3


def test_interrupted_and_resumed(make_pipeline, catalog, source, store, embedder):
    for number in range(8):
        (source / f"n{number}.md").write_text(f"# N{number}\n\nText of number {number}.\n", encoding="utf-8")
    make_pipeline().run([source], access=frozenset({"hr"}))
    gone = catalog.documents.by_path("n7.md")
    live = catalog.generations.live().id
    other = type(embedder)("hashed-2")
    options = replace(type(make_pipeline()._settings)(), batch_size=1)

    def interrupt(done, total):
        if done == 8:
            raise KeyboardInterrupt

    again = make_pipeline(options, embedder=other)
    with pytest.raises(KeyboardInterrupt):
        again.run([source], progress=interrupt)
    assert catalog.generations.live().id == live
    first = len(other.embedded)
    assert 0 < first < 11
    (source / "n7.md").unlink()
    catalog.documents.remove([gone.id])
    again.run([source])
    assert len(other.embedded) <= 11, "what was embedded aside is not embedded again"
    assert catalog.documents.by_path("n7.md") is None
    assert {document.access for document in catalog.documents.list()} == {frozenset({"hr"})}
    assert catalog.documents.count(embedder="hashed-2") == 10
    assert store.check() == []


def test_another_model_reaches_documents_whose_files_are_not_given(
    make_pipeline, catalog, source, store, embedder, tmp_path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "far.md").write_text("# Far\n\nA distant zebra.\n", encoding="utf-8")
    make_pipeline().run([source, elsewhere])
    (elsewhere / "far.md").unlink()
    other = type(embedder)("hashed-2")
    make_pipeline(embedder=other).run([source])
    assert Retriever(catalog, store, other).search("distant zebra", USER, 1)[0].path == "far.md"
    assert store.check() == []
