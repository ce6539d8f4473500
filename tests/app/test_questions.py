import pytest

from app.questions import Turn, answer_language, leans_on_history

HISTORY = [Turn("出差住宿标准是多少？", "每晚 600 元[1]。")]


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("那二线城市呢？", True),  # begins with a link to what was said
        ("它由谁负责？", True),  # a pronoun
        ("需要谁审批？", True),  # says almost nothing by itself
        ("What about Munich?", True),
        ("Who approves it?", True),
        ("杭州总部的访客登记流程是什么样的？", False),
        ("How long is the warranty of the LT-200 turbidity sensor?", False),
        ("年假申请提前几天提交给直属经理？", False),
    ],
)
def test_follow_ups_are_told_from_new_questions(question: str, leans: bool) -> None:
    assert leans_on_history(question, HISTORY) is leans


def test_nothing_leans_on_an_empty_history() -> None:
    assert not leans_on_history("那呢？", [])


@pytest.mark.parametrize(
    ("question", "language"), [("谁负责 Meridian？", "zh"), ("Who runs 子午平台 now?", "en"), ("42?", "zh")]
)
def test_the_answer_comes_in_the_language_of_the_question(question: str, language: str) -> None:
    assert answer_language(question, HISTORY) == language
