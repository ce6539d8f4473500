"""What neither graph nor passages bear out is marked, never edited; sound sentences stay without a mark."""

from __future__ import annotations

import pytest

from knowledge.alignment import Checker
from knowledge.types import AlignmentReport, Passage, User

SOURCE = Passage(
    "p1",
    "The canteen of the north building opens at 11:30 and closes at 14:00. Lunch costs 25 yuan; the company pays 60%. "
    "Visitors may use the canteen after registration at the front desk. Sales rose by 12% in the second quarter, "
    "said Lena Brandt. The lift was repaired in 2023.",
)
CHINESE = Passage(
    "p1", "食堂每天11点30分开放。午餐费用为25元，公司承担60%。访客登记后可以使用食堂。二季度销售额增长12%。"
)

MARKED = {
    "a number": ("Lunch in the canteen costs 35 yuan.", "unsupported.number", "35 yuan"),
    "a share": ("Of the lunch costs the company pays 80%.", "unsupported.number", "80%"),
    "a date": ("The lift was repaired in March 2021.", "unsupported.number", "March 2021"),
    "a name": ("In the second quarter sales rose by 12%, said Robert Brandauer.", "unsupported.name", "Robert"),
    "a denial": (
        "Visitors may not use the canteen after registration.",
        "unsupported.denial",
        "Visitors may not use the canteen after registration.",
    ),
    "the opposite": (
        "Sales in the second quarter fell.",
        "unsupported.opposite",
        "Sales in the second quarter fell.",
    ),
    "something else": (
        "Bicycles belong into the basement garage.",
        "unsupported.words",
        "Bicycles belong into the basement garage.",
    ),
}


@pytest.mark.parametrize(("text", "rule", "place"), MARKED.values(), ids=MARKED)
def test_what_no_passage_bears_out_is_marked(checker: Checker, text: str, rule: str, place: str) -> None:
    report = checker.check(text, [SOURCE])
    (finding,) = report.findings
    assert (finding.kind, finding.rule, finding.text) == ("unsupported", rule, place)
    assert finding.reason
    assert (report.verdict, report.answer, report.edits) == ("unsupported", text, ())


MARKED_CHINESE = {
    "a number": ("午餐费用为35元。", "unsupported.number"),
    "the opposite": ("二季度销售额下降。", "unsupported.opposite"),
    "a denial": ("访客登记后也不可以使用食堂。", "unsupported.denial"),
    "something else": ("自行车请停放至地下车库指定区域。", None),
}


@pytest.mark.parametrize(("text", "rule"), MARKED_CHINESE.values(), ids=MARKED_CHINESE)
def test_in_chinese(checker: Checker, text: str, rule: str | None) -> None:
    report = checker.check(text, [CHINESE])
    assert [finding.rule for finding in report.findings] == ([rule] if rule else [])
    assert report.answer == text


SOUND = {
    "word for word": "Lunch costs 25 yuan; the company pays 60%.",
    "other words": "The firm bears 60% of the price of lunch, which is ¥25.",
    "a sum that can be made": "The company pays 60% of the lunch, so 40% remain.",
    "a list number": "1. Lunch costs 25 yuan.\n2. The company pays 60%.",
    "a small count": "Two things matter: lunch costs 25 yuan, and the company pays 60%.",
    "an abbreviation": "Sales rose by 12% in Q2.",
    "a double denial": "Without registration visitors would have no canteen at the front desk.",
    "a question": "Does lunch cost 35 yuan?",
    "a courtesy": "I hope this helps; please contact Robert Brandauer.",
    "about the sources": "The documents do not say what parking costs.",
    "somebody else's words": "The poster says “lunch costs 35 yuan”.",
    "another language": "午餐费用为25元。",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_sound_sentences_stay_unmarked(checker: Checker, text: str) -> None:
    assert [finding for finding in checker.check(text, [SOURCE]).findings if finding.kind == "unsupported"] == []


def test_what_the_question_names_is_given(checker: Checker) -> None:
    text = "For a budget of 35 yuan lunch at 25 yuan is fine."
    assert checker.check(text, [SOURCE], "I have 35 yuan: can I have lunch?").findings == ()


def test_what_the_graph_states_needs_no_passage(checker: Checker) -> None:
    report = checker.check("Meridian is owned by Travel Desk and went live on 1 March 2024.", [SOURCE])
    assert {finding.kind for finding in report.findings} == {"supported"}


def unsupported(report: AlignmentReport) -> list[tuple[str, str]]:
    return [(finding.text, finding.rule) for finding in report.findings if finding.kind == "unsupported"]


def test_a_clear_claim_that_the_graph_does_not_know(checker: Checker) -> None:
    assert unsupported(checker.check("Payroll uses Meridian.")) == [("Meridian", "unsupported.claim")]
    told = checker.check("Payroll uses Meridian.", [Passage("p7", "Since May Payroll has used Meridian too.")])
    assert [finding.kind for finding in told.findings] == ["supported"]
    assert told.findings[0].evidence == ("passage p7",)


@pytest.mark.parametrize("text", ["Payroll might use Meridian.", "Does Payroll use Meridian?"])
def test_what_is_not_asserted_is_not_marked(checker: Checker, text: str) -> None:
    assert unsupported(checker.check(text)) == []


def test_a_hidden_owner_reads_like_a_missing_one(checker: Checker) -> None:
    outsider = User("u", groups=frozenset({"staff"}))
    with_hidden = checker.check("Beaconhub is owned by Payroll.", user=outsider)
    assert unsupported(with_hidden) == [("Payroll", "unsupported.claim")]
    assert with_hidden.edits == ()
    assert "Shadow" not in str(with_hidden.to_json())


def test_checking_again_marks_the_same(checker: Checker) -> None:
    first = checker.check("Meridian is owned by Payroll. Lunch costs 35 yuan.", [SOURCE])
    again = checker.check(first.answer, [SOURCE])
    assert first.answer == again.answer == "Meridian is owned by Travel Desk. Lunch costs 35 yuan."
    assert unsupported(again) == unsupported(first) == [("35 yuan", "unsupported.number")]
