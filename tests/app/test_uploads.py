"""Documents that people add themselves: who may, where they lie, and that nobody else reads a personal one."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.assistant import Assistant
from app.settings import Settings, load_settings
from app.uploads import AlreadyThere, checked_file_name
from app.wiring import open_workspace
from knowledge.catalog.labels import personal_label
from knowledge.errors import InvalidInput, NotFound, NotPermitted, Unavailable
from knowledge.index_store import WRITER
from knowledge.protocols import Vectors
from knowledge.types import ANYONE, Role, User

ANNA = User("anna", Role.EMPLOYEE, frozenset({"uploaders", "sales"}))
BOB = User("bob", Role.EMPLOYEE, frozenset({"uploaders", "sales"}))
CARL = User("carl", Role.EMPLOYEE, frozenset({"sales"}))
OPS = User("ops", Role.OPERATOR)
NOTE = b"# My salary\n\nI asked for 31000 CNY a month.\n"


class Words:
    """Bags of words, so that no model is needed."""

    fingerprint, dimension, max_tokens = "words", 32, 512

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 0.01, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                row[hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "plumbline.toml").write_text(
        '[uploads]\ngroups = ["uploaders"]\nmax_mb = 1\npersonal_mb = 1\nwait_seconds = 0\n', encoding="utf-8"
    )
    return load_settings(tmp_path / "ws", environment={})


@pytest.fixture
def assistant(settings: Settings) -> Iterator[Assistant]:
    workspace = open_workspace(settings, create=True)
    workspace.parts["embedder"] = Words()
    with Assistant(workspace) as opened:
        yield opened


def found(assistant: Assistant, query: str, user: User | None) -> list[str]:
    return [hit.path for hit in assistant.search(query, user)]


def test_who_may_add_documents_and_where(assistant: Assistant) -> None:
    def ids(user: User) -> list[str]:
        return [folder.id for folder in assistant.uploads.folders(user)]

    assert ids(ANNA) == ["personal", "team:sales", "team:uploaders"]
    assert ids(CARL) == []
    assert ids(ANYONE) == []
    assert ids(OPS) == ["personal", "shared"]
    for user, folder in (
        (CARL, "personal"),
        (ANNA, "team:hr"),
        (ANNA, "shared"),
        (ANNA, "../etc"),
        (OPS, "team:sales"),
    ):
        with pytest.raises(NotPermitted):
            assistant.upload("a.md", NOTE, folder, user)
    assert assistant.catalog.documents.count() == 0


def test_a_personal_document_is_read_by_its_owner_alone(assistant: Assistant) -> None:
    result = assistant.upload("note.md", NOTE, user=ANNA)
    assert result.document_id is not None
    assert result.path == "personal/note.md"
    assert found(assistant, "salary", ANNA) == ["personal/note.md"]
    assert "31000" in assistant.document(result.document_id, ANNA).text
    assert [document.id for document in assistant.uploads.mine(ANNA)] == [result.document_id]
    # Neither who has the same groups, nor operators, nor whoever was given a group of that name, nor nobody
    forged = User("mallory", Role.ADMIN, frozenset({"uploaders", "sales", personal_label("anna"), "user:anna"}))
    for other in (BOB, CARL, OPS, forged, User("ann"), ANYONE, None):
        assert found(assistant, "salary", other) == []
        assert assistant.catalog.documents.list(other or ANYONE) == []
        assert assistant.catalog.documents.folders(other or ANYONE) == {}
        with pytest.raises(NotFound):
            assistant.document(result.document_id, other)
        with pytest.raises(NotFound):
            assistant.uploads.remove(result.document_id, other or ANYONE)
    # Another spelling of the same account's name is the same person
    assert found(assistant, "salary", User("ANNA")) == ["personal/note.md"]
    file = assistant.original(result.document_id, ANNA)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_who_searches_first_leaves_nothing_behind_for_the_next(assistant: Assistant) -> None:
    """What one person may find is kept in memory for the next query; same groups must not mean same sight."""
    assistant.upload("hers.md", NOTE, user=ANNA)
    assistant.upload("his.md", b"# His salary\n\n32000 CNY.\n", user=BOB)
    assistant.upload("ours.md", b"# Salary of the team\n\nUnknown.\n", "team:sales", ANNA)
    for _ in range(2):
        assert sorted(found(assistant, "salary", ANNA)) == ["personal/hers.md", "team/sales/ours.md"]
        assert sorted(found(assistant, "salary", BOB)) == ["personal/his.md", "team/sales/ours.md"]
        assert found(assistant, "salary", CARL) == ["team/sales/ours.md"]
        assert found(assistant, "salary", OPS) == []


def test_groups_cannot_be_named_like_a_person(assistant: Assistant) -> None:
    accounts = assistant.workspace.accounts
    for group in ("user:anna", "User:anna", personal_label("zoë@x")):
        with pytest.raises(InvalidInput, match="belong to one account"):
            accounts.add("eve", "a long enough pass phrase 7", groups=[group])


@pytest.mark.parametrize("name", ["a", "x" * 64, "-", "..", "+1", "a.b@c+d", "名字", "ends-"])
def test_every_account_has_a_label_of_its_own(name: str) -> None:
    from knowledge.catalog.labels import checked_labels

    others = {personal_label(other) for other in ("a", "x" * 63, "_", ".", "+2", "b") if other != name}
    assert personal_label(name) not in others
    assert checked_labels([personal_label(name)])


def test_a_team_shares_a_folder(assistant: Assistant) -> None:
    first = assistant.upload("plan.md", b"# Plan\n\nSell more bicycles.\n", "team:sales", ANNA)
    assert found(assistant, "bicycles", BOB) == ["team/sales/plan.md"]
    assert found(assistant, "bicycles", CARL) == ["team/sales/plan.md"]  # reads, although not allowed to add
    assert found(assistant, "bicycles", User("dora")) == []
    with pytest.raises(InvalidInput, match="already"):
        assistant.upload("plan.md", b"# Plan B\n\nSell fewer.\n", "team:sales", BOB)
    second = assistant.upload("plan.md", b"# Plan B\n\nSell fewer tricycles.\n", "team:sales", BOB, replace=True)
    assert second.document_id == first.document_id
    assert found(assistant, "tricycles", ANNA) == ["team/sales/plan.md"]
    assert second.document_id is not None
    with pytest.raises(NotFound):
        assistant.uploads.remove(second.document_id, CARL)
    assistant.uploads.remove(second.document_id, BOB)
    assert found(assistant, "tricycles", ANNA) == []
    assert not list((assistant.workspace.folder / "uploads").rglob("*.md"))


def test_operators_share_with_whom_they_choose(assistant: Assistant) -> None:
    assistant.upload("for-all.md", b"# For all\n\nThe canteen opens at noon.\n", "shared", OPS)
    assistant.upload("for-hr.md", b"# For HR\n\nThe canteen closes soon.\n", "shared", OPS, access=["hr"])
    assert found(assistant, "canteen", CARL) == ["shared/for-all.md"]
    assert sorted(found(assistant, "canteen", User("h", groups=frozenset({"hr"})))) == [
        "shared/for-all.md",
        "shared/for-hr.md",
    ]
    with pytest.raises(InvalidInput, match="shared folder only"):
        assistant.upload("x.md", NOTE, "personal", OPS, access=["hr"])


def test_a_folder_stays_a_folder(assistant: Assistant) -> None:
    """Two files of one name in two folders are two documents; what is left empty goes."""
    ids = []
    for below in ("plans/2025", "plans\\2026", ""):
        result = assistant.upload("plan.md", f"# Plan {below}\n\nBicycles.\n".encode(), "team:sales", ANNA, below=below)
        ids.append(result.document_id or "")
    paths = ["team/sales/plan.md", "team/sales/plans/2025/plan.md", "team/sales/plans/2026/plan.md"]
    assert sorted(found(assistant, "bicycles", BOB)) == paths
    with pytest.raises(InvalidInput, match="already"):
        assistant.upload("plan.md", NOTE, "team:sales", ANNA, below="plans/2025")
    for name, below in (("plans", ""), ("x.md", "plan.md"), ("x.md", "plans/2025/plan.md/deep")):
        with pytest.raises(InvalidInput, match="a file and a folder"):
            assistant.upload(name, NOTE, "team:sales", ANNA, below=below, replace=True)
    for below in ("..", "a/../../b", ".git", "/".join("abcdefghijklmnopq")):
        with pytest.raises(InvalidInput):
            assistant.upload("x.md", NOTE, "team:sales", ANNA, below=below)
    for document_id in ids:
        assistant.uploads.remove(document_id, BOB)
    assert list((assistant.workspace.folder / "uploads").rglob("*")) == []


def test_the_same_content_is_not_added_twice_unless_it_is_wanted(assistant: Assistant) -> None:
    """Only what the person may read counts: a refusal must not tell what others have."""
    assistant.upload("hers.md", NOTE, user=ANNA)
    assert assistant.upload("mine.md", NOTE, user=BOB, once=True).document_id
    with pytest.raises(AlreadyThere, match=r"is there already as personal/hers\.md") as caught:
        assistant.upload("copy.md", NOTE, "team:sales", ANNA, once=True)
    assert caught.value.path == "personal/hers.md"
    assert not list((assistant.workspace.folder / "uploads").rglob("copy.md"))
    again = assistant.upload("hers.md", NOTE, user=ANNA, once=True, replace=True)
    assert again.report.documents.unchanged == 1
    assert assistant.upload("copy.md", NOTE, "team:sales", ANNA).document_id


def test_labels_set_by_hand_are_forgotten_with_the_document(assistant: Assistant) -> None:
    """Another file of the same name must not be given to those who might read the first."""
    first = assistant.upload("plan.md", b"# Plan\n\nSell more bicycles.\n", "team:sales", ANNA)
    assert first.document_id is not None
    assistant.documents.set_access(first.document_id, [], "ops")
    assert found(assistant, "bicycles", User("dora")) == ["team/sales/plan.md"]
    assistant.uploads.remove(first.document_id, ANNA)
    assistant.upload("plan.md", b"# Plan\n\nSell fewer bicycles.\n", "team:sales", ANNA)
    assert found(assistant, "bicycles", User("dora")) == []
    assert found(assistant, "bicycles", BOB) == ["team/sales/plan.md"]


def test_what_cannot_be_read_goes_to_quarantine_and_stays_private(assistant: Assistant) -> None:
    result = assistant.upload("broken.pdf", b"%PDF-1.7 and then nothing", user=ANNA)
    assert (result.document_id, result.report.documents.quarantined) == (None, 1)
    assert result.reason
    file = next((assistant.workspace.folder / "uploads").rglob("broken.pdf"))
    file.write_bytes(b"")
    file.with_suffix(".md").write_bytes(NOTE)
    assistant.workspace.pipeline().run([file.parent])  # another try, in nobody's name, keeps the labels
    (entry,) = assistant.catalog.quarantine.list()
    assert entry.access == {personal_label("anna")}


def test_what_lies_in_an_archive_is_personal_too(assistant: Assistant) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner/pay.md", "# Pay\n\nMy bonus is large.\n")
    packed.seek(0)
    assistant.upload("papers.zip", packed, user=ANNA)
    assert "personal/papers.zip!/inner/pay.md" in found(assistant, "bonus", ANNA)
    assert found(assistant, "bonus", BOB) == []
    document = assistant.catalog.documents.list(ANNA)[-1]
    assistant.uploads.remove(document.id, ANNA)
    assert assistant.catalog.documents.count() == 0


@pytest.mark.parametrize("data", [b"x" * (1 << 20) + b"y", io.BytesIO(b"x" * (3 << 20))])
def test_too_large_a_file_is_refused_and_not_kept(assistant: Assistant, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="too large"):
        assistant.upload("big.txt", data, user=ANNA)
    assert not [file for file in (assistant.workspace.folder / "uploads").rglob("*") if file.is_file()]


def test_a_full_personal_folder_takes_no_more(assistant: Assistant) -> None:
    assistant.upload("one.txt", b"word " * 150_000, user=ANNA, below="deep")
    with pytest.raises(InvalidInput, match="0 MiB are left"):
        assistant.upload("two.txt", b"word " * 150_000, user=ANNA, below="deep")
    assistant.upload("two.txt", b"word " * 1000, user=BOB)


def test_a_busy_workspace_refuses_and_keeps_what_was_there(assistant: Assistant) -> None:
    assistant.upload("a.md", b"# First\n\nThe first text.\n", user=ANNA)
    errors: list[Exception] = []

    def try_it() -> None:
        for name, replace in (("a.md", True), ("b.md", False)):
            try:
                assistant.upload(name, NOTE, user=ANNA, replace=replace)
            except Unavailable as error:
                errors.append(error)

    with assistant.catalog.leases.hold(WRITER):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(errors) == 2
    files = [file for file in (assistant.workspace.folder / "uploads").rglob("*") if file.is_file()]
    assert [(file.name, file.read_bytes()[:7]) for file in files] == [("a.md", b"# First")]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.md", "a.md"),
        ("C:\\Users\\me\\报告.docx", "报告.docx"),
        ("../../etc/passwd", "passwd"),
        ('a"b<c>.md', "a_b_c_.md"),
        ("  a.md. ", "a.md"),
    ],
)
def test_names_of_files_lose_their_paths(name: str, kept: str) -> None:
    assert checked_file_name(name) == kept


@pytest.mark.parametrize("name", ["", "..", ".hidden", "dir/", "~$lock.docx", "a\u202egpj.exe", "x" * 181])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_file_name(name)


def test_uploading_is_audited_without_the_name_of_a_personal_file(assistant: Assistant) -> None:
    assistant.upload("my-divorce.md", NOTE, user=ANNA)
    (entry,) = assistant.workspace.audit.list(action="document.uploaded")
    assert (entry.actor, entry.detail) == ("anna", {"folder": "", "access": ["user:anna"]})
