"""What operators do with documents, on a real workspace with a small embedder."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from app.documents import ManagedDocuments
from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.catalog.labels import PERSONAL
from knowledge.catalog.listing import EVERYONES, Wanted
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.protocols import Vectors
from knowledge.types import Role, User

OPERATOR = User("olga", Role.OPERATOR, frozenset({"travel"}))
ADMIN = User("ada", Role.ADMIN)
BAD_PDF = b"%PDF-1.7 nothing behind it"


class Bags:
    """An embedder of bags of words, for tests."""

    dimension = 32
    max_tokens = 512
    fingerprint = "bags"

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._one(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 1 for text in texts]

    def _one(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 0.01, dtype=np.float32)
        for piece in re.findall(r"[a-z0-9]+|[一-鿿]", text.lower()):
            vector[hashlib.sha256(piece.encode()).digest()[0] % self.dimension] += 1
        return vector / np.linalg.norm(vector)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(load_settings(tmp_path / "workspace", environment={}), create=True)
    opened.parts["embedder"] = Bags()
    yield opened
    opened.close()


@pytest.fixture
def managed(workspace: Workspace) -> ManagedDocuments:
    return workspace.managed_documents


@pytest.fixture
def folder(tmp_path: Path, workspace: Workspace) -> Path:
    """Three documents: for everyone, for travel, for hr; the folder's own rules say so."""
    root = tmp_path / "source"
    for path, text in {
        "canteen.md": "# Canteen\n\nLunch is served at noon. Call 13812345678.\n",
        "travel/trips.md": "# Trips\n\nSecond class is paid.\n",
        "hr/pay.md": "# Salaries of engineers\n\nThe starting salary is 54000.\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "access.yaml").write_text("hr: [hr]\ntravel: [travel]\n", encoding="utf-8")
    workspace.pipeline().run([root])
    return root


def id_of(managed: ManagedDocuments, path: str) -> str:
    return next(row.id for row in managed.page("cli:test", limit=None)[0] if row.path == path)


def paths(managed: ManagedDocuments, who: User | str, **wanted: object) -> list[str]:
    return [row.path for row in managed.page(who, Wanted(**wanted))[0]]  # type: ignore[arg-type]


# --- looking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.ANALYST, Role.KNOWLEDGE_MANAGER])
def test_only_operators_and_admins_look_after_documents(managed: ManagedDocuments, folder: Path, role: Role) -> None:
    user = User("eve", role, frozenset({"hr", "travel"}))
    for call in (
        lambda: managed.page(user),
        lambda: managed.get("x", user),
        lambda: managed.inside("x", user),
        lambda: managed.set_access("x", [], user),
        lambda: managed.remove(["x"], user),
        lambda: managed.quarantine(user),
        lambda: managed.retry(user),
        lambda: managed.ignore(user, []),
        lambda: managed.left_out(user),
        lambda: managed.take_in(user, []),
        lambda: managed.try_search("pay", user, "eve"),
        lambda: managed.told_of({}, user),
    ):
        with pytest.raises(NotPermitted):
            call()


def test_what_may_not_be_read_is_listed_without_its_title(managed: ManagedDocuments, folder: Path) -> None:
    rows = {row.path: row for row in managed.page(OPERATOR)[0]}
    assert (rows["travel/trips.md"].title, rows["travel/trips.md"].readable) == ("Trips", True)
    hidden = rows["hr/pay.md"]
    assert (hidden.title, hidden.language, hidden.readable, hidden.access) == ("", "", False, ("hr",))
    assert hidden.bytes > 0
    with pytest.raises(NotFound):
        managed.inside(hidden.id, OPERATOR)
    assert "54000" in managed.inside(hidden.id, "cli:test").text


def test_a_search_does_not_tell_what_stands_in_hidden_titles(managed: ManagedDocuments, folder: Path) -> None:
    assert paths(managed, OPERATOR, text="salaries") == []
    assert paths(managed, OPERATOR, text="trips") == ["travel/trips.md"]
    assert paths(managed, OPERATOR, text="hr/") == ["hr/pay.md"]
    assert paths(managed, User("h", Role.OPERATOR, frozenset({"hr"})), text="salaries") == ["hr/pay.md"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"access": EVERYONES}, ["canteen.md"]),
        ({"access": "hr"}, ["hr/pay.md"]),
        ({"format": "markdown"}, ["canteen.md", "hr/pay.md", "travel/trips.md"]),
        ({"format": "pdf"}, []),
        ({"state": "pending"}, []),
        ({"noted": True}, []),
        ({"text": "%"}, []),
    ],
)
def test_filters(managed: ManagedDocuments, folder: Path, wanted: dict[str, object], found: list[str]) -> None:
    assert paths(managed, ADMIN, **wanted) == found


