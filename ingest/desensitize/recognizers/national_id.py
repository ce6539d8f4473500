"""Personal numbers of other countries and regions, by their check digits, or by a word for them."""

# ruff: noqa: PLR2004 - lengths and weights are those of the rules named at each check

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.bank_card import luhn
from ingest.desensitize.recognizers.base import LEFT, LIKELY, RIGHT, SURE, Recognizer, digits, words

_VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_ORDER = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def verhoeff(number: str) -> bool:
    """Whether the last digit is right (Aadhaar; Verhoeff 1969)."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = int(_VERHOEFF_PRODUCT[check][int(_VERHOEFF_ORDER[place % 8][int(digit)])])
    return check == 0


def hong_kong(value: str) -> bool:
    """Letters count 10 to 35, an empty first place 36; weights 9 to 1; sum divisible by 11."""
    plain = re.sub(r"[()\s]", "", value).upper()
    body, check = plain[:-1].rjust(8), plain[-1]
    total = sum((36 if c == " " else int(c, 36)) * weight for c, weight in zip(body, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def taiwan(value: str) -> bool:
    """The letter as two digits, then nine digits; weights 1 9 8 … 1 1; sum divisible by 10."""
    code = _TAIWAN.index(value[0].upper()) + 10
    numbers = [code // 10, code % 10, *map(int, value[1:])]
    return sum(n * w for n, w in zip(numbers, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def german_tax(value: str) -> bool:
    """ISO 7064 MOD 11,10 over ten digits."""
    product = 10
    for digit in value[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(value[10])


def french(value: str) -> bool:
    """97 minus the rest of the first 13 digits by 97."""
    plain = digits(value)
    return len(plain) == 15 and 97 - int(plain[:13]) % 97 == int(plain[13:])


def spanish(value: str) -> bool:
    """The letter by the rest of the number by 23; X, Y, Z before it count 0, 1, 2."""
    plain = value.upper().replace("-", "")
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return _SPANISH[int(number) % 23] == plain[-1]


def korean(value: str) -> bool:
    """A possible birth date and a century digit; the check digit fell away for numbers given since 2020."""
    plain = digits(value)
    return 1 <= int(plain[2:4]) <= 12 and 1 <= int(plain[4:6]) <= 31 and plain[6] in "12345678"


def singapore(value: str) -> bool:
    """Weights 2 7 6 5 4 3 2; the letter by series."""
    total = sum(int(d) * w for d, w in zip(value[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True)) + (
        4 if value[0] in "TG" else 0
    )
    return ("JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK")[total % 11] == value[8]


@dataclass(frozen=True, slots=True)
class _Kind:
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    context: re.Pattern[str] | None
    is_number: bool = True
    """As `Recognizer.numbers_only`."""


_KINDS = (
    _Kind(
        re.compile(
            rf"{LEFT}(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]{RIGHT}"
        ),
        lambda _: True,
        words("national insurance", "nino", "ni number", "ni no", "nhs", "hmrc", "国民保险"),
    ),
    _Kind(
        re.compile(rf"{LEFT}QQ ?\d\d ?\d\d ?\d\d ?[A-D]{RIGHT}"),
        lambda _: True,
        words("national insurance", "nino", "ni number", "ni no"),
    ),
    _Kind(
        re.compile(rf"{LEFT}[2-9]\d{{3}}([ -]?)\d{{4}}\1\d{{4}}{RIGHT}"),
        lambda v: verhoeff(digits(v)),
        words("aadhaar", "aadhar", "uidai"),
    ),
    _Kind(re.compile(rf"{LEFT}[A-Z]{{1,2}}\d{{6}}\([0-9A]\)"), hong_kong, None),
    _Kind(
        re.compile(rf"{LEFT}[A-Z][12]\d{{8}}{RIGHT}"),
        taiwan,
        words("台湾", "臺灣", "身份证", "身分證", "taiwan", "national id", "id card"),
    ),
    _Kind(re.compile(rf"{LEFT}[1-9]\d{{10}}{RIGHT}"), german_tax, words("steuer", "idnr", "tax id", "tin", "税号")),
    _Kind(re.compile(rf"{LEFT}[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d\d ?\d{{3}} ?\d{{3}} ?\d\d{RIGHT}"), french, None),
    _Kind(
        re.compile(rf"{LEFT}(?:\d{{8}}|[XYZ]-?\d{{7}})-?[A-Z]{RIGHT}"),
        spanish,
        words("dni", "nie", "nif", "spanish", "西班牙"),
    ),
    _Kind(re.compile(rf"{LEFT}\d{{6}}-[1-8]\d{{6}}{RIGHT}"), korean, None),
    _Kind(re.compile(rf"{LEFT}[STFG]\d{{7}}[A-Z]{RIGHT}"), singapore, None),
    _Kind(
        re.compile(rf"{LEFT}[A-Z]{{6}}\d\d[A-EHLMPRST]\d\d[A-Z]\d{{3}}[A-Z]{RIGHT}"),
        lambda _: True,
        None,
        is_number=False,
    ),
    _Kind(
        re.compile(rf"{LEFT}\d{{3}}[ -]\d{{3}}[ -]\d{{3}}{RIGHT}"),
        lambda v: luhn(digits(v)),
        words("sin", "social insurance"),
    ),
    _Kind(
        re.compile(rf"{LEFT}[A-Z]{{3}}[ABCFGHLJPT][A-Z]\d{{4}}[A-Z]{RIGHT}"),
        lambda _: True,
        words("pan", "income tax", "permanent account"),
        is_number=False,
    ),
)
_REACH = 30


class NationalId(Recognizer):
    """Great Britain, India, Hong Kong, Taiwan, Germany, France, Spain, Korea, Singapore, Italy, Canada."""

    entity = "NATIONAL_ID"

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """Each kind with its check; those whose form is common need their name before them."""
        for kind in _KINDS:
            for match in view.matches(kind.pattern, near_numbers=kind.is_number):
                named = kind.context is None or kind.context.search(view.before(match.start(), _REACH)) is not None
                if named and kind.check(match.group()):
                    yield *match.span(), SURE if kind.context is None else LIKELY
