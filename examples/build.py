"""Build the demo company's Word, PowerPoint, Excel, PDF and e-mail files from their readable sources.

`source/documents/policies/travel.pdf.md` becomes `documents/policies/travel.pdf`; the inner suffix picks the format.
Markdown, text, HTML and CSV files are written by hand in `documents/` and need no building. The same sources always
give the same bytes.
"""

import argparse
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "source" / "documents"
DOCUMENTS = HERE / "documents"
COMPANY = "Quellmark Instruments"
# A TrueType font with Latin and Chinese glyphs: reportlab cannot embed the CFF outlines of Noto CJK.
FONTS = [
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
]


class BuildError(Exception):
    """A source cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Block:
    """One piece of a page: `kind` is heading, text, bullets, steps, table, code or break."""

    kind: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    level: int = 0


@dataclass(frozen=True)
class Source:
    """A source file: its front matter and the text below it."""

    meta: dict[str, str]
    body: str

    @property
    def date(self) -> datetime:
        """The document's date, which also stands for every timestamp inside the file."""
        return datetime.fromisoformat(self.meta["date"])


def read_source(path: Path) -> Source:
    """Split a source into front matter and body; the front matter needs `title` and `date`."""
    text = path.read_text(encoding="utf-8")
    match = re.match(r"---\n(.*?)\n---\n(.*)\Z", text, re.DOTALL)
    if match is None:
        raise BuildError(f"{path}: no front matter; start the file with a --- block that has title and date")
    meta = dict(line.split(": ", 1) for line in match[1].splitlines())
    missing = {"title", "date"} - meta.keys()
    if missing:
        raise BuildError(f"{path}: front matter lacks {', '.join(sorted(missing))}")
    return Source(meta, match[2])


def blocks(text: str) -> Iterator[Block]:
    """Read the small part of Markdown that the sources use."""
    for part in re.split(r"\n{2,}", text.strip()):
        lines = part.split("\n")
        first = lines[0]
        if heading := re.match(r"(#+) (.*)", first):
            yield Block("heading", (heading[2],), level=len(heading[1]))
            if rest := "\n".join(lines[1:]).strip():
                yield from blocks(rest)
        elif first.strip() == "---":
            yield Block("break")
        elif first.startswith("```"):
            yield Block("code", tuple(lines[1:-1]))
        elif first.startswith("|"):
            rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            yield Block("table", rows=tuple(row for row in rows if not re.fullmatch(r"[-: ]+", "".join(row))))
        elif first.startswith("- "):
            yield Block("bullets", tuple(line.removeprefix("- ") for line in lines))
        elif re.match(r"\d+\. ", first):
            yield Block("steps", tuple(re.sub(r"^\d+\. ", "", line) for line in lines))
        else:
            # Chinese lines join without a space, English ones with.
            joined = re.sub(r"(?<=[^\x00-\x7f])\n(?=[^\x00-\x7f])", "", part).replace("\n", " ")
            yield Block("text", (joined,))


def plain(text: str) -> str:
    """Drop the marks for bold and code."""
    return text.replace("**", "").replace("`", "")


