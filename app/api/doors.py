"""Who is let in: known host names, small bodies, bearer tokens. No cookies, so no other page can act for anybody."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.responses import JSONResponse

from knowledge.errors import NotPermitted
from knowledge.types import Role, User

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class NotSignedIn(NotPermitted):
    """No token, or one that opens nothing; which of the two is not told."""


class Door:
    """Refuses unknown host names and bodies that are too long, before anything reads them."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], largest: int) -> None:
        self._app = app
        self._hosts = hosts
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        length = request.headers.get("content-length", "0")
        if request.url.hostname not in self._hosts:
            await refusal(421, "unknown host name")(scope, receive, send)
        elif not length.isdecimal() or int(length) > self._largest:
            await self._too_large()(scope, receive, send)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A body may be longer than it says, or say nothing: then what follows is not read."""
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            return message if read <= self._largest else {"type": "http.request", "body": b"", "more_body": False}

        async def send_with_headers(message: Message) -> None:
            if read > self._largest:
                return
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive_some, send_with_headers)
        if read > self._largest:
            await self._too_large()(scope, receive, send)

    def _too_large(self) -> JSONResponse:
        return refusal(413, f"the body is longer than {self._largest // 1024} KiB")


def refusal(status: int, text: str) -> JSONResponse:
    """An error as every route tells it."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - the status it belongs to
    return JSONResponse({"error": text}, status_code=status, headers=headers)


def signed_in(least: Role | None = None) -> Callable[[Request], User]:
    """The dependency that gives the account of the request's token; `least`: only that role and admins."""

    def user(request: Request) -> User:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        tokens: Any = request.app.state.tokens
        found: User | None = tokens.user_of(token.strip()) if kind.casefold() == "bearer" else None
        if found is None:
            raise NotSignedIn("a valid bearer token is needed; `plumbline users token NAME` issues one")
        if least is not None and found.role not in (least, Role.ADMIN):
            raise NotPermitted(f"this needs the role {least.value}")
        return found

    return user
