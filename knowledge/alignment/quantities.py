"""Numbers, dates and amounts with their units, read from Chinese and English text and from literals of the graph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from knowledge.alignment.units import (
    BY_CHINESE,
    BY_CODE,
    BY_ENGLISH,
    CURRENCIES,
    EXACT_ENGLISH,
    SYMBOLS,
    UNITS,
    Unit,
    unit_of,
)
from knowledge.graph.normal import fold

Bound = Literal["", "about", "below", "above", "range"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, with what it counts, or a date.

    `start`…`end` is the whole expression, unit included. `value` is in `unit` (None: a bare number); `step` is the
    place value of its last written digit. `bound`: about, nearly ("below") or more than ("above") are said of it;
    "range": it is one end of one. A date has `year`, and `month` and `day` as far as written.
    """

    start: int
    end: int
    text: str
    value: Decimal = Decimal(0)
    unit: Unit | None = None
    step: Decimal = Decimal(1)
    bound: Bound = ""
    number: tuple[int, int] = (0, 0)
    scale: str = ""
    year: int = 0
    month: int = 0
    day: int = 0
    style: str = ""

    @property
    def is_date(self) -> bool:
        """Whether this is a date, a month or a year."""
        return self.year > 0

    @property
    def dimension(self) -> str:
        """What kind of thing is measured; "date" for dates, "" for a bare number."""
        return "date" if self.is_date else self.unit.dimension if self.unit else ""


