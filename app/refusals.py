"""What a draft says besides "not in the sources": a small model likes to add a refusal to an answer it has given."""

from __future__ import annotations

import re

from knowledge.words import content_words

_REFUSAL = re.compile(
    r"资料(中|里)?(并|都)?(没有|未)|\bnot (in|found in|mentioned in|stated in) the (sources|documents)", re.IGNORECASE
)
_HEAD = 40
"""A refusal stands in the first characters of a draft; further on the words may belong to a real answer."""
_NEW_WORDS = 2
"""A text that adds no more than this to the words of the question tells nothing."""


def answer_part(draft: str, question: str) -> str:
    """`draft` without its refusal; "" when it refuses and tells nothing that the question does not say."""
    refusal = _REFUSAL.search(draft[:_HEAD])
    if refusal is None:
        return draft
    before = draft[: refusal.start()].rstrip(" \n,，;；、:：")
    told = set(content_words(before)) - set(content_words(question))
    if len(told) < _NEW_WORDS and not any(word[0].isdigit() for word in told):
        return ""
    return before + ("" if before.endswith(("。", ".")) else "." if before.isascii() else "。")
