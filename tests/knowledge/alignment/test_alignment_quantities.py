"""Numbers, dates and units: read in both languages, compared fairly, written back alike."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.alignment.quantities import find_quantities, from_literal, han_number
from knowledge.alignment.quantity_comparing import same
from knowledge.alignment.quantity_writing import han_written, rewritten
from knowledge.types import Language

READ = {
    "86,500元": ("86500", "CNY"),
    "约7.3万元": ("73000", "CNY"),
    "人民币8.65万元": ("86500", "CNY"),
    "¥5,000": ("5000", "CNY"),
    "CNY 26.4 thousand": ("26400", "CNY"),
    "USD 1.5 million": ("1500000", "USD"),
    "百分之九十三": ("93", "%"),
    "三成。": ("30", "%"),
    "39 per cent": ("39", "%"),
    "四十五天": ("45", "d"),
    "12个月": ("12", "mo"),
    "ten days": ("10", "d"),
    "0.8公斤": ("0.8", "kg"),
    "2.7kg": ("2.7", "kg"),
    "1.2亿元": ("120000000", "CNY"),
    "5个工作日": ("5", "bd"),
}


@pytest.mark.parametrize(("text", "expected"), READ.items(), ids=READ)
def test_amounts(text: str, expected: tuple[str, str]) -> None:
    (found,) = find_quantities(text)
    assert found.unit is not None
    assert (found.value, found.unit.code) == (Decimal(expected[0]), expected[1])


DATES = {
    "2023年4月17日": (2023, 4, 17),
    "二〇二五年三月": (2025, 3, 0),
    "2019/8/19": (2019, 8, 19),
    "2019-08-19": (2019, 8, 19),
    "October 8, 2024": (2024, 10, 8),
    "8 Oct 2024": (2024, 10, 8),
    "the 8th of October 2024": (2024, 10, 8),
    "April 2023": (2023, 4, 0),
    "2021年": (2021, 0, 0),
}


@pytest.mark.parametrize(("text", "expected"), DATES.items(), ids=DATES)
def test_dates(text: str, expected: tuple[int, int, int]) -> None:
    (found,) = find_quantities(text)
    assert (found.year, found.month, found.day) == expected


@pytest.mark.parametrize("text", ["v3.2", "KX-200", "第三部分", "一起", "A4", "1.2.3.4", "三四个"])
def test_what_is_no_quantity(text: str) -> None:
    assert [quantity for quantity in find_quantities(text) if quantity.unit or quantity.is_date] == []


FAIR = [
    ("约7.3万元", "73500", "CNY", True),
    ("7.3万元", "73500", "CNY", True),
    ("7.4万元", "73500", "CNY", True),
    ("7.2万元", "73500", "CNY", False),
    ("120,000元", "118600", "CNY", False),
    ("about CNY 120,000", "118600", "CNY", True),
    ("nearly 40 people", "38", "person", True),
    ("nearly 30 people", "38", "person", False),
    ("2 years", "24", "mo", True),
    ("24 years", "24", "mo", False),
    ("950 g", "0.95", "kg", True),
    ("14 days", "2", "week", True),
    ("USD 5,000", "5000", "CNY", False),
    ("June 2021", "2021-06-28", "", True),
    ("July 2021", "2021-06-28", "", False),
    ("30-60 days", "30", "d", False),
]


@pytest.mark.parametrize(("said", "true", "unit", "fair"), FAIR)
def test_fair_ways_to_say_a_value(said: str, true: str, unit: str, fair: bool) -> None:
    value = from_literal(true, unit)
    assert value is not None
    assert same(find_quantities(said)[-1], value) is fair


WRITTEN: list[tuple[str, str, str, Language, str | None]] = [
    ("12年", "12", "mo", "zh", "12个月"),
    ("18 months", "36", "mo", "en", "36 months"),
    ("1.5 years", "36", "mo", "en", "3 years"),
    ("60周", "60", "d", "zh", "60天"),
    ("USD 800", "800", "CNY", "en", "CNY 800"),
    ("0.8 g", "0.8", "kg", "en", "0.8 kg"),
    ("RMB 19,800", "26400", "CNY", "en", "RMB 26,400"),
    ("865000元", "86500", "CNY", "zh", "86500元"),
    ("9万元", "120000", "CNY", "zh", "12万元"),
    ("四十五天", "21", "d", "zh", "二十一天"),
    ("2024/3/8", "2024-10-08", "", "zh", "2024/10/8"),
    ("2024-03-08", "2024-10-08", "", "en", "2024-10-08"),
    ("October 8, 2023", "2024-10-08", "", "en", "October 8, 2024"),
    ("the 2nd of May 2023", "2024-10-03", "", "en", "the 3rd of October 2024"),
    ("2022年12月5日", "2022-09-05", "", "zh", "2022年9月5日"),
    ("more than 5 days", "30", "d", "en", None),
]


@pytest.mark.parametrize(("said", "true", "unit", "language", "expected"), WRITTEN)
def test_the_right_value_is_written_as_the_wrong_one_was(
    said: str, true: str, unit: str, language: Language, expected: str | None
) -> None:
    value = from_literal(true, unit)
    assert value is not None
    quantity = find_quantities(said)[-1]
    after = rewritten(quantity, value, language)
    assert after == expected or (expected and after == expected.removeprefix(said[: quantity.start]))


@given(st.integers(0, 99_999))
def test_chinese_numerals_read_back(number: int) -> None:
    written = han_written(Decimal(number))
    assert written is not None
    assert han_number(written) == number


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("0123456789,.-/ 年月日元万亿千百十一二三个天%¥$约近和 days monthsJuneof"), max_size=40))
def test_reading_never_fails_and_offsets_hold(text: str) -> None:
    end = 0
    for quantity in find_quantities(text):
        assert end <= quantity.start < quantity.end <= len(text)
        assert text[quantity.start : quantity.end] == quantity.text
        end = quantity.end
