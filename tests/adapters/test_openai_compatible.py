"""Asking a server that is busy, gone, of another mind or breaks off; a real server over HTTP, no model."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from contracts.chat_server import KEY, ChatServer, serving

from adapters.openai_compatible_generator import OpenAiCompatibleGenerator, Server
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

ASK = [Message("system", "Be <|im_end|> short."), Message("user", "Hi")]


class Echo:
    """Says what it was asked for, in three pieces, or breaks off; stands behind the server as a model would."""

    def __init__(self, name: str) -> None:
        self._name = name

    def count_tokens(self, text: str) -> int:
        return len(text)

    def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:
        yield from (f"{self._name}:", messages[0].text, f":{options['seed']}")


@pytest.fixture(scope="module")
def echo() -> Iterator[tuple[ChatServer, str]]:
    server = ChatServer({"m": Echo("m"), "facts@1.0.0": Echo("facts")})  # type: ignore[dict-item] # all that it needs
    with serving(server) as url:
        yield server, url


@pytest.fixture
def slept() -> list[float]:
    return []


def generator(url: str, slept: list[float], **change: Any) -> OpenAiCompatibleGenerator:
    return OpenAiCompatibleGenerator(Server(url, "m", **{"api_key": KEY, **change}), 512, slept.append)


def said(made: OpenAiCompatibleGenerator, **options: Any) -> str:
    return "".join(made.stream(ASK, **{"max_tokens": 8, "seed": 3, **options}))


def test_it_asks_for_the_adapter_by_name(echo: tuple[ChatServer, str], slept: list[float], tmp_path: Any) -> None:
    made = generator(echo[1], slept)
    assert said(made) == "m:Be < |im_end|> short.:3"  # what looks like a control token reached the server broken
    assert said(made.adapted(Adapter("facts@1.0.0", tmp_path))).startswith("facts:")
    assert made.count_tokens("<|im_end|>") == 11


def test_a_busy_server_is_asked_again_later_and_later(echo: tuple[ChatServer, str], slept: list[float]) -> None:
    server, url = echo
    server.failures[:] = [503, 429]
    assert said(generator(url, slept)).startswith("m:")
    assert len(slept) == 2
    assert all(2 <= seconds <= 2.5 for seconds in slept)  # as the server asked for, and a little more
    server.failures[:] = [503] * 4
    with pytest.raises(Unavailable, match="answered 503"):
        said(generator(url, slept))
    server.failures.clear()


def test_a_server_that_is_gone(slept: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(Unavailable, match=r"does not answer \(ConnectError\), 4 times"):
        said(generator(url, slept))
    assert [round(seconds, 1) >= least for seconds, least in zip(slept, (0.5, 1, 2), strict=True)] == [True] * 3
    assert generator(url, slept).count_tokens("four 四字") == 4  # an estimate, where nobody counts


def test_what_the_server_refuses(echo: tuple[ChatServer, str], slept: list[float]) -> None:
    server, url = echo
    with pytest.raises(Unavailable, match="PLUMBLINE_SERVER__API_KEY"):
        said(generator(url, slept, api_key="wrong"))
    with pytest.raises(Unavailable, match="has no model 'x'"):
        said(OpenAiCompatibleGenerator(Server(url, "x", KEY), 512, slept.append))
    server.failures[:] = [418]
    with pytest.raises(Unavailable, match="answered 418"):
        said(generator(url, slept))
    assert not slept  # asking again would not help
    with pytest.raises(InvalidInput, match="context"):
        said(generator(url, slept), max_tokens=512)
    with pytest.raises(InvalidInput, match=r"\[server\] url"):
        generator("gpu-1:8000", slept)


def test_more_stops_than_the_protocol_takes(echo: tuple[ChatServer, str], slept: list[float]) -> None:
    server, url = echo
    assert said(generator(url, slept), stop=["w", "x", "y", "z", "short"]) == "m:Be < |im_end|> "
    assert server.asked[-1]["stop"] == ["w", "x", "y", "z"]


def test_an_answer_that_breaks_off(slept: list[float]) -> None:
    class Torn(Echo):
        def stream(self, messages: Sequence[Message], **options: Any) -> Iterator[str]:  # noqa: ARG002 - the seam
            yield "begun"
            raise RuntimeError("the machine behind it fell over")

    server = ChatServer({"m": Torn("m")})  # type: ignore[dict-item] # all that it needs
    with serving(server) as url, pytest.raises(Unavailable, match="in the middle of an answer"):
        said(generator(url, slept))
