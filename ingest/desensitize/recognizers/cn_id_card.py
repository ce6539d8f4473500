"""Chinese resident identity cards, GB 11643-1999: region, birth date, serial, ISO 7064 MOD 11-2 check character."""

# ruff: noqa: PLR2004 - lengths and digits are those of the standard named above

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, LIKELY, PLAUSIBLE, RIGHT, SURE, Recognizer, is_date, words

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    map(
        str,
        (
            *range(11, 16),
            *range(21, 24),
            *range(31, 38),
            *range(41, 47),
            *range(50, 55),
            *range(61, 66),
            71,
            81,
            82,
            83,
        ),
    )
)
_CONTEXT = words(
    "身份证",
    "证件",
    "证号",
    "一代证",
    "二代证",
    "十五位",
    "15位",
    "户籍",
    "公民身份",
    "居民身份",
    "id card",
    "identity",
    "resident id",
    "id no",
    "id number",
    "national id",
)
_REACH = 24
_NEW_NUMBER = re.compile(rf"{LEFT}[1-8]\d{{16}}[0-9Xx]{RIGHT}")
_BESIDE = 40
"""How far from an old number of 15 digits the new one of 18 may stand that tells what it is."""


def check_character(first_17: str) -> str:
    """The check character of the first 17 digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


class ChineseIdCard(Recognizer):
    """18 characters with a right check character; with a wrong one or the old 15 digits only where the text says so."""

    entity = "CN_ID_CARD"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            rf"{LEFT}[1-8]\d{{5}}[ -]?(?:18|19|20)\d\d[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])"
            rf"[ -]?\d{{3}}[0-9Xx]{RIGHT}"
        ),
        re.compile(rf"{LEFT}[1-8]\d{{5}}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}{RIGHT}"),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Sure with a right check character; otherwise only as far as the words before it say."""
        value = self.canonical(match.group())
        if value[:2] not in _PROVINCES or not is_date(_birth(value)):
            return 0.0
        named = _CONTEXT.search(view.before(match.start(), _REACH)) is not None
        if len(value) == 15:
            return LIKELY if named or _beside_new_number(match, view) else 0.0
        if check_character(value[:17]) == value[17]:
            return SURE
        return PLAUSIBLE if named else 0.0

    @staticmethod
    def generalized(value: str) -> str | None:
        """Province code and birth year."""
        plain = Recognizer.canonical(value)
        return f"⟨ID {plain[:2]} {_birth(plain)[:4]}⟩"


def _birth(value: str) -> str:
    return value[6:14] if len(value) == 18 else f"19{value[6:12]}"


def _beside_new_number(match: re.Match[str], view: TextView) -> bool:
    """Whether a number of 18 digits with a right check character stands near, in the same line."""
    before = view.plain[max(0, match.start() - _BESIDE) : match.start()].rpartition("\n")[2]
    after = view.plain[match.end() : match.end() + _BESIDE].partition("\n")[0]
    numbers = (found.group() for part in (before, after) for found in _NEW_NUMBER.finditer(part))
    return any(check_character(number[:17]) == number[17].upper() for number in numbers)
