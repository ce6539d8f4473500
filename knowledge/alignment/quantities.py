"""Numbers, dates, amounts and their units in Chinese and English text: read, compared, and written again alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from knowledge.graph.normal import fold
from knowledge.types import Language

# --- units ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `factor` of its dimension's base. Units of one dimension convert into one another."""

    code: str
    dimension: str
    factor: Decimal
    english: tuple[str, ...]  # as written after a number; the first two are singular and plural
    chinese: tuple[str, ...]


def _unit(code: str, dimension: str, factor: str, english: str, chinese: str) -> Unit:
    return Unit(code, dimension, Decimal(factor), tuple(english.split("|")), tuple(chinese.split("|")))


UNITS: tuple[Unit, ...] = (
    _unit("s", "time", "1", "second|seconds|sec|secs", "秒|秒钟"),
    _unit("min", "time", "60", "minute|minutes|mins|min", "分钟|分"),
    _unit("h", "time", "3600", "hour|hours|hrs|hr|h", "小时|个小时|钟头|个钟头"),
    _unit("d", "time", "86400", "day|days", "天|日|个自然日|自然日"),
    _unit(
        "bd",
        "business days",
        "1",
        "working day|working days|business day|business days|workday|workdays",
        "个工作日|工作日",
    ),
    _unit("week", "time", "604800", "week|weeks|wk|wks", "周|个星期|星期|个礼拜"),
    _unit("mo", "months", "1", "month|months|mos", "个月|月"),
    _unit("quarter", "months", "3", "quarter|quarters", "个季度|季度"),
    _unit("a", "months", "12", "year|years|yr|yrs", "年|周年"),
    _unit("mg", "mass", "0.000001", "mg|mg|milligram|milligrams", "毫克"),
    _unit("g", "mass", "0.001", "g|g|gram|grams|gramme|grammes", "克"),
    _unit("kg", "mass", "1", "kg|kg|kilogram|kilograms|kilogramme|kilogrammes|kilo|kilos|kgs", "公斤|千克"),
    _unit("jin", "mass", "0.5", "jin|jin", "斤"),
    _unit("t", "mass", "1000", "tonne|tonnes|t|ton|tons|metric tons", "吨"),
    _unit("lb", "mass", "0.45359237", "lb|lb|lbs|pound|pounds", "磅"),
    _unit("um", "length", "0.000001", "µm|µm|um|micrometre|micrometres|micron|microns", "微米"),
    _unit("mm", "length", "0.001", "mm|mm|millimetre|millimetres|millimeter|millimeters", "毫米"),
    _unit("cm", "length", "0.01", "cm|cm|centimetre|centimetres|centimeter|centimeters", "厘米|公分"),
    _unit("m", "length", "1", "m|m|metre|metres|meter|meters", "米|公尺"),
    _unit("km", "length", "1000", "km|km|kilometre|kilometres|kilometer|kilometers|kms", "公里|千米"),
    _unit("ft", "length", "0.3048", "ft|ft|foot|feet", "英尺"),
    _unit("in", "length", "0.0254", "inch|inches", "英寸"),
    _unit("mi", "length", "1609.344", "mile|miles", "英里"),
    _unit("m2", "area", "1", "m²|m²|m2|sq m|sqm|square metre|square metres|square meter|square meters", "平方米|㎡"),
    _unit(
        "km2",
        "area",
        "1000000",
        "km²|km²|km2|square kilometre|square kilometres|square kilometer|square kilometers",
        "平方公里|平方千米",
    ),
    _unit("ha", "area", "10000", "hectare|hectares|ha", "公顷"),
    _unit("mi2", "area", "2589988.11", "square mile|square miles", "平方英里"),
    _unit("mL", "volume", "0.001", "ml|ml|millilitre|millilitres|milliliter|milliliters", "毫升"),
    _unit("L", "volume", "1", "litre|litres|liter|liters|l", "升"),
    _unit("m3", "volume", "1000", "m³|m³|m3|cubic metre|cubic metres|cubic meter|cubic meters", "立方米"),
    _unit("K", "kelvin", "1", "K|K|kelvin|kelvins", "开尔文"),
    _unit("degF", "fahrenheit", "1", "°F|°F|degrees Fahrenheit|degree Fahrenheit", "华氏度"),
    _unit("Cel", "temperature", "1", "°C|°C|℃|degrees Celsius|degree Celsius", "℃|°C|摄氏度"),
    _unit("Pa", "pressure", "1", "Pa|Pa|pascal|pascals", "帕"),
    _unit("kPa", "pressure", "1000", "kPa|kPa|kilopascal|kilopascals", "千帕"),
    _unit("MPa", "pressure", "1000000", "MPa|MPa|megapascal|megapascals", "兆帕"),
    _unit("bar", "pressure", "100000", "bar|bar|bars", "巴"),
    _unit("W", "power", "1", "W|W|watt|watts", "瓦"),
    _unit("kW", "power", "1000", "kW|kW|kilowatt|kilowatts", "千瓦"),
    _unit("MW", "power", "1000000", "MW|MW|megawatt|megawatts", "兆瓦"),
    _unit("kWh", "energy", "1", "kWh|kWh|kilowatt hours|kilowatt-hours", "千瓦时|度电"),
    _unit("V", "voltage", "1", "V|V|volt|volts", "伏|伏特"),
    _unit("Hz", "frequency", "1", "Hz|Hz|hertz", "赫兹"),
    _unit("kHz", "frequency", "1000", "kHz|kHz|kilohertz", "千赫"),
    _unit("MHz", "frequency", "1000000", "MHz|MHz|megahertz", "兆赫"),
    _unit("dB", "level", "1", "dB|dB|decibel|decibels", "分贝"),
    _unit("KB", "data", "0.001", "KB|KB|kilobyte|kilobytes", "千字节"),
    _unit("MB", "data", "1", "MB|MB|megabyte|megabytes", "兆|兆字节"),
    _unit("GB", "data", "1000", "GB|GB|gigabyte|gigabytes", "吉字节"),
    _unit("TB", "data", "1000000", "TB|TB|terabyte|terabytes", "太字节"),
    _unit("%", "share", "1", "%|%|per cent|percent|percentage points", "%|个百分点"),
    _unit("CNY", "CNY", "1", "yuan|yuan|RMB|CNY|renminbi", "元|人民币|元人民币|块钱|块"),
    _unit("USD", "USD", "1", "US dollar|US dollars|USD|dollar|dollars|U.S. dollars", "美元|美金"),
    _unit("EUR", "EUR", "1", "euro|euros|EUR", "欧元"),
    _unit("GBP", "GBP", "1", "pound sterling|pounds sterling|GBP", "英镑"),
    _unit("JPY", "JPY", "1", "yen|yen|JPY", "日元"),
    _unit("HKD", "HKD", "1", "Hong Kong dollar|Hong Kong dollars|HKD", "港元|港币"),
    _unit("SGD", "SGD", "1", "Singapore dollar|Singapore dollars|SGD", "新加坡元|新元|坡币"),
    _unit("CHF", "CHF", "1", "Swiss franc|Swiss francs|CHF", "瑞士法郎"),
    _unit(
        "person",
        "person",
        "1",
        "person|people|persons|employees|employee|staff|staff members|members|colleagues|heads",
        "人|名员工|位员工|名|员工|位同事|位",
    ),
    _unit("piece", "piece", "1", "unit|units|piece|pieces|pcs|devices|device|sets", "台|件|套|个|只|支|部"),
    _unit("night", "night", "1", "night|nights", "晚|夜"),
    _unit("times", "times", "1", "time|times", "次|倍"),
)
BY_CODE = {unit.code: unit for unit in UNITS} | {
    "y": next(u for u in UNITS if u.code == "a"),
    "year": next(u for u in UNITS if u.code == "a"),
}
CURRENCIES = frozenset({"CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "CHF"})
_SYMBOLS = {
    "¥": "CNY", "￥": "CNY", "RMB": "CNY", "CNY": "CNY", "人民币": "CNY", "CN¥": "CNY",
    "US$": "USD", "USD": "USD", "$": "USD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP", "JPY": "JPY",
    "HK$": "HKD", "HKD": "HKD", "S$": "SGD", "SGD": "SGD", "CHF": "CHF",
}  # fmt: skip
_BY_ENGLISH = {name.lower(): unit for unit in reversed(UNITS) for name in unit.english}
_EXACT_ENGLISH = {name: unit for unit in reversed(UNITS) for name in unit.english}
_BY_CHINESE = {name: unit for unit in reversed(UNITS) for name in unit.chinese}


def unit_of(name: str) -> Unit | None:
    """The unit that a code of the graph (`plb:unit`) or a word of either language names."""
    return BY_CODE.get(name) or _EXACT_ENGLISH.get(name) or _BY_ENGLISH.get(name.lower()) or _BY_CHINESE.get(name)


# --- values ---------------------------------------------------------------------------------------------------------

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
_SCALES = {
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
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH_PATTERN = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?)"
)
_DATE = re.compile(
    rf"""(?=[\d{_HAN_DIGITS}tJFMASOND])(?: # no place that begins otherwise is looked at further
       (?P<iso>(?<![\d.-])(?P<iy>(?:1[5-9]|20|21)\d\d)(?P<sep>[-/.])(?P<im>0?[1-9]|1[0-2])(?:(?P=sep)(?P<id>3[01]|[12]\d|0?[1-9]))(?![\d%])(?!\.\d))
      |(?P<zh>(?P<zy>(?:1[5-9]|20|21)\d\d|[{_HAN_DIGITS}]{{4}})\s?年(?:\s?(?P<zm>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s?月(?:份|(?:\s?(?P<zd>3[01]|[12]\d|0?[1-9]|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s?[日号])?)?)?(?!间))
      |(?P<mdy>\b(?P<mm>{_MONTH_PATTERN})\s(?P<md>3[01]|[12]\d|0?[1-9])(?P<msuf>st|nd|rd|th)?,?\s(?P<my>(?:1[5-9]|20|21)\d\d)\b)
      |(?P<dmy>\b(?P<the>the\s)?(?P<dd>3[01]|[12]\d|0?[1-9])(?P<dsuf>st|nd|rd|th)?(?P<of>\sof)?\s(?P<dm>{_MONTH_PATTERN})(?P<dcomma>,?)\s(?P<dy>(?:1[5-9]|20|21)\d\d)\b)
      |(?P<month>\b(?P<om>{_MONTH_PATTERN})(?:\sof)?,?\s(?P<oy>(?:1[5-9]|20|21)\d\d)\b))
    """,
    re.VERBOSE,
)
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORD_NUMBER = (
    rf"(?:{'|'.join(_TENS)})(?:-(?:{'|'.join(_SMALL[1:10])}))?"
    rf"|{'|'.join(sorted(_SMALL, key=len, reverse=True))}|(?:a|one) hundred"
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
    found = [_read_date(match, text) for match in _DATE.finditer(folded)]
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
        return next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(text[:3].lower()))
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
    if tens in _TENS:
        return (_TENS.index(tens) + 2) * 10 + (_SMALL.index(ones) if ones else 0)
    return _SMALL.index(text)


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
        unit = BY_CODE[_SYMBOLS.get(symbol) or _SYMBOLS[symbol.upper()]]
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
        factor = Decimal(_SCALES.get(scale, 1))
        return Decimal(plain) * factor, factor.scaleb(-decimals), scale
    value = han_number(written or "")
    return None if value is None else (value, Decimal(1), "")


def _read_unit(written: str | None, folded: str, end: int) -> Unit | None:
    if not written:
        return None
    name = written.strip().lstrip("-")
    unit = _EXACT_ENGLISH.get(name) or _BY_CHINESE.get(name)
    if unit is None and len(name) > 1:
        unit = _BY_ENGLISH.get(name.lower())
    if unit is None:
        return None
    after = folded[end : end + 1]
    # 5月 is May and 5日 a day of the month, 3个人 three people, 2部门 no 2 pieces
    if name in {"月", "日"} and not written.startswith("个"):
        return None if name == "月" else unit
    if name in {"个", "部", "分", "名", "位", "度", "件", "次"} and after in {"门", "公", "之", "义", "单", "月"}:
        return None
    return unit


# --- comparing --------------------------------------------------------------------------------------------------------

_ABOUT_SHARE = Decimal("0.05")
_BELOW_SHARE = Decimal("0.10")
_FAR_SHARE = Decimal("0.30")


def same(said: Quantity, true: Quantity) -> bool:
    """Whether `said` is a fair way to state `true`: equal after rounding to the less precise of the two."""
    if said.is_date or true.is_date:
        return _same_date(said, true)
    factor = _conversion(said.unit, true.unit)
    if factor is None:
        return False
    value, step = said.value * factor, said.step * factor
    gap = abs(value - true.value)
    if said.bound in ("above", "range"):
        return False
    if gap == 0:
        return True
    tolerance = step / 2 if said.scale or said.bound or step < 1 else Decimal(0)
    if said.bound == "about":
        tolerance = max(tolerance, abs(true.value) * _ABOUT_SHARE)
    if said.bound == "below":
        # "nearly 20" for 16: the next round number
        return value >= true.value and gap <= max(abs(true.value) * _BELOW_SHARE, _roundness(value) / 2)
    if true.scale or true.step < 1:
        tolerance = max(tolerance, true.step / 2)
    # A conversion may leave a remainder in the last digit
    if factor != 1:
        tolerance = max(tolerance, step / 2)
    return gap <= tolerance


def _roundness(value: Decimal) -> Decimal:
    """The place value of the last digit that is not zero: 10 for 20, 100 for 1,500."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)


def differs(said: Quantity, true: Quantity) -> bool:
    """Whether `said` is certainly not meant as `true`: what is said roughly must be far off."""
    if same(said, true) or said.bound in ("above", "range"):
        return False
    if not said.bound or said.is_date or true.is_date:
        return True
    factor = _conversion(said.unit, true.unit)
    return factor is None or abs(said.value * factor - true.value) > abs(true.value) * _FAR_SHARE


def _same_date(said: Quantity, true: Quantity) -> bool:
    if not (said.is_date and true.is_date) or said.year != true.year:
        return False
    if said.month and true.month and said.month != true.month:
        return False
    return not (said.day and true.day) or said.day == true.day


def _conversion(one: Unit | None, other: Unit | None) -> Decimal | None:
    """What a value in `one` is multiplied with to be in `other`; None when they measure different things."""
    if one is None or other is None:
        return Decimal(1) if one is other or one is None else None
    if one.dimension != other.dimension:
        return None
    return one.factor / other.factor


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities measure the same kind of thing."""
    if one.is_date or other.is_date:
        return one.is_date and other.is_date
    return _conversion(one.unit, other.unit) is not None


# --- writing ----------------------------------------------------------------------------------------------------------


def stands_among(said: Quantity, quantities: Iterable[Quantity]) -> bool:
    """Whether one of the quantities is the same value."""
    return any(comparable(said, each) and comparable(each, said) and same(said, each) for each in quantities)


_SHORT_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def rewritten(said: Quantity, true: Quantity, language: Language) -> str | None:
    """`true` in the way `said` is written: same order, separators, words and, where it can be exact, same unit.

    None when it cannot be said that way (a bare year for a whole date, a number without unit for one with).
    """
    if said.is_date or true.is_date:
        return _rewritten_date(said, true) if said.is_date and true.is_date else None
    if said.bound in ("above", "below", "range"):
        return None
    if true.unit is None or said.unit is None or said.unit.code == true.unit.code:
        return _with_number(said, true.value)
    if said.value == true.value or said.unit.dimension != true.unit.dimension:
        return _with_unit(said, true, language)
    return _with_number(said, true.value * true.unit.factor / said.unit.factor)


def _with_number(said: Quantity, value: Decimal) -> str | None:
    inside = said.number[0] - said.start, said.number[1] - said.start
    written = _written_number(said, value)
    if written is None:
        return None
    after = said.text[inside[1] :]
    if said.unit is not None and value == 1 and after.strip() in said.unit.english[1:2]:
        after = after.replace(said.unit.english[1], said.unit.english[0])
    elif said.unit is not None and said.value == 1 and value != 1 and after.strip() == said.unit.english[0]:
        after = after.replace(said.unit.english[0], said.unit.english[1])
    return said.text[: inside[0]] + written + after


_FINEST_SCALED = Decimal("0.0001")
"""1.2345 million is still readable."""

_GROUPED = 1000
"""The smallest number that English text sets with a comma."""


def _written_number(said: Quantity, value: Decimal) -> str | None:
    old = said.text[said.number[0] - said.start : said.number[1] - said.start]
    if said.scale == "成":
        return han_written(value / 10) if value % 10 == 0 else None
    if said.style == "han":
        return han_written(value) if value == value.to_integral_value() else None
    if said.style == "word":
        return _english_written(value, capital=old[:1].isupper())
    if said.scale:
        factor = Decimal(_SCALES[said.scale])
        scaled = value / factor
        tail = re.sub(r"^[\d.,-]+", "", old)
        readable = scaled != 0 and _roundness(scaled) >= _FINEST_SCALED
        return f"{_plain(scaled)}{tail}" if readable else _grouped(value)
    grouped = "," in old or (said.value < _GROUPED <= value and not _is_han_text(said.text))
    if value == value.to_integral_value() and re.search(r"\.0+$", old):
        return f"{value:,.1f}" if grouped else f"{value:.1f}"
    return _grouped(value) if grouped else _plain(value)


def _is_han_text(text: str) -> bool:
    return bool(re.search(r"[㐀-鿿]", text))


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(value: Decimal) -> str:
    whole, dot, decimals = _plain(value).partition(".")
    return f"{int(whole):,}{dot}{decimals}"


def han_written(value: Decimal) -> str | None:
    """A whole number below 100,000 as a Chinese numeral."""
    number = int(value)
    if value != number or not 0 <= number < 100_000:  # noqa: PLR2004 - larger ones are written in digits
        return None
    if number == 0:
        return "零"
    text, gap = "", False
    for power, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + name
            gap = False
        elif text:
            gap = True
    return text[1:] if text.startswith("一十") else text


def _english_written(value: Decimal, *, capital: bool) -> str | None:
    number = int(value)
    if value != number or not 0 <= number < 100:  # noqa: PLR2004 - larger ones are written in digits
        return None
    if number < 20:  # noqa: PLR2004 - the irregular ones
        text = _SMALL[number]
    else:
        text = _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
    return text.capitalize() if capital else text


def _with_unit(said: Quantity, true: Quantity, language: Language) -> str | None:
    """The true value with the true unit, where the said unit is the mistake."""
    if said.unit is None or true.unit is None:
        return None
    number = _written_number(said, true.value)
    if number is None:
        return None
    inside = said.number[0] - said.start, said.number[1] - said.start
    before, after = said.text[: inside[0]], said.text[inside[1] :]
    if true.unit.code in CURRENCIES:
        return _with_currency(before, number, after, said.unit, true.unit)
    old = after.strip()
    blank = after[: len(after) - len(after.lstrip())]
    if _is_han_text(old) or (not old and language == "zh"):
        return f"{before}{number}{blank}{true.unit.chinese[0]}"
    names = true.unit.english
    # A symbol for a symbol, a word for a word
    symbols = [name for name in names if not _SPELLED.fullmatch(name)]
    spelled = [name for name in names if _SPELLED.fullmatch(name)]
    chosen = (spelled if _SPELLED.fullmatch(old) else symbols) or list(names)
    name = chosen[0] if true.value == 1 or len(chosen) == 1 else chosen[1]
    return f"{before}{number}{blank}{name}"


_SPELLED = re.compile(r"[A-Za-z. -]{3,}")
"""A unit written as a word; shorter ones are symbols."""


def _with_currency(before: str, number: str, after: str, old: Unit, new: Unit) -> str:
    if before.strip():
        blank = before[len(before.rstrip()) :]
        symbol = before.strip()
        if symbol in ("$", "€", "£", "¥", "￥", "US$", "HK$", "S$"):
            symbols = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "SGD": "S$"}
            return f"{symbols.get(new.code, new.code + ' ')}{blank}{number}"
        return f"{new.code}{blank}{number}" + (after if not after.strip() else "")
    blank = after[: len(after) - len(after.lstrip())]
    if _is_han_text(after):
        return f"{number}{blank}{new.chinese[0]}"
    name = new.code if after.strip() == old.code else new.english[1]
    return f"{number}{blank}{name}"


