"""A folder full of files that want to hurt: the good ones are in, the bad ones in quarantine, nothing else changes."""

import io
import os
import socket
import tarfile
import zipfile
from dataclasses import replace

import pytest
from conftest import Options

from ingest.reading import Reader, Request
from ingest.sources import read_regular_file
from ingest.types import Limits, LoadedDocument, Unreadable

MIB = 1024 * 1024


def zipped(**parts: "str | bytes") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb_of_archives() -> bytes:
    """Like 42.zip: archives in archives, five deep, sixteen wide."""
    content: bytes = zipped(**{"zeros.txt": bytes(4 * MIB)})
    for _ in range(5):
        content = zipped(**{f"{number}.zip": content for number in range(16)})
    return content


def tar_that_leads_out() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../plumbline-escaped.txt"), io.BytesIO(b""))
    return buffer.getvalue()


def many_pages(count: int) -> bytes:
    """A PDF of `count` pages, written by hand: small, and quick to make."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(count))),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(count):
        text = b"BT /F1 12 Tf 72 700 Td (Page text number %d of the long report.) Tj ET" % (number + 1)
        page = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects += [page % (5 + 2 * number), b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table))


BAD = {
    "bomb.zip": (bomb_of_archives, "containers nested more than 3 deep"),
    "zeros.zip": (lambda: zipped(**{"zeros.txt": bytes(30 * MIB)}), "zip bomb"),
    "out.zip": (lambda: zipped(**{"../../plumbline-escaped.txt": "x"}), "leads out"),
    "out.tgz": (tar_that_leads_out, "leads out"),
    "laughs.xml": (lambda: b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>', "entities"),
    "external.xml": (lambda: b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>', "external"),
    "empty.pdf": (lambda: b"", "empty"),
    "web.pdf": (lambda: b"<html><p>x</p></html>", "no PDF"),
    "noise.txt": (lambda: bytes(range(256)) * 20, "binary"),
    "cut.docx": (lambda: zipped(**{"word/document.xml": "<x/>"})[:50], "damaged"),
}


def test_a_folder_of_hostile_files(make_pipeline, catalog, source, tmp_path, monkeypatch):
    outside = tmp_path / "outside.md"
    outside.write_text("# Outside\n", encoding="utf-8")
    for name, (make, _) in BAD.items():
        (source / name).write_bytes(make())
    with (source / "line.txt").open("wb") as file:
        file.truncate(1024 * MIB)  # a single line of 1 GiB, without the disk for it
    (source / "loop").symlink_to(source)
    (source / "out.md").symlink_to(outside)
    (source / "zero.txt").symlink_to("/dev/zero")
    os.mkfifo(source / "pipe.md")
    odd = [b"new\nline.md", b"bad\xff.md", "rtl\u202etxt.md".encode(), b"x" * 252 + b".md"]
    for name in odd:
        with open(os.fsencode(source) + b"/" + name, "w", encoding="utf-8") as file:  # noqa: PTH123 - names that are no UTF-8
            file.write("# Odd name\n")
    monkeypatch.chdir(source)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        report = make_pipeline(Options(max_file_mb=60)).run([source])

    reasons = {entry.path: entry.reason for entry in report.quarantine}
    assert set(reasons) == {*BAD, "line.txt", "pipe.md", "socket.md"}
    assert {name: reasons[name] for name, (_, said) in BAD.items() if said not in reasons[name]} == {}
    assert "more than max_file_mb" in reasons["line.txt"]
    assert "not a regular file" in reasons["pipe.md"]
    assert all("\n" not in reason for reason in reasons.values())
    found = {document.path for document in catalog.documents.list()}
    assert {"travel.md", "leave.txt", "hr/pay.csv"} < found
    assert len(found) == 3 + len(odd)
    assert not (tmp_path / "plumbline-escaped.txt").exists()
    assert not (tmp_path.parent / "plumbline-escaped.txt").exists()


def test_large_but_honest_files_are_read(tmp_path):
    (tmp_path / "long.pdf").write_bytes(many_pages(5000))
    picture = (
        b"<html><body><p>before</p><img src='data:image/png;base64,"
        + b"iVBORw0KGgo" * (50 * MIB // 11)
        + b"'><p>after</p>"
    )
    (tmp_path / "picture.html").write_bytes(picture)
    with Reader(Limits(seconds=120)) as reader:
        long, page = reader.read_all(Request(tmp_path / name) for name in ("long.pdf", "picture.html"))
    assert isinstance(long, LoadedDocument)
    assert long.pages == 5000
    assert "Page text number 5000 of" in long.blocks[-1].text
    assert isinstance(page, LoadedDocument)
    assert [block.text for block in page.blocks] == ["before", "after"]


def test_page_limit_is_said(tmp_path):
    (tmp_path / "long.pdf").write_bytes(many_pages(30))
    with Reader(replace(Limits(), max_pages=10)) as reader:
        document = reader.read(Request(tmp_path / "long.pdf"))
    assert (document.pages, document.metadata["pages left out"]) == (10, "20")


def test_file_that_changes_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_text("first", encoding="utf-8")
    real = os.fstat

    def growing(descriptor):
        status = real(descriptor)
        if status.st_ino == path.stat().st_ino and status.st_size == 5:
            path.write_text("first and second", encoding="utf-8")
        return status

    monkeypatch.setattr("ingest.sources.os.fstat", growing)
    with pytest.raises(Unreadable, match="changed while it was read") as caught:
        read_regular_file(path, 1)
    assert caught.value.passing


def test_no_permission_is_a_passing_reason(tmp_path, unprivileged):
    path = tmp_path / "a.md"
    path.write_text("x", encoding="utf-8")
    path.chmod(0)
    with unprivileged(), pytest.raises(Unreadable, match="cannot be opened: Permission denied") as caught:
        read_regular_file(path, 1)
    assert caught.value.passing
