"""Files embedded in PDFs: documents of their own, as the attachments of a mail are."""

import io
import sys
import zipfile
import zlib

import pytest

from ingest.loaders import load_bytes
from ingest.reading import Reader, Request
from ingest.types import Limits, LoadedDocument, Unreadable


def pdf(text: str, files: dict[str, bytes], passwords: tuple[str, str] | None = None) -> bytes:
    """A page with a text and embedded files, encrypted with a user's and an owner's password if there are any."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption(*passwords, strength=128) if passwords else None)
    canvas.drawString(72, 700, text)
    canvas.showPage()
    tree = []
    for name, content in files.items():
        entry = {"Type": PDFName("EmbeddedFile"), "Filter": PDFName("FlateDecode")}
        stream = canvas._doc.Reference(PDFStream(PDFDictionary(entry), zlib.compress(content)))
        spec = {"Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name)}
        spec["EF"] = PDFDictionary({"F": stream})
        tree += [PDFString(name), canvas._doc.Reference(PDFDictionary(spec))]
    if tree:
        canvas._doc.Catalog.Names = PDFDictionary({"EmbeddedFiles": PDFDictionary({"Names": PDFArray(tree)})})
    canvas.save()
    return buffer.getvalue()


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def members(data: bytes, name: str = "a.pdf", limits: Limits | None = None) -> dict[str, str]:
    """Of each member its first block's text, or the reason why it was refused."""
    found = load_bytes(data, name, limits).members
    return {one.name: one.document.blocks[0].text if one.document else f"! {one.reason}" for one in found}


def test_names_are_cleaned_and_other_kinds_only_named():
    files = {
        "../../etc/price.csv": b"a,b\n1,2\n",
        "C:\\tmp\\差旅.txt": "六百元".encode(),
        "..": b"Nameless text.",
        "logo.png": b"\x89PNG\0",
        "run.exe": b"MZ\0\0",
        "broken.docx": b"PK\x03\x04",
    }
    data = pdf("The offer itself.", files)
    found = members(data)
    nameless = next(name for name in found if name.startswith("attachment-"))
    assert found == {
        "price.csv": "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "差旅.txt": "六百元",
        nameless: "Nameless text.",
        "broken.docx": "! a damaged or truncated zip container",
    }
    last = load_bytes(data, "a.pdf").blocks[-1].text
    assert last.startswith("Attachments: ")
    assert set(last.removeprefix("Attachments: ").split(", ")) == {*found, "logo.png", "run.exe"}


def test_a_pdf_without_attachments_is_as_before():
    document = load_bytes(pdf("Nothing is attached.", {}), "a.pdf")
    assert [block.text for block in document.blocks] == ["Nothing is attached."]
    assert document.members == ()


def test_encrypted():
    files = {"in.txt": b"Readable inside."}
    assert members(pdf("Anyone may read.", files, ("", "owner"))) == {"in.txt": "Readable inside."}
    with pytest.raises(Unreadable, match="password"):
        load_bytes(pdf("Nobody may.", files, ("user", "owner")), "a.pdf")


def test_nested():
    third = pdf("Third.", {"fourth.pdf": pdf("Fourth.", {"deep.txt": b"Too deep."}), "note.txt": b"Deep enough."})
    found = members(zipped(**{"first.pdf": pdf("First.", {"second.zip": zipped(**{"third.pdf": third})})}), "a.zip")
    third_path = "first.pdf!/second.zip!/third.pdf"
    assert found["first.pdf"] == "First."
    assert found[third_path] == "Third."
    assert found[f"{third_path}!/note.txt"] == "! containers nested more than 3 deep"
    two = members(pdf("First.", {"third.pdf": third}))
    assert two["third.pdf!/fourth.pdf"] == "Fourth."
    assert two["third.pdf!/fourth.pdf!/deep.txt"] == "Too deep."


