"""Texts of a form: what it allows, what may still become one, and that a model is held to it token by token."""

from __future__ import annotations

import json
from typing import Any

import pytest
import regex

from adapters.json_form import JsonForm, pattern_of
from knowledge.errors import InvalidInput

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["name"],
}
OTHERS = {
    "type": "object",
    "properties": {"note": {"type": "null"}, "share": {"type": "number"}, "good": {"type": "boolean"}},
    "required": ["share"],
}
EITHER = {"anyOf": [{"const": 7}, {"type": "array", "items": {"type": "boolean"}, "minItems": 2}]}


@pytest.mark.parametrize(
    ("schema", "text", "whole"),
    [
        (PERSON, '{"name": "安", "age": 7}', True),
        (PERSON, '{"name":"Ann","tags":["a", "b"]}', True),
        (PERSON, '{"name": "a\\n\\u00e9", "tags": []}', True),
        (PERSON, '{"name": ""}', False),
        (PERSON, '{"name": "Annabel"}', False),
        (PERSON, '{"name": "Ann", "age": 07}', False),
        (PERSON, '{"name": "Ann", "tags": ["c"]}', False),
        (PERSON, '{"name": "Ann", "tags": ["a", "a", "a"]}', False),
        (PERSON, '{"age": 7}', False),
        (PERSON, '{"name": "Ann"} and more', False),
        (OTHERS, '{"share": -0.5e3}', True),
        (OTHERS, '{"note": null, "share": 1, "good": true}', True),
        (OTHERS, '{"note": null}', False),
        (EITHER, "7", True),
        (EITHER, "[true, false]", True),
        (EITHER, "[true]", False),
        ({"enum": ["a.b", None, 1.5]}, '"a.b"', True),
        ({"enum": ["a.b"]}, '"axb"', False),
    ],
)
def test_which_texts_are_of_a_form(schema: dict[str, Any], text: str, *, whole: bool) -> None:
    pattern = pattern_of(schema)
    assert (regex.fullmatch(pattern, text) is not None) is whole
    if whole:
        json.loads(text)
        for length in range(len(text)):  # whatever it is cut at, it may still become one
            assert regex.fullmatch(pattern, text[:length], partial=True) is not None


@pytest.mark.parametrize(
    "schema",
    [{}, {"type": "object"}, {"type": "array"}, {"type": "string", "pattern": "a+"}, {"$ref": "#/x"}, {"type": "odd"}],
)
def test_what_is_not_known_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="this part of a JSON schema"):
        pattern_of(schema)


def test_without_a_key_that_is_required_an_object_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no key is required"):
        pattern_of({"type": "object", "properties": {"a": {"type": "null"}}})


class Letters:
    """A tokenizer of single characters, whose last token ends an answer and whose first writes nothing."""

    all_special_ids = (0,)
    letters = '_{}":,[] abgenmtrues7!'

    def get_added_vocab(self) -> dict[str, int]:
        return {"<end>": len(self.letters)}

    def decode(self, tokens: list[int]) -> str:
        return "".join(self.letters[token] for token in tokens if token)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_a_model_prefers_it_writes_the_form(seed: int) -> None:
    torch = pytest.importorskip("torch", reason="needs pip install 'plumbline-assistant[gpu]'")
    reader = Letters()
    end = len(reader.letters)
    form = JsonForm(PERSON, reader, [end])
    chance = torch.Generator().manual_seed(seed)
    ids = torch.tensor([[3, 4]])  # what was asked
    while ids.shape[1] < 200:
        scores = torch.randn((1, end + 1), generator=chance)
        scores[0, end] += 20  # it would rather end at once
        held = form(ids, scores)
        token = int(held.argmax())
        assert torch.isfinite(held[0, token])
        if token == end:
            break
        ids = torch.cat([ids, torch.tensor([[token]])], dim=1)
    written = json.loads(reader.decode(ids[0, 2:].tolist()))
    assert 1 <= len(written["name"]) <= 5
    assert set(written) <= {"name", "age", "tags"}
