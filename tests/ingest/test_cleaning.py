"""Invisible characters, broken lines, runs of blanks."""

import pytest

from ingest.cleaning import clean, clean_prose, join_lines
from ingest.types import Block, LoadedDocument


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["trans-", "action costs"], "transaction costs"),
        (["well-", "Known"], "well- Known"),
        (["员工出差应当", "事先申请"], "员工出差应当事先申请"),
        (["标准为", "600元"], "标准为 600元"),
        (["use the", "portal"], "use the portal"),
        (["申请，", "经批准"], "申请，经批准"),
        ([], ""),
    ],
)
def test_join_lines(lines, joined):
    assert join_lines(lines) == joined


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u200bb\u200d\ufeffc", "abc"),
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a \u00a0\t b  ", "a b"),
        ("a\r\nb\rc\n\n\n\n\nd", "a\nb\nc\n\nd"),
        ("bell\x07 and null\x00", "bell and null"),
        ("lone \ud800 surrogate", "lone surrogate"),
    ],
)
def test_clean_prose(text, cleaned):
    assert clean_prose(text) == cleaned


def test_code_keeps_its_blanks_and_empty_blocks_go():
    document = LoadedDocument(
        "md", (Block("code", "if x:\n    y\u200b()\n"), Block("text", "\u200b \n"), Block("heading", " A\n b ", 1))
    )
    assert [block.text for block in clean(document).blocks] == ["if x:\n    y()", "A b"]