def test_limits():
    large = pdf("With a large file.", {"large.txt": b"x" * 2_000_000, "small.txt": b"Small."})
    assert members(large, limits=Limits(max_file_mb=1)) == {"large.txt": "! larger than 1 MiB", "small.txt": "Small."}
    bomb = pdf("With a bomb.", {"zeros.bin": bytes(30_000_000)})
    with pytest.raises(Unreadable, match="-fold"):
        load_bytes(bomb, "a.pdf")
    found = members(zipped(**{"bomb.pdf": bomb, "good.txt": b"Good."}), "a.zip")
    assert found["good.txt"] == "Good."
    assert "zip bomb" in found["bomb.pdf"]
    many = pdf("With many.", {f"{number}.txt": b"x" for number in range(510)})
    assert len(members(many)) == 500


def test_a_damaged_attachment_is_no_reason_to_refuse_the_pages():
    packed = zlib.compress(zipped(**{"word/document.xml": b"<x/>"}))
    data = pdf("Pages are fine.", {"a.docx": zlib.decompress(packed), "b.txt": b"Other."})
    assert packed in data
    assert members(data.replace(packed, b"?" * len(packed))) == {
        "a.docx": "! the name says .docx but the content is no Word document",
        "b.txt": "Other.",
    }


def test_attachments_come_change_and_vanish_with_their_pdf(make_pipeline, catalog, embedder, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    path = folder / "offer.pdf"
    path.write_bytes(pdf("The offer.", {"price.csv": b"a,b\n1,2\n", "note.txt": b"A note."}))
    pipeline = make_pipeline()
    pipeline.run([folder], access=frozenset({"sales"}))
    assert {document.path: document.access for document in catalog.documents.list()} == dict.fromkeys(
        ("offer.pdf", "offer.pdf!/price.csv", "offer.pdf!/note.txt"), frozenset({"sales"})
    )
    embedder.embedded.clear()
    assert pipeline.run([folder]).documents.unchanged == 3
    path.write_bytes(pdf("The offer.", {"price.csv": b"a,b\n1,3\n", "note.txt": b"A note."}))
    pipeline.run([folder])
    assert len(embedder.embedded) == 1  # the changed table
    path.write_bytes(pdf("The offer.", {}))
    pipeline.run([folder])
    assert [document.path for document in catalog.documents.list()] == ["offer.pdf"]


def test_a_pdf_that_kills_its_reader_is_lost_alone(tmp_path, monkeypatch):
    """The process runs a stand-in for a library that crashes on one PDF's attachments and on one attachment."""
    stand_in = tmp_path / "path"
    stand_in.mkdir()
    (stand_in / "sitecustomize.py").write_text(
        "import os\nfrom ingest.loaders import markdown, pdf_attachments\n"
        "read, unpack = markdown.load, pdf_attachments.members\n"
        "def load(data, name, limits):\n"
        "    if b'crash' in data: os._exit(1)\n"
        "    return read(data, name, limits)\n"
        "def members(document, packed, limits):\n"
        "    if 'crash.bin' in pdf_attachments.names(document): os._exit(1)\n"
        "    return unpack(document, packed, limits)\n"
        "markdown.load, pdf_attachments.members = load, members\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "path", [str(stand_in), *sys.path])
    path = tmp_path / "a.zip"
    held = {"1.md": b"# one", "2.md": b"crash", "3.md": b"# three"}
    parts = {"bad.pdf": pdf("Bad.", {"crash.bin": b"x"}), "good.pdf": pdf("Good.", held), "last.md": b"# last"}
    path.write_bytes(zipped(**parts))
    with Reader(Limits(seconds=20, memory_mb=600)) as reader:
        outcome = reader.read(Request(path))
    assert isinstance(outcome, LoadedDocument)
    found = {one.name: one.reason for one in outcome.members}
    read = {"good.pdf", "good.pdf!/1.md", "good.pdf!/3.md", "last.md"}
    assert {name for name, reason in found.items() if not reason} == read
    assert "crashed the reader" in found["bad.pdf"]
    assert "crashed the reader" in found["good.pdf!/2.md"]
    assert len(found) == 6
