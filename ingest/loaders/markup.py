"""The visible text of HTML: what a browser would show, in blocks; hidden parts are dropped at load.

Text that a reader cannot see but a model can is the usual way to smuggle instructions into a knowledge base.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree, html

from ingest.cleaning import join_lines
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Unreadable

_DROPPED = frozenset(
    "script style template noscript head iframe object embed applet svg canvas audio video map nav select datalist "
    "button input textarea dialog math".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form header "
    "hr html legend li main menu ol p section summary ul table caption thead tbody tfoot tr td th".split()
)
_LISTS = frozenset({"ul", "ol", "menu"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BARE_TAG = re.compile(r"</?(?:div|span|font|b|i|u|em|strong|section|article|center|blockquote)\s*>", re.IGNORECASE)
_DEEPEST = 2000
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,3000})\}")
_SIMPLE_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<rest>(?:[.#][\w-]+)*)")
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0?(?:\.0+)?(?:;|$|!)|font-size:0*(?:\.\d+|[0-2](?:\.\d+)?)(?:px|pt|em|rem|%)?(?:;|$|!)"
    r"|text-indent:-\d{3,}|(?:^|;)(?:left|top|right|bottom|margin(?:-left|-top)?):-\d{3,}"
    r"|clip:rect\((?:0|1)(?:px)?[, ]|clip-path:(?:inset\((?:50|100)%|circle\(0)|transform:scale\(0"
    r"|(?:max-)?(?:width|height):0(?:px|em|%)?(?:;|$|!).*overflow:hidden|overflow:hidden.*(?:max-)?(?:width|height):0(?:px|em|%)?(?:;|$|!)"
)
# A font size in em or rem below 3 is ordinary; only pixels, points and per cent of that size cannot be seen
_RELATIVE_SIZE = re.compile(r"font-size:(?:0*[1-9](?:\.\d+)?|0*\.[2-9]\d*)r?em")
_WHITE_TEXT = re.compile(
    r"(?:^|;)color:(?:#fff(?:fff)?|white|transparent|rgba?\(255,255,255(?:,[\d.]+)?\)|rgba\([\d,]+,0(?:\.0+)?\))(?:;|$|!)"
)


def parse(text: str) -> html.HtmlElement:
    """The tree of an HTML text without comments. Nothing is fetched, no entity is expanded. Raises Unreadable."""
    text = text.replace("\x00", "").lstrip("\ufeff")
    root = _parse(text)
    if _depth(root) >= _DEEPEST:
        root = _parse(_BARE_TAG.sub("\n", text))
        if _depth(root) >= _DEEPEST:
            raise Unreadable(f"elements nested more than {_DEEPEST} deep")
    return root


def _parse(text: str) -> html.HtmlElement:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        # The prolog may name another encoding than the one the bytes are in now
        return html.document_fromstring(
            re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "replace"), parser=parser
        )
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise Unreadable("no text found in it") from error


def _depth(root: html.HtmlElement) -> int:
    deepest = 0
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in element)
    return deepest


@dataclass(frozen=True, slots=True)
class _Selector:
    tag: str
    classes: frozenset[str]
    id: str

    def matches(self, element: html.HtmlElement) -> bool:
        return (
            (not self.tag or element.tag == self.tag)
            and (not self.id or element.get("id") == self.id)
            and self.classes <= set((element.get("class") or "").split())
        )


@dataclass(slots=True)
class Visibility:
    """Which elements a reader sees, by attributes, inline style and the simple rules of the page's own style sheets."""

    hiding: list[_Selector] = field(default_factory=list)

    @classmethod
    def of(cls, root: html.HtmlElement) -> Visibility:
        """The rules of all `<style>` elements under `root` whose selector is one tag, class or id."""
        found = cls()
        for style in root.iter("style"):
            for selectors, body in _CSS_RULE.findall(_CSS_COMMENT.sub("", style.text or "")):
                if _hides(body):
                    found.hiding += filter(None, map(_selector, selectors.split(",")))
        return found

    def hidden(self, element: html.HtmlElement) -> bool:
        """Whether `element` itself is hidden (its parents are the caller's business)."""
        if element.tag in _DROPPED or not isinstance(element.tag, str):
            return True
        if element.get("hidden") is not None or (element.get("aria-hidden") or "").strip().lower() == "true":
            return True
        style = element.get("style")
        if style and (_hides(style) or _invisible_colour(element, style)):
            return True
        if element.tag == "font" and _invisible_colour(element, f"color:{element.get('color') or ''}"):
            return True
        return any(selector.matches(element) for selector in self.hiding)


def _selector(text: str) -> _Selector | None:
    """A selector of one tag, classes and id; None for anything that takes more to match."""
    match = _SIMPLE_SELECTOR.fullmatch(text.strip())
    if match is None or not match.group():
        return None
    parts = re.findall(r"[.#][\w-]+", match["rest"])
    classes = frozenset(part[1:] for part in parts if part[0] == ".")
    return _Selector(match["tag"] or "", classes, next((part[1:] for part in parts if part[0] == "#"), ""))


def _compact(style: str) -> str:
    return re.sub(r"\s*([:;,(])\s*", r"\1", style.strip().lower())


def _hides(style: str) -> bool:
    return _HIDING.search(_RELATIVE_SIZE.sub("", _compact(style))) is not None


def _invisible_colour(element: html.HtmlElement, style: str) -> bool:
    """White or transparent letters with no background said anywhere around them."""
    if not _WHITE_TEXT.search(_compact(style)):
        return False
    around = [element, *element.iterancestors()]
    return not any("background" in (one.get("style") or "").lower() or one.get("bgcolor") for one in around)


