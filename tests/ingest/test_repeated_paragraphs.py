"""A notice below many letters: held out of the index once many have it, and never out of a document."""

from pathlib import Path

import pytest

from ingest.splitter import split
from ingest.types import Block
from knowledge.catalog import repeats
from knowledge.catalog.repeats import REPEATED
from knowledge.likeness import paragraph_key
from knowledge.retriever import Retriever
from knowledge.types import User
from tests.ingest.conftest import Options

MANY = 4
NOTICE = "本邮件及其附件含有保密信息，仅供指定的收件人使用；如果您误收了本邮件，请立即通知发件人并删除本邮件。"
READER = User("r")


def letter(folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    words = "、".join(f"事项{number}的第{place}点由{chr(0x4E00 + 50 * number + place)}部门负责" for place in range(6))
    (folder / f"letter{number}.md").write_text(f"# 来信{number}\n\n{words}。\n\n{NOTICE}\n", encoding="utf-8")


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(repeats, "MANY", MANY)
    folder = tmp_path / "letters"
    for number in range(MANY):
        letter(folder, number)
    return folder


def test_what_comes_later_is_split_around_it(make_pipeline, catalog, store, embedder, letters):
    pipeline = make_pipeline(Options(chunk_tokens=250))
    first = pipeline.run([letters])
    assert first.quality["completeness"]["held_out"] == {}
    assert first.chunks == MANY, "it stands in larger chunks, and these stay"
    letter(letters, MANY)
    report = pipeline.run([letters])
    new = catalog.documents.by_path(f"letter{MANY}.md")
    assert [chunk.text for chunk in catalog.documents.chunks(new.id)][1:] == [NOTICE]
    assert catalog.documents.held_out([new.id]) == {}, "of those that are nothing but the notice it is the first"
    letter(letters, MANY + 1)
    report = pipeline.run([letters])
    last = catalog.documents.by_path(f"letter{MANY + 1}.md")
    assert report.quality["completeness"]["held_out"] == {REPEATED: 1}
    assert catalog.documents.held_out([new.id, last.id]) == {last.id: 1}
    assert NOTICE in catalog.documents.text(last.id), "the document keeps it"
    embedded = len(embedder.embedded)
    for number in range(3):
        (letters / f"letter{number}.md").unlink()
    pipeline.run([letters])
    assert catalog.documents.held_out([last.id]) == {}
    assert len(embedder.embedded) == embedded, "it comes back without being embedded"
    found = Retriever(catalog, store, embedder).search("误收邮件 删除 保密", READER, 10, scope=[last.path])
    assert NOTICE in [hit.text for hit in found]


def test_documents_with_other_labels_are_split_as_ever(make_pipeline, catalog, letters):
    pipeline = make_pipeline(Options(chunk_tokens=250))
    pipeline.run([letters])
    letter(letters / "hr", MANY)
    pipeline.run([letters], access_file=rules(letters.parent))
    hidden = catalog.documents.by_path(f"hr/letter{MANY}.md")
    assert hidden.access == {"hr"}
    assert len(catalog.documents.chunks(hidden.id)) == 1


def rules(folder: Path) -> Path:
    (folder / "access.yaml").write_text("hr: [hr]\n", encoding="utf-8")
    return folder / "access.yaml"


def test_the_splitter_sets_paragraphs_apart(embedder):
    blocks = [Block("heading", "One", 1), Block("text", "Some words."), Block("text", NOTICE),
              Block("heading", "Two", 1), Block("text", NOTICE), Block("heading", "Three", 1)]  # fmt: skip
    whole = split(blocks, embedder.count_tokens, 300)
    apart = split(blocks, embedder.count_tokens, 300, apart=frozenset({paragraph_key(NOTICE)}))
    assert [(piece.heading, piece.text) for piece in apart] == [
        (("One",), "Some words."), (("One",), NOTICE), (("Two",), NOTICE), ((), "Three"),
    ]  # fmt: skip
    assert [piece.text for piece in whole] != [piece.text for piece in apart]
