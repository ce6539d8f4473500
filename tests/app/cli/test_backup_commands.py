"""`plumbline backup` and `restore` as a user meets them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from knowledge.catalog import Catalog
from knowledge.embedding import embedded_hash, embedding_text
from knowledge.types import Chunk, Document, DocumentRecord


@pytest.fixture
def kept(plumbline, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with an account, and its backup."""
    monkeypatch.chdir(workspace)
    assert (
        plumbline("users", "add", "amy", "--role", "admin", "--password-stdin", stdin="long enough words\n").code == 0
    )
    assert plumbline("backup", tmp_path / "b.zip").code == 0
    return workspace


def _problems(plumbline) -> list[str]:
    found = plumbline("doctor", "--json").json["problems"]
    return [problem["what"] for problem in found if "models pull" not in problem["fix"]]


def test_backup_json_and_refusals(plumbline, kept: Path, tmp_path: Path) -> None:
    made = plumbline("backup", tmp_path / "c.zip", "--with-keys", "--json").json
    assert {"file", "bytes", "created_at", "program", "schema", "documents", "chunks", "files"} == set(made)
    assert "plumbline.toml" in made["files"]
    assert any(name.startswith("keys/") for name in made["files"])
    again = plumbline("backup", tmp_path / "c.zip")
    assert (again.code, "exists already" in again.err) == (2, True)
    assert plumbline("backup", tmp_path / "c.zip", "--force").code == 0
    refused = plumbline("restore", tmp_path / "c.zip")
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert plumbline("restore", tmp_path / "missing.zip", "--force").code == 2


def test_damaged_catalog_is_named_and_restored(plumbline, kept: Path, tmp_path: Path) -> None:
    catalog = kept / "catalog.sqlite"
    for log in kept.glob("catalog.sqlite-*"):
        log.unlink()
    data = bytearray(catalog.read_bytes())
    data[:100] = b"x" * 100
    catalog.write_bytes(data)
    told = plumbline("doctor", "--json")
    assert told.code == 1
    assert "plumbline restore" in told.json["problems"][0]["fix"]
    restored = plumbline("restore", tmp_path / "b.zip", "--force", "--json")
    assert restored.code == 0
    aside = Path(restored.json["aside"])
    assert (aside / "catalog.sqlite").read_bytes() == data, "what was there is kept"
    assert _problems(plumbline) == []
    assert "amy" in plumbline("users", "list").out
    assert plumbline("audit", "verify").code == 0


def test_rows_that_the_backup_lacks_are_told(plumbline, kept: Path, tmp_path: Path) -> None:
    assert plumbline("users", "add", "bob", "--password-stdin", stdin="long enough words\n").code == 0
    (kept / "catalog.sqlite").unlink()
    for log in kept.glob("catalog.sqlite-*"):
        log.unlink()
    assert plumbline("restore", tmp_path / "b.zip", "--force").code == 0
    assert plumbline("audit", "verify").code == 0
    with Catalog.open(kept / "catalog.sqlite") as catalog:
        last = catalog.audit.newest(limit=1)[0]
    assert last.action == "catalog.restored"
    assert '"rows_missing": 0' not in last.detail


def test_a_sound_catalogs_log_survives(plumbline, kept: Path, tmp_path: Path) -> None:
    assert plumbline("users", "add", "bob", "--password-stdin", stdin="long enough words\n").code == 0
    assert plumbline("restore", tmp_path / "b.zip", "--force").code == 0
    assert "bob" not in plumbline("users", "list").out
    assert "bob" in plumbline("audit", "list").out
    assert plumbline("audit", "verify").code == 0
    assert _problems(plumbline) == []


@pytest.mark.parametrize("harm", ["header", "schema", "documents", "chunks", "text", "cut"])
def test_a_damaged_catalog_never_ends_in_a_traceback(plumbline, kept: Path, tmp_path: Path, harm: str) -> None:
    victim = kept / "catalog.sqlite"
    with Catalog.open(victim) as catalog:
        words = "unmistakable words of a document"
        given = Document("", "a.md", "A", text_hash=hashlib.sha256(words.encode()).hexdigest())
        vectors = np.array([[1.0, 0.0]], dtype=np.float32)
        embedded = (embedded_hash(embedding_text("A", "", words)),)
        catalog.documents.put(DocumentRecord(given, words, (Chunk("", "", 0, words),), vectors, embedded=embedded))
        catalog.checkpoint()
        with catalog.connect() as connection:
            query = text("SELECT name, rootpage FROM sqlite_master")
            pages = {row.name: (row.rootpage - 1) * 4096 for row in connection.execute(query)}
    data = bytearray(victim.read_bytes())
    if harm == "cut":
        del data[len(data) // 2 :]
    else:
        places = {"header": 0, "schema": 100, "text": data.rfind(b"unmistakable")}
        start = places[harm] if harm in places else pages[harm]
        data[start : start + 12] = bytes(byte ^ 0x15 for byte in data[start : start + 12])
    victim.write_bytes(data)
    told = plumbline("doctor", "--json")
    assert told.code == 1
    assert "plumbline restore" in told.json["problems"][0]["fix"], told.json
    for command in (("documents", "list"), ("users", "list"), ("rebuild",)):
        ended = plumbline(*command)
        assert "Traceback" not in ended.err
        assert "internal error" not in ended.err, ended.err
    assert plumbline("restore", tmp_path / "b.zip", "--force").code == 0
    assert _problems(plumbline) == []
    assert "amy" in plumbline("users", "list").out
