"""Chooses the back end of an answer model."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from adapters.model_catalog import ModelCatalog
from adapters.processor import processor_flags
from adapters.training.plan import Quantize
from knowledge.errors import InvalidInput, Unavailable
from knowledge.protocols import Generator

if TYPE_CHECKING:
    from adapters.openai_compatible_generator import Server

Backend = Literal["auto", "openvino", "llama.cpp", "transformers", "openai-compatible"]
Chosen = Literal["openvino", "llama.cpp", "transformers", "openai-compatible"]

_FAST_FOR_OPENVINO = ("avx512_vnni", "avx_vnni", "amx_int8")
"""With these OpenVINO reads prompts three to five times faster than llama.cpp; without them, no faster."""
_OPENVINO_MEMORY = 6 << 30
"""Bytes that must be available: with the default model the program takes 4.8 GB there (2 of them pages of the file that
the system can take back), with llama.cpp 2 GB."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A back end, and why it was taken."""

    backend: Chosen
    reason: str


_NEEDS: dict[Chosen, tuple[str, str]] = {
    "openvino": ("openvino_genai", "openvino-genai"),
    "llama.cpp": ("llama_cpp", "'plumbline-assistant[llama-cpp]'"),
    "transformers": ("transformers", "'plumbline-assistant[gpu]'"),
    "openai-compatible": ("httpx", "'plumbline-assistant[server]'"),
}
"""What each back end imports, and what to install for it."""


def choose_backend(backend: Backend) -> Choice:
    """The back end to run an answer model; raises Unavailable with what to install when there is none."""
    have = {name: find_spec(module) is not None for name, (module, _) in _NEEDS.items()}
    if backend != "auto":
        if not have[backend] or (backend == "transformers" and find_spec("torch") is None):
            install = _NEEDS[backend][1]
            raise Unavailable(
                f"{backend} is not installed; run `pip install {install}` or set [answer] backend to auto"
            )
        return Choice(backend, "as the settings say")
    suits, why = _suits_openvino()
    return choose_by_itself(have, gpu=_has_gpu(), suits=suits, why=why)


def choose_by_itself(have: Mapping[Chosen, bool], *, gpu: bool, suits: bool, why: str) -> Choice:
    """What `auto` takes: `have` says what is installed, `gpu` whether there is one, `suits` whether OpenVINO suits the
    processor and memory, for the reason `why`. Raises Unavailable when nothing is there to take.
    """
    if gpu:
        return Choice("transformers", "there is a GPU")
    if not (have["openvino"] or have["llama.cpp"]):
        raise Unavailable(
            "no engine for answer models is installed; run `pip install 'plumbline-assistant[llama-cpp]'`"
        )
    if have["openvino"] and suits:
        return Choice("openvino", why)
    if have["llama.cpp"]:
        return Choice("llama.cpp", why if have["openvino"] else "OpenVINO GenAI is not installed")
    return Choice("openvino", f"{why}, but llama.cpp is not installed (yet)")


def load_generator(
    name: str,
    backend: Backend,
    catalog: ModelCatalog,
    threads: int = 0,
    context_tokens: int = 4096,
    *,
    server: Server | None = None,
    weights: Path | None = None,
    quantize: Quantize = "none",
) -> Generator:
    """The answer model `name` on the chosen back end; `server` belongs to the openai-compatible one.

    `weights` is a folder with weights to use in place of the model's own, `quantize` makes the weights smaller as they
    are loaded: only transformers does either.

    Raises Unavailable when it has not been pulled or nothing can run it, InvalidInput when it is not an answer model.
    """
    if backend == "openai-compatible":
        from adapters.openai_compatible_generator import OpenAiCompatibleGenerator

        if server is None or not server.url or not server.model:
            raise InvalidInput("[answer] backend is openai-compatible; set [server] url and model too")
        return OpenAiCompatibleGenerator(server, context_tokens)
    entry = catalog.get(name)
    if entry.role != "answer":
        raise InvalidInput(f"{name}: is a model of the role {entry.role}; [answer] model needs one that writes answers")
    chosen = choose_backend(backend).backend
    if chosen == "transformers":
        from adapters.transformers_generator import TransformersGenerator

        return TransformersGenerator(name, catalog, context_tokens, threads, quantize=quantize, folder=weights)
    if quantize != "none":
        raise InvalidInput(
            f"[answer] quantize is {quantize}, which only transformers does, and {chosen} answers; leave it out, or "
            "set [answer] backend to transformers"
        )
    if entry.format != "gguf":
        raise InvalidInput(
            f"{name}: is in the format {entry.format}, which {chosen} does not read; choose a GGUF model, or set "
            "[answer] backend to transformers"
        )
    if chosen == "openvino":
        from adapters.openvino_generator import OpenVinoGenerator

        return OpenVinoGenerator(name, catalog, threads, context_tokens)
    from adapters.llama_cpp_generator import LlamaCppGenerator

    return LlamaCppGenerator(name, catalog, threads, context_tokens)


def _has_gpu() -> bool:
    """Whether torch can use a GPU; torch is imported only where a driver says that there may be one."""
    if not Path("/proc/driver/nvidia/version").exists() or find_spec("torch") is None or find_spec("peft") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _suits_openvino() -> tuple[bool, str]:
    """Whether processor and memory are such that OpenVINO is the better choice, and the reason in words."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False, f"the processor is {platform.machine()}, where llama.cpp is faster"
    found = processor_flags() & set(_FAST_FOR_OPENVINO)
    if not found:
        return False, f"the processor has none of {', '.join(_FAST_FOR_OPENVINO)}, where llama.cpp is faster"
    available = available_memory()
    if available is not None and available < _OPENVINO_MEMORY:
        return False, f"only {available / (1 << 30):.1f} GiB of memory are available, and llama.cpp needs less"
    return True, f"the processor has {min(found)}, with which OpenVINO is faster"


def available_memory() -> int | None:
    """Bytes of memory that can be had without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")), None)
