"""The routes beside Streamlit, through the whole stack of gate and headers."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from ui_site import PASSWORD, POLICY, Site

from app.ui.doors import COOKIE, Gate, Headers, chosen_language, routes, safe_target

ORIGIN = {"origin": "http://testserver"}
PAGE = {"accept": "text/html"}


@pytest.fixture
def client(site: Site) -> Iterator[TestClient]:
    async def anything(_request: object) -> HTMLResponse:
        return HTMLResponse("a page")

    app = Starlette(
        routes=[*routes(site.assistant), Route("/{path:path}", anything)],
        middleware=[Middleware(Headers), Middleware(Gate, assistant=site.assistant)],
    )
    with TestClient(app, follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, name: str = "sam", password: str = PASSWORD, **more: str) -> object:
    return client.post("/sign-in", data={"name": name, "password": password, **more}, headers=ORIGIN)


def test_signing_in_sets_a_cookie_that_no_script_can_read(client: TestClient) -> None:
    response = client.post("/sign-in", data={"name": "sam", "password": PASSWORD}, headers=ORIGIN)
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert len(client.cookies[COOKIE]) >= 22  # 128 bits in base64
    assert client.get("/", headers=PAGE).text == "a page"


def test_behind_https_the_cookie_is_secure(site: Site, client: TestClient) -> None:
    secure = TestClient(client.app, base_url="https://testserver", follow_redirects=False)
    response = secure.post(
        "/sign-in", data={"name": "sam", "password": PASSWORD}, headers={"origin": "https://testserver"}
    )
    assert "Secure" in response.headers["set-cookie"]


def test_a_new_sign_in_makes_the_old_session_worthless(site: Site, client: TestClient) -> None:
    sign_in(client)
    first = client.cookies[COOKIE]
    sign_in(client)
    assert client.cookies[COOKIE] != first
    assert site.assistant.workspace.accounts.user_of(first) is None


def test_signing_out_ends_the_session(site: Site, client: TestClient) -> None:
    sign_in(client)
    token = client.cookies[COOKIE]
    response = client.post("/sign-out", headers=ORIGIN)
    assert response.status_code == 303
    assert COOKIE not in client.cookies
    assert site.assistant.workspace.accounts.user_of(token) is None


@pytest.mark.parametrize(("name", "password"), [("sam", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_wrong_names_and_passwords_look_alike(client: TestClient, name: str, password: str) -> None:
    response = client.post("/sign-in", data={"name": name, "password": password}, headers=ORIGIN)
    assert response.status_code == 401
    assert "The name or the password is not right." in response.text
    assert COOKIE not in client.cookies


def test_too_many_tries_are_told_when_to_come_back(client: TestClient) -> None:
    for _ in range(5):
        sign_in(client, password="wrong")
    response = client.post("/sign-in", data={"name": "sam", "password": PASSWORD}, headers=ORIGIN)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize("headers", [{"origin": "http://elsewhere.example"}, {"sec-fetch-site": "cross-site"}])
def test_forms_of_other_sites_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    response = client.post("/sign-in", data={"name": "sam", "password": PASSWORD}, headers=headers)
    assert response.status_code == 403
    assert COOKIE not in client.cookies
    sign_in(client)
    assert client.post("/sign-out", headers=headers).status_code == 403
    assert client.get("/", headers=PAGE).text == "a page"


def test_a_huge_form_is_refused(client: TestClient) -> None:
    response = client.post("/sign-in", content=b"name=" + b"x" * 100_000, headers=ORIGIN)
    assert response.status_code == 413


def test_without_a_session_pages_lead_to_signing_in(client: TestClient) -> None:
    response = client.get("/?c=abc", headers=PAGE)
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2F%3Fc%3Dabc"
    for path in ("/media/x.png", "/_stcore/metrics", "/_stcore/agent/openapi.json", "/component/x/index.html"):
        assert client.get(path).status_code == 404, path
    assert client.put("/_stcore/upload_file/session/file").status_code == 404
    assert client.get("/_stcore/health").status_code == 200
    assert client.get("/source/x/original").status_code == 404


def test_an_ended_session_is_told_and_its_cookie_taken_back(client: TestClient) -> None:
    client.cookies[COOKIE] = "long-gone"
    response = client.get("/sign-in")
    assert "Your session has ended." in response.text
    assert f"{COOKIE}=" in response.headers["set-cookie"]
    assert "Max-Age=0" in response.headers["set-cookie"]


def test_after_signing_in_one_is_where_one_wanted_to_be(client: TestClient) -> None:
    assert sign_in(client, next="/?c=abc").headers["location"] == "/?c=abc"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "javascript:x", "", "x\n"]
)
def test_nobody_is_sent_elsewhere(target: str) -> None:
    assert safe_target(target) == "/"


def test_originals_come_as_attachments_and_only_to_those_who_may_see_them(site: Site, client: TestClient) -> None:
    everyone = site.document("policies/差旅.md", "差旅", POLICY)
    finance = site.document("finance/plan.md", "Plan", POLICY, access=("finance",))
    assert client.get(f"/source/{everyone}/original").status_code == 404
    sign_in(client)
    response = client.get(f"/source/{everyone}/original")
    assert response.status_code == 200
    assert response.text == POLICY
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    hidden, missing = client.get(f"/source/{finance}/original"), client.get("/source/no-such/original")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    sign_in(client, "lina")
    assert client.get(f"/source/{finance}/original").status_code == 200
    site.assistant.catalog.documents.remove([finance])
    assert client.get(f"/source/{finance}/original").status_code == 404


@pytest.mark.parametrize("path", ["/sign-in", "/", "/source/x/original", "/favicon.png"])
def test_every_response_says_what_the_browser_may_do(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=PAGE).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "connect-src 'self';" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["x-content-type-options"] == "nosniff"


def test_unknown_host_names_are_refused(site: Site) -> None:
    app = Starlette(routes=routes(site.assistant), middleware=[Middleware(Gate, site.assistant, ["127.0.0.1"])])
    assert TestClient(app, base_url="http://127.0.0.1").get("/sign-in").status_code == 200
    assert TestClient(app, base_url="http://rebound.example").get("/sign-in").status_code == 421


@pytest.mark.parametrize(
    ("asked", "fixed", "accepted", "language"),
    [
        ("zh", "en", "en-US", "zh"),
        (None, "zh", "en-US", "zh"),
        (None, "auto", "zh-CN,zh;q=0.9", "zh"),
        (None, "auto", "de-DE", "en"),
        ("xx", "auto", "", "en"),
    ],
)
def test_the_language_of_the_sign_in_page(asked: str | None, fixed: str, accepted: str, language: str) -> None:
    assert chosen_language(asked, fixed, accepted) == language


def test_what_is_typed_comes_back_escaped(client: TestClient) -> None:
    response = client.post(
        "/sign-in", data={"name": '"><script>x</script>', "password": "x", "next": "/?c=\"'><b>"}, headers=ORIGIN
    )
    assert "<script>x" not in response.text
    assert "<b>" not in response.text


def test_no_demo_account_is_shown_outside_the_demo(client: TestClient) -> None:
    assert 'type="hidden" name="password"' not in client.get("/sign-in").text
