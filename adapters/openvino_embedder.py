"""multilingual-e5-small on OpenVINO: the network is built from its weights directly, so no torch is needed.

BERT encoder (Devlin et al. 2019) with the mean of the last layer, normalized, as the E5 models use it (Wang et al.
2024, "Multilingual E5 Text Embeddings"). Where bytes are multiplied fastest, its products take their inputs in steps
fixed beforehand, with what single channels have too much moved into the weights (Xiao et al. 2023, "SmoothQuant"); how
large the inputs get was measured once for these weights (`scripts/embedder_inputs.py`).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import resources
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from adapters import e5_tokenizer, e5_weights
from adapters.derived import derived_folder
from adapters.e5_weights import E5Weights
from adapters.model_catalog import ModelCatalog
from adapters.processor import processor_flags
from adapters.token_vectors import own_vectors
from knowledge.errors import Damaged
from knowledge.protocols import Vectors

T = TypeVar("T")

_BATCH = 4
_MOST_STREAMS = 8
"""Batches computed at once, one thread each where that many are: no thread waits for another within a batch, which is
faster when many texts come (`bench/embedder.py`); one text takes some milliseconds longer."""
_BATCH_TOKENS = 2048
"""Texts of similar length go together, at most this many tokens with padding: little is wasted, memory is bounded."""
_LENGTH_STEP = 8
"""Lengths are rounded up to whole multiples: the first batch of a shape takes longer, and each shape takes memory."""
_LAYOUT = "e5-openvino-1"
_LAYOUT_BYTES = "e5-openvino-bytes-2"
"""Raised when what is written beside the weights changes."""

_BYTES_FASTER = {"avx512_vnni", "avx_vnni"}
"""With these, weights and activations are multiplied as bytes: more than twice as fast as torch (`bench/embedder.py`),
and the vectors' cosine to exact ones is above .999."""
_HALVES_FASTER = {"amx_bf16"}
"""With these, half precision is faster still."""

_SMOOTHING = 0.8
"""How much of what a channel of an input has too much goes into the weights: alpha of SmoothQuant."""
_HEADROOM = 1.2
"""The largest input that fits, by the largest one measured."""
_LEAST_INPUT = 1e-3
_LEAST_GELU = -0.17
"""Below all values of GELU."""
_BYTE, _STEPS = 127, 256
Floats = NDArray[np.float32]
Largest = Mapping[str, Floats]
"""For a product's name the largest absolute value of each channel of its input."""


class OpenVinoEmbedder:
    """A TokenEmbedder; see `knowledge.protocols`. The converted model is kept beside the weights for the next start."""

    def __init__(self, name: str, catalog: ModelCatalog, threads: int) -> None:
        entry = catalog.get(name)
        weights = catalog.require(name)
        suits = processor_flags() & _BYTES_FASTER and not processor_flags() & _HALVES_FASTER
        largest = _largest_inputs(entry.files[0].sha256) if suits else {}
        folder = derived_folder(
            catalog.home(name) / (_LAYOUT_BYTES if largest else _LAYOUT),
            catalog.fingerprint(name),
            lambda place: _convert(weights, place, largest),
        )
        self.fingerprint = catalog.fingerprint(name)
        self.max_tokens = entry.context
        self._prefixes = {"query": entry.query_prefix, "passage": entry.passage_prefix}
        self._tokenizer = e5_tokenizer.read(folder / "tokenizer.json")
        self._tokenizer.no_truncation()
        self._threads = threads or os.cpu_count() or 1
        self._streams = min(self._threads, _MOST_STREAMS)
        self._file = folder / "model.xml"
        self._halves = not largest
        self._model = self._compile(str(self._file), self._streams, folder / "compiled")
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
            layer = np.array(request.infer(self._padded([rows[index] for index in batch]))[0], np.float32)
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
            requests.start_async(self._padded([encoded[index] for index in batch]), batch)
        requests.wait_all()
        self._idle.append(requests)
        return vectors

    def _cut(self, tokens: Sequence[T]) -> Sequence[T]:
        """What fits the network, with the end mark. A second tokenizer that cuts by itself takes a second to read."""
        return tokens if len(tokens) <= self.max_tokens else [*tokens[: self.max_tokens - 1], tokens[-1]]

    def _padded(self, rows: Sequence[Sequence[int]]) -> dict[str, NDArray[Any]]:
        """What the network takes for rows of tokens."""
        width = min(ceil(max(map(len, rows)) / _LENGTH_STEP) * _LENGTH_STEP, self.max_tokens)
        ids = np.full((len(rows), width), e5_tokenizer.PAD, np.int64)
        mask = np.zeros((len(rows), width), np.float32)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        return {"ids": ids, "mask": mask}

    def _taken(self) -> Any:
        """Requests that nobody else uses now, as many as there are streams; whoever took them gives them back."""
        import openvino as ov

        with suppress(IndexError):
            return self._idle.pop()
        return ov.AsyncInferQueue(self._model, self._streams)

    def _without_pooling(self) -> Any:
        with self._compiling:
            if self._token_model is None:
                self._token_model = self._compile(_last_layer(self._file), 1)
            return self._token_model

    def _compile(self, model: Any, streams: int, cache: Path | None = None) -> Any:
        """A network, or the file of one, ready to run; the next start is faster where there is a `cache`."""
        import openvino as ov

        core = ov.Core()
        # Half precision only where the processor computes in it (else it is slower) and nothing goes as bytes
        halves = self._halves and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        settings: dict[str, Any] = {
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": self._threads,
            "INFERENCE_PRECISION_HINT": "bf16" if halves else "f32",
        }
        if cache is not None:
            settings["CACHE_DIR"] = str(cache)
        return core.compile_model(model, "CPU", settings)


