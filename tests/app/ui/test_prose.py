import re

import pytest
from xss_payloads import PAYLOADS

from app.ui.markup import Html, element
from app.ui.prose import Mark, Parts, render_markdown, render_plain

TAG = re.compile(r"</?([a-z0-9]+)")
ALLOWED = {"p", "strong", "em", "s", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
ALLOWED |= {"div", "pre", "code", "br", "hr", "span", "mark", "sup", "sub", "i"}


def mark(start: int, end: int) -> Mark:
    return Mark(start, end, lambda inner: element("mark", inner))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_an_element(payload: str) -> None:
    for shown in (render_markdown(payload), render_plain(payload), render_markdown(payload, [mark(0, len(payload))])):
        assert set(TAG.findall(shown)) <= ALLOWED
        assert not re.search(r"<[^>]*\s(?:on\w+|src|href|style)=", shown)


def test_markdown_is_shown() -> None:
    shown = render_markdown(
        "# Head\n\n**bold** and `code`\n\n- a\n- b\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```\nx < y\n```"
    )
    assert "<strong>bold</strong>" in shown
    assert "<code>code</code>" in shown
    assert "<ul><li>a</li><li>b</li></ul>" in shown
    assert "<th>A</th>" in shown
    assert "<td>2</td>" in shown
    assert "x &lt; y" in shown
    assert '<p class="plb-heading">Head</p>' in shown


@pytest.mark.parametrize("text", ["[here](https://elsewhere.example)", "![x](https://elsewhere.example/a.png)"])
def test_links_and_images_stay_text(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>"


def test_markers_become_buttons_only_where_known() -> None:
    parts = Parts(marker=lambda number: element("span", number, class_="m") if number == 1 else None)
    assert render_markdown("a [1][7]", parts=parts) == '<p>a <span class="m">1</span>[7]</p>'


def test_markers_in_code_stay_code() -> None:
    parts = Parts(marker=lambda number: element("span", number))
    assert render_markdown("`x[1]`", parts=parts) == "<p><code>x[1]</code></p>"


def test_placeholders_become_chips() -> None:
    assert render_plain("由⟨PERSON·k3f7ab⟩负责", parts=Parts(chip=lambda kind: element("span", kind))) == (
        "由<span>PERSON·k3f7ab</span>负责"
    )


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ("use **TripDesk** now", "TripDesk", "<p>use <strong><mark>TripDesk</mark></strong> now</p>"),
        ("use **Trip**Desk", "**Trip**Desk", "<p>use <strong><mark>Trip</mark></strong><mark>Desk</mark></p>"),
        ("- one\n- two", "- two", "<ul><li>one</li><li><mark>two</mark></li></ul>"),
        ("`TripDesk`", "TripDesk", "<p><code><mark>TripDesk</mark></code></p>"),
        ("一律用子午平台。", "子午平台", "<p>一律用<mark>子午平台</mark>。</p>"),
    ],
)
def test_marks_hold_their_place(text: str, marked: str, shown: str) -> None:
    start = text.index(marked)
    assert render_markdown(text, [mark(start, start + len(marked))]) == shown


def test_a_marked_table_row_stays_a_row() -> None:
    text = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"
    start = text.index("| 3")
    shown = render_markdown(text, [mark(start, len(text))])
    assert "<tr><td><mark>3</mark></td><td><mark>4</mark></td></tr>" in shown
    assert "<td>1</td>" in shown


def test_private_characters_of_the_text_do_no_harm() -> None:
    assert "\ue000" not in render_markdown("a\ue000b\uf000c", [mark(0, 1)])
    assert render_markdown("\ue000x", [mark(1, 2)]) == "<p>�<mark>x</mark></p>"


def test_neighbouring_marks_do_not_mix() -> None:
    first = Mark(0, 1, lambda inner: element("span", inner, class_="a"))
    second = Mark(1, 2, lambda inner: element("span", inner, class_="b"))
    assert render_plain("xy", [first, second]) == Html('<span class="a">x</span><span class="b">y</span>')