def _rewritten_date(said: Quantity, true: Quantity) -> str | None:
    if (said.month and not true.month) or (said.day and not true.day):
        return None
    match = _DATE.search(fold(said.text))
    if match is None:
        return str(true.year) if re.fullmatch(r"\d{4}", said.text) else None
    group = match.groupdict()
    if said.style == "iso":
        return _rewritten_iso_date(true, group)
    if said.style == "zh":
        return _rewritten_chinese_date(said, true, group)
    name = _written_month(group["mm"] or group["dm"] or group["om"] or "", true.month)
    ending = _ordinal(true.day) if group["msuf"] or group["dsuf"] else ""
    return {
        "month": f"{name} {true.year}",
        "mdy": f"{name} {true.day}{ending}{',' if ',' in said.text else ''} {true.year}",
        "dmy": f"{group['the'] or ''}{true.day}{ending}{group['of'] or ''} {name}{group['dcomma'] or ''} {true.year}",
    }[said.style]


def _rewritten_iso_date(true: Quantity, group: dict[str, str | None]) -> str:
    two_digits = (len(group["im"] or ""), len(group["id"] or "")) == (2, 2)
    padded = group["sep"] == "-" or (two_digits and not _ambiguous_width(group))
    month, day = (f"{true.month:02}", f"{true.day:02}") if padded else (str(true.month), str(true.day))
    return f"{true.year}{group['sep']}{month}{group['sep']}{day}"


