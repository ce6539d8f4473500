"""Answers of transformers held to a JSON schema: of the likeliest tokens only those that the form still allows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import regex

from knowledge.errors import InvalidInput

_STRING = r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))'
"""One character of a string (RFC 8259, section 7)."""
_NUMBER = r"-?(?:0|[1-9]\d{0,15})"
_PLAIN = {
    "integer": _NUMBER,
    "number": rf"{_NUMBER}(?:\.\d{{1,15}})?(?:[eE][+-]?\d{{1,3}})?",
    "boolean": "(?:true|false)",
    "null": "null",
}
_COMMA, _COLON = ", ?", ": ?"
_LOOKED_AT = 64
"""The likeliest tokens, among which one is drawn."""
_CUT = "\ufffd"
"""What a tokenizer shows of a character of which not all bytes are there yet."""


def pattern_of(schema: Mapping[str, Any]) -> str:
    """A regular expression for the JSON texts of a form, on one line, keys in their order.

    Knows types, `properties` with `required`, `items` with `minItems` and `maxItems`, `minLength`, `maxLength`, `enum`,
    `const` and `anyOf`. Raises InvalidInput for others.
    """
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return _one_of(regex.escape(json.dumps(value, ensure_ascii=False)) for value in values)
    if "anyOf" in schema:
        return _one_of(pattern_of(each) for each in schema["anyOf"])
    kind = schema.get("type")
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "string" and "pattern" not in schema and "format" not in schema:
        return f'"{_STRING}{{{schema.get("minLength", 0)},{schema.get("maxLength", "")}}}"'
    if kind == "array" and "items" in schema:
        return _array(schema)
    if kind == "object" and schema.get("properties"):
        return _object(schema)
    raise InvalidInput(f"transformers cannot hold to this part of a JSON schema: {json.dumps(schema)[:200]}")


def _one_of(patterns: Iterator[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _array(schema: Mapping[str, Any]) -> str:
    item, least, most = pattern_of(schema["items"]), int(schema.get("minItems", 0)), schema.get("maxItems")
    if most == 0:
        return r"\[\]"
    more = f"(?:{_COMMA}{item}){{{max(least - 1, 0)},{'' if most is None else int(most) - 1}}}"
    return rf"\[{item}{more}\]" if least else rf"\[(?:{item}{more})?\]"


def _object(schema: Mapping[str, Any]) -> str:
    """Keys in their order; those that may be missing are left out or stand behind what is there before them."""
    needed = set(schema.get("required", ()))
    pairs = [
        (name, rf"{regex.escape(json.dumps(name, ensure_ascii=False))}{_COLON}{pattern_of(part)}")
        for name, part in schema["properties"].items()
    ]
    first = next((place for place, (name, _) in enumerate(pairs) if name in needed), None)
    if first is None:
        raise InvalidInput("transformers cannot hold to an object of which no key is required")
    before = "".join(f"(?:{pair}{_COMMA})?" for _, pair in pairs[:first])
    after = "".join(
        f"{_COMMA}{pair}" if name in needed else f"(?:{_COMMA}{pair})?" for name, pair in pairs[first + 1 :]
    )
    return rf"\{{{before}{pairs[first][1]}{after}\}}"


class JsonForm:
    """Works on the logits of a generation of transformers: what would leave the form gets no chance.

    `stops` are the tokens that end an answer; they come when the text is whole.
    """

    def __init__(self, schema: Mapping[str, Any], tokenizer: Any, stops: Collection[int]) -> None:
        self._pattern = regex.compile(pattern_of(schema))
        self._tokenizer = tokenizer
        self._stops = frozenset(stops)
        self._control = frozenset(tokenizer.get_added_vocab().values()) | frozenset(tokenizer.all_special_ids)
        self._start = -1

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores, shape (1, vocabulary), with minus infinity for what the form does not allow."""
        import torch

        if self._start < 0:
            self._start = int(input_ids.shape[1])
        written = input_ids[0, self._start :].tolist()
        order = torch.argsort(scores[0], descending=True).tolist()
        allowed: list[int] = []
        for place, token in enumerate(order):
            if place >= _LOOKED_AT and allowed:
                break
            if self._fits(written, token):
                allowed.append(token)
        held = torch.full_like(scores, -float("inf"))
        held[0, allowed or sorted(self._stops)] = scores[0, allowed or sorted(self._stops)]
        return held

    def _fits(self, written: list[int], token: int) -> bool:
        if token in self._stops:
            return self._pattern.fullmatch(self._tokenizer.decode(written)) is not None
        if token in self._control:
            return False
        text = self._tokenizer.decode([*written, token])
        if text == self._tokenizer.decode(written):
            return False  # a token that writes nothing would be taken for ever
        return self._pattern.fullmatch(text.rstrip(_CUT), partial=True) is not None
