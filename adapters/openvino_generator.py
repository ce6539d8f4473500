"""Answer models through OpenVINO GenAI, from the same GGUF file: fast where the processor has wide vector units."""

from __future__ import annotations

import copy
import json
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from adapters.chat_format import plain, render, render_head
from adapters.derived import derived_folder
from adapters.model_catalog import ModelCatalog
from adapters.openvino_lora import name_projections
from adapters.openvino_weights import regroup
from adapters.streaming import until_stop
from adapters.training.plan import ADAPTER_WEIGHTS
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

_LAYOUT = "openvino-3"
_NAMED = "openvino-named-3"
_LOOKED_UP = {"num_assistant_tokens": 4, "max_ngram_size": 3}
"""After three tokens that stand in the prompt, the four that follow there are tried at once: answers quote passages."""
_KEPT = {"KV_CACHE_PRECISION": "f16"}
"""By itself the library keeps keys and values in bytes: then an answer depends on what of its prompt was kept before,
and small models lose facts they know otherwise. Half floats are as fast here."""
_END = object()


class OpenVinoGenerator:
    """A Generator; see `knowledge.protocols`. Prefixes of prompts are cached between questions.

    The model as OpenVINO saves it is kept beside the GGUF file, so that only the first start converts it. The first
    use of an adapter loads the model again (seconds), with all adapters that are known by then. From then on prefixes
    are not cached: the library would take what one adapter read for what another one reads.
    """

    backend = "openvino"
    adapter = ""

    def __init__(self, name: str, catalog: ModelCatalog, threads: int, context_tokens: int) -> None:
        entry = catalog.get(name)
        weights = catalog.require(name)
        cores = threads or os.cpu_count() or 1
        self.model = name
        self.context_tokens = min(context_tokens, entry.context)
        self._chat = catalog.chat(name)
        self._lock = threading.Lock()
        folder = derived_folder(
            catalog.home(name) / _LAYOUT, catalog.fingerprint(name), lambda place: _convert(weights, place, cores)
        )
        self._loaded = _Loaded(folder, self.context_tokens, cores)
        self._tokenizer = self._loaded.pipeline.get_tokenizer()
        self._named = (catalog.home(name) / _NAMED, catalog.fingerprint(name))

    def adapted(self, adapter: Adapter | None) -> Self:
        """See `Generator`."""
        if adapter is not None and adapter.name not in self._loaded.adapters:
            file = adapter.folder / ADAPTER_WEIGHTS
            if not file.is_file():
                raise Unavailable(f"{adapter.name}: has no {ADAPTER_WEIGHTS}, so OpenVINO cannot use it")
            with self._lock:
                self._loaded.add(adapter.name, file, self._named)
        view = copy.copy(self)
        view.adapter = adapter.name if adapter is not None else ""
        return view

    def count_tokens(self, text: str) -> int:
        """See `Generator`."""
        return self._count(plain(text, self._chat))

    def _count(self, text: str) -> int:
        return int(self._tokenizer.encode(text, add_special_tokens=False).input_ids.get_shape()[1])

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
        prompt = render(messages, self._chat)
        length = self._count(prompt)
        if length + max_tokens > self.context_tokens:
            raise InvalidInput(
                f"the prompt has {length} tokens and {max_tokens} may be answered, but the model's context is "
                f"{self.context_tokens}; lower [answer] evidence_tokens or raise context_tokens"
            )
        with self._lock:
            run = _Run(self._loaded, prompt, self._config(max_tokens, temperature, seed, schema))
            try:
                yield from until_stop(run.pieces(), [*self._chat.stop, *stop])
            finally:
                run.stop()

    def warm_up(self, messages: Sequence[Message]) -> None:
        """See `Generator`."""
        with self._lock:
            run = _Run(self._loaded, render_head(messages, self._chat), self._config(1, 0.0, 0, None))
            for _ in run.pieces():
                pass

    def close(self) -> None:
        """See `Generator`."""
        with self._lock:
            self._loaded.pipeline = None

    def _config(self, max_tokens: int, temperature: float, seed: int, schema: Mapping[str, Any] | None) -> Any:
        import openvino_genai as genai

        config = genai.GenerationConfig(max_new_tokens=max_tokens, apply_chat_template=False)
        if not self._loaded.adapters:
            config.num_assistant_tokens = _LOOKED_UP["num_assistant_tokens"]
            config.max_ngram_size = _LOOKED_UP["max_ngram_size"]
        if temperature > 0:
            config.do_sample, config.temperature, config.rng_seed = True, temperature, seed
        if schema is not None:
            config.structured_output_config = genai.StructuredOutputConfig(json_schema=json.dumps(schema))
        if self._loaded.adapters:
            chosen = [self._loaded.adapters[self.adapter]] if self.adapter else []
            config.adapters = genai.AdapterConfig(chosen)
        return config


