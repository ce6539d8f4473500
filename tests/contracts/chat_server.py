"""A small server of OpenAI's chat protocol over a real model, as vLLM and llama.cpp's own would be."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from knowledge import protocols
from knowledge.errors import InvalidInput
from knowledge.types import Message

KEY = "a key for tests"


class ChatServer:
    """`models` are the names under which it answers; `failures` are status codes that it gives first."""

    def __init__(self, models: Mapping[str, protocols.Generator]) -> None:
        self._models = models
        self.failures: list[int] = []
        self.asked: list[dict[str, Any]] = []
        routes = [
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/tokenize", self._tokenize, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def _tokenize(self, request: Request) -> Response:
        body = await request.json()
        model = self._models[body["model"]]
        return JSONResponse({"count": model.count_tokens(body["prompt"])})

    async def _complete(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": "wrong key"}, 401)
        body = await request.json()
        self.asked.append(body)
        if self.failures:
            return JSONResponse({"error": "busy"}, self.failures.pop(0), headers={"retry-after": "2"})
        if body["model"] not in self._models:
            return JSONResponse({"error": f"no model {body['model']}"}, 404)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        pieces = self._models[body["model"]].stream(
            [Message(each["role"], each["content"]) for each in body["messages"]],
            max_tokens=body["max_tokens"],
            temperature=body["temperature"],
            stop=body.get("stop", ()),
            seed=body["seed"],
            schema=schema,
        )
        try:
            first = await run_in_threadpool(next, pieces, "")
        except InvalidInput as error:
            return JSONResponse({"error": {"message": str(error), "code": "context_length_exceeded"}}, 400)
        return StreamingResponse(_events(first, pieces), media_type="text/event-stream")


async def _events(first: str, pieces: Generator[str]) -> AsyncIterator[str]:
    try:
        yield _event(first)
        async for piece in iterate_in_threadpool(pieces):
            yield _event(piece)
        yield "data: [DONE]\n\n"
    finally:
        pieces.close()  # whoever asked has gone, and the model is to stop


def _event(piece: str) -> str:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': piece}}]})}\n\n"


@contextmanager
def serving(server: ChatServer) -> Iterator[str]:
    """The address of a running server, ending in /v1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = uvicorn.Server(uvicorn.Config(server.app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/v1"
    running.should_exit = True
    thread.join()
