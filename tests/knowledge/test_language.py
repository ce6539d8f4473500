import pytest

from knowledge.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the hotel limit?", "en"),
        ("差旅标准是多少？", "zh"),
        ("TiDB Lightning 怎么用", "zh"),
        ("Meridian 的 owner 是谁", "zh"),
        ("How do I fill in the 报销单 form?", "en"),
        ("Who is 王小明?", "en"),
        ("LT-200", "en"),
        ("报销", "zh"),
        ("LT-200 量程", "zh"),
        ("", "en"),
        ("12345", "en"),
        ("| Model | 价格 |\n| LT-200 | 3,500 |", "en"),
        ("為什麼要開會", "zh"),
    ],
)
def test_language_of_short_texts(text: str, language: str) -> None:
    assert detect_language(text) == language
