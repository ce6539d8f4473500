"""A quantity written again in the way another one is: same order, separators, words and, where it can be, unit."""

from __future__ import annotations

import re
from decimal import Decimal

from knowledge.alignment.quantities import DATE_PATTERN, MONTHS, SCALES, SMALL, TENS, Quantity
from knowledge.alignment.quantity_comparing import roundness
from knowledge.alignment.units import CURRENCIES, Unit
from knowledge.graph.normal import fold
from knowledge.types import Language

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
        factor = Decimal(SCALES[said.scale])
        scaled = value / factor
        tail = re.sub(r"^[\d.,-]+", "", old)
        readable = scaled != 0 and roundness(scaled) >= _FINEST_SCALED
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
    ones = f"-{SMALL[number % 10]}" if number % 10 else ""
    text = SMALL[number] if number < len(SMALL) else TENS[number // 10 - 2] + ones
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
    match = DATE_PATTERN.search(fold(said.text))
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
    whole = MONTHS[month - 1].capitalize()
    if old.lower() in MONTHS:
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
