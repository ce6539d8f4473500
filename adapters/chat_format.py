"""A conversation written as the model wants it, with text that cannot pose as the model's control tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.model_catalog import ChatFormat
from knowledge.types import Message

_LIKE_CONTROL = re.compile(r"<\|(?=[\w-]{1,40}\|>)")
"""Vocabularies hold more tokens of this form than a convention names, such as those for filling in code."""


def render(messages: Sequence[Message], chat: ChatFormat) -> str:
    """The prompt for `messages`, ending where the model begins to answer."""
    turns = [chat.turns[message.role].format(text=plain(message.text, chat)) for message in messages]
    return "".join([*turns, chat.answer_start])


def render_head(messages: Sequence[Message], chat: ChatFormat) -> str:
    """As `render`, but open for further turns: the part that stays the same from question to question."""
    return "".join(chat.turns[message.role].format(text=plain(message.text, chat)) for message in messages)


def plain(text: str, chat: ChatFormat) -> str:
    """`text` in which a control token is broken by a blank, so that the tokenizer reads it as ordinary characters.

    Taking one out may join the halves of another around it, which a blank inside cannot.
    """
    for token in chat.control:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return _LIKE_CONTROL.sub("< |", text)