class _Page:
    """Walks a page in document order and turns inline text into blocks at the borders of block elements."""

    def __init__(self, root: html.HtmlElement) -> None:
        self.blocks: list[Block] = []
        self._visibility = Visibility.of(root)
        self._inline: list[str] = []
        self._items: list[str] = []
        self._lists = 0
        self._inside_item = 0
        self._walk(root)
        self._flush()
        self._end_list()

    def _walk(self, root: html.HtmlElement) -> None:
        """With a stack of our own: pages nest deeper than Python recurses."""
        waiting: list[tuple[html.HtmlElement, bool]] = [(root, False)]
        while waiting:
            element, leaving = waiting.pop()
            if leaving:
                self._leave(element)
            elif not self._visibility.hidden(element) and not self._taken_whole(element):
                self._enter(element)
                self._text(element.text)
                waiting.append((element, True))
                waiting.extend((child, False) for child in reversed(element))
                continue
            self._text(element.tail)

    def _taken_whole(self, element: html.HtmlElement) -> bool:
        """Code and tables of data become blocks of their own."""
        if element.tag == "pre":
            self._block(Block("code", visible_text(element, self._visibility)))
            return True
        if element.tag != "table" or self._inside_item or not (rows := _data_rows(element, self._visibility)):
            return False
        for caption in element.iter("caption"):
            self._block(Block("text", _inline_text(visible_text(caption, self._visibility))))
        self._block(Block("table", markdown_table(rows)))
        return True

    def _enter(self, element: html.HtmlElement) -> None:
        tag = element.tag
        if tag == "br":
            self._inline.append("\v")
        elif tag == "img":
            self._text(element.get("alt"))
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        self._inside_item += tag == "li"
        self._lists += tag in _LISTS

    def _leave(self, element: html.HtmlElement) -> None:
        tag = element.tag
        if tag in _HEADINGS:
            self._flush(_HEADINGS[tag])
        elif tag in _BLOCKS:
            self._flush()
        self._inside_item -= tag == "li"
        self._lists -= tag in _LISTS
        if tag in _LISTS and not self._lists:
            self._end_list()

    def _text(self, text: str | None) -> None:
        if text:
            self._inline.append(re.sub(r"\s*\n\s*", "\n", text) if "\n" in text else text)

    def _flush(self, heading: int = 0) -> None:
        text = _inline_text("".join(self._inline))
        self._inline.clear()
        if not text:
            return
        if self._inside_item:
            self._items.append(f"{'  ' * max(0, self._lists - 1)}- {_one_line(text)}")
            return
        self._end_list()
        self.blocks.append(Block("heading", _one_line(text), heading) if heading else Block("text", text))

    def _end_list(self) -> None:
        if self._items:
            self.blocks.append(Block("list", "\n".join(self._items)))
            self._items = []

    def _block(self, block: Block) -> None:
        self._flush()
        self._end_list()
        if block.text.strip():
            self.blocks.append(block)


def visible_blocks(root: html.HtmlElement) -> list[Block]:
    """The blocks of a page in reading order."""
    return _Page(root).blocks


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


def _inline_text(text: str) -> str:
    lines = []
    for line in text.split("\v"):
        parts = [re.sub(r"\s+", " ", part).strip() for part in line.split("\n")]
        lines.append(join_lines([part for part in parts if part]))
    return "\n".join(lines).strip()


def _data_rows(table: html.HtmlElement, visibility: Visibility) -> list[list[str]]:
    """The rows of a table of data; none for a layout table: one with tables or headings in it, or a single column."""
    if any(True for inner in ("table", "h1", "h2", "h3") for _ in table.iterdescendants(inner)):
        return []
    rows = []
    carried: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        if any(visibility.hidden(element) for element in (row, *row.iterancestors())):
            continue
        rows.append(_cells(row, carried, visibility))
    return rows if any(len(row) > 1 for row in rows) else []


def _cells(row: html.HtmlElement, carried: dict[int, tuple[int, str]], visibility: Visibility) -> list[str]:
    """The texts of a row's cells; a cell that spans rows or columns is repeated in each, as readers understand it."""
    cells: list[str] = []

    def fill_from_above() -> None:
        while len(cells) in carried:
            left, text = carried.pop(len(cells))
            if left > 1:
                carried[len(cells)] = (left - 1, text)
            cells.append(text)

    for element in row:
        if element.tag not in {"td", "th"} or visibility.hidden(element):
            continue
        fill_from_above()
        text = _inline_text(visible_text(element, visibility))
        for _ in range(_span(element, "colspan")):
            if (rows := _span(element, "rowspan")) > 1:
                carried[len(cells)] = (rows - 1, text)
            cells.append(text)
    fill_from_above()
    return cells


def _span(element: html.HtmlElement, name: str) -> int:
    value = (element.get(name) or "1").strip()
    return min(max(int(value), 1), 100) if re.fullmatch(r"\d{1,5}", value) else 1


def visible_text(root: html.HtmlElement, visibility: Visibility) -> str:
    """All visible text under `root`, lines of block elements parted by line breaks."""
    return "".join(_pieces(root, visibility))


def _pieces(root: html.HtmlElement, visibility: Visibility) -> Iterator[str]:
    waiting: list[tuple[html.HtmlElement, bool]] = [(root, False)]
    while waiting:
        element, leaving = waiting.pop()
        if not leaving and (element is root or not visibility.hidden(element)):
            if element.tag == "br":
                yield "\n"
            elif element.tag == "img":
                yield element.get("alt") or ""
            yield element.text or ""
            waiting.append((element, True))
            waiting.extend((child, False) for child in reversed(element))
            continue
        if leaving and element.tag in _BLOCKS:
            yield "\n"
        if element is not root:
            yield element.tail or ""