def test_pages_and_orders(managed: ManagedDocuments, folder: Path) -> None:
    rows, total = managed.page(ADMIN, limit=1, offset=1)
    assert ([row.path for row in rows], total) == (["hr/pay.md"], 3)
    sizes = [row.bytes for row in managed.page(ADMIN, order="largest")[0]]
    assert sizes == sorted(sizes, reverse=True)
    assert managed.ids(ADMIN, Wanted(), 2) == [id_of(managed, "canteen.md"), id_of(managed, "hr/pay.md")]


def test_personal_documents_of_others_are_not_there(
    workspace: Workspace, managed: ManagedDocuments, folder: Path
) -> None:
    document = id_of(managed, "canteen.md")
    workspace.catalog.documents.set_access(document, [f"{PERSONAL}ben"])
    assert "canteen.md" not in paths(managed, ADMIN)
    assert f"{PERSONAL}ben" not in workspace.catalog.listing.labels(ADMIN)
    with pytest.raises(NotFound):
        managed.get(document, ADMIN)
    assert paths(managed, User("ben", Role.OPERATOR)) == ["canteen.md", "hr/pay.md", "travel/trips.md"]


def test_a_report_tells_nothing_of_hidden_content(managed: ManagedDocuments, folder: Path) -> None:
    report = {
        "desensitized": {"PHONE_NUMBER": 1},
        "quality": {
            "documents": 3,
            "consistency": {"conflicting": [["canteen.md", "hr/pay.md"], ["canteen.md", "travel/trips.md"]]},
        },
        "quarantine": [],
    }
    told = managed.told_of(report, OPERATOR)
    assert told["quality"]["consistency"] == {"conflicting": [["canteen.md", "travel/trips.md"]]}
    assert "desensitized" not in told
    assert managed.told_of(report, "cli:test") == report


def test_trying_a_search_opens_nothing(workspace: Workspace, managed: ManagedDocuments, folder: Path) -> None:
    workspace.accounts.add("hanna", "plumb-line-2025", groups=["hr", "travel"])
    found = {hit.path for hit in managed.try_search("starting salary second class lunch", OPERATOR, "hanna")}
    assert found == {"canteen.md", "travel/trips.md"}
    workspace.accounts.add("ben", "plumb-line-2025")
    assert {hit.path for hit in managed.try_search("second class lunch", OPERATOR, "ben")} == {"canteen.md"}
    with pytest.raises(NotPermitted):
        managed.try_search("lunch", OPERATOR, "nobody")
    with pytest.raises(InvalidInput):
        managed.try_search("  ", OPERATOR, "ben")


# --- access ---------------------------------------------------------------------------------------------------------


def test_labels_set_by_hand_hold_in_later_runs(workspace: Workspace, managed: ManagedDocuments, folder: Path) -> None:
    document = id_of(managed, "canteen.md")
    assert managed.set_access(document, ["travel"], OPERATOR) == 1
    (folder / "canteen.md").write_text("# Canteen\n\nDinner too.\n", encoding="utf-8")
    workspace.pipeline().run([folder], access=frozenset())
    row = managed.get(document, OPERATOR)
    assert (row.access, row.state) == (("travel",), "indexed")
    assert managed.labels_by_hand(document, OPERATOR) == {"travel"}
    managed.set_access(document, None, OPERATOR)
    workspace.pipeline().run([folder], access=frozenset())
    assert managed.get(document, OPERATOR).access == ()


