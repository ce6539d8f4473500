"""The scan for originals: every form is found in every kind of file, and a clean folder is clean."""

import base64
import gzip
import io
import json
import sqlite3
import zipfile
from urllib.parse import quote

import pytest

from app.leaks import read_originals, scan
from knowledge.errors import InvalidInput

PHONE = "13857126648"
NAME = "郝建平"
ORIGINALS = [(1, PHONE), (2, NAME)]


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (NAME.encode(), 2),
        (NAME.encode("utf-16-le"), 2),
        (NAME.encode("utf-16-be"), 2),
        (NAME.encode("gb18030"), 2),
        (json.dumps(NAME).encode(), 2),
        (json.dumps(NAME).replace("\\u", "\\u").upper().replace("\\U", "\\u").encode(), 2),
        (NAME.encode().hex().encode(), 2),
        (NAME.encode().hex().upper().encode(), 2),
        (quote(NAME).encode(), 2),
        (quote(NAME).lower().encode(), 2),
        *((base64.b64encode(b"x" * shift + NAME.encode() + b"more"), 2) for shift in range(3)),
        *((base64.urlsafe_b64encode(b"x" * shift + PHONE.encode() + b"?"), 1) for shift in range(3)),
        (b"138-5712-6648", 1),
        (b"(138) 5712 6648", 1),
        ("１３８５７１２６６４８".encode(), 1),
        (gzip.compress(PHONE.encode(), mtime=0), 1),
        (zipped(PHONE.encode()), 1),
        (zipped(zipped(NAME.encode())), 2),
    ],
)
def test_every_form_is_found(tmp_path, content, line):
    (tmp_path / "file").write_bytes(b"before " + content if content[:2] not in {b"PK", b"\x1f\x8b"} else content)
    report = scan(tmp_path, ORIGINALS)
    assert {leak.line for leak in report.leaks} == {line}
    assert NAME not in str(report)
    assert PHONE not in str(report)


def test_rows_are_searched_also_across_columns_and_pages(tmp_path):
    with sqlite3.connect(tmp_path / "catalog.sqlite") as database:
        database.execute("CREATE TABLE turns (text TEXT, vector BLOB)")
        database.execute("INSERT INTO turns VALUES (?, ?)", ("x" * 50_000 + NAME + "x" * 50_000, b"\x00"))
        database.execute("INSERT INTO turns VALUES (?, ?)", ("nothing", gzip.compress(PHONE.encode(), mtime=0)))
    database.close()
    report = scan(tmp_path, ORIGINALS)
    places = {(leak.line, leak.place) for leak in report.leaks}
    assert (2, "catalog.sqlite, table turns, row 1") in places
    assert any(line == 1 and place.startswith("catalog.sqlite, table turns, row 2") for line, place in places)
    assert report.rows == 2


def test_file_names_and_large_files(tmp_path):
    (tmp_path / f"{NAME}.md").write_text("x", encoding="utf-8")
    (tmp_path / "large").write_bytes(b"\x00" * (32 * 1024 * 1024 - 5) + PHONE.encode() + b"\x00" * 100)
    assert {leak.line for leak in scan(tmp_path, ORIGINALS).leaks} == {1, 2}


def test_a_clean_folder_and_longer_numbers_are_no_leak(tmp_path):
    (tmp_path / "file").write_bytes(b"order 9138571266480, phone 138-5712-6649, " + "郝建".encode())
    report = scan(tmp_path, [(1, "138 5712 6648"), (2, NAME)])
    assert report.leaks == ()
    assert (report.files, report.originals) == (1, 2)


def test_full_width_numbers_are_looked_for_too(tmp_path):
    (tmp_path / "file").write_bytes(b"call 138-5712-6648")
    assert {leak.line for leak in scan(tmp_path, [(1, "１３８５７１２６６４８")]).leaks} == {1}


def test_originals_come_one_per_line():
    assert read_originals("a1\n\n  b2 \n", "o.txt") == [(1, "a1"), (3, "b2")]
    with pytest.raises(InvalidInput, match=r"^o\.txt:2: one character"):
        read_originals("a1\nb\n", "o.txt")
    with pytest.raises(InvalidInput, match=r"^o\.txt: holds no originals"):
        read_originals("\n \n", "o.txt")
