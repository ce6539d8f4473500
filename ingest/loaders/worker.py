"""The process that reads files: a parser that loops, swells or crashes on a hostile file takes only this one with it.

`python -m ingest.loaders.worker MEMORY_MB` answers requests, one JSON object per line on standard input, with JSON
objects on standard output, each after eight bytes of length, and sends one first when it is ready. Before the answer to
a container come `reading` (a member is begun) and `member` (it was read or refused); long reading sends `alive` between
pages. It opens no socket, and ends when its input ends.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ingest.answering import limit_memory, own_output, peak_mb, refuse_network
from ingest.answering import send as answering_send
from ingest.loaders import heartbeat
from ingest.types import Limits, LoadedDocument, Member, Unreadable

_MOST_CHARACTERS = 40_000_000
"""Text of one document, about 15,000 pages; more would hold up everything that comes after reading."""
Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer until the input ends."""
    answers = own_output()
    limit_memory(int(sys.argv[1]))
    refuse_network()
    send = partial(answering_send, answers)
    heartbeat.listen(lambda: send({"alive": True}))
    send({"ready": True})
    for line in sys.stdin.buffer:
        send(answer_to(json.loads(line), send))


def _unheard(value: dict[str, Any]) -> None:
    del value


def answer_to(request: dict[str, Any], send: Send = _unheard) -> dict[str, Any]:
    """`document`, `unchanged` or `unreadable`, with the memory in MiB that this process has used at most.

    Members of containers are given to `send` beforehand; those whose numbers are in the request's `skip` are left out,
    and those in `refused` are not looked into either.
    """
    try:
        answer = _read(request, Limits(**request["limits"]), send)
    except Unreadable as error:
        answer = {"unreadable": str(error), "passing": error.passing, "content_hash": error.content_hash}
    except MemoryError:
        answer = {"unreadable": f"needs more than {request['limits']['memory_mb']} MiB of memory to read"}
    except RecursionError:
        answer = {"unreadable": "nested too deep"}
    except Exception as error:  # noqa: BLE001 - parsers fail in countless ways on damaged files; the name is what we may say
        answer = {"unreadable": f"damaged, or in a form that cannot be read ({type(error).__name__})"}
    return {**answer, "peak_mb": peak_mb()}


def _read(request: dict[str, Any], limits: Limits, send: Send) -> dict[str, Any]:
    from ingest.loaders.unpacking import CONTAINERS
    from ingest.sources import content_hash, read_regular_file

    path = Path(request["path"])
    given = request.get("data")
    data = read_regular_file(path, limits.max_file_mb) if given is None else base64.b64decode(given)
    found = content_hash(data)
    if found == request["known_hash"]:
        return {"unchanged": found}
    try:
        document = _cleaned(data, path.name, limits)
        if document.format in CONTAINERS:
            _send_members(data, path.name, document.format, limits, request, send)
    except Unreadable as error:
        error.content_hash = found
        raise
    return {"document": replace(document, content_hash=found, bytes=len(data)).to_json()}


def _send_members(data: bytes, name: str, kind: str, limits: Limits, request: dict[str, Any], send: Send) -> None:
    from ingest.loaders.detect import detect
    from ingest.loaders.unpacking import Unpacker

    skip, refused = frozenset(request.get("skip", ())), frozenset(request.get("refused", ()))
    unpacker = Unpacker(limits, _cleaned, detect, lambda number, name: send({"reading": [number, name]}), skip, refused)
    for member in unpacker.members(data, name, kind):
        send({"member": _member_json(member)})


def _member_json(member: Member) -> list[Any]:
    return [member.name, member.document.to_json() if member.document is not None else None, member.reason]


def _cleaned(data: bytes, name: str, limits: Limits) -> LoadedDocument:
    """What is left after cleaning must not be nothing."""
    from ingest.cleaning import clean
    from ingest.loaders import load_one

    document = load_one(data, name, limits)
    if sum(len(block.text) for block in document.blocks) > _MOST_CHARACTERS:
        raise Unreadable(f"more than {_MOST_CHARACTERS // 1_000_000} million characters of text; divide the file")
    document = clean(document)
    if not document.blocks:
        raise Unreadable("no text found in it")
    return document


if __name__ == "__main__":
    main()
