"""reStructuredText, read with docutils; what Sphinx adds (roles, directives) is read for its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.loaders.encoding import decode
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_DIRECTIVE = re.compile(r"^\s*\.\.\s+(?:\|[^|]+\|\s+)?([\w:+.-]{1,60})::", re.MULTILINE)
_ROLE = re.compile(r":([\w:+.-]{1,40}):`")
_TARGET = re.compile(r"^(.*?)\s*<[^<>]*>$", re.DOTALL)
_CODE = frozenset({"code-block", "sourcecode", "code", "literalinclude", "highlight", "prompt"})
_SILENT = frozenset(
    {"toctree", "index", "contents", "include", "raw", "image", "only", "automodule", "autoclass", "autofunction"}
)
_DEEPEST_HEADING = 6
_MOST_BYTES = 5 * 1024 * 1024


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """Headings, paragraphs, lists, tables, code, notes; comments and navigation are left out, no file is included."""
    from docutils.core import publish_doctree
    from docutils.utils import SystemMessage

    if len(data) > _MOST_BYTES:
        raise Unreadable(f"more than {_MOST_BYTES // 1024 // 1024} MiB of reStructuredText")
    text, encoding = decode(data)
    _register(text)
    settings = {
        "report_level": 5,
        "halt_level": 5,
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "warning_stream": False,
        "syntax_highlight": "none",
        "doctitle_xform": False,
        "_disable_config": True,
        "smart_quotes": False,
    }
    try:
        tree = publish_doctree(text, settings_overrides=settings)
    except (SystemMessage, ValueError, AttributeError, TypeError, IndexError) as error:
        raise Unreadable("damaged reStructuredText") from error
    blocks = tuple(_blocks(tree, 1))
    return LoadedDocument("rst", blocks, metadata={"encoding": encoding})


def _register(text: str) -> None:
    """Give every role and directive of the text that docutils does not know a plain meaning."""
    from docutils import nodes
    from docutils.parsers.rst import Directive, directives, roles

    def role(
        kind: str, source: str, content: str, line: int, inliner: Any, options: Any = None, body: Any = None
    ) -> Any:
        del kind, source, line, inliner, options, body
        shown = content.removeprefix("~").removeprefix("!")
        match = _TARGET.match(shown)
        return [nodes.inline("", match[1] if match else shown)], []

    class Plain(Directive):  # type: ignore[misc] # docutils has no types
        """A directive whose content is text."""

        has_content = True
        optional_arguments = 100
        final_argument_whitespace = True
        option_spec = _AnyOption()

        def run(self) -> list[Any]:
            if self.name in _CODE:
                return [nodes.literal_block("", "\n".join(self.content))]
            if self.name in _SILENT:
                return []
            box = nodes.container()
            if self.arguments:
                box += nodes.paragraph("", " ".join(self.arguments))
            self.state.nested_parse(self.content, self.content_offset, box)
            return [box]

    for name in {*_CODE, *_DIRECTIVE.findall(text)} - _known(directives._directive_registry):  # noqa: SLF001 - no public list
        directives.register_directive(name, Plain)
    for name in set(_ROLE.findall(text)) - _known(roles._role_registry):  # noqa: SLF001 - no public list
        roles.register_local_role(name, role)


def _known(registry: dict[str, Any]) -> set[str]:
    return set(registry) - {"code", "raw", "include"}


class _AnyOption(dict[str, Any]):
    """Every option of a directive is allowed, and kept as it stands."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Any:
        return lambda value: value

    def __bool__(self) -> bool:
        return True


def _blocks(parent: Any, level: int) -> Iterator[Block]:  # noqa: C901, PLR0912 - one line per kind of node
    from docutils import nodes

    for node in parent.children:
        match node:
            case nodes.section():
                yield from _blocks(node, level + 1)
            case nodes.title() | nodes.rubric() | nodes.subtitle():
                yield Block("heading", _line(node), min(max(level - 1, 1), _DEEPEST_HEADING))
            case nodes.literal_block() | nodes.doctest_block():
                yield Block("code", node.astext())
            case nodes.bullet_list() | nodes.enumerated_list():
                yield Block("list", "\n".join(_items(node, 0)))
            case nodes.definition_list() | nodes.field_list() | nodes.option_list():
                yield Block("list", "\n".join(_definitions(node)))
            case nodes.table():
                yield from _table(node)
            case nodes.paragraph() | nodes.caption() | nodes.attribution() | nodes.term():
                yield Block("text", _line(node))
            case nodes.line_block():
                yield Block("text", node.astext())
            case nodes.image():
                if node.get("alt"):
                    yield Block("text", node["alt"])
            case nodes.comment() | nodes.system_message() | nodes.substitution_definition() | nodes.target():
                pass
            case nodes.Element() if node.children:
                yield from _blocks(node, level)


def _line(node: Any) -> str:
    return " ".join(node.astext().split())


def _items(listing: Any, depth: int) -> Iterator[str]:
    from docutils import nodes

    for number, item in enumerate(listing.children, start=int(listing.get("start", 1))):
        mark = f"{number}." if isinstance(listing, nodes.enumerated_list) else "-"
        texts = [
            _line(part) for part in item.children if not isinstance(part, nodes.bullet_list | nodes.enumerated_list)
        ]
        yield f"{'  ' * depth}{mark} {' '.join(text for text in texts if text)}"
        for part in item.children:
            if isinstance(part, nodes.bullet_list | nodes.enumerated_list):
                yield from _items(part, depth + 1)


def _definitions(listing: Any) -> Iterator[str]:
    """One line per entry: the name, then what stands under it."""
    for item in listing.children:
        parts = [_line(part) for part in item.children]
        head, rest = (parts[0], parts[1:]) if parts else ("", [])
        yield f"- {head}: {' '.join(part for part in rest if part)}".rstrip(": ")


def _table(table: Any) -> Iterator[Block]:
    from docutils import nodes

    for title in table.findall(nodes.title):
        yield Block("text", _line(title))
    rows: list[list[str]] = []
    carried: dict[int, tuple[int, str]] = {}
    for row in table.findall(nodes.row):
        cells: list[str] = []
        for entry in row.children:
            _fill(cells, carried)
            text = "\n".join(_line(part) for part in entry.children)
            for _ in range(int(entry.get("morecols", 0)) + 1):
                if int(entry.get("morerows", 0)):
                    carried[len(cells)] = (int(entry["morerows"]), text)
                cells.append(text)
        _fill(cells, carried)
        rows.append(cells)
    yield Block("table", markdown_table(rows))


def _fill(cells: list[str], carried: dict[int, tuple[int, str]]) -> None:
    """Cells that reach down from the row above are repeated."""
    while len(cells) in carried:
        left, text = carried.pop(len(cells))
        if left > 1:
            carried[len(cells)] = (left - 1, text)
        cells.append(text)
