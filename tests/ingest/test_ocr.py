"""Pictures of text through tesseract where it is installed, and what is said where it is not."""

import io
import shutil
import subprocess

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.loaders import load_bytes, ocr
from ingest.types import Limits, Unreadable

needs_tesseract = pytest.mark.skipif(ocr.engine() is None, reason="needs tesseract")
LINES = ["Travel expenses policy", "Hotels cost at most 600 CNY a night.", "Ask the travel team in advance."]


def picture(lines=LINES, size=36):
    image = Image.new("L", (1000, 80 + 70 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 70 * number), line, font=ImageFont.load_default(size), fill="black")
    return image


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def scanned_pdf(image, pages=1):
    """A PDF whose pages hold nothing but a picture, as scanners make them."""
    buffer = io.BytesIO()
    image.save(buffer, "PDF", resolution=100, save_all=True, append_images=[image] * (pages - 1))
    return buffer.getvalue()


@needs_tesseract
def test_image_with_text():
    document = load_bytes(png(picture()), "photo.png")
    text = " ".join(block.text for block in document.blocks)
    assert "at most 600 CNY a night" in text
    assert document.metadata["ocr"] == "tesseract"
    assert int(document.metadata["ocr_confidence"]) > 70


@needs_tesseract
def test_scanned_pages_beside_written_ones():
    import pypdfium2 as pdfium
    from test_hostile_files import many_pages

    both = pdfium.PdfDocument.new()
    for data in (many_pages(1), scanned_pdf(picture())):
        both.import_pages(pdfium.PdfDocument(data))
    buffer = io.BytesIO()
    both.save(buffer)
    document = load_bytes(buffer.getvalue(), "a.pdf")
    assert document.blocks[0].page == 1
    assert "Page text number 1" in document.blocks[0].text
    assert any("600 CNY" in block.text and block.page == 2 for block in document.blocks)
    assert document.metadata["ocr_pages"] == "1"


@needs_tesseract
def test_pages_beyond_the_limit_are_counted():
    document = load_bytes(scanned_pdf(picture(), pages=3), "a.pdf", Limits(max_ocr_pages=1))
    assert (document.metadata["ocr_pages"], document.metadata["pages without text"]) == ("1", "2")


@needs_tesseract
@pytest.mark.parametrize("image", [Image.effect_noise((600, 400), 80), Image.new("L", (600, 400), "white")])
def test_picture_without_text(image):
    with pytest.raises(Unreadable, match="without text"):
        load_bytes(png(image), "a.png")


def has_chinese_font() -> bool:
    listed = shutil.which("fc-list")
    return bool(listed and subprocess.run([listed, ":lang=zh-cn"], capture_output=True, check=True).stdout)


@needs_tesseract
@pytest.mark.skipif("chi_sim" not in (ocr.engine().languages if ocr.engine() else ()), reason="needs chi_sim")
@pytest.mark.skipif(not has_chinese_font(), reason="needs a font with Chinese letters to draw the page")
def test_chinese():
    import pypdfium2 as pdfium
    from test_loaders import pdf_bytes

    page = pdfium.PdfDocument(pdf_bytes(1))[0].render(scale=2.5).to_pil()
    document = load_bytes(png(page), "a.png")
    assert "员工出差应当事先提交申请" in "".join(block.text for block in document.blocks)


def test_without_tesseract_it_is_said(monkeypatch):
    monkeypatch.setattr(ocr, "engine", lambda: None)
    with pytest.raises(Unreadable, match="install tesseract"):
        load_bytes(png(picture()), "photo.png")
    with pytest.raises(Unreadable, match=r"no text found: .* install tesseract"):
        load_bytes(scanned_pdf(picture()), "a.pdf")


def test_huge_and_damaged_pictures(monkeypatch):
    monkeypatch.setattr(ocr, "engine", lambda: ocr.Engine("tesseract", "tesseract", ("eng",)))
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    with pytest.raises(Unreadable, match="million pixels"):
        load_bytes(buffer.getvalue(), "a.png")
    with pytest.raises(Unreadable, match="damaged"):
        load_bytes(png(picture())[:300], "a.png")


def test_chinese_letters_are_joined_and_columns_parted():
    rows = ["level\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"]
    for number, (left, width, text) in enumerate(
        [(100, 20, "差"), (122, 20, "旅"), (150, 40, "600"), (400, 80, "Rate")]
    ):
        rows.append(f"5\t1\t1\t1\t{number}\t{left}\t50\t{width}\t20\t95\t{text}")
    import csv

    found = ocr._lines(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE), 1, 1000)
    assert found.lines[0].text == "差旅600 Rate"
    assert [text for _, text in found.lines[0].cells] == ["差旅600", "Rate"]
    assert found.confidence == 95
