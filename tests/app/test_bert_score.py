"""BERTScore by vectors that are reckoned by hand, and with the real embedder on both back ends."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.embedders import Backend, load_embedder
from adapters.model_catalog import ModelCatalog
from app.bert_score import NOTHING, bert_scores, matched
from knowledge.protocols import TokenEmbedder, Vectors

E5 = "multilingual-e5-small"
BACK_ENDS: tuple[Backend, ...] = ("openvino", "torch")
PAIRS = [
    (
        "The warranty of the device lasts two years.",
        "The device has a guarantee of 24 months.",
        "Lunch is served on the ground floor at noon.",
    ),
    ("该设备的保修期为两年。", "这台设备保修二十四个月。", "午餐在一楼供应，十二点开始。"),
]
"""A text, the same said otherwise, and something else."""


def rows(*values: tuple[float, float]) -> Vectors:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("candidate", "reference", "precision", "recall"),
    [
        # Cosines, reference by candidate: [1, 0.6], [0, 0.8]
        (rows((1, 0), (0.6, 0.8)), rows((1, 0), (0, 1)), (1 + 0.8) / 2, (1 + 0.8) / 2),
        # One token finds its own, and the other token of the reference finds only 0.6: [1], [0.6]
        (rows((1, 0)), rows((1, 0), (0.6, 0.8)), 1.0, (1 + 0.6) / 2),
        # The same the other way round
        (rows((1, 0), (0.6, 0.8)), rows((1, 0)), (1 + 0.6) / 2, 1.0),
        # Order counts for nothing
        (rows((0, 1), (1, 0)), rows((1, 0), (0, 1)), 1.0, 1.0),
        # Several tokens may choose the same one, as greedy matching lets them: [0.8, 0.8], [0.6, 0.6]
        (rows((0.8, 0.6), (0.8, 0.6)), rows((1, 0), (0, 1)), 0.8, (0.8 + 0.6) / 2),
    ],
)
def test_greedy_matching(candidate: Vectors, reference: Vectors, precision: float, recall: float) -> None:
    found = matched(candidate, reference)
    assert found.precision == pytest.approx(precision)
    assert found.recall == pytest.approx(recall)
    assert found.f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_nothing_and_opposites_are_no_match() -> None:
    none = np.zeros((0, 2), np.float32)
    for one, other in ((none, rows((1, 0))), (rows((1, 0)), none), (none, none)):
        assert matched(one, other) == NOTHING
    assert matched(rows((1, 0)), rows((-1, 0))).f1 == 0.0  # the harmonic mean is not made of values below 0


@pytest.fixture(scope="module", params=BACK_ENDS)
def embedder(request: pytest.FixtureRequest) -> TokenEmbedder:
    backend: Backend = request.param
    return load_embedder(E5, backend, ModelCatalog.load())


@pytest.mark.model
def test_the_same_is_one_and_a_paraphrase_is_nearer_than_something_else(embedder: TokenEmbedder) -> None:
    for text, paraphrase, other in PAIRS:
        same, near, far, none = bert_scores(
            embedder, [text, paraphrase, other, ""], [["something else", text], [text], [text], [text]]
        )
        assert same == pytest.approx(1, abs=1e-3)
        assert near is not None
        assert far is not None
        assert far + 0.02 < near < 0.999
        assert none == 0.0
    assert bert_scores(embedder, ["no reference"], [[]]) == [None]
    assert bert_scores(embedder, [], []) == []


@pytest.mark.model
def test_rows_are_the_texts_own_tokens(embedder: TokenEmbedder) -> None:
    texts = ["The warranty lasts 24 months.", "Lantern", "", "warranty " * 2000]
    found = embedder.embed_tokens(texts)
    counted = embedder.count_tokens(texts)
    assert [len(each) for each in found[:3]] == counted[:3]
    special_and_prefix = 4  # <s>, ▁passage, :, </s>
    assert len(found[3]) == embedder.max_tokens - special_and_prefix
    for each in found:
        assert each.shape[1] == embedder.dimension
        assert np.allclose(np.linalg.norm(each, axis=1), 1, atol=1e-4)
    alone = embedder.embed_tokens(texts[:1])[0]
    assert (alone * found[0]).sum(axis=1).min() > 0.999  # neighbours and padding change nothing


@pytest.mark.model
def test_back_ends_agree_on_tokens() -> None:
    texts = [text for group in PAIRS for text in group]
    ours, theirs = (load_embedder(E5, backend, ModelCatalog.load()).embed_tokens(texts) for backend in BACK_ENDS)
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        assert (one * other).sum(axis=1).min() > 0.99