def _batches(order: Sequence[int], encoded: Sequence[Sequence[int]], most: int = _BATCH) -> list[list[int]]:
    """Runs of `order`, which is sorted by length, of at most `most` texts that fit into one inference."""
    batches: list[list[int]] = []
    for index in order:
        if not batches or len(batches[-1]) >= most or (len(batches[-1]) + 1) * len(encoded[index]) > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches


def _largest_inputs(sha256: str) -> Largest:
    """What was measured for the weights with this hash; nothing for others."""
    measured = json.loads((resources.files("adapters") / "e5_inputs.json").read_text(encoding="utf-8"))
    rows = measured["largest"] if measured["weights"] == sha256 else {}
    return {name: np.array(values, np.float32) for name, values in rows.items()}


def _convert(weights_file: Path, folder: Path, largest: Largest) -> None:
    """Write the network and the tokenizer of a weights file into `folder` (about 3 seconds)."""
    import openvino as ov

    weights = e5_weights.read(weights_file)
    e5_tokenizer.write(weights, folder / "tokenizer.json")
    ov.save_model(_network(weights, largest), str(folder / "model.xml"), compress_to_fp16=True)


def _network(weights: E5Weights, largest: Largest) -> Any:
    """The network; products whose inputs are in `largest` multiply bytes.

    Inputs `ids` (i64) and `mask` (f32, 1 for a token), shape (batch, length); output (batch, hidden), unit rows.
    """
    import openvino as ov
    from openvino import opset15 as op

    net = _Blocks(op, weights, largest)
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

    def __init__(self, op: Any, weights: E5Weights, largest: Largest) -> None:
        self._op = op
        self._weights = weights
        self._largest = largest

    def integers(self, values: int | list[int]) -> Any:
        return self._op.constant(np.array(values, np.int64))

    def table(self, name: str, rows: int) -> Any:
        return self._op.constant(self._weights.tensors[name].reshape(rows, self._weights.hidden))

    def normalized(self, node: Any, name: str) -> Any:
        op, tensors = self._op, self._weights.tensors
        centred = op.mvn(node, self.integers([-1]), True, self._weights.epsilon, "inside_sqrt")
        return op.add(op.multiply(centred, op.constant(tensors[f"{name}.w"])), op.constant(tensors[f"{name}.b"]))

    def linear(self, node: Any, layer: str, parts: Sequence[str], inputs: int) -> list[Any]:
        """The products of one input with the matrices of several parts of a layer, each with its bias."""
        op, tensors = self._op, self._weights.tensors
        names = [f"{layer}.{part}" for part in parts]
        matrices = [tensors[f"{name}.w"].reshape(-1, inputs) for name in names]
        if names[0] in self._largest:
            products = self._in_fixed_steps(node, matrices, self._largest[names[0]])
        else:
            constants = map(op.constant, matrices)
            products = [op.matmul(node, matrix, transpose_a=False, transpose_b=True) for matrix in constants]
        return [
            op.add(product, op.constant(tensors[f"{name}.b"])) for name, product in zip(names, products, strict=True)
        ]

    def _in_fixed_steps(
        self, node: Any, matrices: Sequence[Floats], largest: Floats, floor: float = -np.inf
    ) -> list[Any]:
        """Products with the input in 256 even steps, its channels evened out, and with matrices that undo that."""
        op = self._op
        largest = np.maximum(largest, _LEAST_INPUT)
        widest = np.maximum(np.abs(np.concatenate(matrices)).max(axis=0), np.finfo(np.float16).tiny)
        spread = largest**_SMOOTHING / widest ** (1 - _SMOOTHING)
        low = _HEADROOM * float((np.maximum(-largest, floor) / spread).min())
        high = _HEADROOM * float((largest / spread).max())
        step = (high - low) / (_STEPS - 1)
        zero = round(-low / step)  # a whole number of steps: zero stays zero
        ends = [op.constant(np.float32(-zero * step)), op.constant(np.float32((_STEPS - 1 - zero) * step))]
        bytes_in = op.fake_quantize(op.multiply(node, op.constant(1 / spread)), *ends, *ends, _STEPS)
        products = []
        for matrix in matrices:
            spreading = matrix * spread
            scales = np.abs(spreading).max(axis=1, keepdims=True) / _BYTE
            codes = op.constant(np.round(spreading / scales).astype(np.int8))
            kept = op.multiply(op.convert(codes, "f32"), op.constant(scales))
            products.append(op.matmul(bytes_in, kept, transpose_a=False, transpose_b=True))
        return products

    def feed_forward(self, hidden: Any, name: str) -> Any:
        """The two products with GELU between them."""
        op, sizes = self._op, self._weights
        (inner,) = self.linear(hidden, name, ["fi"], sizes.hidden)
        if f"{name}.fo" not in self._largest:
            return self.linear(op.gelu(inner, "erf"), name, ["fo"], sizes.feed_forward)[0]
        return self._without_greatest(hidden, op.gelu(inner, "erf"), name)

    def _without_greatest(self, hidden: Any, inner: Any, name: str) -> Any:
        """The second product in fixed steps but for one channel, which is computed apart.

        In each layer one channel is ten times as large as all others, in the marks at a text's ends only: it would take
        nearly all steps for itself.
        """
        op, tensors = self._op, self._weights.tensors
        matrix = tensors[f"{name}.fo.w"].reshape(-1, self._weights.feed_forward).copy()
        largest = self._largest[f"{name}.fo"].copy()
        greatest = int((largest * np.abs(matrix).max(axis=0)).argmax())
        first = tensors[f"{name}.fi.w"].reshape(-1, self._weights.hidden)[greatest : greatest + 1]
        alone = op.matmul(hidden, op.constant(first), transpose_a=False, transpose_b=True)
        alone = op.gelu(op.add(alone, op.constant(tensors[f"{name}.fi.b"][greatest : greatest + 1])), "erf")
        alone = op.multiply(alone, op.constant(matrix[:, greatest].copy()))
        matrix[:, greatest], largest[greatest] = 0, 0
        (product,) = self._in_fixed_steps(inner, [matrix], largest, _LEAST_GELU)
        return op.add(op.add(product, op.constant(tensors[f"{name}.fo.b"])), alone)

    def layer(self, hidden: Any, bias: Any, name: str) -> Any:
        op, sizes = self._op, self._weights
        heads = [self._heads(part) for part in self.linear(hidden, name, "qkv", sizes.hidden)]
        mixed = op.scaled_dot_product_attention(*heads, bias)
        joined = op.reshape(
            op.transpose(mixed, self.integers([0, 2, 1, 3])), self.integers([0, 0, sizes.hidden]), special_zero=True
        )
        (attended,) = self.linear(joined, name, ["ao"], sizes.hidden)
        hidden = self.normalized(op.add(hidden, attended), f"{name}.aln")
        return self.normalized(op.add(hidden, self.feed_forward(hidden, name)), f"{name}.oln")

    def _heads(self, node: Any) -> Any:
        op, sizes = self._op, self._weights
        shape = self.integers([0, 0, sizes.heads, sizes.hidden // sizes.heads])
        return op.transpose(op.reshape(node, shape, special_zero=True), self.integers([0, 2, 1, 3]))
