"""The small HTTP routes beside Streamlit: signing in and out, and originals to download. Who may pass is decided here.

The session cookie is HttpOnly, so no script of a page ever sees it. It is set only here, after the accounts have
accepted name and password; pages read it from the connection (`identity`).
"""

from __future__ import annotations

import logging
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.accounts import TooManyAttempts
from app.ui.sign_in import SignInPage
from app.ui.texts import LANGUAGES
from knowledge.errors import NotFound, NotPermitted
from knowledge.types import Language, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.assistant import Assistant

log = logging.getLogger(__name__)

COOKIE = "plumbline_session"
_OPEN_PATHS = ("/sign-in", "/sign-out", "/static/", "/_stcore/health", "/_stcore/host-config", "/favicon.png")
_LONGEST_FORM = 16 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def routes(assistant: Assistant) -> list[BaseRoute]:
    """The routes that stand before Streamlit's own."""
    doors = _Doors(assistant)
    return [
        Route("/sign-in", doors.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", doors.sign_out, methods=["POST"]),
        Route("/source/{document_id}/original", doors.original, methods=["GET"]),
        Route("/favicon.png", favicon, methods=["GET"]),
    ]


async def user_of(assistant: Assistant, connection: HTTPConnection) -> User | None:
    """The signed-in user of a request, or None."""
    token = connection.cookies.get(COOKIE)
    return await to_thread.run_sync(assistant.workspace.accounts.user_of, token) if token else None


class _Doors:
    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._page = SignInPage(assistant)

    async def sign_in(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._enter(request)
        next_page = safe_target(request.query_params.get("next", "/"))
        if await user_of(self._assistant, request):
            return RedirectResponse(next_page, status_code=303)
        note = "sign_in.ended" if COOKIE in request.cookies else ""
        response = await self._show(request, note, next_page)
        # Whatever stands there is worth nothing any more
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return response

    async def _enter(self, request: Request) -> Response:
        form = await read_form(request)
        next_page = safe_target(form.get("next", "/"))
        if not same_origin(request):
            return await self._show(request, "sign_in.foreign", next_page, status=403)
        accounts = self._assistant.workspace.accounts
        address = request.client.host if request.client else ""
        name = form.get("name", "").strip()
        try:
            user = await to_thread.run_sync(accounts.authenticate, name, form.get("password", ""), address)
        except TooManyAttempts as error:
            minutes = -(-error.retry_after // 60)
            response = await self._show(request, "sign_in.locked", next_page, status=429, name=name, minutes=minutes)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        except NotPermitted:
            return await self._show(request, "sign_in.wrong", next_page, status=401, name=name)
        token = await to_thread.run_sync(
            lambda: accounts.start_session(user, replaces=request.cookies.get(COOKIE)),
        )
        response = RedirectResponse(next_page, status_code=303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)
        return response

    async def _show(
        self, request: Request, note: str, next_page: str, *, status: int = 200, name: str = "", minutes: int = 0
    ) -> Response:
        language = self._language(request)
        page = await to_thread.run_sync(
            lambda: self._page.html(language, note=note, next_page=next_page, name=name, minutes=minutes)
        )
        return HTMLResponse(page, status_code=status, headers={"Cache-Control": "no-store"})

    def _language(self, request: Request) -> Language:
        """What the link says, what the settings say, what the browser prefers."""
        accepted = request.headers.get("accept-language", "").lower()
        return chosen_language(request.query_params.get("lang"), self._assistant.settings.ui.language, accepted)

    async def sign_out(self, request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if not same_origin(request):
            return PlainTextResponse("forbidden", status_code=403)
        if token:
            await to_thread.run_sync(self._assistant.workspace.accounts.end_session, token)
        response = RedirectResponse("/sign-in", status_code=303)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return response

    async def original(self, request: Request) -> Response:
        user = await user_of(self._assistant, request)
        path = await to_thread.run_sync(self._original, request.path_params["document_id"], user) if user else None
        if path is None:
            # Missing, moved and hidden look alike
            return PlainTextResponse("not found", status_code=404)
        return FileResponse(
            path,
            media_type="application/octet-stream",
            filename=path.name,
            content_disposition_type="attachment",
            headers={"Cache-Control": "no-store"},
        )

    def _original(self, document_id: str, user: User) -> Path | None:
        try:
            return self._assistant.original(document_id, user)
        except NotFound:
            return None


class Gate:
    """Lets only signed-in users past the open paths: pages lead to signing in, everything else is refused.

    The connection of a page passes, because a page whose session has ended must be able to say so; pages check for
    themselves on each run.
    """

    def __init__(self, app: ASGIApp, assistant: Assistant, hosts: Sequence[str] = ()) -> None:
        self._app = app
        self._assistant = assistant
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if self._hosts and request.url.hostname not in self._hosts:
            await PlainTextResponse("unknown host", status_code=421)(scope, receive, send)
            return
        if scope["path"].startswith(_OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        if await user_of(self._assistant, request):
            await self._app(scope, receive, send)
            return
        response: Response = PlainTextResponse("not found", status_code=404)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            query = f"?{request.url.query}" if request.url.query else ""
            target = safe_target(request.url.path + query)
            response = RedirectResponse(_sign_in_address(target), status_code=303)
        await response(scope, receive, send)


class Headers:
    """Adds what keeps a browser from doing more with a response than is meant."""

    def __init__(self, app: ASGIApp, script_hashes: tuple[str, ...] = ()) -> None:
        self._app = app
        own = " ".join(f"'{each}'" for each in script_hashes)
        self._headers = [
            (
                b"content-security-policy",
                # blob: is how Streamlit loads the script of the pages' own component
                f"default-src 'self'; script-src 'self' blob: {own}; style-src 'self' 'unsafe-inline'; "
                "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
                "object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'none'; "
                "frame-ancestors 'none'".encode(),
            ),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in self._headers}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in named]
                message["headers"] = [*kept, *self._headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def allowed_hosts(host: str) -> list[str]:
    """The names under which a server bound to `host` may be called; others would be a trick with names (DNS)."""
    return list(LOOPBACK) if host in LOOPBACK else []


def safe_target(target: str) -> str:
    """`target` if it is a page of this server, else the first page."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if inside and "\\" not in target and target.isprintable() else "/"


def chosen_language(asked: str | None, fixed: str, accepted: str) -> Language:
    """The first of these that names a language of ours: the link, the settings, the browser's first choice."""
    for wish in (asked, fixed):
        for language in LANGUAGES:
            if wish == language:
                return language
    return "zh" if accepted.startswith("zh") else "en"


def same_origin(request: Request) -> bool:
    """Whether a form was sent from a page of this server. Browsers always say where a POST comes from."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == request.headers.get("host")


async def favicon(_request: Request) -> Response:
    """Our mark, under the name that Streamlit's page asks for."""
    return Response(
        files("app.ui").joinpath("favicon.svg").read_bytes(),
        media_type="image/svg+xml",
        headers={"Cache-Control": "max-age=86400"},
    )


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small form; a larger body is refused (413)."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            raise HTTPException(413, "the form is too long")
    fields: dict[str, Any] = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in fields.items()}


def _sign_in_address(target: str) -> str:
    return "/sign-in" if target == "/" else f"/sign-in?next={quote(target, safe='')}"
