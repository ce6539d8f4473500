"""Mailboxes (mbox): each message is a member, numbered in the order of the file, so that appending keeps the others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.loaders.unpacking import RawMember
from ingest.types import Block, Limits, LoadedDocument

_START = re.compile(rb"^From [^\r\n]{1,200}\r?\n(?=[!-9;-~]{1,80}:)", re.MULTILINE)
"""A line that begins a message: the mark, then a header line; in bodies the mark is written as `>From`."""
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def is_mbox(head: bytes) -> bool:
    """Whether a file begins as a mailbox does."""
    return _START.match(head) is not None


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """How many messages there are; they themselves are for `members`."""
    count = sum(1 for _ in _START.finditer(data))
    return LoadedDocument("mbox", (Block("text", f"Mailbox, messages: {count}"),))


def members(data: bytes, name: str, limits: Limits) -> Iterator[RawMember]:  # noqa: ARG001 - every container's signature
    """The messages, `00001.eml` and so on."""
    starts = list(_START.finditer(data))
    ends = [match.start() for match in starts[1:]] + [len(data)]
    for number, (match, end) in enumerate(zip(starts, ends, strict=True), start=1):
        yield RawMember(f"{number:05}.eml", _QUOTED.sub(rb"\1", data[match.end() : end]))
