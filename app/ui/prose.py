"""Answers and passages as HTML: Markdown without links, images and HTML, with marks laid over places in the text.

Marks travel through the Markdown parser as pairs of private-use characters, so that a mark may begin inside one
emphasis and end inside another and the HTML is still well formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.ui.formulas import add_formulas, formula
from app.ui.markup import Html, element, escape, join

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_OPEN, _CLOSE = 0xE000, 0xF000
_MOST_MARKS = 0x0FFF
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_MARKS = re.compile(r"([\ue000-\uefff])|([\uf000-\uf8ff])")
_SPECIAL = re.compile(r"\[(?P<marker>\d{1,2})\]|⟨(?P<chip>[A-Z_]{2,24}(?:·[a-z2-7]{4,8})?)⟩")
_CLOSING = tuple(".,;:!?)。，；：！？、）")
_LINE_HEAD = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,3}[.)]|#{1,6}|>)[ \t]+|\|[ \t]*)*")
_SIMPLE: Mapping[str, str] = {
    "paragraph": "p",
    "strong": "strong",
    "em": "em",
    "s": "s",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "blockquote": "blockquote",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text, in characters, and how its pieces are shown."""

    start: int
    end: int
    show: Callable[[Html], Html]


@dataclass(frozen=True, slots=True)
class Parts:
    """How the special places of a text are shown: citation markers by number, placeholders of hidden personal data."""

    marker: Callable[[int], Html | None] = lambda _number: None
    copy: str = ""
    """What the button says that copies a block of code; empty: no button."""
    chip: Callable[[str], Html] = lambda kind: element("span", kind, class_="plb-chip")


def render_markdown(text: str, marks: Sequence[Mark] = (), parts: Parts | None = None) -> Html:
    """`text` as HTML blocks."""
    writer = _Writer([mark.show for mark in marks], parts or Parts())
    return writer.blocks(_parser().parse(_with_marks(text, marks)))


def render_plain(text: str, marks: Sequence[Mark] = (), parts: Parts | None = None) -> Html:
    """`text` as one line of HTML, Markdown signs and all."""
    return _Writer([mark.show for mark in marks], parts or Parts()).text(_with_marks(text, marks))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["table", "strikethrough"])
    add_formulas(parser)
    return parser.disable(["link", "image", "autolink", "html_inline", "html_block", "reference", "entity"])


def _with_marks(text: str, marks: Sequence[Mark]) -> str:
    """`text` with a private-use character before and after each marked place; those that came with it are dropped."""
    clean = _PRIVATE.sub("�", text)  # one for one, so that offsets hold
    inserts: list[tuple[int, int, str]] = []
    for number, mark in enumerate(marks[:_MOST_MARKS]):
        start, end = _inside_line(clean, max(0, mark.start), min(len(clean), mark.end))
        if start < end:
            inserts += [(start, 1, chr(_OPEN + number)), (end, 0, chr(_CLOSE + number))]
    pieces: list[str] = []
    position = 0
    for place, _, character in sorted(inserts):
        pieces += [clean[position:place], character]
        position = place
    return "".join([*pieces, clean[position:]])


def _inside_line(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without what makes a list, heading or table row at its ends, which must stay the line's first."""
    line = text.rfind("\n", 0, start) + 1
    head = _LINE_HEAD.match(text, line)
    if head and start < head.end():
        start = head.end()
    while end > start and text[end - 1] in "| \t\n":
        end -= 1
    return start, end


class _Writer:
    """Writes tokens as HTML and remembers which marks are open."""

    def __init__(self, shows: Sequence[Callable[[Html], Html]], parts: Parts) -> None:
        self._shows = shows
        self._parts = parts
        self._open: list[int] = []

    def blocks(self, tokens: Sequence[Token]) -> Html:
        stack: list[tuple[str, list[Html]]] = [("", [])]
        for token in tokens:
            if token.nesting == 1:
                stack.append((token.type.removesuffix("_open"), []))
            elif token.nesting == -1:
                name, children = stack.pop()
                stack[-1][1].append(self._block(name, children, token))
            else:
                stack[-1][1].append(self._leaf(token))
        return join(stack[0][1])

    def _block(self, name: str, children: Iterable[Html], token: Token) -> Html:
        if name == "paragraph" and token.hidden:
            return join(children)
        if name == "heading":
            return element("p", *children, class_="plb-heading")
        if name == "table":
            return element("div", element("table", *children), class_="plb-wide", tabindex="0")
        return element(_SIMPLE[name], *children)

    def _leaf(self, token: Token) -> Html:
        match token.type:
            case "inline":
                return self.blocks(token.children or [])
            case "fence" | "code_block":
                return self._code(token.content)
            case "softbreak" | "hardbreak" | "hr":
                return element("hr" if token.type == "hr" else "br")
        return self._run(token)

    def _run(self, token: Token) -> Html:
        """A run of characters of one kind: text, code, a formula."""
        if token.type == "formula":
            latex = _MARKS.sub("", token.content)
            return self._inside_marks(formula(latex, display=token.meta["display"]))
        return element("code", self._marked(token.content)) if token.type == "code_inline" else self.text(token.content)

    def _code(self, text: str) -> Html:
        block = element("pre", element("code", self._marked(text)), class_="plb-wide", tabindex="0")
        if not self._parts.copy:
            return block
        button = element(
            "button", self._parts.copy, class_="plb-act", type="button", data_plb="copy", data_text=_MARKS.sub("", text)
        )
        return element("div", block, button, class_="plb-code")

    def text(self, text: str) -> Html:
        """Running text with its special places."""
        return join(self._pieces(text, special=True))

    def _marked(self, text: str) -> Html:
        return join(self._pieces(text, special=False))

    def _pieces(self, text: str, *, special: bool) -> Iterable[Html]:
        position = 0
        for match in _MARKS.finditer(text):
            yield self._piece(text[position : match.start()], special=special)
            position = match.end()
            if match.group(1):
                self._open.append(ord(match.group(1)) - _OPEN)
            else:
                number = ord(match.group(2)) - _CLOSE
                self._open = [each for each in self._open if each != number]
        yield self._piece(text[position:], special=special)

    def _piece(self, text: str, *, special: bool) -> Html:
        if not text:
            return Html("")
        return self._inside_marks(self._special(text) if special else escape(text))

    def _inside_marks(self, shown: Html) -> Html:
        for number in reversed(self._open):
            shown = self._shows[number](shown)
        return shown

    def _special(self, text: str) -> Html:
        pieces: list[Html] = []
        position = 0
        for match in _SPECIAL.finditer(text):
            shown = self._shown(match)
            if shown is not None:
                pieces.append(escape(text[position : match.start()]))
                position = match.end()
                if match.group("marker") and text[position : position + 1] in _CLOSING:
                    # A full stop does not go to the next line alone
                    shown = element("span", shown, text[position : position + 1], class_="plb-keep")
                    position += 1
                pieces.append(shown)
        return join([*pieces, escape(text[position:])])

    def _shown(self, match: re.Match[str]) -> Html | None:
        if match.group("marker"):
            return self._parts.marker(int(match.group("marker")))
        return self._parts.chip(match.group("chip"))
