import pytest
from xss_payloads import PAYLOADS

from app.ui.markup import Html, element, escape, join


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_never_becomes_markup(payload: str) -> None:
    for shown in (escape(payload), element("p", payload), element("span", title=payload), join([payload])):
        inside = shown.removeprefix("<p>").removesuffix("</p>")
        assert "<" not in inside.removeprefix("<span").removesuffix("></span>").removesuffix("</span>")
        assert '"' not in escape(payload)


def test_html_is_not_escaped_twice() -> None:
    assert element("p", element("b", "a & b")) == "<p><b>a &amp; b</b></p>"


def test_attributes() -> None:
    shown = element("button", "x", class_="a", data_number=1, aria_label='"', open=None)
    assert shown == '<button class="a" data-number="1" aria-label="&quot;">x</button>'
    assert element("details", open=True) == "<details open></details>"


def test_direction_overrides_and_controls_are_dropped() -> None:
    assert escape("a\u202eb\x00c") == "abc"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: element("script", "x"),
        lambda: element("img"),
        lambda: element("p", onclick="x"),
        lambda: element("p", style="x"),
        lambda: element("a", "x", href="https://elsewhere.example"),
        lambda: element("a", "x", href="//elsewhere.example"),
        lambda: element("a", "x", href="/\\elsewhere.example"),
        lambda: element("a", "x", href="javascript:alert(1)"),
    ],
)
def test_what_pages_never_contain(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"pages|server"):
        wrong()  # type: ignore[operator]


def test_html_is_a_string() -> None:
    assert isinstance(Html("<b>"), str)
