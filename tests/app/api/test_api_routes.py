"""Who may call which route, and what each says."""

from __future__ import annotations

import logging

import pytest
from api_site import LARGEST, bearer
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from app.assistant import Assistant
from knowledge.errors import NotFound, NotPermitted

ROLES = {
    ("GET", "/healthz"): "anybody",
    ("GET", "/readyz"): "anybody",
    ("GET", "/v1/openapi.json"): "account",
    ("POST", "/v1/check"): "account",
    ("POST", "/v1/search"): "account",
    ("POST", "/v1/ask"): "account",
}
"""Every route with who may call it; a new one must be added here."""

WRONG = "Tern Towage has its headquarters in Ningbo."
HIDDEN = "Buoyant Freight has its headquarters in Ningbo."


def all_routes(routes: list[BaseRoute], prefix: str = "") -> set[tuple[str, str]]:
    """Method and path of every route; routers that were included keep theirs to themselves."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is not None:
            found |= all_routes(router.routes, router.prefix)
        else:
            path = route.path if route.path.startswith(prefix) else prefix + route.path
            found |= {(method, path) for method in route.methods - {"HEAD"}}
    return found


def test_every_route_is_known(client: TestClient) -> None:
    assert all_routes(client.app.routes) == set(ROLES)


@pytest.mark.parametrize(("method", "path"), [route for route, role in ROLES.items() if role != "anybody"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer plb_wrong"}, {"Authorization": "Basic bmFuOng="}])
def test_without_a_token_nothing_is_told(client: TestClient, method: str, path: str, header: dict[str, str]) -> None:
    answer = client.request(method, path, headers=header, json={"text": WRONG})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("path", [path for (_, path), role in ROLES.items() if role == "anybody"])
def test_whether_it_runs_anybody_may_know(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_a_text_is_checked_without_any_model(client: TestClient, assistant: Assistant) -> None:
    answer = client.post("/v1/check", json={"text": WRONG}, headers=bearer(assistant, "nan"))
    assert answer.status_code == 200
    report = answer.json()
    assert report["answer"] == "Tern Towage has its headquarters in Leeds."
    assert report["edits"][0]["reason"].endswith("(term graph, revision 1).")
    assert "generator" not in assistant.workspace.parts
    assert "embedder" not in assistant.workspace.parts


def test_what_the_caller_may_not_see_takes_no_part(client: TestClient, assistant: Assistant) -> None:
    seen = client.post("/v1/check", json={"text": HIDDEN}, headers=bearer(assistant, "tess")).json()
    assert seen["answer"] == "Buoyant Freight has its headquarters in Leeds."
    for name in ("nan", "ada"):
        unseen = client.post("/v1/check", json={"text": HIDDEN}, headers=bearer(assistant, name)).json()
        assert unseen["answer"] == HIDDEN
        assert not [finding for finding in unseen["findings"] if "urn:harbour:buoy" in finding["concepts"]]


def test_a_passage_is_a_witness(client: TestClient, assistant: Assistant) -> None:
    body = {"text": WRONG, "passages": [{"id": "memo", "text": WRONG}], "question": "Where is Tern Towage?"}
    report = client.post("/v1/check", json=body, headers=bearer(assistant, "nan")).json()
    assert [finding["kind"] for finding in report["findings"]] == ["conflict"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body"),
        (b"{", "JSON"),
        (b'{"text": 5}', "text"),
        (b'{"text": "a", "other": 1}', "other"),
        (b'{"text": "a", "passages": [{"id": "1"}]}', "passages.0.text"),
    ],
)
def test_a_wrong_body_is_told_in_one_line(client: TestClient, assistant: Assistant, body: bytes, said: str) -> None:
    headers = {**bearer(assistant, "nan"), "Content-Type": "application/json"}
    answer = client.post("/v1/check", content=body, headers=headers)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_a_long_body_is_refused_whatever_it_says_of_itself(client: TestClient, assistant: Assistant) -> None:
    headers = {**bearer(assistant, "nan"), "Content-Type": "application/json"}
    body = b'{"text": "' + b"a" * LARGEST + b'"}'
    assert client.post("/v1/check", content=body, headers=headers).status_code == 413
    pieces = (body[place : place + 1000] for place in range(0, len(body), 1000))
    assert client.post("/v1/check", content=pieces, headers=headers).status_code == 413


def test_another_host_name_is_refused(client: TestClient, assistant: Assistant) -> None:
    headers = {**bearer(assistant, "nan"), "Host": "evil.example"}
    assert client.post("/v1/check", json={"text": WRONG}, headers=headers).status_code == 421
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/ask", {"question": " "}, 400),
        ("/v1/ask", {"question": "Who?", "conversation": "0" * 32}, 404),
        ("/v1/search", {"query": ""}, 400),
        ("/v1/search", {"query": "crane"}, 503),  # no model has been pulled
        ("/v1/nothing", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(
    client: TestClient, assistant: Assistant, path: str, body: dict[str, str], status: int
) -> None:
    answer = client.post(path, json=body, headers=bearer(assistant, "nan"))
    assert (answer.status_code, set(answer.json())) == (status, {"error"})


def test_a_channel_is_stable_or_canary(client: TestClient, assistant: Assistant) -> None:
    for channel, status in (("nightly", 400), ("canary", 404), ("stable", 404)):
        headers = {**bearer(assistant, "nan"), "X-Plumbline-Channel": channel}
        body = {"question": "Who?", "conversation": "0" * 32}
        assert client.post("/v1/ask", json=body, headers=headers).status_code == status


def test_an_error_in_a_stream_is_its_last_event(client: TestClient, assistant: Assistant) -> None:
    answer = client.post("/v1/ask", json={"question": "Who?", "stream": True}, headers=bearer(assistant, "nan"))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.rstrip().split("\n\n")[-1].startswith("event: error\ndata: ")


def test_a_mistake_of_ours_tells_nothing(
    client: TestClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("secret detail")

    monkeypatch.setattr(assistant, "check", broken)
    with caplog.at_level(logging.CRITICAL):
        answer = client.post("/v1/check", json={"text": WRONG}, headers=bearer(assistant, "nan"))
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_tokens_end_when_they_are_revoked_and_with_the_account(client: TestClient, assistant: Assistant) -> None:
    tokens, accounts = assistant.workspace.tokens, assistant.workspace.accounts
    token = tokens.issue("nan", "nightly check", by="test")
    asked = {"Authorization": f"Bearer {token}"}
    assert client.post("/v1/check", json={"text": ""}, headers=asked).status_code == 200
    record = tokens.all("nan")[-1]
    assert (record.label, record.used_at is not None) == ("nightly check", True)
    with assistant.catalog.connect() as connection:
        assert token not in str(connection.exec_driver_sql("select * from api_tokens").all())
    accounts.disable("nan")
    assert client.post("/v1/check", json={"text": ""}, headers=asked).status_code == 401
    with pytest.raises(NotPermitted):
        tokens.issue("nan")
    accounts.enable("nan")
    assert client.post("/v1/check", json={"text": ""}, headers=asked).status_code == 200
    tokens.revoke(record.id, by="test")
    assert client.post("/v1/check", json={"text": ""}, headers=asked).status_code == 401
    with pytest.raises(NotFound):
        tokens.revoke(record.id)
