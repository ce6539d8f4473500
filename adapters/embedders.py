"""Chooses the back end of an embedding model."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from adapters.model_catalog import ModelCatalog
from knowledge.errors import InvalidInput, Unavailable
from knowledge.protocols import TokenEmbedder

Backend = Literal["auto", "openvino", "torch"]


def load_embedder(name: str, backend: Backend, catalog: ModelCatalog, threads: int = 0) -> TokenEmbedder:
    """The embedder `name`; `auto` takes OpenVINO where it is installed and can run the model, else torch.

    Raises Unavailable when the model has not been pulled or no back end is installed, InvalidInput when the model is
    not an embedder.
    """
    entry = catalog.get(name)
    if entry.role != "embedder":
        raise InvalidInput(f"{name}: is a model of the role {entry.role}; [embedding] model needs an embedder")
    if backend == "auto":
        backend = "openvino" if entry.format == "e5s1" and find_spec("openvino") else "torch"
    if backend == "openvino":
        if entry.format != "e5s1":
            raise InvalidInput(f"{name}: runs through torch only; set [embedding] backend to auto or torch")
        if find_spec("openvino") is None:
            raise Unavailable(
                "openvino is not installed; run `pip install openvino` or set [embedding] backend to torch"
            )
        from adapters.openvino_embedder import OpenVinoEmbedder

        return OpenVinoEmbedder(name, catalog, threads)
    if find_spec("sentence_transformers") is None:
        raise Unavailable(f"{name}: needs torch; run `pip install plumbline-assistant[torch]`")
    from adapters.sentence_transformers_embedder import SentenceTransformersEmbedder

    return SentenceTransformersEmbedder(name, catalog, threads)
