"""E-books, XML, reStructuredText: small files made here."""

import io
import zipfile

import pytest

from ingest.cleaning import clean
from ingest.loaders import load_bytes
from ingest.types import Unreadable


def blocks(data, name):
    return [(block.kind, block.text) for block in clean(load_bytes(data, name)).blocks]


def epub(**parts: str) -> bytes:
    package = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:title>手册</dc:title><dc:creator>A. Writer</dc:creator></metadata><manifest>
    <item id="two" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
    <item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="css" href="a.css" media-type="text/css"/></manifest>
    <spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/><itemref idref="none"/></spine>
    </package>"""
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="OEBPS/p.opf"/></c>')
        archive.writestr("OEBPS/p.opf", package)
        archive.writestr("OEBPS/text/one.xhtml", page.format("<h1>One</h1><p>First&nbsp;page.</p>"))
        archive.writestr("OEBPS/text/two b.xhtml", page.format("<h1>二</h1><p>第二页。</p>"))
        archive.writestr("OEBPS/nav.xhtml", page.format("<p>Contents</p>"))
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_epub_in_the_order_of_its_spine():
    document = load_bytes(epub(), "a.epub")
    assert (document.title, document.metadata["author"]) == ("手册", "A. Writer")
    assert blocks(epub(), "a.epub") == [
        ("heading", "One"),
        ("text", "First page."),
        ("heading", "二"),
        ("text", "第二页。"),
    ]


def test_protected_epub():
    algorithm = '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'
    with pytest.raises(Unreadable, match="DRM"):
        load_bytes(epub(**{"META-INF/encryption.xml": algorithm}), "a.epub")
    fonts = '<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    assert load_bytes(epub(**{"META-INF/encryption.xml": fonts}), "a.epub").format == "epub"


def test_xml():
    source = """<?xml version="1.0" encoding="gb2312"?><policy code="T-1"><title>差旅</title>
    <section><title>住宿</title><para>每晚<b>不超过</b>600元。</para><owner>差旅组</owner><valid>2025</valid></section>
    <rates><rate city="Rome"><eur>1</eur></rate><rate city="Bonn"><eur>2</eur></rate></rates></policy>"""
    document = load_bytes(source.encode("gb2312"), "a.xml")
    assert document.title == "差旅"
    assert blocks(source.encode("gb2312"), "a.xml") == [
        ("heading", "差旅"),
        ("heading", "住宿"),
        ("text", "每晚不超过600元。"),
        ("list", "- owner: 差旅组\n- valid: 2025"),
        ("table", "| city | eur |\n| --- | --- |\n| Rome | 1 |\n| Bonn | 2 |"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;]><r>x</r>',
        "<r><open></r>",
        "<r/>",
    ],
)
def test_hostile_and_damaged_xml(source):
    with pytest.raises(Unreadable) as caught:
        load_bytes(f'<?xml version="1.0"?>{source}'.encode(), "a.xml")
    assert "root:" not in str(caught.value)


def test_deep_xml_ends():
    with pytest.raises(Unreadable, match="nested"):
        load_bytes(("<a><b>x</b>" * 50_000 + "</a>" * 50_000).encode(), "a.xml")


RST = """
======
Travel
======

.. a comment

Hotels cost :ref:`at most <limit>` 600 and
*no more*, see `the portal <http://192.0.2.1>`_.

住宿 Rooms
==========

.. note:: Ask first.

.. custom-box:: Title here
   :class: x

   Inside the box.

.. code-block:: python
   :linenos:

   x = 1

- one
- two

  1. inner

====== =====
City   Rate
====== =====
Rome   100
====== =====

.. include:: /etc/passwd

.. raw:: html

   <script>s()</script>

.. toctree::

   other
"""


def test_rst():
    assert blocks(RST.encode(), "a.rst") == [
        ("heading", "Travel"),
        ("text", "Hotels cost at most 600 and no more, see the portal."),
        ("heading", "住宿 Rooms"),
        ("text", "Ask first."),
        ("text", "Title here"),
        ("text", "Inside the box."),
        ("code", "x = 1"),
        ("list", "- one\n- two\n  1. inner"),
        ("table", "| City | Rate |\n| --- | --- |\n| Rome | 100 |"),
    ]
