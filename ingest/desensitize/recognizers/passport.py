"""Passports and travel permits: their forms are those of many other numbers, so a word must say what they are."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, LIKELY, RIGHT, Recognizer, looks_like_day, words

_CONTEXT = words(
    "护照",
    "通行证",
    "港澳居民",
    "台湾居民",
    "回乡证",
    "台胞证",
    "旅行证",
    "passport",
    "travel document",
    "travel permit",
)
_DOCUMENT = re.compile(r"(?:证件|document)[^0-9a-z\u4e00-\u9fff]{0,6}$")
"""Right before letters and digits a word that may mean other papers too."""
_LISTED = re.compile(r"passports|passport numbers|护照号码?(?:分别|如下|名单)")
_LIST_HEAD = re.compile(r"(?:护照|签证|passport|visa)[^\n]{0,12}:\n")
_LIST_REACH = 160
"""In a list names stand between the numbers: passport numbers: …, …"""
_REACH, _CLOSE = 40, 14
_NUMBER_IS = re.compile(r"[,;:]? ?(?:(?:the|her|his|its|my|new|old) )*(?:number|no\.?)(?: is| was)?[: ]*")
"""What may stand between: renewed her passport; the new number is 618595637."""


class Passport(Recognizer):
    """Chinese passports, permits for Hong Kong, Macao and Taiwan, and the forms of other countries' passports."""

    entity = "PASSPORT"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            rf"{LEFT}(?:[EGDSPCHMT]\d{{8}}|[A-Z]{{2}}\d{{7}}|[EGDSP][A-HJ-NP-Z]\d{{7}}|[CHM]\d{{8,10}}|[A-Z]{{1,2}}\d{{6,8}}|\d{{8,9}}){RIGHT}"
        ),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Only with a word for it before; bare digits only right after it, because dates look like them."""
        bare = match.group().isdigit()
        a_day = bare and looks_like_day(match.group())
        above = view.lower[max(0, match.start() - _LIST_REACH) : match.start()]
        if not a_day and (_LISTED.search(above.rpartition("\n")[2]) or (not bare and _LIST_HEAD.search(above))):
            return LIKELY
        before = view.before(match.start(), _REACH)
        named = [found.end() for found in _CONTEXT.finditer(before)]
        if not named:
            return LIKELY if not bare and _DOCUMENT.search(before) else 0.0
        between = before[named[-1] :]
        if bare and not _NUMBER_IS.fullmatch(between):
            return 0.0 if a_day or len(between) > _CLOSE or re.search(r"\d|[,、;]", between) else LIKELY
        return LIKELY
