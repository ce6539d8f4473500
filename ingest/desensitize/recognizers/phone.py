"""Telephone numbers: Chinese mobile and fixed lines, numbers in international form, North American and British ones."""

# ruff: noqa: PLR2004 - lengths and digits are those of the standard named above

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import (
    LIKELY,
    PLAUSIBLE,
    SERIAL,
    SURE,
    Recognizer,
    digits,
    looks_like_day,
    words,
)

_LEFT_IN_ROW = r"(?<![0-9A-Za-z_])(?<!\d[.-])(?<![A-Za-z]-)"
"""A comma before the eleven digits of a mobile number parts cells, not thousands."""
_LEFT = rf"{_LEFT_IN_ROW}(?<!\d,)"
_RIGHT = r"(?![0-9A-Za-z_])(?!\.\d)(?!-[0-9A-Za-z])"
_EXTENSION = r"(?:[ ,;]{0,2}(?:转|分机号?|ext\.?|extension|x|#)[ :.]?\d{1,6})?"
_AREA = r"(?:10|2[0-57-9]|3[1-9]\d|4[1-79]\d|5[1-9]\d|6[36]\d|7[0-9]\d|8[1-9]\d|9[0-9]\d)"
_CONTEXT = words(
    *"电话 手机 联系 座机 传真 热线 拨打 请拨 致电 号码 移动 固话 收件人 微信 短信".split(),
    *"phone tel telephone telefon mobile mobil handy cell call fax contact whatsapp dial".split(),
)
_AMOUNT = re.compile(
    r"\s?(?:元|万|亿|美元|欧元|件|台|次|个|吨|公斤|%|rmb|cny|usd|eur|kg|visits|units|pieces|items|bytes)", re.IGNORECASE
)
_BEHIND_LABEL = " .:=是为"


class Phone(Recognizer):
    """What the numbering plans allow; bare digits of fixed lines need a word that says what they are."""

    entity = "PHONE_NUMBER"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            rf"(?P<mobile>){_LEFT_IN_ROW}(?:(?:\(\+?86\)|(?:\+|00)?86)[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}{_RIGHT}"
        ),
        re.compile(rf"(?P<mobile>){_LEFT}1[3-9]\d\.\d{{4}}\.\d{{4}}{_RIGHT}"),
        re.compile(rf"(?P<mobile>){_LEFT}1[3-9]\d{{2}}[ -]\d{{3}}[ -]\d{{4}}{_RIGHT}"),
        re.compile(rf"(?P<mobile>){_LEFT}07\d{{3}} \d{{6}}{_RIGHT}"),
        re.compile(
            rf"{_LEFT}(?:(?:\+|00)86[ -]?\(?0?{_AREA}\)?|\(0{_AREA}\)|0{_AREA})"
            rf"[ -]?\d{{3,4}}[ -]?\d{{4}}(?:-\d{{1,5}}|{_EXTENSION}){_RIGHT}"
        ),
        re.compile(
            rf"(?P<international>){_LEFT}(?<!\+)\+[1-9]\d{{0,2}}[ .-]?(?:\(0?\d{{1,4}}\)[ .-]?)?"
            rf"\d{{1,5}}(?:[ .-]?\d{{2,5}}){{1,4}}{_EXTENSION}{_RIGHT}"
        ),
        re.compile(
            rf"{_LEFT}(?:\+?1[ .-])?(?:\([2-9]\d\d\) ?|(?![48]00)[2-9]\d\d[ .-])"
            rf"[2-9]\d\d[ .-]\d{{4}}{_EXTENSION}{_RIGHT}"
        ),
        re.compile(rf"(?P<named>){_LEFT}0\d{{2,4}}[ -]\d{{3,4}}[ -]?\d{{3,4}}{_RIGHT}"),
        re.compile(rf"(?P<named>){_LEFT}\d{{7,8}}{_EXTENSION}{_RIGHT}"),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """By the kind of the pattern and the words around."""
        groups = match.re.groupindex
        before = view.before(match.start())
        named = _CONTEXT.search(before) is not None
        number = digits(match.group())
        if "international" in groups:
            return SURE if 8 <= len(number) <= 17 else 0.0
        if "named" in groups:
            a_day = looks_like_day(match.group()) and not _ends_in_label(before)
            return PLAUSIBLE if named and not a_day and not SERIAL.search(before[-8:]) else 0.0
        # A word in the line before tells only of what begins the next one, not of the third cell of a row
        near = before[-12:]
        serial = SERIAL.search(near.rpartition("\n")[2] or near) is not None and not named
        if "mobile" in groups:
            amount = _AMOUNT.match(view.plain, match.end()) is not None
            return SURE if named else 0.0 if serial or amount else LIKELY
        # A fixed line without any separator is eleven bare digits like many others
        bare = match.group().isdigit()
        return 0.0 if serial or (bare and not named) else SURE if named else LIKELY

    @staticmethod
    def canonical(value: str) -> str:
        """The national digits, so that +86 139 … and 139… are one number."""
        plain = digits(value)
        for prefix in ("0086", "86"):
            if plain.startswith(prefix) and len(plain) > 10:
                return plain.removeprefix(prefix)
        return plain


def _ends_in_label(before: str) -> bool:
    """Whether a word for telephones stands right before, with nothing but marks in between."""
    label = before.rstrip(_BEHIND_LABEL)
    return any(found.end() == len(label) for found in _CONTEXT.finditer(label))
