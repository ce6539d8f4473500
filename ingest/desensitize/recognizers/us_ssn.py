"""United States social security numbers (SSA rules of 2011)."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, LIKELY, PLAUSIBLE, RIGHT, SURE, Recognizer, digits, words

_CONTEXT = words("ssn", "social security", "社会安全号", "社保号")


class SocialSecurityNumber(Recognizer):
    """3-2-4 digits; nine in a row, or an area that is never given out, only where the text says what it is."""

    entity = "US_SSN"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"{LEFT}(?<!\d-)\d{{3}}([ -])\d\d\1\d{{4}}{RIGHT}(?!-\d)"),
        re.compile(rf"{LEFT}\d{{9}}{RIGHT}"),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """By area, group and serial, and by the words before."""
        number = digits(match.group())
        named = _CONTEXT.search(view.before(match.start(), 24)) is not None
        valid = number[:3] not in {"000", "666"} and number[0] != "9" and number[3:5] != "00" and number[5:] != "0000"
        if named:
            return SURE if valid else PLAUSIBLE
        return LIKELY if valid and "-" in match.group() else 0.0
