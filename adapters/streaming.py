"""What both back ends do with text as it is written: hold back what might become a stop string, and end there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def until_stop(pieces: Iterable[str], stop: Sequence[str]) -> Iterator[str]:
    """`pieces` up to the first of the `stop` strings, which is never shown, not even its beginning."""
    held = ""
    for piece in pieces:
        held += piece
        ends = [held.index(mark) for mark in stop if mark in held]
        if ends:
            if held[: min(ends)]:
                yield held[: min(ends)]
            return
        safe = len(held) - _possible_start(held, stop)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _possible_start(text: str, stop: Sequence[str]) -> int:
    """Length of the longest end of `text` with which a stop string begins."""
    longest = max((len(mark) for mark in stop), default=0)
    for length in range(min(longest - 1, len(text)), 0, -1):
        if any(mark.startswith(text[-length:]) for mark in stop):
            return length
    return 0
