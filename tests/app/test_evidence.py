from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests_support import NoEmbedder

from app.citations import cite
from app.evidence import Evidence, answers_surely, newest_versions, relevance, select
from app.refusals import answer_part
from knowledge.protocols import Vectors
from knowledge.retriever import RankedChunk
from knowledge.types import Chunk, Document


class Meals(NoEmbedder):
    """Knows one subject: a text is about meals, or not."""

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1.0, 0.0] if "meal" in text or "宴请" in text else [0.0, 1.0] for text in texts], np.float32)

    embed_passages = embed_queries = _vectors


def ranked(
    text: str,
    title: str = "Travel Policy",
    *,
    heading: str = "",
    date: str = "",
    near: float = 0.5,
    score: float = 1.0,
) -> RankedChunk:
    identity = str(abs(hash((text, title, date))))
    document = Document(id=f"d{title}{date}", path=f"{title}{date}.md", title=title, effective_date=date)
    chunk = Chunk(id=identity, document_id=document.id, ordinal=0, text=text, heading=heading)
    return RankedChunk(chunk=chunk, document=document, score=score, similarity=0.9, relevance=near)


TABLE = "| City | Limit |\n|---|---|\n| Munich | 150 EUR |\n| Singapore | 240 SGD |\n| Oslo | 170 EUR |"


def test_a_table_row_brings_its_header_along() -> None:
    chunks = [ranked("Travel is booked in Meridian."), ranked(TABLE, "Limits", score=0.7)]
    evidence = select("What is the limit in Singapore?", chunks, budget=32, limit=5)  # not enough for the whole table
    assert evidence.passages[1].text.splitlines() == ["| City | Limit |", "|---|---|", "| Singapore | 240 SGD |"]
    assert evidence.quotes[1] == "| Singapore | 240 SGD |"


def test_the_model_reads_table_rows_spelled_out() -> None:
    evidence = select("hotel limits", [ranked(f"Per night:\n\n{TABLE}", "Limits")], budget=200, limit=5)
    assert evidence.as_text().splitlines() == [
        "[1] Limits",
        "Per night:",
        "",
        "- City: Munich; Limit: 150 EUR",
        "- City: Singapore; Limit: 240 SGD",
        "- City: Oslo; Limit: 170 EUR",
    ]


def test_title_and_date_are_not_said_again_where_the_document_stays() -> None:
    chunks = [
        ranked("Rooms are booked in Meridian.", heading="Booking", date="2025-04-01"),
        ranked("Rooms cost at most 150 EUR.", heading="Limits", date="2025-04-01"),
        ranked("Rooms at fairs are booked by the fair team.", "Fairs"),
        ranked("Rooms are paid by card.", date="2025-04-01"),
    ]
    evidence = select("How are rooms booked?", chunks, budget=200, limit=5)
    heads = [line for line in evidence.as_text().splitlines() if line.startswith("[")]
    assert heads == ["[1] Travel Policy › Booking (2025-04-01)", "[2] Limits", "[3] Fairs", "[4] Travel Policy"]


def test_other_names_of_what_is_asked_find_their_row() -> None:
    table = "| 目的地 | 每晚上限 |\n|---|---|\n| 慕尼黑 | 150 欧元 |\n| 新加坡 | 240 新加坡元 |"
    chunks = [ranked("Rooms are booked in Meridian."), ranked(table, "住宿标准", score=0.7)]
    evidence = select("What is the limit in Munich?", chunks, budget=200, limit=5, names=["慕尼黑"])
    assert evidence.quotes[1] == "| 慕尼黑 | 150 欧元 |"


