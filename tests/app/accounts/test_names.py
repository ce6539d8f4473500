from __future__ import annotations

import pytest

from app.accounts.names import checked_display_name, checked_groups, checked_language, checked_name, checked_role
from knowledge.errors import InvalidInput


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a,b", "a*", "%", "'a'", '"a"', "<b>", "a/b", "x" * 65, "a\nb", "a\u202eb"]
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="account name"):
        checked_name(name)


@pytest.mark.parametrize(
    ("name", "kept"), [("amy", "amy"), (" 王芳 ", "王芳"), ("ａｍｙ", "amy"), ("a.b_c-d+e@f", "a.b_c-d+e@f")]
)
def test_names_that_are_accepted(name: str, kept: str) -> None:
    assert checked_name(name) == kept


@pytest.mark.parametrize("label", ["", " ", "hr,finance", "*", "hr*", "%", "'hr'", '"hr"', "\t", "hr "])
def test_groups_that_could_be_read_as_lists_or_patterns_are_refused(label: str) -> None:
    with pytest.raises(InvalidInput):
        checked_groups(["ok", label])


def test_groups_compare_whole_and_by_case() -> None:
    assert checked_groups(["hr", "HR", "hr"]) == {"hr", "HR"}


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (checked_role, "boss", "knowledge_manager"),
        (checked_role, "Admin", "admin"),
        (checked_language, "fr", "zh, en"),
        (checked_display_name, "a\nb", "one line"),
        (checked_display_name, "a\u202eb", "one line"),
        (checked_display_name, "x" * 101, "100"),
    ],
)
def test_other_values_that_are_refused(check, value: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check(value)
