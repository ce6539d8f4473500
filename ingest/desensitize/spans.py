"""Stretches of a text and what comes into their places."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.types import Block
from knowledge.types import Span

BETWEEN = "\n\n"
"""What stands between the blocks of a document when they are looked at as one text."""


def stretches(blocks: Sequence[Block], characters: int) -> Iterator[Sequence[Block]]:
    """The blocks in runs of about so many characters; a longer block is a run of its own."""
    start = size = 0
    for number, block in enumerate(blocks):
        if size and size + len(block.text) > characters:
            yield blocks[start:number]
            start, size = number, 0
        size += len(block.text)
    if blocks[start:]:
        yield blocks[start:]


def replaced(text: str, offset: int, spans: Sequence[Span]) -> str:
    """`text`, which begins at `offset` of the text that the spans count in, with its spans replaced.

    A value that runs over the border leaves its replacement where it begins.
    """
    pieces: list[str] = []
    place = 0
    for span in spans:
        start, end = max(span.start - offset, 0), min(span.end - offset, len(text))
        pieces.append(text[place:start])
        if span.start >= offset:
            pieces.append(span.replacement)
        place = end
    return "".join([*pieces, text[place:]])


def merged(spans: Sequence[Span], more: Sequence[Span]) -> list[Span]:
    """The spans of a text with those that were found, in the same order, in what had become of it."""
    together: list[Span] = []
    waiting = deque(spans)
    shift = 0  # how far the text after the last span has moved
    for span in more:
        while waiting and waiting[0].start + shift + len(waiting[0].replacement) <= span.start:
            first = waiting.popleft()
            shift += len(first.replacement) - (first.end - first.start)
            together.append(first)
        start, end = span.start - shift, span.end - shift
        while waiting and waiting[0].start + shift < span.end:  # part of an earlier replacement: both become one
            first = waiting.popleft()
            shift += len(first.replacement) - (first.end - first.start)
            start, end = min(start, first.start), max(first.end, span.end - shift)
        together.append(Span(start, end, span.type, span.replacement))
    return [*together, *waiting]


def blocks_replaced(blocks: Sequence[Block], spans: Sequence[Span]) -> Iterator[Block]:
    """The blocks of a document with the spans replaced that count in their texts joined by `BETWEEN`."""
    offset = first = 0
    for block in blocks:
        end = offset + len(block.text)
        while first < len(spans) and spans[first].end <= offset:
            first += 1
        last = first
        while last < len(spans) and spans[last].start < end:
            last += 1
        yield replace(block, text=replaced(block.text, offset, spans[first:last])) if last > first else block
        offset = end + len(BETWEEN)
