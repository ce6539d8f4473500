"""Questions that the answer model writes about passages. It is not trusted: the answer must stand in the passage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from app import prompts
from app.datasets.quality import stands_in
from knowledge.types import Message

if TYPE_CHECKING:
    from app.datasets.from_documents import DocumentExamples
    from app.datasets.types import Candidate
    from knowledge.protocols import Generator
    from knowledge.types import Chunk, Document

_TOKENS = 160
_SHORTEST = 80
"""Characters of a passage that is worth a question."""
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "maxLength": 200},
        "answer": {"type": "string", "maxLength": 200},
    },
    "required": ["question", "answer"],
    "additionalProperties": False,
}


def written(
    examples: DocumentExamples,
    generator: Generator,
    passages: int,
    since: float,
    told: Callable[[int, int | None], None],
) -> Iterator[Candidate]:
    """Candidates about at most so many passages, spread evenly over the documents.

    What the model wrote that is not JSON, or whose answer is not in the passage or given away by the question, is
    counted as `unverified` in `examples.left_out`.
    """
    wanted = spread([(document, chunk) for document, chunk in _passages(examples, since)], passages)
    for number, (document, chunk) in enumerate(wanted):
        told(number, len(wanted))
        pair = _asked(generator, chunk)
        if pair is None:
            examples.left_out["unverified"] += 1
        else:
            yield examples.candidate(document, chunk, "document.model", *pair)


def spread(all_of: list[tuple[Document, Chunk]], count: int) -> list[tuple[Document, Chunk]]:
    """At most `count` of them: first one of each document, then the second one, and so on."""
    nth: Counter[str] = Counter()
    order = []
    for document, _ in all_of:
        order.append(nth[document.id])
        nth[document.id] += 1
    return [each for _, each in sorted(zip(order, all_of, strict=True), key=lambda pair: pair[0])][:count]


def _passages(examples: DocumentExamples, since: float) -> Iterator[tuple[Document, Chunk]]:
    for document in examples.documents(since):
        for chunk in examples.catalog.documents.chunks(document.id):
            if len(chunk.text) >= _SHORTEST:
                yield document, chunk


def _asked(generator: Generator, chunk: Chunk) -> tuple[str, str] | None:
    messages = [Message("system", prompts.load("examples", chunk.language)), Message("user", chunk.text)]
    text = "".join(generator.stream(messages, max_tokens=_TOKENS, schema=_SCHEMA))
    try:
        value = json.loads(text)
    except ValueError:  # broken off by the number of tokens
        return None
    question, answer = str(value.get("question", "")).strip(), str(value.get("answer", "")).strip()
    if not question or not stands_in(answer, chunk.text) or stands_in(answer, question):
        return None
    return question, answer