def test_a_chunk_of_a_much_smaller_score_is_not_read() -> None:
    chunks = [
        ranked("The limit in Munich is 150 EUR.", "A"),
        ranked("The limit in Oslo is 170 EUR.", "B", score=0.7),
        ranked("The limit in Rome is 160 EUR.", "C", score=0.6),
    ]
    assert [each.title for each in select("limit", chunks, budget=200, limit=5).passages] == ["A", "B"]
    thorough = select("limit", chunks, budget=200, limit=5, worth=0.3)
    assert [each.title for each in thorough.passages] == ["A", "B", "C"]


def test_a_chunk_that_fits_is_read_whole() -> None:
    text = "Kestrel is the vendor portal. Orders are placed there.\n\nThe limit is 500 EUR."
    evidence = select(
        "What is the limit?", [ranked("Limits stand here."), ranked(text, "B", score=0.7)], budget=90, limit=5
    )
    assert evidence.passages[1].text == text


def test_in_another_language_the_nearest_sentence_is_quoted() -> None:
    rules = ranked("In force since 1 February 2024. Business meals cost at most 250 CNY per person.", "Gifts")
    evidence = select("商务宴请每人最多多少钱？", [rules], budget=200, limit=5, embedder=Meals())
    assert evidence.quotes == ("Business meals cost at most 250 CNY per person.",)


def test_what_scores_far_below_the_best_is_not_shown() -> None:
    chunks = [ranked("The limit is 150 EUR."), ranked("The limit of the lift is 900 kg.", "Lift", score=0.3)]
    assert [passage.title for passage in select("limit", chunks, budget=200, limit=5).passages] == ["Travel Policy"]


def test_evidence_keeps_to_its_budget() -> None:
    chunks = [ranked(f"Sentence {number} about the travel limit. " * 8, f"T{number}") for number in range(9)]
    small = select("travel limit", chunks, budget=100, limit=9)
    large = select("travel limit", chunks, budget=600, limit=9)
    assert 0 < len(small.passages) < len(large.passages)
    assert [passage.marker for passage in large.passages] == list(range(1, len(large.passages) + 1))


@pytest.mark.parametrize(
    ("question", "dates"),
    [
        ("住宿标准是多少？", ["2025-04-01"]),
        ("2024版的住宿标准是多少？", ["2024-03-01"]),
        ("2025 hotel limit", ["2025-04-01"]),
    ],
)
def test_of_two_versions_the_newer_counts_unless_the_other_is_asked_for(question: str, dates: list[str]) -> None:
    chunks = [
        ranked("每晚 550 元。", "差旅管理制度（2024 版）", date="2024-03-01"),
        ranked("每晚 650 元。", "差旅管理制度（2025 版）", date="2025-04-01"),
    ]
    assert [item.document.effective_date for item in newest_versions(chunks, question)] == dates


def test_documents_with_different_titles_are_no_versions_of_one_another() -> None:
    chunks = [ranked("a", "Travel Policy", date="2024-01-01"), ranked("b", "Leave Policy", date="2020-01-01")]
    assert len(newest_versions(chunks, "policy")) == 2


def test_strangers_are_less_relevant_than_answers() -> None:
    near, far = ranked("The hotel limit is 150 EUR.", near=0.4), ranked("Tulips bloom in spring.", near=0.1)
    question = "What is the hotel limit?"
    scores = [relevance(question, [item], select(question, [item], budget=200, limit=3)) for item in (near, far)]
    assert scores[0] > 0.3 > scores[1]


# --- citations --------------------------------------------------------------------------------------------------

EVIDENCE = select(
    "hotel limit Munich warranty",
    [
        ranked("The hotel limit in Munich is 150 EUR a night."),
        ranked("The warranty of the Tarn 300 is 36 months.", "Tarn 300"),
    ],
    budget=400,
    limit=5,
)


