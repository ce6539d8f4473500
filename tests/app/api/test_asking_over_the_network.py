"""A question to a service that really listens, on the demo company with the default model: answered, cited, checked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from api_site import bearer, listening

from app import Assistant

pytestmark = pytest.mark.model
PATIENCE = 120.0
QUESTION = "How long must my password be?"


@pytest.fixture(scope="module")
def demo(_demo_master: Path) -> Iterator[Assistant]:
    with Assistant.open(_demo_master) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(demo: Assistant) -> Iterator[str]:
    with listening(demo) as address:
        yield address


def asked(service: str, demo: Assistant, name: str, **body: object) -> httpx.Response:
    answer = httpx.post(f"{service}/v1/ask", json=body, headers=bearer(demo, name), timeout=PATIENCE)
    assert answer.status_code == 200
    return answer


def told(stream: str) -> list[tuple[str, dict[str, object]]]:
    """The server-sent events of a body."""
    parts = [dict(line.split(": ", 1) for line in part.splitlines()) for part in stream.strip().split("\n\n")]
    return [(part["event"], json.loads(part["data"])) for part in parts]


def test_an_answer_is_cited_and_held_true(service: str, demo: Assistant) -> None:
    answer = asked(service, demo, "anna.schmidt", question=QUESTION).json()
    assert "14" in answer["answer"]
    markers = {int(number) for number in re.findall(r"\[(\d+)\]", answer["answer"])}
    assert markers == {citation["marker"] for citation in answer["citations"]} != set()
    alignment = answer["alignment"]
    assert alignment["graph_revision"] == demo.workspace.terms().graph.revision
    assert alignment["verdict"] in {"supported", "unsupported", "nothing_to_check"}
    again = demo.check(alignment["answer"], user=demo.user("anna.schmidt"))
    assert again.edits == ()  # what the service answers needs no further correction


def test_a_streamed_answer_ends_with_the_same_one(service: str, demo: Assistant) -> None:
    events = told(asked(service, demo, "anna.schmidt", question=QUESTION, stream=True).text)
    kinds = [kind for kind, _ in events]
    assert kinds.index("evidence") < kinds.index("token") < kinds.index("answer") == len(kinds) - 1
    assert "14" in str(events[-1][1]["answer"])


def test_a_restricted_fact_stays_in_the_house(service: str, demo: Assistant) -> None:
    body = asked(service, demo, "li.wei", question="P6的月薪范围是多少？").text
    assert "27000" not in body.replace(",", "")
    assert "salary-bands" not in body
