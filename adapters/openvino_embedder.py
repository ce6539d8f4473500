"""multilingual-e5-small on OpenVINO: the network is built from its weights directly, so no torch is needed.

BERT encoder (Devlin et al. 2019) with the mean of the last layer, normalized, as the E5 models use it (Wang et al.
2024, "Multilingual E5 Text Embeddings").
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from adapters import e5_tokenizer, e5_weights
from adapters.derived import derived_folder
from adapters.e5_weights import E5Weights
from adapters.model_catalog import ModelCatalog
from adapters.openvino_weights import group_size, in_bytes, set_group
from adapters.processor import processor_flags
from adapters.token_vectors import own_vectors
from knowledge.errors import Damaged
from knowledge.protocols import Vectors

T = TypeVar("T")

_BATCH = 8
_MOST_STREAMS = 8
"""Batches computed at once, one thread each where that many are: no thread waits for another within a batch, which is
faster when many texts come (`bench/embedder.py`); one text takes some milliseconds longer."""
_BATCH_TOKENS = 2048
"""Texts of similar length go together, at most this many tokens with padding: little is wasted, memory is bounded."""
_LAYOUT = "e5-openvino-1"
_LAYOUT_BYTES = "e5-openvino-bytes-1"
"""Raised when what is written beside the weights changes."""

_BYTES_FASTER = {"avx512_vnni", "avx_vnni"}
"""With these, weights and activations are multiplied as bytes: twice as fast as torch (`bench/embedder.py`), and the
vectors' cosine to exact ones is above .999."""
_HALVES_FASTER = {"amx_bf16"}
"""With these, half precision is faster still."""


class OpenVinoEmbedder:
    """A TokenEmbedder; see `knowledge.protocols`. The converted model is kept beside the weights for the next start."""

    def __init__(self, name: str, catalog: ModelCatalog, threads: int) -> None:
        entry = catalog.get(name)
        weights = catalog.require(name)
        as_bytes = bool(processor_flags() & _BYTES_FASTER) and not processor_flags() & _HALVES_FASTER
        folder = derived_folder(
            catalog.home(name) / (_LAYOUT_BYTES if as_bytes else _LAYOUT),
            catalog.fingerprint(name),
            lambda place: _convert(weights, place, as_bytes=as_bytes),
        )
        self.fingerprint = catalog.fingerprint(name)
        self.max_tokens = entry.context
        self._prefixes = {"query": entry.query_prefix, "passage": entry.passage_prefix}
        self._tokenizer = e5_tokenizer.read(folder / "tokenizer.json")
        self._tokenizer.no_truncation()
        self._threads = threads or os.cpu_count() or 1
        self._streams = min(self._threads, _MOST_STREAMS)
        self._file = folder / "model.xml"
        self._model = _compile(str(self._file), self._threads, self._streams, folder / "compiled")
        self.dimension = int(self._model.output(0).get_partial_shape()[1].get_length())
        self._idle: list[Any] = []
        self._token_model: Any = None
        self._compiling = threading.Lock()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._embed(texts, self._prefixes["passage"])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._embed(texts, self._prefixes["query"])

    def embed_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """See `TokenEmbedder`. The network without pooling is compiled when it is first needed (as large again)."""
        prefix = self._prefixes["passage"]
        encoded = self._tokenizer.encode_batch([prefix + text for text in texts])  # the fast one knows no offsets
        rows = [self._cut(each.ids) for each in encoded]
        found: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(rows)
        for batch in _batches(sorted(range(len(rows)), key=lambda index: len(rows[index])), rows):
            request = self._without_pooling().create_infer_request()
            layer = np.array(request.infer(_padded([rows[index] for index in batch]))[0], np.float32)
            for number, index in enumerate(batch):
                each = encoded[index]
                offsets, special = self._cut(each.offsets), self._cut(each.special_tokens_mask)
                found[index] = own_vectors(layer[number], offsets, special, len(prefix))
        return found

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See `Embedder`."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(each) for each in encoded]

    def _embed(self, texts: Sequence[str], prefix: str) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        encoded = [self._cut(each.ids) for each in self._tokenizer.encode_batch_fast([prefix + text for text in texts])]
        order = sorted(range(len(texts)), key=lambda index: len(encoded[index]))
        requests = self._taken()
        requests.set_callback(lambda request, batch: vectors.__setitem__(batch, request.get_output_tensor(0).data))
        rounds = ceil(len(texts) / (_BATCH * self._streams))
        each = ceil(len(texts) / (rounds * self._streams))  # so that each stream gets as many batches
        for batch in reversed(_batches(order, encoded, each)):  # the longest first, so that all end together
            requests.start_async(_padded([encoded[index] for index in batch]), batch)
        requests.wait_all()
        self._idle.append(requests)
        return vectors

    def _cut(self, tokens: Sequence[T]) -> Sequence[T]:
        """What fits the network, with the end mark. A second tokenizer that cuts by itself takes a second to read."""
        return tokens if len(tokens) <= self.max_tokens else [*tokens[: self.max_tokens - 1], tokens[-1]]

    def _taken(self) -> Any:
        """Requests that nobody else uses now, as many as there are streams; whoever took them gives them back."""
        import openvino as ov

        with suppress(IndexError):
            return self._idle.pop()
        return ov.AsyncInferQueue(self._model, self._streams)

    def _without_pooling(self) -> Any:
        with self._compiling:
            if self._token_model is None:
                self._token_model = _compile(_last_layer(self._file), self._threads, 1)
            return self._token_model


