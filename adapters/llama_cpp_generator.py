"""Answer models in GGUF files through llama.cpp: runs on every processor, needs little memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from adapters.chat_format import render, render_head
from adapters.model_catalog import ModelCatalog
from adapters.streaming import until_stop
from knowledge.errors import InvalidInput
from knowledge.types import Message


class LlamaCppGenerator:
    """A Generator; see `knowledge.protocols`. The KV cache of the longest common head of two prompts is reused."""

    backend = "llama.cpp"

    def __init__(self, name: str, catalog: ModelCatalog, threads: int, context_tokens: int) -> None:
        from llama_cpp import Llama

        entry = catalog.get(name)
        cores = threads or os.cpu_count() or 1
        self.model = name
        self.context_tokens = min(context_tokens, entry.context)
        self._chat = catalog.chat(name)
        self._lock = threading.Lock()
        self._heads: list[tuple[list[int], Any]] = []
        self._llama = Llama(
            str(catalog.require(name)),
            n_ctx=self.context_tokens,
            n_threads=cores,
            n_threads_batch=cores,
            n_batch=512,
            verbose=False,
        )

    def count_tokens(self, text: str) -> int:
        """See `Generator`."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        seed: int = 0,
    ) -> Iterator[str]:
        """See `Generator`."""
        prompt = self._llama.tokenize(render(messages, self._chat).encode(), add_bos=False, special=True)
        if len(prompt) + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"the prompt has {len(prompt)} tokens and {max_tokens} may be answered, but the model's context is "
                f"{self.context_tokens}; lower [answer] evidence_tokens or raise context_tokens"
            )
        with self._lock:
            self._recall_head(prompt)
            completion: Any = self._llama.create_completion(
                prompt, max_tokens=max_tokens, temperature=temperature, seed=seed, stream=True
            )
            try:
                pieces = (part["choices"][0]["text"] for part in completion)
                yield from until_stop(pieces, [*self._chat.stop, *stop])
            finally:
                completion.close()

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`. Each head's state is kept: questions in two languages do not push one another out."""
        with self._lock:
            head = self._llama.tokenize(render_head(messages, self._chat).encode(), add_bos=False, special=True)
            self._llama.create_completion(head, max_tokens=1, temperature=0)
            self._heads.append((head, self._llama.save_state()))

    def _recall_head(self, prompt: Sequence[int]) -> None:
        """Bring back the state of a kept head when it shares more of `prompt` than what the model holds now."""
        held = _shared(prompt, self._llama.input_ids[: self._llama.n_tokens].tolist())
        tokens, state = max(self._heads, key=lambda head: _shared(prompt, head[0]), default=((), None))
        if state is not None and _shared(prompt, tokens) > held:
            self._llama.load_state(state)

    def close(self) -> None:
        """See `Generator`."""
        with self._lock:
            self._llama.close()


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    for place, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return place
    return min(len(first), len(second))
