"""Answer models behind a server that speaks OpenAI's chat protocol: vLLM, llama.cpp's own server, Ollama and others.

An adapter is asked for by its name, under which the server must have loaded it.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from adapters.chat_format import plain
from adapters.model_catalog import ChatFormat
from adapters.streaming import until_stop
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

if TYPE_CHECKING:
    import httpx

_NO_CONTROL = ChatFormat({}, "", ())
"""The server knows the model's control tokens; here all that look like some are broken."""
_PASSING = {408, 425, 429, 500, 502, 503, 504}
"""What a server answers when asking again may help."""
_MOST_STOPS = 4
"""More stop strings than these are refused by the protocol; the others are looked for here."""
_COUNTERS: tuple[tuple[str, Callable[[str, str], dict[str, Any]]], ...] = (
    ("/tokenize", lambda text, model: {"model": model, "prompt": text, "content": text, "add_special_tokens": False}),
    ("/extras/tokenize/count", lambda text, model: {"model": model, "input": text}),
)
"""How servers count tokens: vLLM and llama.cpp's own server; the server of llama-cpp-python."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is (`url` ends in /v1), what its model is called, and how long to wait for what, in seconds."""

    url: str
    model: str
    api_key: str = ""
    connect_seconds: float = 5.0
    read_seconds: float = 120.0
    retries: int = 3


class OpenAiCompatibleGenerator:
    """A Generator; see `knowledge.protocols`. Callers do not wait for one another: the server sees to that."""

    backend = "openai-compatible"
    adapter = ""

    def __init__(self, server: Server, context_tokens: int, sleep: Callable[[float], None] = time.sleep) -> None:
        try:
            import httpx
        except ImportError as error:
            raise Unavailable("httpx: not installed; run `pip install 'plumbline-assistant[server]'`") from error
        if not server.url.startswith(("http://", "https://")):
            raise InvalidInput(
                f"[server] url {server.url!r}: give the address of a server, such as http://host:8000/v1"
            )
        self.model = server.model
        self.context_tokens = context_tokens
        self._server = server
        self._sleep = sleep
        self._counter: int | None = 0
        headers = {"authorization": f"Bearer {server.api_key}"} if server.api_key else {}
        waits = httpx.Timeout(server.read_seconds, connect=server.connect_seconds)
        self._client = httpx.Client(headers=headers, timeout=waits)

    def adapted(self, adapter: Adapter | None) -> Self:
        """See `Generator`. Whether the server has the adapter shows when it is asked."""
        view = copy.copy(self)
        view.adapter = adapter.name if adapter is not None else ""
        return view

    def count_tokens(self, text: str) -> int:
        """As the server counts; where it does not, an estimate: a token for each Han letter and three other ones."""
        import httpx

        text = plain(text, _NO_CONTROL)
        while self._counter is not None:
            path, body = _COUNTERS[self._counter]
            url = self._server.url.rstrip("/").removesuffix("/v1") + path
            try:
                answer = self._client.post(url, json=body(text, self.model))
                if answer.is_success:
                    counted = answer.json()
                    return int(counted["count"] if "count" in counted else len(counted["tokens"]))
            except (httpx.HTTPError, ValueError, KeyError, TypeError):
                pass  # not this way; the next one, or the estimate below
            self._counter = self._counter + 1 if self._counter + 1 < len(_COUNTERS) else None
        wide = sum(1 for letter in text if ord(letter) > 0x2E7F)  # noqa: PLR2004 - where Han and its like begin
        return wide + -(-(len(text) - wide) // 3)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        seed: int = 0,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """See `Generator`."""
        if max_tokens >= self.context_tokens:
            raise InvalidInput(f"{max_tokens} tokens may be answered, but the model's context is {self.context_tokens}")
        body: dict[str, Any] = {
            "model": self.adapter or self.model,
            "messages": [{"role": each.role, "content": plain(each.text, _NO_CONTROL)} for each in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stream": True,
        }
        if stop:
            body["stop"] = list(stop)[:_MOST_STOPS]
        if schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(schema), "strict": True},
            }
        with self._asked(body) as response:
            yield from until_stop(self._pieces(response), list(stop))

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`."""
        for _ in self.stream([*messages, Message("user", "?")], max_tokens=1):
            pass

    def close(self) -> None:
        """See `Generator`."""
        self._client.close()

    @contextmanager
    def _asked(self, body: Mapping[str, Any]) -> Iterator[httpx.Response]:
        """A response that has begun; asked for again, later and later, while the server is busy or not there."""
        import httpx

        address = f"{self._server.url.rstrip('/')}/chat/completions"
        tried = 0
        while True:
            tried += 1
            try:
                response = self._client.send(self._client.build_request("POST", address, json=body), stream=True)
            except httpx.TransportError as error:
                self._wait(tried, f"does not answer ({type(error).__name__})", "")
                continue
            if response.status_code in _PASSING and tried <= self._server.retries:
                response.close()
                self._wait(tried, f"answered {response.status_code}", response.headers.get("retry-after", ""))
                continue
            break
        try:
            if not response.is_success:
                raise self._refused(response)
            yield response
        finally:
            response.close()

    def _wait(self, tried: int, reason: str, asked_for: str) -> None:
        """Half a second, then twice as long each time, or as long as the server asks for; not more than a minute."""
        if tried > self._server.retries:
            raise Unavailable(f"{self._server.url}: {reason}, {tried} times; is the server running? See [server] url")
        seconds = float(asked_for) if asked_for.isdigit() else 0.5 * 2 ** (tried - 1)
        # Callers that failed together shall not come back together
        self._sleep(min(seconds, 60.0) * (1 + random.random() / 4))  # noqa: S311 - no secret

    def _refused(self, response: httpx.Response) -> Exception:
        response.read()
        said = " ".join(response.text.split())[:300]
        if response.status_code in {401, 403}:
            return Unavailable(f"{self._server.url}: refuses the key; set PLUMBLINE_SERVER__API_KEY in the environment")
        if response.status_code == 404:  # noqa: PLR2004 - not found
            return Unavailable(f"{self._server.url}: has no model {self.adapter or self.model!r} ({said})")
        if "context" in said:
            return InvalidInput(
                f"the prompt does not fit into the context of the server's model ({said}); "
                "lower [answer] evidence_tokens"
            )
        return Unavailable(f"{self._server.url}: answered {response.status_code} ({said})")

    def _pieces(self, response: httpx.Response) -> Iterator[str]:
        """The text in server-sent events."""
        import httpx

        try:
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip()
                if not line.startswith("data:") or data == "[DONE]":
                    continue
                event = json.loads(data)
                if "error" in event:
                    raise Unavailable(f"{self._server.url}: the model could not answer ({event['error']})")
                for choice in event.get("choices", ())[:1]:
                    piece = choice.get("delta", {}).get("content")
                    if piece:
                        yield piece
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"{self._server.url}: broke off in the middle of an answer ({error})") from error
