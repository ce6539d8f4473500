"""LaTeX formulas as HTML that needs neither script nor font: fractions, roots, indices, sums, matrices, accents.

A library reads the LaTeX and gives MathML; the pages' HTML allows no MathML, so its tree is written with our own
elements. What cannot be read is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from html import unescape
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from app.ui.markup import Html, element, escape, join

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

_LONGEST = 600
_DELIMITERS = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False), ("$", "$", False))
_SPACED = frozenset("=<>≤≥≠≈≡∼→←↔⇒⇐⇔∈∉⊂⊆∪∩±∓×÷+−-⋅·:≔∝")
_BIG = frozenset("∑∏∐⋃⋂")
_TAG = re.compile(r"\{.*\}")


def formula(latex: str, *, display: bool) -> Html:
    """`latex` as HTML; as code when it cannot be read. A reader hears the LaTeX."""
    tree = _read(latex)
    if tree is None:
        return element("code", latex)
    look = "plb-math plb-display" if display else "plb-math"
    return element("span", element("span", _shown(tree), aria_hidden="true"), class_=look, role="img", aria_label=latex)


def add_formulas(parser: MarkdownIt) -> None:
    r"""Let `parser` find formulas between `$`, `$$`, `\(…\)` and `\[…\]`; a price such as $5 is none."""
    parser.inline.ruler.before("escape", "formula", _find)


def _find(state: StateInline, silent: bool) -> bool:
    for opening, closing, display in _DELIMITERS:
        if not state.src.startswith(opening, state.pos):
            continue
        start = state.pos + len(opening)
        end = state.src.find(closing, start, min(start + _LONGEST, state.posMax))
        inside = state.src[start:end] if end > 0 else ""
        if not inside.strip() or (opening == "$" and not _is_formula(state.src, start, end)):
            continue
        if not silent:
            token = state.push("formula", "span", 0)
            token.content = inside.strip()
            token.meta = {"display": display}
        state.pos = end + len(closing)
        return True
    return False


def _is_formula(text: str, start: int, end: int) -> bool:
    """Between single dollars: no blank inside at the ends, no digit behind; so '$5 to $9' stays two prices."""
    before, after = text[max(0, start - 2) : start - 1], text[end + 1 : end + 2]
    inside = text[start:end]
    tight = not inside[0].isspace() and not inside[-1].isspace() and "\n" not in inside
    return tight and not after.isdigit() and not before.isalnum() and before != "\\"


def _read(latex: str) -> Element | None:
    """The MathML tree; None when the LaTeX cannot be read or holds a command that is not known."""
    if not latex or len(latex) > _LONGEST:
        return None
    from latex2mathml.converter import convert_to_element

    try:
        tree: Element = convert_to_element(latex)
    except _unreadable():
        return None
    unknown = any((node.text or "").startswith("\\") for node in tree.iter())
    return None if unknown else tree


@cache
def _unreadable() -> tuple[type[Exception], ...]:
    """What the library raises for LaTeX that it cannot read; its own errors have no common base, and some are bare."""
    from latex2mathml import exceptions

    own = (value for value in vars(exceptions).values() if isinstance(value, type) and issubclass(value, Exception))
    return (*own, StopIteration, ValueError, TypeError, IndexError, AttributeError, RecursionError)


def _shown(node: Element) -> Html:
    children = [_shown(child) for child in node]
    write = _WRITERS.get(_TAG.sub("", node.tag))
    if write is not None and children:
        return write(children)
    text = unescape(node.text or "")  # the library writes signs as numbers
    kind = _TAG.sub("", node.tag)
    if kind == "mspace":
        return Html(" ")
    if kind == "mo" or text.strip() in _SPACED:
        return _operator(text.strip())
    if kind == "mi" and len(text) == 1 and text.isascii() and text.isalpha():
        return element("i", text)
    return join([escape(text), *children])


def _operator(sign: str) -> Html:
    if sign in _BIG:
        return element("span", sign, class_="plb-big")
    return element("span", sign, class_="plb-op") if sign in _SPACED else escape(sign)


_WRITERS: Mapping[str, Callable[[list[Html]], Html]] = {
    "mfrac": lambda parts: element("span", element("span", parts[0]), element("span", *parts[1:]), class_="plb-frac"),
    "msqrt": lambda parts: element("span", "√", element("span", *parts, class_="plb-root")),
    "mroot": lambda parts: element(
        "span", element("sup", *parts[1:]), "√", element("span", parts[0], class_="plb-root")
    ),
    "msup": lambda parts: join([parts[0], element("sup", *parts[1:])]),
    "msub": lambda parts: join([parts[0], element("sub", *parts[1:])]),
    "msubsup": lambda parts: join(
        [parts[0], element("span", element("sup", *parts[2:]), element("sub", parts[1]), class_="plb-both")]
    ),
    "munderover": lambda parts: join(
        [parts[0], element("span", element("sup", *parts[2:]), element("sub", parts[1]), class_="plb-both")]
    ),
    "mover": lambda parts: element("span", parts[0], element("span", *parts[1:]), class_="plb-over"),
    "munder": lambda parts: element("span", parts[0], element("span", *parts[1:]), class_="plb-under"),
    "mtable": lambda parts: element("span", *parts, class_="plb-matrix"),
    "mtr": lambda parts: element("span", *parts),
    "mtd": lambda parts: element("span", *parts),
}