@pytest.mark.parametrize(
    ("draft", "text", "removed"),
    [
        ("The limit in Munich is 150 EUR [1].", "The limit in Munich is 150 EUR [1].", 0),
        ("The limit in Munich is 150 EUR.", "The limit in Munich is 150 EUR [1].", 0),  # bound by program
        ("The limit in Munich is 150 EUR [2].", "The limit in Munich is 150 EUR [1].", 1),  # wrong passage
        ("The limit in Munich is 150 EUR [7].", "The limit in Munich is 150 EUR [1].", 1),  # no such passage
        (
            "The limit in Munich is 150 EUR 【1】。",
            "The limit in Munich is 150 EUR [1]。",
            0,
        ),  # another way to write it
        ("Limit 150 EUR [1]. Warranty 36 months [2].", "Limit 150 EUR [1]. Warranty 36 months [2].", 0),
        ("The limit in Munich is 190 EUR [1].", "The limit in Munich is 190 EUR.", 1),  # a number nobody wrote
        ("Tulips bloom in spring [1].", "Tulips bloom in spring.", 1),
    ],
)
def test_only_markers_with_support_stay(draft: str, text: str, removed: int) -> None:
    cited = cite(draft, EVIDENCE, NoEmbedder())
    assert cited.text == text
    assert cited.removed == removed
    assert all(f"[{citation.marker}]" in text for citation in cited.citations)


def test_a_name_with_another_number_finds_no_support() -> None:
    question = "What is the warranty of the Tarn 900?"
    assert not cite("The warranty of the Tarn 900 is 36 months [2].", EVIDENCE, NoEmbedder(), question).citations


def test_quantities_of_the_question_may_be_repeated() -> None:
    cited = cite(
        "Yes, 200 EUR is above the limit of 150 EUR in Munich [1].", EVIDENCE, NoEmbedder(), "Is 200 EUR too much?"
    )
    assert [citation.marker for citation in cited.citations] == [1]


def test_no_evidence_no_citations() -> None:
    assert cite("Anything [1].", Evidence(), NoEmbedder()).citations == ()


TWO_PARTS = select(
    "Tarn 300 depth warranty",
    [
        ranked("The Tarn 300 measures oxygen, turbidity and conductivity in rivers and reservoirs.", "Sheet"),
        ranked("| Property | Value |\n|---|---|\n| Maximum depth | 100 m |", "Sheet"),
        ranked("The warranty of the Brook 50 is 12 months.", "Brook"),
    ],
    budget=400,
    limit=5,
)


def test_passages_of_one_document_may_support_a_sentence_together() -> None:
    draft = "The Tarn 300 measures oxygen, turbidity and conductivity down to a depth of 100 meters."
    cited = cite(draft, TWO_PARTS, NoEmbedder())
    assert [citation.marker for citation in cited.citations] == [1, 2]
    assert cited.citations[1].quote == "| Maximum depth | 100 m |"
    assert not cite(draft.replace("100", "300 to 400"), TWO_PARTS, NoEmbedder()).citations


def test_each_clause_may_find_its_own_passage() -> None:
    draft = "The maximum depth of the sheet is 100 meters, and the warranty of the Brook 50 is 12 months."
    assert [citation.marker for citation in cite(draft, TWO_PARTS, NoEmbedder()).citations] == [2, 3]
    wrong = draft.replace("12 months", "18 months")
    assert not cite(wrong, TWO_PARTS, NoEmbedder()).citations


def test_a_date_finds_its_passage_in_another_notation() -> None:
    evidence = select(
        "截止", [ranked("项目进展顺利，截止日期 2026-03-31 不变，预算已用 71 万元。", "纪要")], budget=200, limit=1
    )
    assert cite("截止日期为2026年3月31日。", evidence, NoEmbedder()).citations
    assert not cite("截止日期为2026年4月30日。", evidence, NoEmbedder()).citations