def _padded(rows: Sequence[Sequence[int]]) -> dict[str, NDArray[Any]]:
    """What the network takes for rows of tokens."""
    width = max(len(row) for row in rows)
    ids = np.full((len(rows), width), e5_tokenizer.PAD, np.int64)
    mask = np.zeros((len(rows), width), np.float32)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return {"ids": ids, "mask": mask}


def _batches(order: Sequence[int], encoded: Sequence[Sequence[int]], most: int = _BATCH) -> list[list[int]]:
    """Runs of `order`, which is sorted by length, of at most `most` texts that fit into one inference."""
    batches: list[list[int]] = []
    for index in order:
        if not batches or len(batches[-1]) >= most or (len(batches[-1]) + 1) * len(encoded[index]) > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches


def _compile(model: Any, threads: int, streams: int, cache: Path | None = None) -> Any:
    """A network, or the file of one, ready to run; the next start is faster where there is a `cache`."""
    import openvino as ov

    core = ov.Core()
    settings: dict[str, Any] = {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": threads}
    if cache is not None:
        settings["CACHE_DIR"] = str(cache)
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        settings["INFERENCE_PRECISION_HINT"] = "bf16"  # only where the processor computes in it: else it is slower
    return core.compile_model(model, "CPU", settings)


def _convert(weights_file: Path, folder: Path, *, as_bytes: bool) -> None:
    """Write the network and the tokenizer of a weights file into `folder` (about 3 seconds)."""
    import openvino as ov

    weights = e5_weights.read(weights_file)
    e5_tokenizer.write(weights, folder / "tokenizer.json")
    group = group_size(weights.hidden, weights.feed_forward) if as_bytes else 0
    network = _network(weights, group)
    if group:
        set_group(network, group)
    ov.save_model(network, str(folder / "model.xml"), compress_to_fp16=True)


def _network(weights: E5Weights, group: int) -> Any:
    """The network; its products' weights are kept as bytes in groups of `group`, or as they are when that is 0.

    Inputs `ids` (i64) and `mask` (f32, 1 for a token), shape (batch, length); output (batch, hidden), unit rows.
    """
    import openvino as ov
    from openvino import opset15 as op

    net = _Blocks(op, weights, group)
    ids = op.parameter([-1, -1], np.int64, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    length = op.gather(op.shape_of(ids, "i64"), net.integers(1), net.integers(0))
    places = op.range(net.integers(0), length, net.integers(1), "i64")
    hidden = op.gather(net.table("emb.word", weights.vocabulary), ids, net.integers(0))
    hidden = op.add(hidden, op.gather(net.table("emb.pos", weights.positions), places, net.integers(0)))
    kind = weights.tensors["emb.type"].reshape(-1, weights.hidden)[0]
    hidden = net.normalized(op.add(hidden, op.constant(kind)), "emb.ln")
    attended = op.unsqueeze(mask, net.integers([1, 2]))
    bias = op.multiply(op.subtract(attended, op.constant(np.float32(1))), op.constant(np.float32(1e9)))
    for layer in range(weights.layers):
        hidden = net.layer(hidden, bias, f"l{layer}")
    weight = op.unsqueeze(mask, net.integers(2))
    total = op.reduce_sum(op.multiply(hidden, weight), net.integers([1]), keep_dims=False)
    mean = op.divide(total, op.reduce_sum(weight, net.integers([1]), keep_dims=False))
    unit = op.normalize_l2(mean, net.integers([1]), 1e-12, "max")
    return ov.Model([op.result(unit, name="vectors")], [ids, mask], "multilingual-e5-small")


def _last_layer(file: Path) -> Any:
    """The network in `file` without its pooling: output (batch, length, hidden)."""
    import openvino as ov
    from openvino import opset15 as op

    whole = ov.Core().read_model(str(file))
    node = whole.output(0).get_node()
    for kind in ("Result", "NormalizeL2", "Divide", "ReduceSum", "Multiply"):  # the way back through `_network`'s end
        if node.get_type_name() != kind:
            raise Damaged(f"{file}: has {node.get_type_name()} where {kind} is expected; delete its folder")
        node = node.input_value(0).get_node()
    return ov.Model([op.result(node.output(0))], whole.get_parameters(), "multilingual-e5-small-tokens")


class _Blocks:
    """The pieces of a BERT encoder as OpenVINO nodes."""

    def __init__(self, op: Any, weights: E5Weights, group: int) -> None:
        self._op = op
        self._weights = weights
        self._group = group

    def integers(self, values: int | list[int]) -> Any:
        return self._op.constant(np.array(values, np.int64))

    def table(self, name: str, rows: int) -> Any:
        return self._op.constant(self._weights.tensors[name].reshape(rows, self._weights.hidden))

    def normalized(self, node: Any, name: str) -> Any:
        op, tensors = self._op, self._weights.tensors
        centred = op.mvn(node, self.integers([-1]), True, self._weights.epsilon, "inside_sqrt")
        return op.add(op.multiply(centred, op.constant(tensors[f"{name}.w"])), op.constant(tensors[f"{name}.b"]))

    def linear(self, node: Any, name: str, inputs: int) -> Any:
        op, tensors = self._op, self._weights.tensors
        matrix: NDArray[np.float32] = tensors[f"{name}.w"].reshape(-1, inputs)
        kept = in_bytes(matrix, self._group) if self._group else op.constant(matrix)
        product = op.matmul(node, kept, transpose_a=False, transpose_b=True)
        return op.add(product, op.constant(tensors[f"{name}.b"]))

    def layer(self, hidden: Any, bias: Any, name: str) -> Any:
        op, sizes = self._op, self._weights
        heads = [self._heads(self.linear(hidden, f"{name}.{part}", sizes.hidden)) for part in "qkv"]
        mixed = op.scaled_dot_product_attention(*heads, bias)
        joined = op.reshape(
            op.transpose(mixed, self.integers([0, 2, 1, 3])), self.integers([0, 0, sizes.hidden]), special_zero=True
        )
        hidden = self.normalized(op.add(hidden, self.linear(joined, f"{name}.ao", sizes.hidden)), f"{name}.aln")
        inner = op.gelu(self.linear(hidden, f"{name}.fi", sizes.hidden), "erf")
        return self.normalized(op.add(hidden, self.linear(inner, f"{name}.fo", sizes.feed_forward)), f"{name}.oln")

    def _heads(self, node: Any) -> Any:
        op, sizes = self._op, self._weights
        shape = self.integers([0, 0, sizes.heads, sizes.hidden // sizes.heads])
        return op.transpose(op.reshape(node, shape, special_zero=True), self.integers([0, 2, 1, 3]))
