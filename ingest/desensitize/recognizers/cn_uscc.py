"""Unified social credit codes of Chinese organizations, GB 32100-2015."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, RIGHT, SURE, Recognizer

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_character(first_17: str) -> str:
    """The check character: 31 minus the sum of values times powers of three, modulo 31."""
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first_17))
    return _ALPHABET[-total % 31]


class SocialCreditCode(Recognizer):
    """18 characters of the code's alphabet with a right check character."""

    entity = "CN_USCC"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"{LEFT}(?:[159Y][1-9A-Y]|A1|N[1-3])\d{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}{RIGHT}"),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Sure, or not at all."""
        del view
        value = match.group()
        legal = all(character in _ALPHABET for character in value)
        return SURE if legal and check_character(value[:17]) == value[17] else 0.0
