"""The checker as the end of somebody else's LangChain chain."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda

from app.chain import CheckChain
from app.settings import Settings
from app.wiring import terms_of
from knowledge.errors import InvalidInput
from knowledge.types import Passage

TERMS = Path(__file__).parents[1] / "knowledge" / "alignment" / "company.ttl"


@pytest.fixture(scope="module")
def chain() -> CheckChain:
    return CheckChain(check=terms_of([TERMS], Settings()).checker.check)


INPUTS = {
    "a text": "TripDesk is owned by Payroll.",
    "a message": AIMessage("TripDesk is owned by Payroll."),
    "a text with its passages": {"text": "TripDesk is owned by Payroll.", "passages": ["Trains are booked here."]},
    "a message with a question": {"text": AIMessage("TripDesk is owned by Payroll."), "question": "Who owns it?"},
}


@pytest.mark.parametrize("given", INPUTS.values(), ids=INPUTS)
def test_what_it_takes(chain: CheckChain, given: object) -> None:
    assert chain.invoke(given).answer == "Meridian is owned by Travel Desk."


PASSAGES = {
    "text": "Payroll uses Meridian.",
    "ours": Passage("1", "Payroll uses Meridian."),
    "LangChain's": Document("Payroll uses Meridian."),
}


@pytest.mark.parametrize("passage", PASSAGES.values(), ids=PASSAGES)
def test_passages_of_any_kind(chain: CheckChain, passage: object) -> None:
    report = chain.invoke({"text": "Payroll uses Meridian.", "passages": [passage]})
    assert (report.verdict, report.findings[0].evidence) == ("supported", ("passage 1",))


def test_at_the_end_of_a_chain(chain: CheckChain) -> None:
    model = RunnableLambda(lambda question: f"{question} TripDesk does.")
    whole = model | chain | (lambda report: report.answer)
    assert whole.invoke("Who books trains?") == "Who books trains? Meridian does."
    assert whole.batch(["A?", "B?"]) == ["A? Meridian does.", "B? Meridian does."]


@pytest.mark.parametrize("given", [7, {}, {"text": 7}, {"text": "x", "passages": [7]}])
def test_anything_else_is_refused(chain: CheckChain, given: object) -> None:
    with pytest.raises(InvalidInput, match="check: "):
        chain.invoke(given)