def test_labels_set_while_a_run_reads_the_file_hold(
    workspace: Workspace, managed: ManagedDocuments, folder: Path
) -> None:
    document = id_of(managed, "canteen.md")
    (folder / "canteen.md").write_text("# Canteen\n\nDinner too.\n", encoding="utf-8")

    def meanwhile(done: int, total: int | None) -> None:
        if not done or done == 2:
            managed.set_access(document, ["travel"], OPERATOR)

    workspace.pipeline().run([folder], progress=meanwhile)
    assert managed.get(document, OPERATOR).access == ("travel",)


def test_nobody_opens_a_document_to_themselves(workspace: Workspace, managed: ManagedDocuments, folder: Path) -> None:
    document = id_of(managed, "hr/pay.md")
    with pytest.raises(NotPermitted):
        managed.set_access(document, ["travel"], OPERATOR)
    with pytest.raises(NotPermitted):
        managed.set_access(document, None, ADMIN)
    assert managed.get(document, OPERATOR).access == ("hr",)
    with pytest.raises(InvalidInput):
        managed.set_access(id_of(managed, "canteen.md"), ["a,b"], OPERATOR)
    with pytest.raises(InvalidInput):
        managed.set_access(id_of(managed, "canteen.md"), [f"{PERSONAL}olga"], OPERATOR)


def test_what_is_done_is_audited(workspace: Workspace, managed: ManagedDocuments, folder: Path) -> None:
    managed.set_access(id_of(managed, "canteen.md"), ["travel"], OPERATOR)
    managed.remove([id_of(managed, "travel/trips.md")], OPERATOR)
    told = [(entry.actor, entry.action, entry.detail) for entry in workspace.audit.list(limit=2)]
    assert told == [
        ("olga", "document.removed", {"path": "travel/trips.md"}),
        ("olga", "document.access", {"path": "canteen.md", "before": [], "after": ["travel"]}),
    ]


# --- removing and leaving out -----------------------------------------------------------------------------------------


def test_a_removed_document_is_found_no_more(workspace: Workspace, managed: ManagedDocuments, folder: Path) -> None:
    document = id_of(managed, "hr/pay.md")
    removal = managed.remove([document], OPERATOR)
    assert (removal.documents, removal.erased) == (1, True)
    reader = User("h", groups=frozenset({"hr"}))
    assert {hit.path for hit in workspace.retriever().search("starting salary", reader, 5)} == {"canteen.md"}
    workspace.pipeline().run([folder])
    assert paths(managed, ADMIN, text="pay") == ["hr/pay.md"]


def test_what_is_kept_out_stays_out_until_it_is_taken_in(
    workspace: Workspace, managed: ManagedDocuments, folder: Path
) -> None:
    managed.remove([id_of(managed, "hr/pay.md")], OPERATOR, keep_out=True)
    report = workspace.pipeline().run([folder])
    assert (report.documents.unchanged, report.documents.added) == (2, 0)
    (key,) = [(each.source_root, each.path) for each in managed.left_out(OPERATOR)]
    report, gone = managed.take_in(OPERATOR, [key])
    assert (report and report.documents.added, gone) == (1, [])
    assert managed.get(id_of(managed, "hr/pay.md"), OPERATOR).access == ("hr",)
    assert managed.left_out(OPERATOR) == []
    with pytest.raises(NotFound):
        managed.take_in(OPERATOR, [key])


