"""JSON and JSON Lines: lists of flat records become tables, everything else lines of `key: value`."""

from __future__ import annotations

import json
from typing import Any

from ingest.loaders.encoding import decode
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_HEADING_LEVELS = 2


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The file's values; keys of the two upper levels become headings where objects or lists stand under them."""
    text, encoding = decode(data)
    blocks: list[Block] = []
    try:
        _write("", _parsed(text), 1, blocks)
    except RecursionError as error:
        raise Unreadable("JSON nested too deep") from error
    return LoadedDocument("json", tuple(blocks), metadata={"encoding": encoding})


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except json.JSONDecodeError:
            raise Unreadable(f"damaged JSON at line {whole.lineno}") from whole
    except ValueError as error:  # an integer of more digits than Python converts
        raise Unreadable("JSON with a number that is too long") from error


def _write(key: str, value: Any, level: int, blocks: list[Block]) -> None:
    if _is_table(value):
        _heading(key, level, blocks)
        blocks.append(Block("table", _table(value)))
    elif isinstance(value, dict) and level <= _HEADING_LEVELS:
        _heading(key, level, blocks)
        flat = {name: item for name, item in value.items() if not isinstance(item, dict | list) or not item}
        lines = [f"{name}: {_scalar(item)}" for name, item in flat.items()]
        if lines:
            blocks.append(Block("text", "\n".join(lines)))
        for name, item in value.items():
            if name not in flat:
                _write(str(name), item, level + 1 if key else level, blocks)
    elif isinstance(value, list) and level <= _HEADING_LEVELS and any(isinstance(item, dict) for item in value):
        _heading(key, level, blocks)
        blocks.extend(Block("list", "\n".join(_lines(item, 0))) for item in value)
    else:
        _heading(key, level, blocks)
        blocks.append(Block("list", "\n".join(_lines(value, 0))))


def _heading(key: str, level: int, blocks: list[Block]) -> None:
    if key:
        blocks.append(Block("heading", key, min(level, 6)))


def _is_table(value: Any) -> bool:
    """Whether this is a list of at least two objects without nested ones, most of whose keys agree."""
    if not isinstance(value, list) or len(value) <= 1 or not all(isinstance(item, dict) and item for item in value):
        return False
    keys = {key for item in value for key in item}
    flat = all(not isinstance(cell, dict | list) for item in value for cell in item.values())
    return flat and sum(map(len, value)) >= 0.6 * len(keys) * len(value)


def _table(records: list[dict[str, Any]]) -> str:
    keys = list(dict.fromkeys(key for record in records for key in record))
    return markdown_table([keys, *([_scalar(record.get(key)) for key in keys] for record in records)])


def _lines(value: Any, depth: int) -> list[str]:
    indent = "  " * depth
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, dict | list) and item:
                lines += [f"{indent}- {key}:", *_lines(item, depth + 1)]
            else:
                lines.append(f"{indent}- {key}: {_scalar(item)}")
        return lines
    if isinstance(value, list):
        return [line for item in value for line in _lines(item, depth)]
    return [f"{indent}- {_scalar(value)}"]


def _scalar(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
