"""Answer models in GGUF files through llama.cpp: runs on every processor, needs little memory."""

from __future__ import annotations

import copy
import ctypes
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from adapters.chat_format import render, render_head
from adapters.model_catalog import ModelCatalog
from adapters.streaming import until_stop
from adapters.training.plan import GGUF_ADAPTER
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

_SEQUENCE = 0
"""The only sequence that this back end uses."""
_KEPT_HEADS = 6
"""Answers, rewriting and repair, each in two languages."""


class LlamaCppGenerator:
    """A Generator; see `knowledge.protocols`.

    The state after each system prompt is kept, so that it is read once and prompts in several languages do not push one
    another out. Nothing else of an earlier prompt is reused: reading the same tokens in other portions gives slightly
    other numbers, and so the same question might be answered otherwise the second time. A kept state belongs to the
    adapter that it was read under.
    """

    backend = "llama.cpp"
    adapter = ""

    def __init__(
        self, name: str, catalog: ModelCatalog, threads: int, context_tokens: int, *, file: Path | None = None
    ) -> None:
        """`file`: weights to use in place of the model's own."""
        from llama_cpp import Llama

        entry = catalog.get(name)
        cores = threads or os.cpu_count() or 1
        self.model = name
        self.context_tokens = min(context_tokens, entry.context)
        self._chat = catalog.chat(name)
        self._lock = threading.Lock()
        self._heads: dict[tuple[str, tuple[int, ...]], Any] = {}
        self._loras: dict[str, Any] = {}
        self._llama: Any = Llama(
            str(file or catalog.require(name)),
            n_ctx=self.context_tokens,
            n_threads=cores,
            n_threads_batch=cores,
            n_batch=512,
            verbose=False,
        )

    def adapted(self, adapter: Adapter | None) -> Self:
        """See `Generator`. An adapter is loaded beside the model when it is first used, and stays."""
        import llama_cpp

        if adapter is not None and adapter.name not in self._loras:
            file = adapter.folder / GGUF_ADAPTER
            if not file.is_file():
                raise Unavailable(f"{adapter.name}: has no {GGUF_ADAPTER}, so llama.cpp cannot use it")
            with self._lock:
                lora = llama_cpp.llama_adapter_lora_init(self._llama.model, str(file).encode())
            if not lora:
                raise Unavailable(f"{file}: llama.cpp does not take it; was it made for {self.model}?")
            self._loras[adapter.name] = lora
        view = copy.copy(self)
        view.adapter = adapter.name if adapter is not None else ""
        return view

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
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """See `Generator`."""
        prompt = self._llama.tokenize(render(messages, self._chat).encode(), add_bos=False, special=True)
        if len(prompt) + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"the prompt has {len(prompt)} tokens and {max_tokens} may be answered, but the model's context is "
                f"{self.context_tokens}; lower [answer] evidence_tokens or raise context_tokens"
            )
        with self._lock:
            self._switch()
            self._begin_with(self._head_tokens(messages), prompt)
            completion: Any = self._llama.create_completion(
                prompt,
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seed,
                stream=True,
                grammar=None if schema is None else _grammar(schema),
            )
            try:
                pieces = (part["choices"][0]["text"] for part in completion)
                yield from until_stop(pieces, [*self._chat.stop, *stop])
            finally:
                completion.close()

    def logits(self, messages: Sequence[Message]) -> Any:
        """What the model makes of the next token after the prompt: 32-bit floats, shape (vocabulary,)."""
        import llama_cpp
        import numpy as np

        prompt = self._llama.tokenize(render(messages, self._chat).encode(), add_bos=False, special=True)
        with self._lock:
            self._switch()
            self._llama.reset()
            self._llama.eval(prompt)
            held = llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
            return np.ctypeslib.as_array(held, (self._llama.n_vocab(),)).copy()

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`."""
        with self._lock:
            self._switch()
            self._read_head(self._head_tokens(messages))

    def _switch(self) -> None:
        """Lay this one's adapter over the model, or none; does nothing when it lies there already."""
        import llama_cpp

        if not self.adapter:
            done = llama_cpp.llama_set_adapters_lora(self._llama.ctx, None, 0, None)
        else:
            pointers = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(self._loras[self.adapter])
            done = llama_cpp.llama_set_adapters_lora(self._llama.ctx, pointers, 1, (ctypes.c_float * 1)(1.0))
        if done:
            raise Unavailable(f"{self.adapter}: llama.cpp did not switch to it; start again")

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
        key = (self.adapter, head)
        if key in self._heads:
            self._heads[key] = self._heads.pop(key)  # the latest stands last
            return self._heads[key]
        import llama_cpp

        self._llama.reset()
        self._llama.eval(head)
        size = llama_cpp.llama_state_seq_get_size(self._llama.ctx, _SEQUENCE)
        state = (ctypes.c_uint8 * size)()
        llama_cpp.llama_state_seq_get_data(self._llama.ctx, state, size, _SEQUENCE)
        while len(self._heads) >= _KEPT_HEADS:
            self._heads.pop(next(iter(self._heads)))
        self._heads[key] = state
        return state

    def close(self) -> None:
        """See `Generator`."""
        with self._lock:
            self._llama.close()


def _grammar(schema: Mapping[str, Any]) -> Any:
    from llama_cpp.llama_grammar import LlamaGrammar

    return LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)