_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_HAN_DIGITS = "零〇一二两三四五六七八九"
_HAN_NUMBER = rf"[{_HAN_DIGITS}十百千万亿]+(?:点[{_HAN_DIGITS}]+)?"
SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9, "trillion": 10**12,
    "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8,
    "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
}  # fmt: skip
_SCALE_PATTERN = (
    r"(?:\s?(?:thousand|million|billion|trillion|mn|bn)\b|k\b"
    r"|\s?(?:万亿|千亿|百亿|十亿|亿|千万|百万|十万|万)|千(?![克米瓦帕赫字])|百(?!分))"
)
_SYMBOL_PATTERN = r"US\$|HK\$|S\$|CN¥|[¥￥$€£]|\b(?:RMB|CNY|USD|EUR|GBP|JPY|HKD|SGD|CHF)\b|人民币"
_UNIT_NAMES_EN = sorted({name for unit in UNITS for name in unit.english}, key=len, reverse=True)
_UNIT_NAMES_ZH = sorted({name for unit in UNITS for name in unit.chinese}, key=len, reverse=True)
_UNIT_PATTERN = (
    r"\s?(?:" + "|".join(map(re.escape, _UNIT_NAMES_ZH)) + r")(?!\w*@)"
    r"|[\s-]?(?:" + "|".join(re.escape(name) for name in _UNIT_NAMES_EN) + r")(?![A-Za-z0-9²³])"
)
MONTHS = "january february march april may june july august september october november december".split()
_MONTH_PATTERN = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?)"
)
DATE_PATTERN = re.compile(
    rf"""(?=[\d{_HAN_DIGITS}tJFMASOND])(?: # no place that begins otherwise is looked at further
       (?P<iso>(?<![\d.-])(?P<iy>(?:1[5-9]|20|21)\d\d)(?P<sep>[-/.])(?P<im>0?[1-9]|1[0-2])(?:(?P=sep)(?P<id>3[01]|[12]\d|0?[1-9]))(?![\d%])(?!\.\d))
      |(?P<zh>(?P<zy>(?:1[5-9]|20|21)\d\d|[{_HAN_DIGITS}]{{4}})\s?年(?:\s?(?P<zm>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s?月(?:份|(?:\s?(?P<zd>3[01]|[12]\d|0?[1-9]|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s?[日号])?)?)?(?!间))
      |(?P<mdy>\b(?P<mm>{_MONTH_PATTERN})\s(?P<md>3[01]|[12]\d|0?[1-9])(?P<msuf>st|nd|rd|th)?,?\s(?P<my>(?:1[5-9]|20|21)\d\d)\b)
      |(?P<dmy>\b(?P<the>the\s)?(?P<dd>3[01]|[12]\d|0?[1-9])(?P<dsuf>st|nd|rd|th)?(?P<of>\sof)?\s(?P<dm>{_MONTH_PATTERN})(?P<dcomma>,?)\s(?P<dy>(?:1[5-9]|20|21)\d\d)\b)
      |(?P<month>\b(?P<om>{_MONTH_PATTERN})(?:\sof)?,?\s(?P<oy>(?:1[5-9]|20|21)\d\d)\b))
    """,
    re.VERBOSE,
)
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORD_NUMBER = (
    rf"(?:{'|'.join(TENS)})(?:-(?:{'|'.join(SMALL[1:10])}))?"
    rf"|{'|'.join(sorted(SMALL, key=len, reverse=True))}|(?:a|one) hundred"
)
_NUMBER = re.compile(
    rf"""(?=[-\d¥￥$€£A-Za-z人百{_HAN_DIGITS}十千万亿]) # no place that begins otherwise is looked at further
        (?P<symbol>(?:{_SYMBOL_PATTERN})\s?)?
        (?:(?P<digits>(?<![\w./-])(?<!\d,)-?{_DIGITS}|(?<=[㐀-鿿（《“]){_DIGITS}|(?<=[A-Z]\s){_DIGITS}
             |(?<=[¥￥$€£–~～至到]){_DIGITS}|(?<=\d-){_DIGITS})
          (?P<scale>{_SCALE_PATTERN})?
         |(?P<percent>百分之)(?P<share>{_DIGITS}|{_HAN_NUMBER})
         |(?P<tenths>[一二两三四五六七八九1-9])成(?=[，。；、的左以,;:.)]|$)
         |(?P<han>(?<![第{_HAN_DIGITS}十百千万亿两]){_HAN_NUMBER})
         |(?P<word>\b(?:{_WORD_NUMBER})\b)
        )
        (?P<unit>{_UNIT_PATTERN})?""",
    re.VERBOSE | re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|roughly|approx\.?|circa|some|or\s+so|c\.)|大约|大概|约为|约|左右|上下|大致|将近|接近|近|差不多|~|≈)\s*$",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"(?:\b(?:nearly|almost|just\s+under|close\s+to|just\s+below)|将近|接近|近|不到|不足)\s*$", re.IGNORECASE
)
_ABOVE = re.compile(
    r"(?:\b(?:over|more\s+than|above|at\s+least|exceeding|beyond|upwards\s+of|just\s+over|less\s+than|fewer\s+than|under|below)|(?<!不)(?<!不得)超过|超|逾(?!期)|多于|至少|不少于|高于|低于|少于)\s*$",
    re.IGNORECASE,
)
_ABOUT_AFTER = re.compile(r"^\s?(?:or so\b|左右|上下|余|多)")
_RANGE_BEFORE = re.compile(
    r"\d(?:\s?(?:%|[A-Za-z]{1,7}|[㐀-鿿]{1,2}))?\s?(?:-|~|～|至|到|to)\s?$|\bbetween\s+\S+(?:\s\w+)?\s+and\s*$",
    re.IGNORECASE,
)
_RANGE_AFTER = re.compile(r"^\s?(?:(?:-|~|～|至|到|to)\s?\d)")
_BARE_YEAR = re.compile(r"(?<![\w.,/-])(?P<year>(?:1[5-9]|20)\d\d)(?![\w%])(?![.,]\d)(?!\s?(?:年|yuan|CNY|RMB|USD))")


_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_EDITION_BEFORE = re.compile(r"(?:\b(?:v|version|edition|release|rev(?:ision)?\.?|no\.)\s?|版本\s?)$", re.IGNORECASE)
_EDITION_AFTER = re.compile(r"^\s?(?:年?(?:修订)?[版届]|(?:version|edition|release)\b)", re.IGNORECASE)


def find_quantities(text: str) -> list[Quantity]:
    """All quantities and dates of a text, in order, without overlap."""
    folded = fold(text)
    found = [_read_date(match, text) for match in DATE_PATTERN.finditer(folded)]
    taken = [(quantity.start, quantity.end) for quantity in found]
    for match in _NUMBER.finditer(folded):
        start, end = match.span()
        if any(a < end and start < b for a, b in taken):
            continue
        quantity = _read_number(match, text, folded)
        if quantity is not None:
            found.append(quantity)
    return sorted(found, key=lambda quantity: quantity.start)


