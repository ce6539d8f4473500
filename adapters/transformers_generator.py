"""Answer models through transformers and peft: on a GPU, or slowly on the CPU; adapters by name, prompts in batches.

A GGUF model is de-quantized once (see `training/torch_models.py`); a model in safetensors is read as it is.
"""

from __future__ import annotations

import copy
import json
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Self

from adapters.chat_format import plain, render
from adapters.json_form import JsonForm
from adapters.model_catalog import ModelCatalog
from adapters.streaming import until_stop
from adapters.training.plan import ADAPTER_CONFIG, Quantize
from adapters.training.torch_models import load_model, load_tokenizer, on_threads, require_torch, weights_folder
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

_HALF = "\ufffd"
"""What a decoder puts in place of a part of a character."""
_END = object()


class TransformersGenerator:
    """A Generator; see `knowledge.protocols`. `folder` holds weights to use in place of the base's own."""

    backend = "transformers"
    adapter = ""

    def __init__(
        self,
        name: str,
        catalog: ModelCatalog,
        context_tokens: int,
        threads: int = 0,
        *,
        quantize: Quantize = "none",
        folder: Path | None = None,
    ) -> None:
        require_torch()
        self.model = name
        self.context_tokens = min(context_tokens, catalog.get(name).context)
        self._chat = catalog.chat(name)
        place = folder or weights_folder(name, catalog)
        self._tokenizer = load_tokenizer(place)
        self._tokenizer.padding_side = "left"
        self._held = _Held(load_model(place, quantize))
        self._threads = threads
        self._lock = threading.Lock()

    def adapted(self, adapter: Adapter | None) -> Self:
        """See `Generator`."""
        if adapter is not None:
            with self._lock:
                self._held.add(adapter)
        view = copy.copy(self)
        view.adapter = adapter.name if adapter is not None else ""
        return view

    def count_tokens(self, text: str) -> int:
        """See `Generator`."""
        return len(self._tokenizer(plain(text, self._chat), add_special_tokens=False).input_ids)

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
        """See `Generator`; of a schema the parts that `adapters.json_form` names."""
        form = None if schema is None else JsonForm(schema, self._tokenizer, self._stops)
        batch = self._tokens([messages], max_tokens)
        with self._lock:
            run = _Run(self, batch, max_tokens, temperature, seed, form)
            try:
                yield from until_stop(run.pieces(), [*self._chat.stop, *stop])
            finally:
                run.stop()

    def answers(self, prompts: Sequence[Sequence[Message]], *, max_tokens: int) -> list[str]:
        """The whole answers to several prompts, read and written side by side; greedy."""
        batch = self._tokens(prompts, max_tokens)
        with self._lock:
            written = self.generate(batch, max_tokens, 0.0, 0)
        texts = self._tokenizer.batch_decode(written[:, batch["input_ids"].shape[1] :])
        return ["".join(until_stop([text], self._chat.stop)) for text in texts]

    def logits(self, messages: Sequence[Message]) -> Any:
        """What the model makes of the next token after the prompt: 32-bit floats, shape (vocabulary,)."""
        import torch

        batch = self._tokens([messages], 0)
        with self._lock, self._held.under(self.adapter), torch.no_grad():
            return self._held.model(**batch).logits[0, -1].float().cpu().numpy()

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`."""
        for _ in self.stream([*messages, Message("user", "?")], max_tokens=1):
            pass

    def close(self) -> None:
        """See `Generator`."""
        with self._lock:
            self._held.model = None

    def generate(self, batch: Any, max_tokens: int, temperature: float, seed: int, **options: Any) -> Any:
        """The tokens of prompts and answers; the caller holds the lock."""
        import torch

        sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        torch.manual_seed(seed)
        with self._held.under(self.adapter), torch.no_grad(), on_threads(self._threads):
            return self._held.model.generate(
                **batch,
                max_new_tokens=max_tokens,
                eos_token_id=self._stops,
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
                **sampling,
                **options,
            )

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self._tokenizer

    @property
    def _stops(self) -> list[int]:
        """The tokens that end an answer."""
        return [self._tokenizer.convert_tokens_to_ids(mark) for mark in self._chat.stop]

    def _tokens(self, prompts: Sequence[Sequence[Message]], max_tokens: int) -> Any:
        texts = [render(messages, self._chat) for messages in prompts]
        batch = self._tokenizer(texts, add_special_tokens=False, padding=True, return_tensors="pt")
        length = batch["input_ids"].shape[1]
        if length + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"the prompt has {length} tokens and {max_tokens} may be answered, but the model's context is "
                f"{self.context_tokens}; lower [answer] evidence_tokens or raise context_tokens"
            )
        wanted = {key: batch[key] for key in ("input_ids", "attention_mask")}
        return {key: value.to(self._held.model.device) for key, value in wanted.items()}


class _Held:
    """The model that all views of one generator share, and the adapters that were loaded over it."""

    def __init__(self, model: Any) -> None:
        self.model: Any = model.eval()
        self._names: dict[str, str] = {}
        self._kind = ""

    def add(self, adapter: Adapter) -> None:
        """Load an adapter beside the others; does nothing when it is there."""
        if adapter.name in self._names:
            return
        file = adapter.folder / ADAPTER_CONFIG
        if not file.is_file():
            raise Unavailable(f"{adapter.name}: has no {ADAPTER_CONFIG}, so transformers cannot use it")
        kind = json.loads(file.read_text(encoding="utf-8"))["peft_type"]
        if self._kind not in {"", kind}:
            raise Unavailable(f"{adapter.name}: is {kind} and cannot lie beside {self._kind} over one model; restart")
        # A module's name may not have the dots of a version
        name = f"version{len(self._names)}"
        if not self._names:
            from peft import PeftModel

            self.model = PeftModel.from_pretrained(self.model, adapter.folder, adapter_name=name).eval()
        else:
            self.model.load_adapter(adapter.folder, adapter_name=name)
        self._names[adapter.name], self._kind = name, kind

    def under(self, adapter: str) -> AbstractContextManager[Any]:
        """The model under that adapter, or without any."""
        if not adapter:
            without: AbstractContextManager[Any] = self.model.disable_adapter() if self._names else nullcontext()
            return without
        self.model.set_adapter(self._names[adapter])
        return nullcontext()


class _Run:
    """One generation in a thread of its own, so that its pieces can be waited for and it can be stopped.

    It is the streamer of its generation: transformers' own holds text back until a blank comes.
    """

    def __init__(
        self,
        owner: TransformersGenerator,
        batch: Any,
        max_tokens: int,
        temperature: float,
        seed: int,
        form: JsonForm | None = None,
    ) -> None:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        self._tokenizer = owner.tokenizer
        self._tokens: list[int] = []
        self._shown = 0
        self._prompt_seen = False
        self._pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = threading.Event()
        criteria = StoppingCriteriaList([lambda ids, _scores, **_options: _told(self._stopped, ids)])
        options: dict[str, Any] = {"streamer": self, "stopping_criteria": criteria}
        if form is not None:
            options["logits_processor"] = LogitsProcessorList([form])
        arguments = (owner, batch, max_tokens, temperature, seed, options)
        self._thread = threading.Thread(target=self._generate, args=arguments, daemon=True)
        self._thread.start()

    def _generate(
        self,
        owner: TransformersGenerator,
        batch: Any,
        max_tokens: int,
        temperature: float,
        seed: int,
        options: Mapping[str, Any],
    ) -> None:
        try:
            owner.generate(batch, max_tokens, temperature, seed, **options)
        except (RuntimeError, ValueError) as error:  # what torch and transformers raise, memory included
            self._pieces.put(error)
        finally:
            self._pieces.put(_END)

    def put(self, tokens: Any) -> None:
        """Called by transformers: with the prompt first, then with each token."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self._tokens += tokens.flatten().tolist()
        text = self._tokenizer.decode(self._tokens)
        # A character of several tokens is shown when it is whole; what never becomes one is left out below
        if not text.endswith(_HALF):
            self._pieces.put(text[self._shown :])
            self._shown = len(text)

    def end(self) -> None:
        """Called by transformers when all is written."""

    def pieces(self) -> Iterator[str]:
        """The text as it is written; whole characters only."""
        while (piece := self._pieces.get()) is not _END:
            if isinstance(piece, Exception):
                reason = str(piece).splitlines()[0]
                raise Unavailable(f"the model could not answer: {reason}") from piece
            if whole := piece.replace(_HALF, ""):
                yield whole

    def stop(self) -> None:
        """End the generation after the token under way, and wait for that."""
        self._stopped.set()
        self._thread.join()


def _told(stopped: threading.Event, ids: Any) -> Any:
    """Whether each row of a batch is to end, as transformers asks."""
    import torch

    return torch.full((ids.shape[0],), stopped.is_set(), dtype=torch.bool, device=ids.device)
