"""Old Office formats, OpenDocument, RTF and Outlook: small files made here (or, where nothing writes them, kept)."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from ole_writer import attachment_tree, msg_tree, ole_bytes

from ingest.cleaning import clean
from ingest.loaders import load, load_bytes
from ingest.types import Unreadable

KEPT = Path(__file__).parent / "data"
TRAVEL = [
    ("heading", "住宿标准"),
    ("text", "住宿费上限为每晚600元。"),
    ("heading", "Approval"),
    ("text", "The head of department approves every trip “in advance”."),
    ("list", "- one\n- two"),
    ("table", "| City | Rate |\n| --- | --- |\n| Rome | 100 |\n| Bonn | 120 |"),
    ("text", "After the table."),
]


def blocks(document):
    return [(block.kind, block.text) for block in clean(document).blocks]


def refusal(data, name):
    """Why it cannot be read; empty when it can."""
    try:
        load_bytes(data, name)
    except Unreadable as error:
        return str(error)
    return ""


def test_doc_without_headers_and_hidden_text():
    document = load(KEPT / "travel.doc")
    assert blocks(document) == TRAVEL
    assert (document.format, document.title, document.metadata["author"]) == ("doc", "差旅制度", "Plumbline tests")


def test_xls_without_hidden_sheets():
    assert blocks(load(KEPT / "prices.xls")) == [
        ("heading", "价格"),
        ("text", "价目表 2025"),
        ("table", "| 型号 | 价格 | 折扣 | 起始 |\n| --- | --- | --- | --- |\n| T-1 | ¥1200.5 | 15% | 2025-07-01 |"),
        ("text", "备注：含税"),
    ]


@pytest.mark.parametrize("name", ["travel.doc", "prices.xls"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_cut_off_ole_files(name, share):
    data = (KEPT / name).read_bytes()
    reason = refusal(data[: int(len(data) * share)], name)
    assert "\n" not in reason


def test_locked_doc():
    data = bytearray((KEPT / "travel.doc").read_bytes())
    place = data.find(b"\xec\xa5\xc1\x00") if b"\xec\xa5\xc1\x00" in data else data.find(b"\xec\xa5")
    data[place + 11] |= 0x01
    with pytest.raises(Unreadable, match="password"):
        load_bytes(bytes(data), "a.doc")


def test_programs_save_web_pages_and_tables_under_old_names():
    assert blocks(load_bytes(b"<html><body><p>x y</p></body></html>", "a.doc")) == [("text", "x y")]
    assert blocks(load_bytes("名,值\n甲,1\n".encode("gb18030"), "a.xls"))[0][0] == "table"
    assert blocks(load_bytes(b"{\\rtf1 plain}", "a.doc")) == [("text", "plain")]


RTF = rb"""{\rtf1\ansi\ansicpg936\deff0{\fonttbl{\f0\fnil\fcharset134 SimSun;}{\f1\fswiss\fcharset0 Arial;}}
{\stylesheet{\s0 Normal;}{\s1\sbasedon0 heading 1;}}{\info{\title Travel}{\author A. Writer}}
{\header Confidential header\par}
\pard\s1\b\'d7\'a1\'cb\'de\b0\par
\pard\plain\f0 \'b2\'ee\'c2\'c3 {\v hidden} 600\u20803 ?.\line next\par
\pard\f1 caf\'e9 \rquote x\rquote  a\~b\par
{\pntext\'b7\tab}\pard\ls1 one\par
\pard\ls1 two\par
\trowd\cellx100\cellx200\pard\intbl City\cell Rate\cell\row
\trowd\cellx100\cellx200\pard\intbl Rome\cell 100\cell\row
\pard Note{\footnote The note.} here {\field{\*\fldinst HYPERLINK "http://192.0.2.1"}{\fldrslt linked}}.\par}"""


def test_rtf():
    document = load_bytes(RTF, "a.rtf")
    assert (document.title, dict(document.metadata)) == ("Travel", {"author": "A. Writer"})
    assert blocks(document) == [
        ("heading", "住宿"),
        ("text", "差旅 600元.\nnext"),
        ("text", "café ’x’ a b"),
        ("list", "- one\n- two"),
        ("table", "| City | Rate |\n| --- | --- |\n| Rome | 100 |"),
        ("text", "Note here linked."),
        ("list", "- The note."),
    ]


@pytest.mark.parametrize(
    "data", [b"{\\rtf1" + b"{" * 100_000, b"{\\rtf1 \\u99999999999 x}", b"{\\rtf1\\'", b"{\\rtf1 \\"]
)
def test_damaged_rtf_ends(data):
    assert refusal(data, "a.rtf") in {"nested too deep", "no text found in it", ""}


NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in [
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("draw", "drawing"),
        ("style", "style"),
        ("presentation", "presentation"),
    ]
)


def odf(kind: str, body: str, styles: str = "", **parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr(
            "content.xml",
            f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body>{body}</office:body></office:document-content>",
        )
        for name, text in parts.items():
            archive.writestr(name.replace("_", "/", 1).replace("_", "."), text)
    return buffer.getvalue()


def test_odt():
    body = """<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>
    <text:h text:outline-level="2">住宿</text:h><text:p>A<text:s text:c="2"/>B<text:note>
    <text:note-citation>1</text:note-citation>
    <text:note-body><text:p>The note.</text:p></text:note-body></text:note>
    <text:span text:style-name="T1">hidden</text:span></text:p>
    <text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>inner</text:p>
    </text:list-item></text:list>
    </text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>City</text:p>
    </table:table-cell>
    <table:table-cell><text:p>Rate</text:p></table:table-cell></table:table-row><table:table-row>
    <table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row>
    </table:table>
    </office:text>"""
    hidden = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    assert blocks(load_bytes(odf("text", body, hidden), "a.odt")) == [
        ("heading", "住宿"),
        ("text", "A B"),
        ("list", "- one\n  - inner"),
        ("table", "| City | Rate |\n| --- | --- |\n| x | x |"),
        ("list", "- The note."),
    ]


def test_ods_with_a_million_empty_rows():
    body = """<office:spreadsheet><table:table table:name="价格"><table:table-row><table:table-cell><text:p>a</text:p>
    </table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell>
    <table:table-cell table:number-columns-repeated="16382"/>
    </table:table-row><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell>
    <text:p>2</text:p>
    </table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1048574"><table:table-cell/>
    </table:table-row>
    </table:table><table:table table:name="secret" table:style-name="ta2"><table:table-row><table:table-cell>
    <text:p>hidden</text:p>
    </table:table-cell></table:table-row></table:table></office:spreadsheet>"""
    hidden = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    assert blocks(load_bytes(odf("spreadsheet", body, hidden), "a.ods")) == [
        ("heading", "价格"),
        ("table", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
    ]


def test_odp():
    body = """<office:presentation><draw:page><draw:frame><draw:text-box><text:p>body text</text:p></draw:text-box>
    </draw:frame>
    <draw:frame presentation:class="title"><draw:text-box><text:p>Results</text:p></draw:text-box></draw:frame>
    <presentation:notes><draw:frame><draw:text-box><text:p>Say it slowly.</text:p></draw:text-box></draw:frame>
    </presentation:notes>
    </draw:page></office:presentation>"""
    document = load_bytes(odf("presentation", body), "a.odp")
    assert [(block.kind, block.text, block.page) for block in document.blocks] == [
        ("heading", "Results", 1),
        ("text", "body text", 1),
        ("text", "Say it slowly.", 1),
    ]


def test_locked_and_hostile_odf():
    manifest = '<m xmlns:manifest="urn:x"><manifest:encryption-data/></m>'
    with pytest.raises(Unreadable, match="password"):
        load_bytes(odf("text", "", **{"META-INF_manifest_xml": manifest}), "a.odt")
    with pytest.raises(Unreadable, match="entity declaration"):
        load_bytes(
            odf("text", "", meta_xml='<!DOCTYPE m [<!ENTITY a "b">]><m/>').replace(b"meta/xml", b"meta.xml"), "a.odt"
        )
    with pytest.raises(Unreadable, match="damaged"):
        load_bytes(odf("text", ""), "a.odt")


def outlook() -> bytes:
    inner = msg_tree({"0037": "Inner", "1000": "Forwarded text."})
    texts = {
        "0037": "搬迁通知",
        "0C1A": "A Sender",
        "5D01": "a@example.com",
        "0E04": "b@example.com",
        "1000": "We move.",
    }
    attached = (attachment_tree("plan.csv", b"a,b\n1,2\n"), attachment_tree("fwd", inner))
    return ole_bytes(msg_tree(texts, attached, sent=133_500_000_000_000_000))


def test_msg():
    document = load_bytes(outlook(), "a.msg")
    assert (document.title, document.metadata["date"]) == ("搬迁通知", "2024-01-17")
    assert blocks(document) == [
        ("heading", "搬迁通知"),
        ("text", "From: A Sender <a@example.com>\nTo: b@example.com\nDate: 2024-01-17 21:20 UTC"),
        ("text", "We move."),
        ("text", "Attachments: plan.csv, fwd"),
    ]
    assert [(member.name, blocks(member.document)[-1][1]) for member in document.members] == [
        ("plan.csv", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("fwd.txt", "Forwarded text."),
    ]


def test_compressed_rtf_of_outlook():
    from ingest.loaders.lzfu import decompressed_rtf

    # The example in [MS-OXRTFCP] 4.1.1
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0".replace(
            " ", ""
        )
    )
    assert decompressed_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def strict(data: bytes) -> bytes:
    """An Office file as Word and Excel save it in the strict form of ISO/IEC 29500."""
    # What packs the parts together is another standard, whose names stay
    usual = re.compile(rb"http://schemas\.openxmlformats\.org/(?!package)([A-Za-z]+)/2006/([A-Za-z]+)")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w") as out:
        for name in archive.namelist():
            out.writestr(name, usual.sub(rb"http://purl.oclc.org/ooxml/\1/\2", archive.read(name)))
    return buffer.getvalue()


def saved(file) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_the_strict_form_is_read_like_the_usual_one():
    import docx
    import openpyxl
    import pptx

    text = docx.Document()
    text.add_heading("Travel", 1)
    text.add_paragraph("Hotels cost at most 600.")
    book = openpyxl.Workbook()
    book.active.append(["City", "Rate"])
    book.active.append(["Köln", 120])
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[5]).shapes.title.text = "Budget 2025"
    for file, name in ((text, "a.docx"), (book, "a.xlsx"), (slides, "a.pptx")):
        usual = saved(file)
        assert blocks(load_bytes(strict(usual), name)) == blocks(load_bytes(usual, name))
        assert blocks(load_bytes(usual, name))


def test_binary_workbook_says_what_to_do():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr("xl/workbook.bin", b"x")
    assert "save a binary one (.xlsb) as .xlsx" in refusal(buffer.getvalue(), "a.xlsx")