class _Loaded:
    """The pipeline that all views of one generator share, and the adapters that it was loaded with."""

    def __init__(self, folder: Path, context_tokens: int, threads: int) -> None:
        self._folder = folder
        self._context_tokens = context_tokens
        self._threads = threads
        self.adapters: dict[str, Any] = {}
        self.pipeline: Any = self._load(folder, caching=True, prompt_lookup=True)

    def add(self, name: str, weights: Path, named: tuple[Path, str]) -> None:
        """Load anew, with one adapter more; `named` is where the model with named projections lies or will lie."""
        import openvino_genai as genai

        place, fingerprint = named
        folder = derived_folder(place, fingerprint, lambda empty: name_projections(self._folder, empty))
        self.pipeline = None  # frees the memory before it is taken again
        adapters = {**self.adapters, name: genai.Adapter(str(weights))}
        self.pipeline = self._load(folder, caching=False, adapters=genai.AdapterConfig(list(adapters.values())))
        self.adapters = adapters

    def _load(self, folder: Path, *, caching: bool, **options: Any) -> Any:
        import openvino_genai as genai

        scheduler = _scheduler(genai, self._context_tokens, caching=caching)
        return genai.LLMPipeline(
            str(folder), "CPU", scheduler_config=scheduler, INFERENCE_NUM_THREADS=self._threads, **_KEPT, **options
        )


class _Run:
    """One generation in a thread of its own, so that its pieces can be waited for and it can be stopped."""

    def __init__(self, loaded: _Loaded, prompt: str, config: Any) -> None:
        import openvino_genai as genai

        self._pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._status = genai.StreamingStatus
        self._thread = threading.Thread(target=self._generate, args=(loaded.pipeline, prompt, config), daemon=True)
        self._thread.start()

    def _generate(self, pipeline: Any, prompt: str, config: Any) -> None:
        try:
            pipeline.generate(prompt, config, _streamer(pipeline.get_tokenizer(), self._take))
        except (RuntimeError, ValueError) as error:  # what the library raises for all that goes wrong inside it
            self._pieces.put(error)
        finally:
            self._pieces.put(_END)

    def _take(self, piece: str) -> Any:
        if piece:
            self._pieces.put(piece)
        return self._status.CANCEL if self._stopped.is_set() else self._status.RUNNING

    def pieces(self) -> Iterator[str]:
        """The text as it is written; whole characters only."""
        while (piece := self._pieces.get()) is not _END:
            if isinstance(piece, Exception):
                raise Unavailable(f"the model could not answer: {str(piece).splitlines()[0]}") from piece
            yield piece

    def stop(self) -> None:
        """End the generation after the token under way, and wait for that."""
        self._stopped.set()
        self._thread.join()


def _streamer(tokenizer: Any, take: Callable[[str], Any]) -> Any:
    """What the library hands tokens to: `take` gets the text of each at once. Its own streamer waits for three more."""
    import openvino_genai as genai

    class Streamer(genai.StreamerBase):  # type: ignore[misc] # the library is not typed
        def __init__(self) -> None:
            super().__init__()
            self._tokens: list[int] = []
            self._given = 0

        def write(self, token: int | Sequence[int]) -> Any:
            self._tokens += [token] if isinstance(token, int) else token
            text = str(tokenizer.decode(self._tokens))
            whole = text.rstrip("\ufffd")  # a character whose bytes are not all there yet
            piece, self._given = whole[self._given :], max(self._given, len(whole))
            return take(piece)

        def end(self) -> None:
            take(str(tokenizer.decode(self._tokens))[self._given :])

    return Streamer()


def _scheduler(genai: Any, context_tokens: int, *, caching: bool) -> Any:
    """A cache that holds one whole context; `caching`: prefixes of prompts stay in it."""
    scheduler = genai.SchedulerConfig()
    scheduler.enable_prefix_caching = caching
    scheduler.max_num_batched_tokens = context_tokens
    return scheduler


def _convert(weights: Path, folder: Path, threads: int) -> None:
    """The GGUF file as an OpenVINO model in `folder` (about a minute). The library writes beside what it reads."""
    import openvino as ov
    import openvino_genai as genai

    from adapters.gguf_values import GgufValues

    link = folder / weights.name
    link.symlink_to(weights)
    pipeline = genai.LLMPipeline(str(link), "CPU", INFERENCE_NUM_THREADS=threads, enable_save_ov_model=True)
    del pipeline
    link.unlink()
    saved, aside = folder / "openvino_model.xml", folder / "regrouped.xml"
    model = ov.Core().read_model(saved)
    regroup(model, threads, GgufValues(weights))
    ov.save_model(model, aside, compress_to_fp16=False)
    del model  # it reads from the file that is replaced now
    aside.with_suffix(".bin").replace(saved.with_suffix(".bin"))
    aside.replace(saved)
