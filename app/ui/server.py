"""`run` serves the pages: Streamlit as an ASGI application with our own routes, gate and headers around it."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import socket
import sys
from contextlib import asynccontextmanager, closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.ui import runtime
from app.ui.theme import THEME
from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from app.assistant import Assistant
    from app.settings import Settings

log = logging.getLogger(__name__)

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_LARGEST_MESSAGE_MB = 20


def run(settings: Settings, port: int | None = None) -> int:
    """Serve the pages until Ctrl-C. Models load in the background meanwhile.

    Raises NotFound without a workspace, Unavailable when the address is taken, InvalidInput when other machines could
    reach pages that nobody can sign in to.
    """
    import uvicorn

    from app.assistant import Assistant
    from app.ui.doors import LOOPBACK

    host, chosen = settings.ui.host, port or settings.ui.port
    with closing(bound(host, chosen)) as listening, Assistant.open(settings=settings) as assistant:
        if host not in LOOPBACK and not assistant.workspace.accounts.all():
            raise InvalidInput(
                f"[ui] host: {host} can be reached from other machines, but there is no account yet; "
                "add one with `plumbline users add NAME --role admin`"
            )
        app = application(assistant, host, chosen)
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        sys.stderr.write(f"Plumbline: http://{host}:{chosen} (Ctrl-C stops it)\n")
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def application(assistant: Assistant, host: str, port: int) -> ASGIApp:
    """The whole server as an ASGI application: models are warmed when it starts and freed when it stops."""
    import anyio.to_thread
    import streamlit
    from starlette.middleware import Middleware

    from app.ui.doors import Gate, Headers, allowed_hosts, routes

    settings = assistant.settings
    _configure(host, port, max(settings.attachment.max_mb, int(settings.uploads.max_mb)))

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        shared = runtime.start(assistant)
        shared.warm_up()
        scheduler, continual = assistant.workspace.scheduler(), assistant.workspace.continual_schedule()
        scheduler.start()
        continual.start()
        yield
        await anyio.to_thread.run_sync(continual.stop)
        # In a thread: a run that is going on ends at its next step
        await anyio.to_thread.run_sync(scheduler.stop)
        shared.close()

    app: ASGIApp = streamlit.App(
        _script(),
        routes=routes(assistant),
        middleware=[
            Middleware(Headers, script_hashes=_script_hashes()),
            Middleware(Gate, assistant=assistant, hosts=allowed_hosts(host)),
        ],
        lifespan=lifespan,
    )
    return app


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises Unavailable when it cannot be had."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Unavailable(f"{host}:{port}: {error.strerror or error}; choose another with --port") from error
    return listening


def _script() -> Path:
    """`streamlit_app.py`: beside the package, in a checkout as when installed."""
    script = Path(__file__).parents[2] / "streamlit_app.py"
    if not script.is_file():
        raise Unavailable(f"{script}: missing; install Plumbline again")
    return script


def _configure(host: str, port: int, upload_mb: int) -> None:
    """Streamlit's own settings: nothing is sent anywhere, nothing is shown that only developers need."""
    from starlette.formparsers import MultiPartParser
    from streamlit.web import bootstrap

    from app.ui.doors import allowed_hosts

    bootstrap.load_config_options(
        {
            "server.address": host,
            "server.port": port,
            "server.headless": True,
            "server.enableXsrfProtection": True,
            "server.enableCORS": True,
            "server.allowedHosts": allowed_hosts(host),
            "server.enableStaticServing": False,
            "server.enableAgentApi": False,
            "server.fileWatcherType": "none",
            "server.maxUploadSize": upload_mb,
            "server.maxMessageSize": _LARGEST_MESSAGE_MB,
            "browser.gatherUsageStats": False,
            "client.showErrorDetails": "none",
            "client.showErrorLinks": False,
            "client.toolbarMode": "minimal",
            "runner.magicEnabled": False,
            **THEME,
        }
    )
    # An attached file is never written to a disk: by default larger ones are, for the time of the upload
    MultiPartParser.spool_max_size = (upload_mb + 1) * 1024 * 1024


def _script_hashes() -> tuple[str, ...]:
    """CSP sources for the scripts that stand in Streamlit's own page, so that no other inline script may run."""
    import streamlit

    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


def product_version() -> str:
    """The version of Plumbline that is installed; a checkout that is not installed has none."""
    try:
        return version("plumbline-assistant")
    except PackageNotFoundError:
        return ""
