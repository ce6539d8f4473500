"""Documents inside archives, mails and mailboxes: their paths, their access, how they change and vanish."""

import email.message
import io
import shutil
import tarfile
import zipfile

import pytest

from ingest.loaders import load_bytes
from ingest.reading import Reader, Request
from ingest.types import Limits, LoadedDocument, Unreadable


def zipped(**parts: "str | bytes") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(mode: str, **parts: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, text in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("link.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def mail(subject: str, text: str, **attachments: "str | bytes") -> email.message.EmailMessage:
    message = email.message.EmailMessage()
    message["From"], message["Subject"] = "a@example.com", subject
    message.set_content(text)
    for name, content in attachments.items():
        if isinstance(content, str):
            message.add_attachment(content, filename=name)
        else:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def members(data: bytes, name: str) -> dict[str, str]:
    """Of each member its last block's text, or the reason why it was refused."""
    found = load_bytes(data, name).members
    return {one.name: one.document.blocks[-1].text if one.document else f"! {one.reason}" for one in found}


PARTS = {"hr/leave.txt": "Ten days a year.", "差旅.md": "# 差旅\n\n六百元。", "broken.pdf": "x", ".hidden": "x"}


def test_zip():
    document = load_bytes(zipped(**PARTS), "a.zip")
    assert document.blocks[0].text == "- hr/leave.txt\n- 差旅.md\n- broken.pdf"
    assert members(zipped(**PARTS), "a.zip") == {
        "hr/leave.txt": "Ten days a year.",
        "差旅.md": "六百元。",
        "broken.pdf": "! the name says .pdf but the content is no PDF",
    }


def test_names_in_the_code_page_of_a_chinese_windows():
    data = zipped(**{"XXXX.txt": "text of it"}).replace(b"XXXX.txt", "差旅".encode("gbk") + b".txt")
    assert members(data, "a.zip") == {"差旅.txt": "text of it"}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(mode):
    assert members(tarred(mode, **{"a/b.md": "# x\n\ny"}), "a.tar") == {"a/b.md": "y"}


def test_single_packed_file():
    import gzip

    assert members(gzip.compress(b"plain text"), "notes.txt.gz") == {"notes.txt": "plain text"}


def test_containers_in_containers():
    inner = zipped(**{"x.txt": "deep text"})
    message = mail("Plan", "See inside.", **{"inner.zip": inner, "logo.png": b"\x89PNG\0"})
    message.add_attachment(mail("Forwarded", "Old text.", **{"old.csv": "a,b\n1,2\n"}))
    found = members(zipped(**{"m.eml": message.as_bytes()}), "outer.zip")
    assert found["m.eml!/inner.zip!/x.txt"] == "deep text"
    assert found["m.eml!/attachment-3.eml!/old.csv"] == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert found["m.eml"] == "Attachments: inner.zip, logo.png, attachment-3.eml"
    assert not any("logo" in name for name in found)  # a mail's pictures have no text to miss


def test_mbox():
    first = (
        mail("One", "First message.\n\nFrom here on it goes on.").as_bytes().replace(b"\nFrom here", b"\n>From here")
    )
    box = b"".join(
        b"From a@example.com Mon Jan  1 00:00:00 2024\n" + one + b"\n"
        for one in (first, mail("二", "第二封。").as_bytes())
    )
    found = members(box, "inbox.mbox")
    assert found == {"00001.eml": "From here on it goes on.", "00002.eml": "第二封。"}
    assert members(box, "Inbox") == found


def test_twice_the_same_name():
    message = mail("Twice", "x", **{"a.txt": "first"})
    message.add_attachment("second", filename="a.txt")
    assert members(message.as_bytes(), "a.eml") == {"a.txt": "first", "a~2.txt": "second"}


# --- in a run -------------------------------------------------------------------------------------------------------


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "plain.md").write_text("# Plain\n\nPlain text.\n", encoding="utf-8")
    (folder / "all.zip").write_bytes(zipped(**PARTS))
    return folder


def paths(catalog):
    return {document.path for document in catalog.documents.list()}


def test_members_become_documents_and_vanish_with_their_container(make_pipeline, catalog, embedder, box):
    pipeline = make_pipeline()
    report = pipeline.run([box], access=frozenset({"hr"}))
    assert paths(catalog) == {"plain.md", "all.zip", "all.zip!/hr/leave.txt", "all.zip!/差旅.md"}
    assert [(entry.path, entry.reason) for entry in report.quarantine] == [
        ("all.zip!/broken.pdf", "the name says .pdf but the content is no PDF")
    ]
    assert {document.access for document in catalog.documents.list()} == {frozenset({"hr"})}

    again = pipeline.run([box])
    assert (again.documents.unchanged, again.documents.removed, again.documents.quarantined) == (4, 0, 1)

    pipeline.run([box / "all.zip"], access=frozenset({"sales"}))
    assert catalog.documents.by_path("all.zip!/差旅.md").access == {"sales"}

    embedder.embedded.clear()
    changed = {**PARTS, "new.txt": "A new file."}
    del changed["broken.pdf"], changed["差旅.md"]
    (box / "all.zip").write_bytes(zipped(**changed))
    report = pipeline.run([box])
    assert (report.documents.added, report.documents.updated, report.documents.removed) == (1, 1, 1)
    assert paths(catalog) == {"plain.md", "all.zip", "all.zip!/hr/leave.txt", "all.zip!/new.txt"}
    assert catalog.quarantine.list() == []
    assert len(embedder.embedded) == 2  # the new file and the archive's list

    (box / "all.zip").unlink()
    assert pipeline.run([box]).documents.removed == 3
    assert paths(catalog) == {"plain.md"}


def test_container_that_becomes_unreadable_takes_its_members(make_pipeline, catalog, box):
    pipeline = make_pipeline()
    pipeline.run([box])
    (box / "all.zip").write_bytes(b"PK\x03\x04 broken")
    pipeline.run([box])
    assert paths(catalog) == {"plain.md"}
    assert [entry.path for entry in catalog.quarantine.list()] == ["all.zip"]


def test_moved_archive_is_not_embedded_again(make_pipeline, catalog, embedder, box):
    pipeline = make_pipeline()
    pipeline.run([box])
    embedder.embedded.clear()
    shutil.move(box / "all.zip", box / "moved.zip")
    pipeline.run([box])
    assert "moved.zip!/差旅.md" in paths(catalog)
    assert not any(path.startswith("all.zip") for path in paths(catalog))
    assert len(embedder.embedded) == 1  # the archive's list, whose title is the new name


def test_folder_that_looks_like_a_container(make_pipeline, catalog, box):
    (box / "all.zip!").mkdir()
    (box / "all.zip!" / "own.md").write_text("# Own\n\nOwn text.\n", encoding="utf-8")
    pipeline = make_pipeline()
    pipeline.run([box])
    assert "all.zip!/own.md" in paths(catalog)
    (box / "all.zip!" / "own.md").unlink()
    pipeline.run([box])
    assert "all.zip!/own.md" not in paths(catalog)


# --- in the child process -------------------------------------------------------------------------------------------


def test_a_member_that_kills_its_reader_is_lost_alone(tmp_path, monkeypatch):
    """The process runs a stand-in for a parser that crashes, found before the real one on the path."""
    import sys

    stand_in = tmp_path / "path"
    stand_in.mkdir()
    (stand_in / "sitecustomize.py").write_text(
        "import os, time\nfrom ingest.loaders import markdown\nreal = markdown.load\n"
        "def load(data, name, limits):\n"
        "    if b'crash' in data: os._exit(1)\n"
        "    if b'hang' in data: time.sleep(60)\n"
        "    return real(data, name, limits)\n"
        "markdown.load = load\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "path", [str(stand_in), *sys.path])
    path = tmp_path / "a.zip"
    inner = zipped(**{"in.md": "# inner", "crash2.md": "crash"})
    path.write_bytes(
        zipped(**{"1.md": "# one", "2.md": "crash", "3.md": "hang", "inner.zip": inner, "4.pdf": "x", "5.md": "# five"})
    )
    with Reader(Limits(seconds=3, memory_mb=600)) as reader:
        outcome = reader.read(Request(path))
    assert isinstance(outcome, LoadedDocument)
    found = {one.name: one.reason for one in outcome.members}
    assert {name for name, reason in found.items() if not reason} == {"1.md", "inner.zip!/in.md", "inner.zip", "5.md"}
    assert "crashed the reader" in found["2.md"]
    assert found["3.md"] == "took longer than 3 s to read"
    assert "crashed the reader" in found["inner.zip!/crash2.md"]
    assert "no PDF" in found["4.pdf"]


def test_archive_of_which_nothing_can_be_read_is_refused_whole(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"1.pdf": "x", "2.exe": b"MZ\0\0"}))
    with Reader(Limits(seconds=20, memory_mb=600)) as reader:
        outcome = reader.read(Request(path))
    assert isinstance(outcome, Unreadable)
    assert str(outcome) == "nothing in it can be read: the name says .pdf but the content is no PDF"
    assert outcome.content_hash
