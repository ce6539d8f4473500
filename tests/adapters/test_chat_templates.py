"""A conversation is written as the template in the model's own file writes it."""

from __future__ import annotations

import pytest

from adapters.chat_format import render
from adapters.model_catalog import ModelCatalog
from knowledge.types import Message

pytestmark = pytest.mark.model
TALK = [
    Message("system", "You answer from the documents."),
    Message("user", "保修期多久？"),
    Message("assistant", "24 months [1]."),
    Message("user", "And for the **battery**?"),
]


@pytest.mark.parametrize("name", ["smollm2-135m-instruct-q4", "qwen2.5-coder-1.5b-instruct-q4"])
def test_the_catalog_has_the_models_own_template(name: str) -> None:
    """The catalog's form is used in its place, since a template lets text pose as the model's control tokens."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from llama_cpp import Llama

    models = ModelCatalog.load()
    file = Llama(str(models.require(name)), vocab_only=True, verbose=False)
    template = file.metadata["tokenizer.chat_template"]
    file.close()
    written = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)
    messages = [{"role": message.role, "content": message.text} for message in TALK]
    assert render(TALK, models.chat(name)) == written.render(messages=messages, add_generation_prompt=True)
