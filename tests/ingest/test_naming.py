"""Titles, dates and versions that documents state."""

import pytest

from ingest.naming import effective_date, title_of, version_of
from ingest.types import Block, LoadedDocument

EMPTY = LoadedDocument("markdown", ())

DATES = [
    ("本制度自2025年3月1日起施行，取代2024版。", "", "2025-03-01"),
    ("生效日期：2024-07-01。", "", "2024-07-01"),
    ("| 生效日期 | 2024/7/1 |", "", "2024-07-01"),
    ("Effective 2025-03-01, this replaces …", "", "2025-03-01"),
    ("Effective date: 1 March 2025", "", "2025-03-01"),
    ("This policy takes effect on March 1st, 2025.", "", "2025-03-01"),
    ("发布日期：2024年5月\n自 2024 年 6 月 1 日起执行", "", "2024-06-01"),  # in force counts before issued
    ("Version 2.1, 12 May 2023", "", "2023-05-12"),
    ("Last updated: 2023-05-12", "", "2023-05-12"),
    ("会议纪要\n日期：2025-11-03", "", "2025-11-03"),
    ("", "minutes/2025-10-14-council.md", "2025-10-14"),
    ("", "差旅制度（2024年版）.docx", "2024"),
    ("", "20250301_prices.xlsx", "2025-03-01"),
    ("Call 2025 numbers; 13 monkeys on 2025-99-99", "notes.md", ""),
    ("Founded in 1998, the company …", "about.md", ""),
]


@pytest.mark.parametrize(("text", "path", "expected"), DATES)
def test_effective_date(text, path, expected):
    assert effective_date(EMPTY, text, path) == expected


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        (LoadedDocument("markdown", (Block("heading", "Leave", 1),), title="other"), "a.md", "Leave"),
        (LoadedDocument("pdf", (Block("text", "x"),), title="From metadata"), "a.pdf", "From metadata"),
        (LoadedDocument("docx", (Block("heading", "Only second", 2),)), "a.docx", "Only second"),
        (LoadedDocument("xlsx", (Block("heading", "Sheet1", 1),)), "dir/price_list 2025.xlsx", "price list 2025"),
        (LoadedDocument("csv", (Block("table", ""),)), "x/供应商.csv", "供应商"),
    ],
)
def test_title(document, path, expected):
    assert title_of(document, path) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("版本：V2.0", "2.0"), ("Version 1.4 of", "1.4"), ("no such thing", "")]
)
def test_version(text, expected):
    assert version_of(text) == expected
