import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fusion import Signals, Weights, fused

SHARE = st.floats(0, 1)
COSINE = st.floats(-1, 1)
WEIGHT = st.floats(0, 5)


@pytest.mark.parametrize(
    ("better", "worse", "why"),
    [
        (Signals(0.5), Signals(0.4), "nearer"),
        (Signals(0.4, 1.0), Signals(0.5), "all the words outweigh a little distance"),
        (Signals(0.6), Signals(0.4, 0.5), "half the words do not outweigh much distance"),
        (Signals(0.4, 0.5, 1.0), Signals(0.4, 0.5), "the question's concept"),
    ],
)
def test_order(better: Signals, worse: Signals, why: str) -> None:
    assert fused(better, Weights()) > fused(worse, Weights()), why


@given(COSINE, SHARE, SHARE, SHARE, SHARE)
def test_more_of_a_signal_never_lowers(
    relevance: float, words: float, more: float, concepts: float, most: float
) -> None:
    low, high = sorted([words, more])
    assert fused(Signals(relevance, high, concepts), Weights()) >= fused(Signals(relevance, low, concepts), Weights())
    low, high = sorted([concepts, most])
    assert fused(Signals(relevance, words, high), Weights()) >= fused(Signals(relevance, words, low), Weights())


@given(COSINE, SHARE, SHARE, WEIGHT)
def test_weight_zero_silences_a_signal(relevance: float, words: float, concepts: float, weight: float) -> None:
    signals = Signals(relevance, words, concepts)
    assert fused(signals, Weights(weight, 0, 0)) == fused(Signals(relevance), Weights(weight, 1, 1))
    assert fused(signals, Weights(0, weight, 0)) == fused(Signals(0, words), Weights(1, weight, 1))


@given(st.lists(st.tuples(COSINE, SHARE), max_size=10), st.floats(0.1, 5))
def test_scaling_all_weights_keeps_the_order(pairs: list[tuple[float, float]], factor: float) -> None:
    signals = [Signals(relevance, words) for relevance, words in pairs]
    plain = [fused(signal, Weights()) for signal in signals]
    scaled = [fused(signal, Weights(factor, factor, factor * 0.5)) for signal in signals]
    assert scaled == pytest.approx([factor * score for score in plain])
