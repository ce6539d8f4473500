"""Bank and credit cards, ISO/IEC 7812: an issuer's prefix and a right Luhn digit."""

# ruff: noqa: PLR2004 - lengths and digits are those of the standard named above

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, LIKELY, PLAUSIBLE, RIGHT, SERIAL, SURE, Recognizer, digits, words

_ISSUERS = re.compile(
    r"(?:62\d{14,17}|4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|9[45]\d{14,17}|60\d{14,17}|1\d{18})"
)
_CONTEXT = words(
    *"卡号 银行卡 信用卡 储蓄卡 借记卡 账户 账号 帐号 汇入 开户".split(),
    "card",
    "visa",
    "mastercard",
    "amex",
    "unionpay",
    "account",
    "pan",
)
_NO_CONTEXT_NEEDED = (
    "62",
    "4",
    "51",
    "52",
    "53",
    "54",
    "55",
    "2",
    "34",
    "37",
    "60",
    "64",
    "65",
    "35",
    "36",
    "38",
    "30",
    "39",
)
_REACH = 20


def luhn(number: str) -> bool:
    """Whether the last digit is right by the Luhn formula."""
    total = 0
    for place, character in enumerate(reversed(number)):
        value = int(character) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


class BankCard(Recognizer):
    """13 to 19 digits, plain or in the groups that cards are printed in."""

    entity = "CREDIT_CARD"
    numbers_only = True
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"{LEFT}(?<![.,]\d)(?<!\d-)\d{{13,19}}{RIGHT}(?!\.\d)"),
        re.compile(rf"{LEFT}(?<!\d[ -])\d{{4}}([ -])\d{{4}}\1\d{{4}}\1\d{{1,4}}(?:\1\d{{1,3}})?{RIGHT}(?![ -]\d)"),
        re.compile(rf"{LEFT}(?<!\d[ -])3[47]\d\d([ -])\d{{6}}\1\d{{5}}{RIGHT}(?![ -]\d)"),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Both checks must pass; words that call the number something else speak against it."""
        number = digits(match.group())
        if not _ISSUERS.fullmatch(number) or len(set(number)) < 2:
            return 0.0
        before = view.before(match.start(), _REACH)
        named = _CONTEXT.search(before) is not None
        if not luhn(number):
            return 0.0
        if named:
            return SURE
        if len(number) in {13, 14} or not number.startswith(_NO_CONTEXT_NEEDED):
            return 0.0
        called = re.split(r"[,;。:()\n]", before.rstrip(" :(#"))[-1]
        return 0.0 if SERIAL.search(called) else LIKELY if len(number) >= 16 else PLAUSIBLE

    @staticmethod
    def canonical(value: str) -> str:
        """Its digits."""
        return digits(value)

    @staticmethod
    def generalized(value: str) -> str | None:
        """The issuer's digits."""
        return f"⟨CARD {digits(value)[:6]}⟩"
