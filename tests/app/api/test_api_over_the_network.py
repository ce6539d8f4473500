"""The check of a service that really listens, asked over the network: what the caller may not see leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from api_site import bearer, listening

from app.assistant import Assistant

CHAIN = "Buoyant Freight has its headquarters in Ningbo. Tern Towage was founded on 3 November 2016."


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with listening(assistant) as found:
        yield found


def checked(address: str, assistant: Assistant, name: str, body: object) -> dict[str, object]:
    answer = httpx.post(f"{address}/v1/check", json=body, headers=bearer(assistant, name))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_the_report_is_that_of_the_assistant(address: str, assistant: Assistant) -> None:
    report = checked(address, assistant, "tess", {"text": CHAIN})
    assert report == assistant.check(CHAIN, user=assistant.user("tess")).to_json()
    assert report["answer"] == CHAIN.replace("Ningbo", "Leeds").replace("2016", "2006")


def test_a_hidden_concept_leaves_no_trace(address: str, assistant: Assistant) -> None:
    report = checked(address, assistant, "nan", {"text": CHAIN})
    assert report["answer"] == CHAIN.replace("2016", "2006")
    del report["answer"], report["draft"]
    told = json.dumps([*report["findings"], *report["edits"], *report["mentions"]], ensure_ascii=False)
    assert "urn:harbour:tern" in told
    for secret in ("urn:harbour:buoy", "浮标货运", "Leeds"):
        assert secret not in told


def test_without_a_token_the_network_is_told_nothing(address: str) -> None:
    answer = httpx.post(f"{address}/v1/check", json={"text": CHAIN})
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


def test_an_answer_without_its_model_is_refused_in_one_line(address: str, assistant: Assistant) -> None:
    answer = httpx.post(f"{address}/v1/ask", json={"question": "Where is it?"}, headers=bearer(assistant, "nan"))
    assert answer.status_code == 503
    assert "\n" not in answer.json()["error"]
