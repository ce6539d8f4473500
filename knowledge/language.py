"""Which of the two languages a text is in."""

from __future__ import annotations

import re

from knowledge.types import Language

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
# Words that only a sentence in that language has. They tell "TiDB Lightning 怎么用" from "the 报销 form".
_HAN_FUNCTION = re.compile(r"[的是吗呢么哪谁几怎吧了请和与在有被把]|多少|如何|什么")
_ENGLISH_FUNCTION = frozenset(
    "a an and are as at be by can do does did for from has have how i in is it may must my not of on or our should "
    "than that the their there this to was we were what when where which who why will with would you your".split()
)
_FUNCTION_WEIGHT = 2.0


def detect_language(text: str) -> Language:
    """Chinese or English, by the share of Han characters and function words; English where there is neither."""
    if not _HAN.search(text):
        return "en"
    words = [word.lower() for word in _WORD.findall(text)]
    chinese = len(_HAN.findall(text)) / 1.6 + _FUNCTION_WEIGHT * len(_HAN_FUNCTION.findall(text))
    english = len(words) + _FUNCTION_WEIGHT * sum(word in _ENGLISH_FUNCTION for word in words)
    return "zh" if chinese > english else "en"
