"""Dates of birth: a date is one only where the text says so."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.recognizers.base import Recognizer

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_YEAR = r"(?:19\d\d|20[0-2]\d)"
_DATE = (
    rf"(?:{_YEAR} ?[-/.年] ?\d{{1,2}} ?[-/.月] ?\d{{1,2}}日?|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
    rf"|\d{{1,2}}[./-]\d{{1,2}}[./-]{_YEAR}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\.?,? {_YEAR}"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR})"
)
_LABEL = (
    r"(?:出生(?:日期|年月日|年月|时间|于)?|生日|生于|出生在"
    r"|(?<![A-Za-z])(?i:date of birth|birth ?date|birthday|born(?: on)?|dob|d\.o\.b\.|geburtsdatum|geboren am))"
)


class BirthDate(Recognizer):
    """A whole date behind a word for birth; its generalized form is the year."""

    entity = "BIRTH_DATE"
    one_of = (("生", "birth", "born", "dob", "d.o.b.", "geb"), ("生",))
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"{_LABEL}[ \t]{{0,3}}(?:[:|=]|是|为|on|is)?[ \t]{{0,3}}(?P<value>{_DATE})"),
        re.compile(rf"(?<![0-9A-Za-z./-])(?<![0-9],)(?P<value>{_YEAR}年\d{{1,2}}月\d{{1,2}}日)(?=出生|生(?![产成效]))"),
    )

    @staticmethod
    def canonical(value: str) -> str:
        """Its digits and letters."""
        return re.sub(r"[^0-9A-Za-z]+", "-", value).strip("-").lower()

    @staticmethod
    def generalized(value: str) -> str | None:
        """The year."""
        match = re.search(_YEAR, value)
        return f"⟨BORN {match.group()}⟩" if match else None