@pytest.mark.parametrize(
    ("draft", "question", "kept"),
    [
        (
            "收到货14天内坏了可以直接换新，资料中没有。",
            "收到货多少天内坏了可以直接换新？",
            "收到货14天内坏了可以直接换新。",
        ),
        ("资料中没有。", "食堂几点开门？", ""),
        ("关于食堂的开门时间，资料中没有提到。", "食堂的开门时间是几点？", ""),
        ("Not in the sources.", "When does the canteen open?", ""),
        ("The canteen opens at 7:30.", "When does the canteen open?", "The canteen opens at 7:30."),
    ],
)
def test_a_refusal_is_cut_from_an_answer_and_kept_from_being_one(draft: str, question: str, kept: str) -> None:
    assert answer_part(draft, question) == kept


@pytest.mark.parametrize(
    ("answer", "supported"),
    [
        ('The password for guests in Munich is "WelcomeAll".', False),
        ("The password for guests in Munich is WelcomeAll2.", False),
        ('The password for guests in Munich is at "Front Desk".', True),
        ("Guests in Munich get the password for GuestNet at the front desk.", True),
        ("Guests in Munich get the password for OpenAir at the front desk.", True),
    ],
)
def test_an_invented_name_has_no_support(answer: str, supported: bool) -> None:
    text = "Guests in Munich get the password for GuestNet at the front desk. Visitors bring an ID."
    evidence = select("password for guests in Munich", [ranked(text, "Visitors")], budget=200, limit=5)
    cited = cite(answer, evidence, NoEmbedder(), "What is the password for OpenAir in Munich?")
    assert bool(cited.citations) is supported


def test_codes_between_two_that_are_told() -> None:
    evidence = select("哪些批次可能开裂？", [ranked("KN5-2406 至 KN5-2409 批次的护套可能开裂。")], budget=200, limit=5)
    assert cite("KN5-2406、KN5-2407、KN5-2408 批次的护套可能开裂。", evidence, NoEmbedder()).citations
    assert not cite("KN5-2410 批次的护套可能开裂。", evidence, NoEmbedder()).citations


@pytest.mark.parametrize(("upper", "supported"), [("9", True), ("8", False), ("4", False)])
def test_who_has_not_ten_years_has_up_to_nine(upper: str, supported: bool) -> None:
    source = ranked("Leave by years of service: from 5 and less than 10 years, 15 days.", "Leave")
    evidence = select("How much leave after 7 years of service?", [source], budget=100, limit=5)
    answer = f"With 5 to {upper} years of service it is 15 days of leave."
    assert bool(cite(answer, evidence, NoEmbedder()).citations) is supported


def test_a_passage_about_something_else_supports_no_answer_to_the_question() -> None:
    parking = "停车须知：地下车库有 26 个带充电桩的车位，先到先得。"
    evidence = select("地下车库有多少车位？", [ranked(parking)], budget=200, limit=5)
    invented, told = "班车的路线是地下车库的26个带充电桩的车位。", "地下车库有26个带充电桩的车位。"
    assert not cite(invented, evidence, NoEmbedder(), "班车的路线有哪些？").citations
    assert cite(told, evidence, NoEmbedder(), "地下车库有多少车位？").citations
    assert cite(told, evidence, NoEmbedder(), "在哪里能给电动车充电？").citations  # in words of its own


def test_evidence_in_another_language_needs_to_be_a_little_less_near() -> None:
    evidence = select("What are the limits for hotels?", [ranked("宴请每人不超过 250 元。")], budget=200, limit=3)
    chunk_ = evidence.chunks[0]
    foreign = Evidence(
        evidence.passages, (replace(chunk_, chunk=replace(chunk_.chunk, language="zh")),), evidence.quotes
    )
    native = Evidence(
        evidence.passages, (replace(chunk_, chunk=replace(chunk_.chunk, language="en")),), evidence.quotes
    )
    question = "What are the limits for hotels?"
    assert answers_surely(0.27, 0.30, question, foreign)
    assert not answers_surely(0.27, 0.30, question, native)
    assert not answers_surely(0.24, 0.30, question, foreign)
    assert answers_surely(0.30, 0.30, question, native)
    assert not answers_surely(0.29, 0.30, question, Evidence())
