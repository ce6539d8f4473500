"""Embedding models through sentence-transformers and torch, for processors and models that OpenVINO does not take."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters import e5_tokenizer, e5_weights
from adapters.derived import derived_folder
from adapters.model_catalog import ModelCatalog
from adapters.token_vectors import own_vectors
from knowledge.protocols import Vectors

_LAYOUT = "e5-sentence-transformers-1"
_BATCH = 16


class SentenceTransformersEmbedder:
    """A TokenEmbedder; see `knowledge.protocols`."""

    def __init__(self, name: str, catalog: ModelCatalog, threads: int) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        entry = catalog.get(name)
        folder = catalog.require(name)
        if entry.format == "e5s1":
            weights = folder
            folder = derived_folder(
                catalog.home(name) / _LAYOUT, catalog.fingerprint(name), lambda place: _convert(weights, place)
            )
        torch.set_num_threads(threads or os.cpu_count() or 1)
        self._model = SentenceTransformer(str(folder), device="cuda" if torch.cuda.is_available() else "cpu")
        self.fingerprint = catalog.fingerprint(name)
        self.max_tokens = entry.context
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self._model.max_seq_length = entry.context
        self._prefixes = {"query": entry.query_prefix, "passage": entry.passage_prefix}

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._embed(texts, self._prefixes["passage"])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._embed(texts, self._prefixes["query"])

    def embed_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """See `TokenEmbedder`."""
        if not texts:
            return []
        prefix = self._prefixes["passage"]
        prefixed = [prefix + text for text in texts]
        layers = self._model.encode(
            prefixed, batch_size=_BATCH, output_value="token_embeddings", show_progress_bar=False
        )
        read = self._model.tokenizer(
            prefixed,
            truncation=True,
            max_length=self.max_tokens,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        read_as = zip(layers, read["offset_mapping"], read["special_tokens_mask"], strict=True)
        return [
            own_vectors(layer.float().cpu().numpy(), offsets, special, len(prefix))
            for layer, offsets, special in read_as
        ]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder`."""
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False) if texts else {}
        return [len(ids) for ids in encoded.get("input_ids", ())]

    def _embed(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(
            [prefix + text for text in texts], batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, np.float32)


def _convert(weights_file: Path, folder: Path) -> None:
    """The weights as an ordinary sentence-transformers folder (safetensors)."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    weights = e5_weights.read(weights_file)
    config = BertConfig(
        vocab_size=weights.vocabulary,
        hidden_size=weights.hidden,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions,
        layer_norm_eps=weights.epsilon,
    )
    model = BertModel(config, add_pooling_layer=False)
    state = model.state_dict()
    for name, values in weights.tensors.items():
        place = _TORCH_NAMES.get(name) or _layer_name(name)
        state[place] = torch.tensor(values.copy()).reshape(state[place].shape)
    model.load_state_dict(state)
    bert = folder / "bert"
    model.save_pretrained(bert)
    e5_tokenizer.write(weights, folder / "tokenizer.json")
    names = {"bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"),
        model_max_length=weights.positions,
        **{f"{kind}_token": token for kind, token in names.items()},
    )
    tokenizer.save_pretrained(bert)
    transformer = Transformer(str(bert), max_seq_length=weights.positions)
    pooling = Pooling(weights.hidden, pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling, Normalize()]).save(str(folder))


_TORCH_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_TORCH_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "aln": "attention.output.LayerNorm",
    "oln": "output.LayerNorm",
}


def _layer_name(name: str) -> str:
    """'l3.q.w' as 'encoder.layer.3.attention.self.query.weight'."""
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_TORCH_PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"
