"""Markdown: headings, lists, tables and code keep their source; HTML in it is read as a browser would show it."""

from __future__ import annotations

import re
from typing import Any

from ingest.cleaning import join_lines
from ingest.loaders.encoding import decode
from ingest.loaders.markup import Visibility, parse, visible_blocks, visible_text
from ingest.loaders.tables import markdown_table, split_row
from ingest.types import Block, Limits, LoadedDocument

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][\w -]{0,40}):[ \t]*(\S.*)")
_IMAGE = re.compile(r"!\[([^\]]{0,500})\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """A document with the key-value pairs of its front matter as metadata."""
    text, encoding = decode(data)
    metadata, body = _front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    metadata["encoding"] = encoding
    return LoadedDocument("markdown", tuple(blocks_of(body)), metadata.pop("title", ""), metadata)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    pairs = (_PAIR.fullmatch(line.rstrip()) for line in match[1].split("\n"))
    return {pair[1].lower(): pair[2].strip("\"' ") for pair in pairs if pair}, text[match.end() :]


def blocks_of(text: str) -> list[Block]:
    """The top-level blocks of a Markdown text."""
    from markdown_it import MarkdownIt

    text = _without_comments(text)
    lines = text.split("\n")
    blocks: list[Block] = []
    places: list[int] = []
    links: dict[str, Any] = {}
    tokens = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").parse(text, links)
    for place, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        source = "\n".join(lines[token.map[0] : token.map[1]]).strip("\n")
        if token.type == "heading_open":
            blocks.append(Block("heading", _inline(tokens[place + 1].content), int(token.tag[1])))
        elif token.type in {"fence", "code_block"}:
            blocks.append(Block("code", token.content))
        elif token.type == "html_block":
            blocks += _html_blocks(source)
        elif token.type == "table_open":
            rows = [split_row(_inline(line)) for line in source.split("\n")]
            blocks.append(
                Block(
                    "table",
                    markdown_table([[cell.replace("\\|", "|") for cell in row] for row in (rows[0], *rows[2:])]),
                )
            )
        elif token.type in {"bullet_list_open", "ordered_list_open"}:
            blocks.append(Block("list", _list(source)))
        elif token.type in {"paragraph_open", "blockquote_open"}:
            blocks.append(Block("text", _paragraph(source, quoted=token.type == "blockquote_open")))
        places += [token.map[0]] * (len(blocks) - len(places))
    notes = [one["map"] for label, one in links.get("references", {}).items() if label.startswith("^")]
    # A note of one word, as of one Chinese sentence, is taken for the target of a link, of which nothing is left
    placed = [*zip(places, blocks, strict=True)]
    placed += [(start, Block("text", _paragraph("\n".join(lines[start:end]), quoted=False))) for start, end in notes]
    return [block for _, block in sorted(placed, key=lambda each: each[0])]


def _without_comments(text: str) -> str:
    """The text without HTML comments, which a reader never sees; code keeps its own."""
    parts = re.split(
        r"(^ {0,3}(?:```|~~~).*?^ {0,3}(?:```|~~~)[ \t]*$|`[^`\n]+`)", text, flags=re.DOTALL | re.MULTILINE
    )
    return "".join(part if place % 2 else _COMMENT.sub("", part) for place, part in enumerate(parts))


def _inline(text: str) -> str:
    """Inline Markdown with images as their alternative text and HTML as its visible text."""
    text = _IMAGE.sub(r"\1", text)
    if not re.search(r"<[A-Za-z/][^>]*>", text):
        return text
    return _visible_inline(text)


def _visible_inline(text: str) -> str:
    from markdown_it import MarkdownIt

    inline = MarkdownIt("commonmark").parseInline(text)[0].children or []
    if not any(token.type == "html_inline" for token in inline):
        return text  # an autolink or a comparison, no tag
    escaped = re.sub(r"<(?![A-Za-z/])", "&lt;", text)
    escaped = re.sub(r"<((?:https?|mailto):[^>\s]*)>", r"\1", escaped)
    root = parse(f"<div>{escaped}</div>")
    return visible_text(root, Visibility.of(root)).strip("\n")


def _paragraph(source: str, *, quoted: bool) -> str:
    lines = [re.sub(r"^(?:[ \t]*>)+ ?", "", line) if quoted else line for line in _inline(source).split("\n")]
    paragraphs: list[str] = []
    run: list[str] = []
    for line in lines:
        run.append(line.strip().removesuffix("\\"))
        if line.endswith(("  ", "\\")) or not line.strip() or _LIST_ITEM.match(line):
            paragraphs.append(join_lines(run))
            run = []
    return "\n".join([*paragraphs, join_lines(run)]).strip("\n")


def _list(source: str) -> str:
    """One line per item, nested ones indented; the lines that an item runs on over are joined to it."""
    items: list[list[str]] = []
    fenced = False
    for line in _inline(source).split("\n"):
        fence = line.lstrip().startswith(("```", "~~~"))
        if fenced or fence or _LIST_ITEM.match(line) or not items:
            items.append([line.rstrip()])
        elif line.strip():
            items[-1].append(line.strip())
        fenced ^= fence
    return "\n".join(join_lines(item) for item in items)


def _html_blocks(source: str) -> list[Block]:
    if not re.search(r"[^\s<>]", re.sub(r"<[^>]*>", "", source)):
        return []
    return visible_blocks(parse(source))
