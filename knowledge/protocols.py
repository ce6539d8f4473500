"""The seams between rooms. Each promise is written once, here, and tested against every implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from knowledge.types import Adapter, Message

Vectors = NDArray[np.float32]
Progress = Callable[[int, int | None], None]
"""Called with (done, total or None when unknown)."""


class Embedder(Protocol):
    """Turns text into unit vectors. Safe from many threads."""

    fingerprint: str
    """Names the weights, not the back end: equal fingerprints mean that vectors may be compared."""
    dimension: int
    max_tokens: int
    """Longest input in tokens; what is longer is cut off."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit-length rows, shape (len(texts), dimension), in input order; (0, dimension) if empty."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`, for questions."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text without the special ones; not limited by `max_tokens`."""
        ...


class TokenEmbedder(Embedder, Protocol):
    """An embedder that also gives the vectors of single tokens in their context."""

    def embed_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """Of each text, in input order, unit-length rows, shape (tokens, dimension), read as a passage.

        Only the text's own tokens have a row: neither the special ones nor those of the passage prefix do.
        """
        ...


class Reranker(Protocol):
    """Scores how well each text answers a question; higher is better."""

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score per text, in input order."""
        ...


class Generator(Protocol):
    """Writes text from messages. Calls from many threads wait for one another."""

    model: str
    """The catalog name of the model."""
    backend: str
    """`llama.cpp`, `openvino`, `transformers` or `openai-compatible`."""
    adapter: str
    """The name of the adapter that lies over the model; empty: none."""
    context_tokens: int

    def adapted(self, adapter: Adapter | None) -> Self:
        """The same loaded model under an adapter (None: without), switched with every call to `stream`.

        All that came from one generator share its weights and wait for one another; closing any closes them all.
        Raises Unavailable when this back end cannot take the adapter.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of `text`, control tokens in it read as plain text."""
        ...

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
        """Pieces of the answer as they are written; closing the iterator stops the model at once.

        Temperature 0 is greedy and deterministic. `stop` strings end the text and are not part of it. With a JSON
        `schema` the text is JSON of that form; raises Unavailable where the back end cannot see to that. Raises
        InvalidInput when the prompt and `max_tokens` do not fit into `context_tokens`.
        """
        ...

    def warm_up(self, messages: Sequence[Message]) -> None:
        """Load, run once and keep the fixed head of the prompt cached, so that the first answer is not slow."""
        ...

    def close(self) -> None:
        """Free the model's memory."""
        ...
