"""What every embedder promises, run on the real model through each back end."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import numpy as np
import openvino
import pytest

from adapters import e5_weights, openvino_embedder
from adapters.embedders import load_embedder
from adapters.model_catalog import ModelCatalog
from adapters.openvino_embedder import OpenVinoEmbedder
from knowledge.errors import InvalidInput, Unavailable
from knowledge.protocols import Embedder

pytestmark = pytest.mark.model
TEXTS = ["保修期为24个月。", "The warranty is 24 months.", "午餐在一楼供应，十二点开始。", "x", ""]


@pytest.fixture(scope="module")
def models() -> ModelCatalog:
    return ModelCatalog.load()


@pytest.fixture(scope="module", params=["openvino", "torch"])
def embedder(request: pytest.FixtureRequest, models: ModelCatalog) -> Embedder:
    return load_embedder("multilingual-e5-small", request.param, models)


def test_rows_are_unit_vectors_in_input_order(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    alone = np.vstack([embedder.embed_passages([text]) for text in TEXTS])
    assert (vectors * alone).sum(axis=1).min() > 0.9999  # neither order nor neighbours change a vector


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)
    assert embedder.embed_queries([]).shape == (0, embedder.dimension)
    assert embedder.count_tokens([]) == []


def test_long_text_is_cut_not_refused(embedder: Embedder) -> None:
    long = "保修期为二十四个月。" * 400
    assert embedder.count_tokens([long])[0] > embedder.max_tokens
    longer = embedder.embed_passages([long, long + "再加一句。"])
    assert longer[0] @ longer[1] > 0.9999


def test_questions_find_their_answers_in_both_languages(embedder: Embedder) -> None:
    passages = embedder.embed_passages(TEXTS[:3])
    scores = embedder.embed_queries(["保修期多久？", "How long is the warranty?", "食堂几点开饭？"]) @ passages.T
    assert [int(row.argmax()) for row in scores] == [0, 1, 2]


def test_many_threads(embedder: Embedder) -> None:
    expected = embedder.embed_passages(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: embedder.embed_passages(TEXTS), range(8)))
    assert all(np.allclose(result, expected, atol=1e-3) for result in results)


def test_back_ends_agree(models: ModelCatalog) -> None:
    one = load_embedder("multilingual-e5-small", "openvino", models)
    other = load_embedder("multilingual-e5-small", "torch", models)
    assert one.fingerprint == other.fingerprint
    assert one.count_tokens(TEXTS) == other.count_tokens(TEXTS)
    assert (one.embed_passages(TEXTS) * other.embed_passages(TEXTS)).sum(axis=1).min() > 0.999


def test_natural_text_of_any_length_agrees(models: ModelCatalog) -> None:
    texts = [
        ("差旅住宿标准：一线城市每晚不超过六百元，其他城市每晚不超过四百元，超出部分由员工自行承担。" * 12)[:700],
        "Purchase orders above 5,000 euros need a second signature from the finance department. " * 10,
        "| 型号 | 流量 | 扬程 |\n|---|---|---|\n| P-200 | 12 m³/h | 30 m |\n| P-300 | 18 m³/h | 45 m |",
        "Die Rechnung wurde am 3. Mai bezahlt.",
        "昨日の会議の議事録を共有します。",
        "def total(rows):\n    return sum(row.amount for row in rows)",
    ]
    one = load_embedder("multilingual-e5-small", "openvino", models)
    other = load_embedder("multilingual-e5-small", "torch", models)
    assert (one.embed_passages(texts) * other.embed_passages(texts)).sum(axis=1).min() > 0.999


def test_the_exact_network_agrees_with_the_one_in_bytes(models: ModelCatalog) -> None:
    """The exact one runs on processors without 8-bit dot products."""
    embedder = OpenVinoEmbedder("multilingual-e5-small", models, 2)
    network = openvino_embedder._network(e5_weights.read(models.require("multilingual-e5-small")), {})
    exact = openvino.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    tokens = [each.ids for each in embedder._tokenizer.encode_batch_fast([f"passage: {text}" for text in TEXTS])]
    vectors = exact(embedder._padded(tokens))[0]
    assert (vectors * embedder.embed_passages(TEXTS)).sum(axis=1).min() > 0.999


def test_inputs_were_measured_for_the_weights_of_the_catalog(models: ModelCatalog) -> None:
    weights = models.get("multilingual-e5-small").files[0].sha256
    assert json.loads((resources.files("adapters") / "e5_inputs.json").read_text())["weights"] == weights


def test_wrong_choices_are_said(models: ModelCatalog, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInput, match="answer"):
        load_embedder("smollm2-135m-instruct-q4", "auto", models)
    with pytest.raises(Unavailable, match="models pull multilingual-e5-small"):
        load_embedder("multilingual-e5-small", "auto", ModelCatalog.load(cache=tmp_path_factory.mktemp("empty")))
