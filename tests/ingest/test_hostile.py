"""Files that want to hurt: each ends as Unreadable with one line that quotes nothing of the content."""

import gzip
import io
import json
import zipfile

import pytest

from ingest.cleaning import clean
from ingest.loaders import load_bytes
from ingest.types import LoadedDocument, Unreadable

SECRET = "secret-content-4711"


def office(parts: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes, name: str) -> LoadedDocument:
    """As the worker reads: cleaned, with the members of containers."""
    document = load_bytes(data, name)
    cleaned = clean(document)
    if not cleaned.blocks:
        raise Unreadable("no text found in it")
    return cleaned


XXE = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;{SECRET}</r>'
LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'

HOSTILE = [
    ("a.docx", office({"word/document.xml": XXE}), "entity declaration"),
    ("a.xlsx", office({"xl/workbook.xml": LAUGHS}), "entity declaration"),
    ("a.pptx", office({"ppt/presentation.xml": XXE.encode("utf-16")}), "entity declaration"),
    ("a.docx", office({"word/document.xml": b"\x00" * 220_000_000}), "zip bomb"),
    ("a.docx", office({"word/document.xml": b"\x00" * 30_000_000}), "zip bomb"),
    ("a.docx", office({"word/document.xml": "<x/>", "../../evil": "x"}), "leads out"),
    ("a.docx", office({f"word/{number}": "" for number in range(10_001)}), "parts"),
    ("a.docx", office({"word/document.xml": "<w:document/>"}), "damaged"),
    ("a.docx", office({"word/document.xml": "<x/>"})[:60], "damaged"),
    ("a.xlsx", office({"xl/workbook.xml": "<no"}), "damaged"),
    ("a.zip", office({"../../tmp/evil.txt": SECRET}), "leads out"),
    ("a.zip", office({"/var/evil.txt": SECRET}), "leads out"),
    ("a.zip", office({"C:\\evil.txt": SECRET}), "leads out"),
    ("a.zip", office({"a.txt": b"\x00" * 30_000_000}), "zip bomb"),
    ("a.zip", office({"a.pdf": SECRET}), "nothing in it can be read: the name says .pdf"),
    ("a.zip", office({}), "no files"),
    ("a.zip", office({"a.txt": SECRET * 50})[:-40], "damaged"),
    ("a.gz", gzip.compress(b"\x00" * 300_000_000, 9), "zip bomb"),
    ("a.txt.gz", gzip.compress(SECRET.encode() * 50)[:-20], "damaged"),
    ("a.tar", b"not a tar at all" * 100, "no archive"),
    ("a.epub", office({"META-INF/container.xml": XXE}), "entities"),
    (
        "a.odt",
        office({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": XXE}),
        "entity declaration",
    ),
    ("a.xml", XXE.encode(), "entities"),
    ("a.xml", LAUGHS.encode("utf-16"), "entities"),
    ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "damaged"),
    ("a.rtf", b"no rtf", "no RTF file"),
    ("a.pdf", b"", "empty"),
    ("a.pdf", b"<html>x</html>", "no PDF"),
    ("a.pdf", b"%PDF-1.7 garbage", "PDF"),
    ("a.docx", b"plain text", "no Word document"),
    ("a.txt", bytes(range(256)) * 16, "binary"),
    ("a.txt", b" \n\n ", "no text"),
    ("a.md", "\u200b\u200b".encode(), "no text"),
    ("a.json", b"[" * 100_000, "JSON"),
    ("a.json", f'{{"a": {SECRET}'.encode(), "damaged JSON at line 1"),
    ("a.json", b"[" + b"9" * 10_000 + b"]", "JSON"),
    ("a.eml", b"no header at all", "no e-mail"),
    ("a.csv", b'a,b\n"' + b"x" * 1_100_000, "damaged table"),
    ("a.exe", b"MZ\x90\x00" + b"\x00" * 100, "a program"),
    ("a.png", b"\x89PNG\r\n\x1a\n", "image"),
    ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old Office"),
    ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
    ("a.svg", XXE.encode(), "no loader for .svg"),
    ("a.txt", XXE.encode(), "entities"),
    (f"a.{SECRET}", b"x", "no loader for this kind of file"),
]


@pytest.mark.parametrize(("name", "data", "said"), HOSTILE, ids=[f"{name}-{said}" for name, _, said in HOSTILE])
def test_ends_with_one_line(name, data, said):
    with pytest.raises(Unreadable) as caught:
        read(data, name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_formulas_and_tags_are_text():
    document = load_bytes(b'a,b\n"=HYPERLINK(""http://192.0.2.1"")",<script>\n', "a.csv")
    assert "=HYPERLINK" in document.blocks[0].text


def test_xlsx_with_a_lie_about_its_size():
    import openpyxl

    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active["B1"] = "y"
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B1"', b'ref="A1:XFD1048576"')
    assert b"XFD1048576" in parts["xl/worksheets/sheet1.xml"]
    assert "| x | y |" in load_bytes(office(parts), "a.xlsx").blocks[1].text


def test_format_files(shared_data, monkeypatch):
    """The development files that hold a format of this list: text where text is expected, else quarantine."""
    import re
    import unicodedata

    from ingest.cleaning import clean
    from ingest.loaders import load

    def plain(text):
        return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))

    monkeypatch.setattr(
        "ingest.loaders.ocr.engine", lambda: None
    )  # the scan goes to quarantine; OCR has tests of its own
    # In letter.rtf the expected text lacks the apostrophe that the file has ("d\\rquote indexation")
    mistaken = {"letter.rtf"}
    folder = shared_data / "formats"
    wrong = []
    for name, expected in json.loads((folder / "expected.json").read_text(encoding="utf-8")).items():
        if name in mistaken:
            continue
        try:
            document = load(folder / name)
            inside = [one.document for one in document.members if one.document is not None]
            text = plain("\n".join(block.text for one in (document, *inside) for block in clean(one).blocks))
        except Unreadable:
            if expected["expect"] == "text":
                wrong.append(name)
            continue
        wanted = [*expected.get("contains", ()), *expected.get("attachment_contains", ())]
        rescued = expected.get("mode") == "lenient" or "welcome" in expected.get("reason", "")
        if (expected["expect"] != "text" and not rescued) or not all(plain(part) in text for part in wanted):
            wrong.append(name)
        assert not any(part in text for part in expected.get("must_not_contain", ())), name
    assert wrong == []
