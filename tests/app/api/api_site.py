"""What the tests of the service share."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.api.server import LOOPBACK, application
from app.assistant import Assistant

LARGEST = 64 * 1024


def bearer(assistant: Assistant, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {assistant.workspace.tokens.issue(name)}"}


@contextmanager
def listening(assistant: Assistant) -> Iterator[str]:
    """The service of an assistant that really listens on a free port; its address."""
    with socket.socket() as accepting:
        accepting.bind(("127.0.0.1", 0))
        accepting.listen()
        app = application(assistant, LOOPBACK, LARGEST)
        running = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [accepting]}, daemon=True)
        thread.start()
        while not running.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{accepting.getsockname()[1]}"
        running.should_exit = True
        thread.join()
