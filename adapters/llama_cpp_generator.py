"""Answer models in GGUF files through llama.cpp: runs on every processor, needs little memory."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from adapters.chat_format import render, render_head
from adapters.model_catalog import ModelCatalog
from adapters.streaming import until_stop
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Message

_SEQUENCE = 0
"""The only sequence that this back end uses."""
_KEPT_HEADS = 6
"""Answers, rewriting and repair, each in two languages."""


class LlamaCppGenerator:
    """A Generator; see `knowledge.protocols`.

    The state after each system prompt is kept, so that it is read once and prompts in several languages do not push one
    another out. Nothing else of an earlier prompt is reused: reading the same tokens in other portions gives slightly
    other numbers, and so the same question might be answered otherwise the second time.
    """

    backend = "llama.cpp"

    def __init__(self, name: str, catalog: ModelCatalog, threads: int, context_tokens: int) -> None:
        from llama_cpp import Llama

        entry = catalog.get(name)
        cores = threads or os.cpu_count() or 1
        self.model = name
        self.context_tokens = min(context_tokens, entry.context)
        self._chat = catalog.chat(name)
        self._lock = threading.Lock()
        self._heads: dict[tuple[int, ...], Any] = {}
        self._llama: Any = Llama(
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
            self._begin_with(self._head_tokens(messages), prompt)
            completion: Any = self._llama.create_completion(
                prompt, max_tokens=max_tokens, temperature=temperature, seed=seed, stream=True
            )
            try:
                pieces = (part["choices"][0]["text"] for part in completion)
                yield from until_stop(pieces, [*self._chat.stop, *stop])
            finally:
                completion.close()

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`."""
        with self._lock:
            self._read_head(self._head_tokens(messages))

    def _head_tokens(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The system messages with which a prompt begins, as tokens."""
        system = list(takewhile(lambda message: message.role == "system", messages))
        return tuple(self._llama.tokenize(render_head(system, self._chat).encode(), add_bos=False, special=True))

    def _begin_with(self, head: tuple[int, ...], prompt: Sequence[int]) -> None:
        """Put the model into the state after `head`, or at the very beginning when `prompt` does not begin so."""
        self._llama.reset()
        if not head or tuple(prompt[: len(head)]) != head:
            return
        import llama_cpp

        state = self._read_head(head)
        self._llama.reset()
        if llama_cpp.llama_state_seq_set_data(self._llama.ctx, state, len(state), _SEQUENCE) != len(state):
            raise Unavailable("llama.cpp did not take back a kept state; lower [answer] context_tokens and start again")
        self._llama.input_ids[: len(head)] = head
        self._llama.n_tokens = len(head)

    def _read_head(self, head: tuple[int, ...]) -> Any:
        """The model's state after `head`: read when it is new, else as kept. About 28 kB a token for 1.5 B models."""
        if not head:
            return None
        if head in self._heads:
            self._heads[head] = self._heads.pop(head)  # the latest stands last
            return self._heads[head]
        import llama_cpp

        self._llama.reset()
        self._llama.eval(head)
        size = llama_cpp.llama_state_seq_get_size(self._llama.ctx, _SEQUENCE)
        state = (ctypes.c_uint8 * size)()
        llama_cpp.llama_state_seq_get_data(self._llama.ctx, state, size, _SEQUENCE)
        while len(self._heads) >= _KEPT_HEADS:
            self._heads.pop(next(iter(self._heads)))
        self._heads[head] = state
        return state

    def close(self) -> None:
        """See `Generator`."""
        with self._lock:
            self._llama.close()
