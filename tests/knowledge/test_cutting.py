import pytest

from knowledge.cutting import is_filler, words


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("The LT-200 sensor", {"lt-200", "lt", "200", "sensor"}),
        ("costs 5,000.50 yuan", {"5000.50", "yuan"}),
        ("ＬＴ－２００", {"lt-200"}),
        ("version 2.3.1", {"2.3.1"}),
        ("差旅费报销标准", {"差旅", "报销", "标准"}),
        ("有限公司", {"有限", "公司", "有限公司"}),
        ("500元", {"500", "元"}),
        ("approved approving approves", {"approv"}),
        ("tiup-cluster_v2", {"tiup-cluster_v2", "cluster", "v2"}),
        ("Café", {"café"}),
    ],
)
def test_words_that_must_be_there(text: str, held: set[str]) -> None:
    assert held <= set(words(text))


@pytest.mark.parametrize("text", ["", "  ", "！？……", "--- ***", "\x00", "x" * 500])
def test_nothing_to_search(text: str) -> None:
    assert words(text) == []


def test_question_and_text_are_cut_alike() -> None:
    assert set(words("Approvals of policies")) & set(words("policy approval")) == {"polici", "approv"}


@pytest.mark.parametrize(("word", "filler"), [("what", True), ("doe", True), ("什么", True), ("报销", False)])
def test_fillers(word: str, filler: bool) -> None:
    assert is_filler(word) is filler