def test_removing_while_another_process_writes(
    workspace: Workspace, managed: ManagedDocuments, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document is gone at once; the run that writes does not bring it back."""
    monkeypatch.setattr("app.documents._LEASE_WAIT", 0.0)
    document = id_of(managed, "canteen.md")
    other = open_workspace(workspace.settings)
    with other.catalog.leases.hold("writer"):
        removal = managed.remove([document], OPERATOR, keep_out=True)
    other.close()
    assert (removal.documents, removal.erased) == (1, False)
    assert "canteen.md" not in paths(managed, ADMIN)


# --- quarantine -----------------------------------------------------------------------------------------------------


def archive(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as writer:
        for name, content in members.items():
            writer.writestr(name.replace("_", "."), content)
    return data.getvalue()


@pytest.fixture
def refused(workspace: Workspace, folder: Path) -> Path:
    """The folder with a broken file in travel, and an archive with one good and one broken member."""
    (folder / "travel" / "broken.pdf").write_bytes(BAD_PDF)
    (folder / "offers.zip").write_bytes(archive(good_md=b"# Offer\n\nValid until May.\n", bad_pdf=BAD_PDF))
    workspace.pipeline().run([folder])
    return folder


def keys(managed: ManagedDocuments, *wanted: str) -> list[tuple[str, str]]:
    return [(each.source_root, each.path) for each in managed.quarantine("cli:test") if each.path in wanted]


def test_a_mended_file_is_read_again_with_its_labels(
    workspace: Workspace, managed: ManagedDocuments, folder: Path
) -> None:
    file = folder / "travel" / "limits.json"
    file.write_text('{"hotel": ', encoding="utf-8")
    workspace.pipeline().run([folder])
    file.write_text('{"hotel": "600 CNY a night"}', encoding="utf-8")
    report, gone = managed.retry(OPERATOR, keys(managed, "travel/limits.json"))
    assert (report and report.documents.added, gone) == (1, [])
    assert managed.quarantine(OPERATOR) == []
    assert managed.get(id_of(managed, "travel/limits.json"), OPERATOR).access == ("travel",)


def test_a_member_is_retried_with_its_archive(managed: ManagedDocuments, refused: Path) -> None:
    (refused / "offers.zip").write_bytes(archive(good_md=b"# Offer\n\nValid until May.\n", bad_md=b"# Good now\n"))
    report, _ = managed.retry(OPERATOR, keys(managed, "offers.zip!/bad.pdf"))
    assert report is not None
    assert [entry.path for entry in managed.quarantine(OPERATOR)] == ["travel/broken.pdf"]
    assert paths(managed, ADMIN, text="offers") == ["offers.zip", "offers.zip!/bad.md", "offers.zip!/good.md"]


def test_an_unchanged_member_is_tried_again_and_refused_again(managed: ManagedDocuments, refused: Path) -> None:
    report, _ = managed.retry(OPERATOR, keys(managed, "offers.zip!/bad.pdf"))
    assert report is not None
    assert [entry.path for entry in report.quarantine] == ["offers.zip!/bad.pdf"]


def test_what_is_gone_leaves_the_quarantine(managed: ManagedDocuments, refused: Path) -> None:
    (refused / "travel" / "broken.pdf").unlink()
    report, gone = managed.retry(OPERATOR, keys(managed, "travel/broken.pdf"))
    assert (report, gone) == (None, ["travel/broken.pdf"])
    assert keys(managed, "travel/broken.pdf") == []
    with pytest.raises(NotFound):
        managed.retry(OPERATOR, [("/nowhere", "x.pdf")])


def test_ignored_files_and_members_are_complained_of_no_more(
    workspace: Workspace, managed: ManagedDocuments, refused: Path
) -> None:
    assert managed.ignore(OPERATOR, keys(managed, "travel/broken.pdf", "offers.zip!/bad.pdf")) == 2
    (refused / "offers.zip").write_bytes(archive(good_md=b"# Offer\n\nValid until June.\n", bad_pdf=BAD_PDF))
    report = workspace.pipeline().run([refused])
    assert (report.documents.quarantined, report.documents.removed) == (0, 0)
    assert managed.quarantine(OPERATOR) == []
    assert paths(managed, ADMIN, text="offers") == ["offers.zip", "offers.zip!/good.md"]
    out = [(each.source_root, each.path) for each in managed.left_out(OPERATOR)]
    report, _ = managed.take_in(OPERATOR, out)
    assert report is not None
    assert report.documents.quarantined == 2
    entry = next(each for each in managed.quarantine(OPERATOR) if each.path == "travel/broken.pdf")
    assert entry.access == {"travel"}


def test_personal_files_of_others_do_not_show_in_quarantine(
    workspace: Workspace, managed: ManagedDocuments, refused: Path
) -> None:
    workspace.catalog.quarantine.put("mine.pdf", "damaged", source_root="/u", access=frozenset({f"{PERSONAL}ben"}))
    assert "mine.pdf" not in {entry.path for entry in managed.quarantine(ADMIN)}
    assert "mine.pdf" in {entry.path for entry in managed.quarantine(User("ben", Role.OPERATOR))}
    told = managed.told_of({"quarantine": [{"path": "mine.pdf", "reason": "damaged"}]}, ADMIN)
    assert told["quarantine"] == []