def fixed_zip(data: bytes) -> bytes:
    """Rewrite an Office file so that its bytes depend on its content only, not on the clock."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def build_docx(path: Path) -> bytes:
    """A Word document with headings, lists and tables."""
    import docx
    from docx.oxml.ns import qn

    source = read_source(path)
    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name = "Calibri"
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Microsoft YaHei")
    properties = document.core_properties
    properties.title, properties.author = source.meta["title"], source.meta.get("author", COMPANY)
    properties.created = properties.modified = source.date
    document.add_heading(source.meta["title"], 0)
    for block in blocks(source.body):
        if block.kind == "heading":
            document.add_heading(plain(block.lines[0]), block.level)
        elif block.kind == "table":
            table = document.add_table(len(block.rows), len(block.rows[0]), style="Light Grid Accent 1")
            for i, row in enumerate(block.rows):
                for j, cell in enumerate(row):
                    table.cell(i, j).text = plain(cell)
            document.add_paragraph()
        elif block.kind == "break":
            document.add_page_break()
        else:
            style = {"bullets": "List Bullet", "steps": "List Number", "code": "No Spacing"}.get(block.kind)
            for line in block.lines:
                document.add_paragraph(plain(line), style)
    out = io.BytesIO()
    document.save(out)
    return fixed_zip(out.getvalue())


def build_pptx(path: Path) -> bytes:
    """Slides: every `#` heading starts one; lists and paragraphs fill the box, a table sits below."""
    from pptx import Presentation
    from pptx.util import Inches, Pt

    source = read_source(path)
    deck = Presentation()
    properties = deck.core_properties
    properties.title, properties.author = source.meta["title"], source.meta.get("author", COMPANY)
    properties.created = properties.modified = source.date
    cover = deck.slides.add_slide(deck.slide_layouts[0])
    cover.shapes.title.text = source.meta["title"]
    cover.placeholders[1].text = f"{source.meta.get('author', COMPANY)} · {source.date:%Y-%m-%d}"
    slide, frame = cover, None
    for block in blocks(source.body):
        if block.kind == "heading":
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = plain(block.lines[0])
            frame = slide.placeholders[1].text_frame
        elif block.kind == "text" and block.lines[0].startswith("Notes: "):
            slide.notes_slide.notes_text_frame.text = block.lines[0].removeprefix("Notes: ")
        elif block.kind == "table":
            height = Inches(0.4 * len(block.rows))
            place = (Inches(0.6), Inches(6.9) - height, Inches(8.8), height)
            table = slide.shapes.add_table(len(block.rows), len(block.rows[0]), *place).table
            for i, row in enumerate(block.rows):
                for j, cell in enumerate(row):
                    table.cell(i, j).text = plain(cell)
                    table.cell(i, j).text_frame.paragraphs[0].font.size = Pt(14)
        elif frame is not None:
            for line in block.lines:
                paragraph = frame.paragraphs[0] if not frame.text else frame.add_paragraph()
                paragraph.text = plain(line)
                paragraph.font.size = Pt(20)
    out = io.BytesIO()
    deck.save(out)
    return fixed_zip(out.getvalue())


def build_xlsx(path: Path) -> bytes:
    """A workbook; the YAML source maps each sheet's name to its rows, the first row being the header."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    source = yaml.safe_load(path.read_text(encoding="utf-8"))
    book = Workbook()
    book.remove(book.active)
    for name, rows in source["sheets"].items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for number, column in enumerate(sheet.columns, 1):
            width = max(len(str(cell.value or "")) for cell in column)
            sheet.column_dimensions[get_column_letter(number)].width = min(60, 4 + 1.4 * width)
        sheet.freeze_panes = "A2"
    book.properties.title, book.properties.creator = source["title"], source.get("author", COMPANY)
    out = io.BytesIO()
    book.save(out)
    # openpyxl stamps the moment of saving; put the document's own date there.
    stamp = f"{datetime.fromisoformat(str(source['date'])):%Y-%m-%dT%H:%M:%SZ}".encode()
    data, fixed = io.BytesIO(out.getvalue()), io.BytesIO()
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(fixed, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)
            new.writestr(entry, content)
    return fixed_zip(fixed.getvalue())


def find_font() -> Path:
    """The first font of FONTS on this computer; BuildError says what to install."""
    for font in FONTS:
        if font.exists():
            return font
    raise BuildError("no Chinese TrueType font found; install one with: apt install fonts-wqy-microhei")


