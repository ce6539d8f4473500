import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("限额为5000元。由财务批准[1]。", ["限额为5000元。", "由财务批准[1]。"]),
        ("他说：“可以。”然后走了。", ["他说：“可以。”", "然后走了。"]),
        ("The limit is 5.5 CNY. Dr. Wu approves it [2].", ["The limit is 5.5 CNY.", "Dr. Wu approves it [2]."]),
        ("Approved by Finance.[1] Then B.", ["Approved by Finance.[1]", "Then B."]),
        ("See section 3. Done.", ["See section 3.", "Done."]),
        ("1. First item\n2. Second.", ["1. First item", "2. Second."]),  # a list number ends no sentence
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "|---|---|", "| 1 | 2 |"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences(text)] == sentences


@given(st.text(alphabet="ab 。.\n[1]！“”5，", max_size=80))
def test_offsets_hold_and_nothing_is_lost(text: str) -> None:
    found = split_sentences(text)
    assert all(text[each.start : each.end] == each.text for each in found)
    assert "".join("".join(each.text.split()) for each in found) == "".join(text.split())
