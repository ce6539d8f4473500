"""`documents list|access|remove` and `quarantine retry|ignore|ignored|take-in`, on a workspace without models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.settings import load_settings
from app.wiring import open_workspace
from knowledge.catalog.documents import document_id
from knowledge.types import Chunk, Document, DocumentRecord


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two documents, one of them for hr; two files in quarantine, of which one is gone."""
    root = tmp_path / "source"
    root.mkdir()
    workspace = open_workspace(load_settings(tmp_path / "ws", environment={}), create=True)
    for path, title, access in (("a.md", "Alpha", ()), ("hr/b.md", "Beta", ("hr",))):
        found = document_id(str(root), path)
        document = Document(
            found, path, title, frozenset(access), format="markdown", source_root=str(root), content_hash=path,
            text_hash=path, fingerprint="test",
        )  # fmt: skip
        chunk = Chunk(f"{found}-0", found, 0, title, "", None, "en", 3)
        vectors = np.eye(1, 8, dtype=np.float32)
        workspace.catalog.documents.put(DocumentRecord(document, title, (chunk,), vectors))
    for path in ("gone.pdf", "hr/gone.pdf"):
        workspace.catalog.quarantine.put(path, "damaged", source_root=str(root), access=frozenset({"hr"}))
    workspace.close()
    monkeypatch.setenv("PLUMBLINE_WORKSPACE", str(tmp_path / "ws"))
    return root


def listed(plumbline, *options: str) -> list[str]:
    return [row["path"] for row in plumbline("documents", "list", *options, "--json").json["documents"]]


def test_documents_are_filtered_and_paged(plumbline, here: Path) -> None:
    assert listed(plumbline) == ["a.md", "hr/b.md"]
    assert listed(plumbline, "--search", "beta") == ["hr/b.md"]
    assert listed(plumbline, "--label", "hr") == ["hr/b.md"]
    assert listed(plumbline, "--label", "") == ["a.md"]
    assert listed(plumbline, "--format", "pdf") == []
    assert listed(plumbline, "--state", "pending") == ["a.md", "hr/b.md"]
    assert listed(plumbline, "--noted") == []
    assert listed(plumbline, "--limit", "1", "--offset", "1") == ["hr/b.md"]
    assert listed(plumbline, "--format", "markdown", "--limit", "1", "--offset", "1") == ["hr/b.md"]


def test_readers_are_changed_and_given_back_to_the_rules(plumbline, here: Path) -> None:
    ended = plumbline("documents", "access", "a.md", "--set", "hr,legal")
    assert (ended.code, ended.err) == (0, "changed who may read 1 documents\n")
    assert listed(plumbline, "--label", "legal") == ["a.md"]
    assert plumbline("documents", "access", "a.md", "--set", "").code == 0
    assert listed(plumbline, "--label", "") == ["a.md"]
    assert plumbline("documents", "access", "a.md", "--rules").err == "rules decide from the next run on\n"


def test_removed_documents_may_be_kept_out(plumbline, here: Path) -> None:
    assert plumbline("documents", "remove", "a.md", "hr/b.md", "--keep-out").code == 0
    assert listed(plumbline) == []
    rows = plumbline("quarantine", "ignored", "--json").json["left_out"]
    assert [row["path"] for row in rows] == ["a.md", "hr/b.md"]
    assert set(rows[0]) == {"path", "by", "at"}


def test_quarantined_files_are_ignored_and_retried_by_name(plumbline, here: Path) -> None:
    assert plumbline("quarantine", "ignore", "hr/gone.pdf").code == 0
    assert [row["path"] for row in plumbline("quarantine", "list", "--json").json["quarantine"]] == ["gone.pdf"]
    ended = plumbline("quarantine", "retry", "gone.pdf")
    assert (ended.code, ended.err.splitlines()[0]) == (0, "gone.pdf: is no longer there; left out")
    assert plumbline("quarantine", "list", "--json").json["quarantine"] == []
    assert plumbline("quarantine", "take-in", "hr/gone.pdf").code == 0
    assert plumbline("quarantine", "ignored", "--json").json == {"left_out": []}


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("documents", "access", "a.md"), 2, "either --set"),
        (("documents", "access", "a.md", "--set", "x", "--rules"), 2, "either --set"),
        (("documents", "access", "a.md", "--set", "a*"), 2, "access label 'a*'"),
        (("documents", "access", "a.md", "--set", "user:ben"), 2, "personal"),
        (("documents", "access", "no-such.md", "--set", ""), 1, "no such document"),
        (("documents", "list", "--state", "lost"), 2, "lost"),
        (("documents", "list", "--limit", "0"), 2, "--limit"),
        (("documents", "remove", "no-such.md", "--keep-out"), 1, "no such document"),
        (("quarantine", "retry", "no-such.pdf"), 1, "is not in quarantine"),
        (("quarantine", "ignore", "no-such.pdf"), 1, "is not in quarantine"),
        (("quarantine", "ignore"), 2, "PATH"),
        (("quarantine", "take-in", "no-such.pdf"), 1, "is not left out"),
    ],
)
def test_wrong_usage_is_one_line(plumbline, here: Path, arguments: tuple[str, ...], code: int, part: str) -> None:
    ended = plumbline(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
    assert ended.err.count("\n") == 1