def _read_date(match: re.Match[str], text: str) -> Quantity:
    group = match.groupdict()
    kind = next(name for name in ("iso", "zh", "mdy", "dmy", "month") if group[name])
    year, month, day = {
        "iso": (group["iy"], group["im"], group["id"]),
        "zh": (group["zy"], group["zm"], group["zd"]),
        "mdy": (group["my"], group["mm"], group["md"]),
        "dmy": (group["dy"], group["dm"], group["dd"]),
        "month": (group["oy"], group["om"], None),
    }[kind]
    start = match.start()
    before = text[max(0, start - 24) : start]
    bound: Bound = "about" if _ABOUT.search(before) else "above" if _ABOVE.search(before) else ""
    return Quantity(
        start, match.end(), text[start : match.end()],
        year=_year(year or ""), month=_month(month), day=_small(day), style=kind, bound=bound,
    )  # fmt: skip


def _year(text: str) -> int:
    if text.isdigit():
        return int(text)
    return int("".join(str(_HAN_VALUES[char]) for char in text))


def _month(text: str | None) -> int:
    if not text:
        return 0
    if text[0].isalpha() and text[0].isascii():
        return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(text[:3].lower()))
    return _small(text)


def _small(text: str | None) -> int:
    if not text:
        return 0
    return int(text) if text.isdigit() else int(han_number(text) or 0)


_HAN_VALUES = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_HAN_POWERS = {"十": 10, "百": 100, "千": 1000}


@lru_cache(maxsize=4096)
def han_number(text: str) -> Decimal | None:
    """The value of a Chinese numeral such as 二十一, 三万五千, 两百零六, 二〇二五 or 三点五; None if it is none."""
    whole, _, decimals = text.partition("点")
    if all(char in _HAN_VALUES for char in whole):
        if len(whole) > 1 and not set(whole) & {"〇", "零"} and len(whole) < 3:  # noqa: PLR2004 - 三四 is "three or four"
            return None
        value = Decimal("".join(str(_HAN_VALUES[char]) for char in whole))
    else:
        parsed = _han_whole(whole)
        if parsed is None:
            return None
        value = Decimal(parsed)
    if decimals:
        value += Decimal("0." + "".join(str(_HAN_VALUES[char]) for char in decimals))
    return value


def _han_whole(text: str) -> int | None:
    total = section = digit = 0
    for char in text:
        if char in _HAN_VALUES:
            if digit and char != "零":
                return None
            digit = _HAN_VALUES[char]
        elif char in _HAN_POWERS:
            section += (digit or 1) * _HAN_POWERS[char]
            digit = 0
        else:
            section += digit
            digit = 0
            if char == "万":
                total += (section or 1) * 10**4
            else:
                total = (total + section or 1) * 10**8
            section = 0
    return total + section + digit


def _word_number(text: str) -> int:
    if text.endswith("hundred"):
        return 100
    tens, _, ones = text.partition("-")
    if tens in TENS:
        return (TENS.index(tens) + 2) * 10 + (SMALL.index(ones) if ones else 0)
    return SMALL.index(text)


def _read_number(match: re.Match[str], text: str, folded: str) -> Quantity | None:
    group = match.groupdict()
    start, end = match.span()
    symbol = (group["symbol"] or "").strip()
    if group["digits"] and (_ORDINAL.match(folded, match.end("digits")) or _names_edition(match, folded)):
        return None
    unit = _read_unit(group["unit"], folded, end)
    if unit is None and group["unit"]:
        end = match.start("unit")
    parsed = _value(group)
    if parsed is None:
        return None
    value, step, scale = parsed
    if group["percent"] or group["tenths"]:
        unit = BY_CODE["%"]
        end = match.end("share") if group["percent"] else match.end("tenths") + 1
    if symbol:
        if unit is not None and unit.code not in CURRENCIES:
            end = match.start("unit")
        # "¥5,000元" says it twice; "HKD 5 million" has its unit before
        unit = BY_CODE[SYMBOLS.get(symbol) or SYMBOLS[symbol.upper()]]
    if unit is None and (group["han"] or group["word"]):
        return None
    number = next(match.span(name) for name in ("digits", "share", "tenths", "han", "word") if group[name])
    if group["scale"]:
        number = (number[0], match.end("scale"))
    bound = _bound(folded[max(0, start - 24) : start], folded[end : end + 6])
    return Quantity(
        start, end, text[start:end], value, unit, step, bound, number, scale, style=_number_style(group)
    )  # fmt: skip


