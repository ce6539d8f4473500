"""The losses of training against values that were worked out by hand, and against that of transformers itself.

The model here knows the probability of each token after each other one, so that every loss is a sum on paper.
"""

from __future__ import annotations

from dataclasses import replace
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.training.batches import Sample, Tokens, batches
from adapters.training.plan import Plan
from knowledge.types import Message

if TYPE_CHECKING:
    from adapters.training.trainer import _Work

torch = pytest.importorskip("torch", reason="training needs pip install 'plumbline-assistant[gpu]'")
PADDING = 0
AFTER = [[0.25, 0.25, 0.25, 0.25], [0.125, 0.5, 0.25, 0.125], [0.25, 0.125, 0.125, 0.5], [0.5, 0.125, 0.25, 0.125]]
"""AFTER[a][b]: how probable token b is after token a."""


class Bigrams(torch.nn.Module):  # type: ignore[misc]
    """A language model whose logits are the logarithms of a table; a language model needs no more."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.tensor(AFTER).log())
        self.device = torch.device("cpu")

    def forward(self, input_ids: Any, attention_mask: Any, use_cache: bool) -> Any:
        assert attention_mask.shape == input_ids.shape
        assert not use_cache
        return type("Output", (), {"logits": self.table[input_ids]})


def text(asked: tuple[int, ...], told: tuple[int, ...]) -> Tokens:
    return Tokens((*asked, *told), len(asked))


SHORT: Sample = (text((1, 1), (2,)),)
LONG: Sample = (text((3, 3, 2), (3, 1, 1)),)
SHORT_LOSS = -log(0.25)
LONG_LOSS = -log(0.5) - log(0.125) - log(0.5)


def test_the_loss_counts_the_tokens_of_the_answer_only() -> None:
    from adapters.training.methods import answer_loss

    for samples, wanted, tokens in (
        ([SHORT], SHORT_LOSS, 1),
        ([LONG], LONG_LOSS, 3),
        ([SHORT, LONG], SHORT_LOSS + LONG_LOSS, 4),  # padded, and neither row sees the other
    ):
        loss, counted = answer_loss(Bigrams(), samples, PADDING)
        assert loss.item() == pytest.approx(wanted, rel=1e-6)
        assert counted == tokens


def test_what_was_asked_has_no_gradient() -> None:
    from adapters.training.methods import answer_loss

    model = Bigrams()
    loss, _ = answer_loss(model, [LONG], PADDING)
    loss.backward()
    moved = {row for row in range(4) if model.table.grad[row].abs().sum() > 1e-9}
    assert moved == {2, 3, 1}  # after the last token asked, and within the answer; 3 after 3 stands in the question
    # p - 1 for the token that came, p for the others (softmax with cross entropy), once after 3
    assert model.table.grad[3].tolist() == pytest.approx([0.5, 0.125 - 1, 0.25, 0.125])


PAIR: Sample = (text((1,), (1,)), text((1,), (3,)))
"""Chosen: 1 after 1, probability 1/2. Rejected: 3 after 1, probability 1/8."""


@pytest.mark.parametrize(
    ("reference", "beta", "wanted"),
    [
        ((log(1 / 2), log(1 / 8)), 0.1, log(2)),  # nothing learnt yet: -log sigmoid(0)
        ((log(1 / 4), log(1 / 4)), 1.0, log(1.25)),  # gained log 2 and lost log 2: log(1 + 1/4)
        ((log(1 / 4), log(1 / 4)), 0.5, log(1.5)),  # log(1 + 4 ** -0.5)
        ((log(1 / 1), log(1 / 16)), 1.0, log(5)),  # the wrong way: log(1 + 4)
    ],
)
def test_preferences_by_hand(reference: tuple[float, float], beta: float, wanted: float) -> None:
    from adapters.training.methods import likelihoods, preference_loss

    assert likelihoods(Bigrams(), [PAIR], PADDING).tolist() == [pytest.approx([log(1 / 2), log(1 / 8)])]
    loss, pairs = preference_loss(Bigrams(), [PAIR], PADDING, torch.tensor([reference]), beta)
    assert (loss.item(), pairs) == (pytest.approx(wanted, rel=1e-5), 1)
    twice = torch.tensor([reference, reference])
    loss, pairs = preference_loss(Bigrams(), [PAIR, PAIR], PADDING, twice, beta)
    assert (loss.item(), pairs) == (pytest.approx(2 * wanted, rel=1e-5), 2)


def work(folder: Path, **change: Any) -> _Work:
    from adapters.training.trainer import _Work

    plan = replace(Plan("bigrams", method="full", max_steps=2, batch_size=1, learning_rate=1e-2), **change)
    tokenizer = type("Reader", (), {"pad_token_id": PADDING})
    return _Work(plan, Bigrams(), tokenizer, [SHORT, LONG], [], folder)


def test_a_step_is_the_mean_over_all_answer_tokens_of_its_batches(tmp_path: Path) -> None:
    one, two = work(tmp_path, batch_size=2), work(tmp_path, accumulation=2)
    wanted = (SHORT_LOSS + LONG_LOSS) / 4  # a mean of the means would let short answers count more
    assert one._step([[0, 1]]) == pytest.approx(wanted, rel=1e-6)
    assert two._step([[0], [1]]) == pytest.approx(wanted, rel=1e-6)
    assert torch.allclose(one.model.table, two.model.table, atol=1e-7)
    assert not torch.allclose(one.model.table, Bigrams().table, atol=1e-4)


def test_every_epoch_has_each_row_once() -> None:
    source = batches(5, 2, seed=7, start=0)
    rows = [index for _ in range(5) for index in next(source)]
    assert [sorted(rows[:5]), sorted(rows[5:])] == [list(range(5))] * 2
    assert rows[:5] != rows[5:]


def test_the_loss_is_that_of_transformers_which_trl_takes() -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    from adapters.training.batches import padded
    from adapters.training.methods import answer_loss

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=4, **sizes)).eval()
    loss, tokens = answer_loss(model, [SHORT, LONG], PADDING)
    with torch.no_grad():
        theirs = model(**padded([SHORT[0], LONG[0]], PADDING, "cpu")).loss
    assert loss.item() / tokens == pytest.approx(theirs.item(), rel=1e-5)


def test_rows_are_not_packed_and_too_long_ones_not_cut() -> None:
    from adapters.model_catalog import ModelCatalog
    from adapters.training.batches import TokenReader
    from adapters.training.examples import Example, Preference
    from knowledge.errors import InvalidInput

    class Letters:
        def __call__(self, written: str, *, add_special_tokens: bool) -> Any:
            assert not add_special_tokens
            return type("Read", (), {"input_ids": [ord(letter) for letter in written]})

    chat = ModelCatalog.load().chats["chatml"]
    rows = [
        Example((Message("user", "Who?"),), "Ann", "1"),
        Preference((Message("user", "Who?"),), "Ann", "Bob", "2"),
    ]
    first, second = TokenReader(Letters(), chat, 200).samples(rows)
    assert (len(first), len(second)) == (1, 2)  # one text for each answer, none joined with another
    told = "".join(map(chr, first[0].ids[first[0].asked :]))
    assert told == f"Ann{chat.stop[0]}"  # the end of the turn is learnt too
    asked = "".join(map(chr, first[0].ids[: first[0].asked]))
    assert asked.endswith(chat.answer_start)
    with pytest.raises(InvalidInput, match="more than --max-tokens 20"):
        TokenReader(Letters(), chat, 20).samples(rows)