def _written_month(old: str, month: int) -> str:
    """The name of a month, short and with a full stop where the old one is."""
    whole = _MONTHS[month - 1].capitalize()
    if old.lower() in _MONTHS:
        return whole
    short = _SHORT_MONTHS[month - 1]
    return short + "." if old.endswith(".") and short != whole else short


def _ambiguous_width(group: dict[str, str | None]) -> bool:
    """Whether 2022/12/15 leaves open if a single digit would get a zero."""
    return not (group["im"] or "").startswith("0") and not (group["id"] or "").startswith("0")


def _ordinal(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")  # noqa: PLR2004 - 11th to 13th


def _rewritten_chinese_date(said: Quantity, true: Quantity, group: dict[str, str | None]) -> str | None:
    def number(value: int, old: str | None) -> str:
        if old and not old[0].isdigit():
            return han_written(Decimal(value)) or str(value)
        return f"{value:02}" if old and old.startswith("0") else str(value)

    year = group["zy"] or ""
    new_year = (
        str(true.year) if year.isdigit() else "".join("〇一二三四五六七八九"[int(char)] for char in str(true.year))
    )
    text = f"{new_year}年"
    if said.month:
        text += f"{number(true.month, group['zm'])}月"
        if said.text.endswith("份"):
            text += "份"
    if said.day:
        text += f"{number(true.day, group['zd'])}{said.text[-1]}"
    return text


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
