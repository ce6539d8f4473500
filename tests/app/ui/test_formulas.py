import re
from html.parser import HTMLParser

import pytest
from xss_payloads import PAYLOADS

from app.ui.formulas import formula
from app.ui.markup import element
from app.ui.prose import Mark, render_markdown


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def plain(shown: str) -> str:
    return re.sub(r"<[^>]+>", "", shown)


@pytest.mark.parametrize(
    ("latex", "piece"),
    [
        (r"\frac{a}{2}", '<span class="plb-frac"><span><i>a</i></span><span>2</span></span>'),
        (r"x^2", "<i>x</i><sup>2</sup>"),
        (r"\sqrt[3]{x}", '<sup>3</sup>√<span class="plb-root"><i>x</i></span>'),
        (r"\sum_{i=1}^{n} i", '<span class="plb-big">∑</span><span class="plb-both"><sup><i>n</i></sup><sub>'),
        (r"a \le \alpha", '<span class="plb-op">≤</span>α'),
        (r"\text{利润} = 30\%", '利润<span class="plb-op">=</span>30%'),
        (r"\bar{x}", '<span class="plb-over"><i>x</i><span>¯</span></span>'),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", '<span class="plb-matrix"><span><span>1</span><span>2</span></span>'),
    ],
)
def test_formulas(latex: str, piece: str) -> None:
    assert piece in formula(latex, display=False)


@pytest.mark.parametrize("latex", [r"\foo{x}", r"\frac{", "{", r"\left(", "x_1_2", "x" * 700, r"\genfrac1"])
def test_what_cannot_be_read_is_shown_as_written(latex: str) -> None:
    assert formula(latex, display=True) == element("code", latex)


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("between $a+b$ and \\(c\\)", 2),
        ("$$x^2$$", 1),
        ("\\[x\\]", 1),
        ("It costs $5 to $9, or US$30.", 0),
        ("It costs $5 and $x$ more", 1),
        ("`$a$`", 0),
        ("the price $ 5 $ is", 0),
        ("a $b\nc$ d", 0),
    ],
)
def test_where_formulas_stand(text: str, formulas: int) -> None:
    assert render_markdown(text).count('class="plb-math') == formulas


def test_prices_stay_as_they_are() -> None:
    assert render_markdown("It costs $5 to $9, or US$30.") == "<p>It costs $5 to $9, or US$30.</p>"


def test_a_mark_goes_around_a_formula() -> None:
    text = "so $x^2$ is"
    shown = render_markdown(text, [Mark(0, len(text), lambda inner: element("mark", inner))])
    assert plain(shown) == "so x2 is"
    assert '<mark><span class="plb-math"' in shown


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_formula_becomes_markup(payload: str) -> None:
    for latex in (payload, rf"\text{{{payload}}}", rf"\href{{{payload}}}{{x}}"):
        shown = formula(latex, display=True)
        seen = Seen()
        seen.feed(shown)
        assert seen.tags <= {"span", "sup", "sub", "i", "code"}
        assert seen.attributes <= {"class", "role", "aria-label", "aria-hidden"}
