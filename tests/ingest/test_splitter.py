"""Chunks: nothing lost, order kept, limits held, tables with their header, sentences whole."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.splitter import embedding_text, split
from ingest.types import Block
from knowledge.errors import InvalidInput


def count(texts):
    """Characters of Chinese and words of the rest, marks included: like the real one, never less for the parts."""
    return [len(re.findall(r"[一-鿿]|[^\W一-鿿]+|[^\w\s]", text)) for text in texts]


def table(rows: int, columns: int = 3) -> str:
    head = "| " + " | ".join(f"head{column}" for column in range(columns)) + " |"
    body = ["| " + " | ".join(f"r{row}c{column}" for column in range(columns)) + " |" for row in range(rows)]
    return "\n".join([head, "|" + " --- |" * columns, *body])


def test_headings_make_sections_and_the_title_is_not_repeated():
    blocks = [
        Block("heading", "Travel policy", 1),
        Block("text", "For everyone who works here and travels."),
        Block("heading", "Hotels", 2),
        Block("text", "At most 600 CNY a night in the large cities."),
        Block("heading", "Abroad", 3),
        Block("text", "At most 150 euro a night, breakfast included."),
        Block("heading", "Trains", 2),
        Block("text", "Second class, whenever the journey is below five hours."),
    ]
    pieces = split(blocks, count, 60, title="Travel policy")
    assert [piece.heading for piece in pieces] == [(), ("Hotels",), ("Hotels", "Abroad"), ("Trains",)]
    assert embedding_text("Travel policy", "Hotels › Abroad", "x") == "Travel policy › Hotels › Abroad\nx"


def test_each_part_of_a_table_has_the_header():
    pieces = split([Block("text", "Rates:"), Block("table", table(30))], count, 80)
    assert len(pieces) > 3
    header = table(0)
    for piece in pieces:
        assert piece.text.count(header) == 1
    rows = [line for piece in pieces for line in piece.text.split("\n") if line.startswith("| r")]
    assert rows == table(30).split("\n")[2:], "each row once, whole, in order"


def test_a_row_that_does_not_fit_becomes_lines():
    long = "答" * 50 + "。" + "案" * 50 + "。"
    text = f"| 问题 | 答案 |\n| --- | --- |\n| 怎么报销 | {long} |"
    pieces = split([Block("table", text)], count, 60)
    assert all(piece.tokens <= 60 for piece in pieces)
    assert pieces[0].text.startswith("问题: 怎么报销")
    assert "".join(piece.text for piece in pieces).count("答") == 51


def test_a_wide_header_is_written_out_per_row():
    pieces = split([Block("table", table(2, columns=40))], count, 60)
    assert "head0: r0c0" in pieces[0].text
    assert all(piece.tokens <= 60 for piece in pieces)


def test_sentences_stay_whole():
    text = "第一句说的是差旅标准。第二句说的是报销时限！第三句说的是审批流程？" * 6
    pieces = split([Block("text", text)], count, 40)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text.endswith(("。", "！", "？")) for piece in pieces)


def test_a_single_endless_sentence_is_cut_at_its_commas():
    text = "，".join("很长的一个分句没有句号" for _ in range(30))
    pieces = split([Block("text", text)], count, 40)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.tokens <= 40 for piece in pieces)
    assert sum(piece.text.endswith("，") for piece in pieces) == len(pieces) - 1


def test_text_without_any_break_is_cut_too():
    pieces = split([Block("text", "字" * 500)], count, 40)
    assert "".join(piece.text for piece in pieces) == "字" * 500
    assert all(piece.tokens <= 40 for piece in pieces)


def test_code_keeps_its_lines_and_fences():
    code = "\n".join(f"call({number})" for number in range(60))
    pieces = split([Block("code", code)], count, 50)
    assert all(piece.text.startswith("```\n") and piece.text.endswith("\n```") for piece in pieces)
    assert "\n".join(piece.text[4:-4] for piece in pieces) == code


def test_tiny_neighbours_are_merged_with_their_headings():
    blocks = [
        part for number in range(3) for part in (Block("heading", f"Q{number}", 2), Block("text", "Yes, you may."))
    ]
    (piece,) = split(blocks, count, 180)
    assert piece.heading == ()
    assert piece.text == "**Q0**\nYes, you may.\n\n**Q1**\nYes, you may.\n\n**Q2**\nYes, you may."


def test_a_heading_with_nothing_under_it_is_not_lost():
    blocks = [
        Block("heading", "A", 1),
        Block("heading", "B", 1),
        Block("text", "Something is said here."),
        Block("heading", "C", 1),
    ]
    text = " ".join(f"{' '.join(piece.heading)} {piece.text}" for piece in split(blocks, count, 180))
    assert all(word in text for word in "ABC")


def test_pages_and_overlap():
    sentences = [f"Sentence number {number} is here." for number in range(12)]
    blocks = [Block("text", " ".join(sentences[:6]), page=1), Block("text", " ".join(sentences[6:]), page=2)]
    pieces = split(blocks, count, 30, overlap=7)
    assert pieces[0].page == 1
    assert pieces[-1].page == 2
    for before, after in pairwise(pieces):
        assert after.text.split(".")[0] in before.text, "the last sentence is repeated"
    assert all(piece.tokens <= 30 for piece in pieces)
    with pytest.raises(InvalidInput):
        split(blocks, count, 30, overlap=30)


WORDS = st.text(alphabet="ab中文。，. \n|-`*", min_size=1, max_size=80).map(lambda text: text.strip()).filter(bool)
BLOCKS = st.one_of(
    st.builds(Block, st.just("heading"), st.text(alphabet="XY章", min_size=1, max_size=6), st.integers(1, 4)),
    st.builds(Block, st.sampled_from(["text", "list", "code"]), WORDS),
    st.integers(0, 8).map(lambda rows: Block("table", table(rows))),
)


@given(st.lists(BLOCKS, max_size=8), st.integers(20, 60))
@settings(max_examples=200, deadline=None)
def test_invariants(blocks, limit):
    """Nothing is lost, the order stays, and no chunk is longer than the limit."""
    pieces = split(blocks, count, limit)
    assert all(piece.tokens == count([piece.text])[0] <= limit for piece in pieces)
    assert all(piece.text.strip() for piece in pieces)
    kept = "".join(f"{''.join(piece.heading)}{piece.text}" for piece in pieces)
    body = re.sub(r"\s", "", "".join(piece.text for piece in pieces))
    place = 0
    for block in blocks:
        if block.kind == "heading":
            assert block.text in kept
            continue
        lines = block.text.split("\n")[2:] if block.kind == "table" else [block.text]
        for word in re.findall(r"[a-z0-9]+|[一-鿿]", " ".join(lines)):
            place = body.find(word, place)
            assert place >= 0, f"{word!r} is lost or out of order"
            place += len(word)


def test_a_line_of_megabytes_is_never_counted_whole():
    longest = 0

    def count(texts):
        nonlocal longest
        longest = max([longest, *map(len, texts)])
        return [max(1, len(text) // 3) for text in texts]

    text = "0" * 100_000 + "员工出差" * 20_000
    pieces = split([Block("text", text)], count, 100)
    assert "".join(piece.text for piece in pieces) == text
    assert longest <= 3000
