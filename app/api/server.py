"""`run` serves the routes with uvicorn; `application` is the same for any other server."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from contextlib import closing
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.api.doors import Door, NotSignedIn, refusal
from app.api.routes import open_routes, routes
from knowledge.errors import Damaged, InvalidInput, NotFound, NotPermitted, PlumblineError, Unavailable

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.settings import Settings

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_STATUS: tuple[tuple[type[PlumblineError], int], ...] = (
    (InvalidInput, 400),
    (NotSignedIn, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Unavailable, 503),
    (Damaged, 503),
)


def run(settings: Settings, port: int | None = None) -> int:
    """Serve, and run sources that are due, until Ctrl-C.

    Raises NotFound without a workspace, Unavailable when the address is taken.
    """
    import uvicorn

    from app.assistant import Assistant
    from app.ui.server import bound

    host, chosen = settings.api.host, port or settings.api.port
    with closing(bound(host, chosen)) as listening, Assistant.open(settings=settings) as assistant:
        app = application(assistant, (*LOOPBACK, host, *settings.api.names), settings.api.max_body_kb * 1024)
        config = uvicorn.Config(app, access_log=False, log_config=None, server_header=False)
        sys.stderr.write(f"Plumbline: http://{host}:{chosen}/v1 (Ctrl-C stops it)\n")
        scheduler, continual = assistant.workspace.scheduler(), assistant.workspace.continual_schedule()
        scheduler.start()
        continual.start()
        try:
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            continual.stop()
            scheduler.stop()
    return 0


def application(assistant: Assistant, hosts: Collection[str], largest: int) -> FastAPI:
    """The service as an ASGI application; `hosts` are the names it may be called by, `largest` bytes of a body."""
    # The pages that FastAPI brings along fetch scripts from elsewhere: only the description itself is served
    app = FastAPI(title="Plumbline", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.assistant = assistant
    app.state.tokens = assistant.workspace.tokens
    app.include_router(open_routes)
    app.include_router(routes)
    app.add_middleware(Door, hosts=hosts, largest=largest)
    app.add_exception_handler(PlumblineError, _planned)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unplanned)
    return app


def _planned(_: Request, error: Exception) -> JSONResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return refusal(status, str(error))


def _malformed(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with a body, in one line, without repeating it."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return refusal(400, f"{where}: {first['msg']}")


def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return refusal(error.status_code, str(error.detail).lower())


def _unplanned(_: Request, error: Exception) -> JSONResponse:
    """A mistake of ours: the caller gets one sentence, the log the traceback."""
    log.error("a request failed", exc_info=error)
    return refusal(500, "internal error; the log says more")