def _names_edition(match: re.Match[str], folded: str) -> bool:
    """Whether a number is part of a name, "2024 版" or "version 3", and counts nothing."""
    start, end = match.span("digits")
    return bool(
        _EDITION_BEFORE.search(folded[max(0, start - 12) : start]) or _EDITION_AFTER.match(folded[end : end + 12])
    )


def _bound(before: str, after: str) -> Bound:
    if _RANGE_BEFORE.search(before) or _RANGE_AFTER.match(after):
        return "range"
    if _BELOW.search(before):
        return "below"
    if _ABOVE.search(before):
        return "above"
    return "about" if _ABOUT.search(before) or _ABOUT_AFTER.match(after) else ""


def _number_style(group: dict[str, str | None]) -> str:
    if group["han"] or (group["share"] and not group["share"][0].isdigit()):
        return "han"
    return "word" if group["word"] else "digits"


def _value(group: dict[str, str | None]) -> tuple[Decimal, Decimal, str] | None:
    if group["tenths"]:
        tenth = _HAN_VALUES.get(group["tenths"]) or int(group["tenths"])
        return Decimal(tenth * 10), Decimal(10), "成"
    written = group["digits"] or group["share"] or group["han"]
    if group["word"]:
        return Decimal(_word_number(group["word"].lower())), Decimal(1), ""
    if written and (written[0].isdigit() or written[0] == "-"):
        plain = written.replace(",", "")
        decimals = len(plain.partition(".")[2])
        scale = (group["scale"] or "").strip().lower()
        factor = Decimal(SCALES.get(scale, 1))
        return Decimal(plain) * factor, factor.scaleb(-decimals), scale
    value = han_number(written or "")
    return None if value is None else (value, Decimal(1), "")


def _read_unit(written: str | None, folded: str, end: int) -> Unit | None:
    if not written:
        return None
    name = written.strip().lstrip("-")
    unit = EXACT_ENGLISH.get(name) or BY_CHINESE.get(name)
    if unit is None and len(name) > 1:
        unit = BY_ENGLISH.get(name.lower())
    if unit is None:
        return None
    after = folded[end : end + 1]
    # 5月 is May and 5日 a day of the month, 3个人 three people, 2部门 no 2 pieces
    if name in {"月", "日"} and not written.startswith("个"):
        return None if name == "月" else unit
    if name in {"个", "部", "分", "名", "位", "度", "件", "次"} and after in {"门", "公", "之", "义", "单", "月"}:
        return None
    return unit


def from_literal(text: str, unit: str = "", datatype: str = "") -> Quantity | None:
    """The quantity that a literal of the graph states, in the relation's unit; None when it is no quantity."""
    stripped = text.strip()
    if datatype.endswith(("#date", "#dateTime", "#gYearMonth", "#gYear")) or re.fullmatch(
        r"\d{4}-\d{2}(?:-\d{2})?(?:T.*)?", stripped
    ):
        match = re.match(r"-?(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", stripped)
        if match:
            return Quantity(
                0, len(text), text, year=int(match[1]), month=int(match[2] or 0), day=int(match[3] or 0), style="iso"
            )
    known = unit_of(unit) if unit else None
    if re.fullmatch(r"-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?", stripped):
        value = Decimal(stripped.replace(",", ""))
        if datatype.endswith("#gYear"):
            return Quantity(0, len(text), text, value, year=int(value), style="year")
        decimals = len(stripped.partition(".")[2]) if "e" not in stripped.lower() else 0
        return Quantity(
            0, len(text), text, value, known, Decimal(1).scaleb(-decimals), number=(0, len(stripped)), style="digits"
        )
    found = find_quantities(stripped)
    whole = [quantity for quantity in found if quantity.start == 0 and quantity.end >= len(stripped) - 1]
    return whole[0] if len(whole) == 1 else None


def as_date(quantity: Quantity) -> date | None:
    """The day that a complete date names; None for months, years and impossible days."""
    try:
        return date(quantity.year, quantity.month, quantity.day)
    except ValueError:
        return None


def bare_year(said: Quantity) -> Quantity | None:
    """A bare number such as 1996 read as a year; None when it cannot be one."""
    if said.unit is None and not said.is_date and not said.scale and _BARE_YEAR.fullmatch(said.text):
        return Quantity(said.start, said.end, said.text, year=int(said.value), style="year", bound=said.bound)
    return None