def build_pdf(path: Path) -> bytes:
    """A PDF with page numbers; the glyphs it uses are embedded, so it looks the same everywhere."""
    from xml.sax.saxutils import escape

    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import cm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    source = read_source(path)
    pdfmetrics.registerFont(TTFont("body", str(find_font()), subfontIndex=0))
    wrap = "CJK" if re.search(r"[\u4e00-\u9fff]", source.meta["title"]) else None
    text = ParagraphStyle("text", fontName="body", fontSize=10.5, leading=16, spaceAfter=7, wordWrap=wrap)
    cell_style = ParagraphStyle("cell", text, fontSize=9.5, leading=13, spaceAfter=0)
    code = ParagraphStyle("code", text, fontSize=9, leading=12, spaceAfter=0, backColor=colors.whitesmoke)
    sizes = {0: 20, 1: 15, 2: 12.5, 3: 11}

    def paragraph(line: str, style: ParagraphStyle = text, bullet: str | None = None) -> Paragraph:
        return Paragraph(escape(plain(line)), style, bulletText=bullet)

    def heading(line: str, level: int) -> Paragraph:
        size = sizes[min(level, 3)]
        style = ParagraphStyle(
            "heading",
            text,
            fontSize=size,
            leading=size * 1.4,
            spaceBefore=8,
            keepWithNext=1,
            textColor=colors.HexColor("#12405e"),
        )
        return paragraph(line, style)

    listed = ParagraphStyle("listed", text, leftIndent=16, bulletIndent=4, spaceAfter=3)
    story = [heading(source.meta["title"], 0)]
    for block in blocks(source.body):
        if block.kind == "heading":
            story.append(heading(block.lines[0], block.level))
        elif block.kind == "break":
            story.append(PageBreak())
        elif block.kind == "table":
            cells = [[paragraph(cell, cell_style) for cell in row] for row in block.rows]
            table = Table(cells, hAlign="LEFT", colWidths=[16.6 * cm / len(cells[0])] * len(cells[0]), repeatRows=1)
            table.setStyle(
                TableStyle(
                    [
                        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
                        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#dde8ef")),
                        ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ]
                )
            )
            story += [table, Spacer(1, 10)]
        elif block.kind in ("bullets", "steps"):
            for number, line in enumerate(block.lines, 1):
                story.append(paragraph(line, listed, "•" if block.kind == "bullets" else f"{number}."))
            story.append(Spacer(1, 5))
        else:
            story += [paragraph(line, code if block.kind == "code" else text) for line in block.lines]

    def footer(canvas: Any, template: Any) -> None:
        canvas.setFont("body", 8)
        canvas.drawString(2.2 * cm, 1.2 * cm, f"{COMPANY} · {source.meta['title']}")
        canvas.drawRightString(18.8 * cm, 1.2 * cm, str(template.page))

    out = io.BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=2.2 * cm,
        rightMargin=2.2 * cm,
        topMargin=2 * cm,
        bottomMargin=2 * cm,
        title=source.meta["title"],
        author=source.meta.get("author", COMPANY),
        invariant=1,
    )
    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def build_eml(path: Path) -> bytes:
    """An e-mail; the front matter gives from, to, cc and subject (the title), the body is its text."""
    source = read_source(path)
    message = EmailMessage()
    message["From"], message["To"] = source.meta["from"], source.meta["to"]
    if "cc" in source.meta:
        message["Cc"] = source.meta["cc"]
    message["Subject"] = source.meta["title"]
    message["Date"] = format_datetime(source.date.replace(tzinfo=ZoneInfo("Asia/Shanghai")))
    message["Message-ID"] = f"<{source.date:%Y%m%d%H%M}@quellmark.example.com>"
    message.set_content(source.body.strip() + "\n", cte="base64")
    return message.as_bytes()


BUILDERS: dict[str, Callable[[Path], bytes]] = {
    ".docx.md": build_docx,
    ".pptx.md": build_pptx,
    ".xlsx.yaml": build_xlsx,
    ".pdf.md": build_pdf,
    ".eml.md": build_eml,
}


def targets() -> Iterator[tuple[Path, Path, Callable[[Path], bytes]]]:
    """Every source with the path of its document (relative to `documents/`) and its builder, in order."""
    for path in sorted(SOURCES.rglob("*.*")):
        for suffix, builder in BUILDERS.items():
            if path.name.endswith(suffix):
                yield path, path.relative_to(SOURCES).with_suffix(""), builder
                break
        else:
            if path.is_file():
                raise BuildError(f"{path}: no builder; names end with one of {', '.join(BUILDERS)}")


def build(out: Path, skip: frozenset[str] = frozenset()) -> list[Path]:
    """Write every built document below `out` and return their relative paths; `skip` names suffixes like `.pdf`."""
    built = []
    for path, relative, builder in targets():
        if relative.suffix in skip:
            continue
        target = out / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(builder(path))
        built.append(relative)
    return built


def main() -> int:
    """Build from the command line; 0 when all is written, 1 with one line on stderr otherwise."""
    parser = argparse.ArgumentParser(description="Build the demo company's binary documents from their sources.")
    parser.add_argument("--out", type=Path, default=DOCUMENTS, help="folder to write to (default: documents/)")
    arguments = parser.parse_args()
    try:
        built = build(arguments.out)
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    print(f"{len(built)} documents written to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
