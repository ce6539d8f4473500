"""What a question asks for before anything is searched: its language, and whether it leans on the conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.language import detect_language
from knowledge.types import Language
from knowledge.words import content_words

_LEANS_ZH = re.compile(
    r"^(那|那么|还有|另外|如果|要是|换成|它|其|他|她|这|该|上述|同样|以及)"
    r"|(它|它们|这个|那个|这些|那些|该|此|上述|前面|刚才|他|她|他们)(的|们|呢|是|由|有|在|要|能|可以|多少|谁|什么|怎么|$|[？?，,])"
    r"|呢[？?]?$"
)
_LEANS_EN = re.compile(
    r"^(and|what about|how about|also|then|so|or|but|why|in that case)\b"
    r"|\b(it|its|they|them|their|he|she|him|her|his|this|that|these|those|there|the same|the other|one)\b",
    re.IGNORECASE,
)
_FEW_WORDS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation with its answer."""

    question: str
    answer: str


def leans_on_history(question: str, history: Sequence[Turn]) -> bool:
    """Whether `question` can only be understood with what was said before: it points back, or says almost nothing."""
    if not history:
        return False
    pattern = _LEANS_ZH if detect_language(question) == "zh" else _LEANS_EN
    return bool(pattern.search(question.strip())) or len(content_words(question)) <= _FEW_WORDS


def answer_language(question: str, history: Sequence[Turn]) -> Language:
    """The language to answer in: the question's, or the conversation's when the question has no words of its own."""
    if not re.search(r"[A-Za-z㐀-鿿]", question) and history:
        return detect_language(history[-1].question)
    return detect_language(question)
