"""Examples as tokens: what is read and what is to be answered, so that the loss counts the answer only."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chat_format import plain, render
from adapters.model_catalog import ChatFormat
from adapters.training.examples import Example, Preference, Row
from knowledge.errors import InvalidInput
from knowledge.types import Message

IGNORED = -100
"""The label of a token that no loss is taken of."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text: its tokens, of which the first `asked` are the prompt."""

    ids: tuple[int, ...]
    asked: int


Sample = tuple[Tokens, ...]
"""The texts of one row: an example has one, a preference the chosen and the rejected one."""


class TokenReader:
    """Turns rows into tokens, by the same prompt convention that answers are asked for with."""

    def __init__(self, tokenizer: Any, chat: ChatFormat, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._chat = chat
        self._max_tokens = max_tokens

    def samples(self, rows: Sequence[Row]) -> list[Sample]:
        """The rows in order; raises InvalidInput for one that is longer than allowed rather than cutting its answer."""
        return [self._sample(row) for row in rows]

    def _sample(self, row: Row) -> Sample:
        answers = [row.answer] if isinstance(row, Example) else [row.chosen, row.rejected]
        return tuple(self._tokens(row, row.prompt, answer) for answer in answers)

    def _tokens(self, row: Example | Preference, prompt: Sequence[Message], answer: str) -> Tokens:
        asked = self._read(render(prompt, self._chat))
        told = self._read(plain(answer, self._chat) + self._chat.stop[0])
        if len(asked) + len(told) > self._max_tokens:
            raise InvalidInput(
                f"example {row.id}: has {len(asked) + len(told)} tokens, more than --max-tokens {self._max_tokens}; "
                "shorten it or raise the limit"
            )
        return Tokens((*asked, *told), len(asked))

    def _read(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False).input_ids
        return ids


def padded(texts: Sequence[Tokens], padding: int, device: str) -> dict[str, Any]:
    """`input_ids`, `attention_mask` and `labels` of shape (len(texts), longest), padded on the right."""
    import torch

    longest = max(len(text.ids) for text in texts)
    ids = torch.full((len(texts), longest), padding)
    mask = torch.zeros((len(texts), longest), dtype=torch.long)
    labels = torch.full((len(texts), longest), IGNORED)
    for row, text in enumerate(texts):
        length = len(text.ids)
        ids[row, :length] = torch.tensor(text.ids)
        mask[row, :length] = 1
        labels[row, text.asked : length] = ids[row, text.asked : length]
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device), "labels": labels.to(device)}


def batches(count: int, size: int, seed: int, start: int) -> Iterator[list[int]]:
    """Endless batches of `size` indices below `count`, from batch `start` on: every epoch in an order of its own.

    The same seed gives the same batches, so that a resumed training sees what it would have seen.
    """
    position = start * size
    while True:
        batch: list[int] = []
        while len(batch) < size:
            epoch, place = divmod(position, count)
            batch.append(_order(count, seed, epoch)[place])
            position += 1
        yield batch


def _order(count: int, seed: int, epoch: int) -> list[int]:
    order = list(range(count))
    random.Random(f"{seed}-{epoch}").shuffle(order)  # noqa: S311 - an order of examples is no secret
    return order
