"""The process that reads files: a parser that loops, swells or crashes on a hostile file takes only this one with it.

`python -m ingest.loaders.worker MEMORY_MB` answers requests, one JSON object per line on standard input, with JSON
objects on standard output, each after eight bytes of length, and sends one first when it is ready. Before the answer to
a container come `reading` (a member is begun) and `member` (it was read or refused); long reading sends `alive` between
pages. It opens no socket, and ends when its input ends.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from ingest.loaders import heartbeat
from ingest.types import Limits, LoadedDocument, Member, Unreadable

_MIB = 1024 * 1024
_MOST_CHARACTERS = 40_000_000
"""Text of one document, about 15,000 pages; more would hold up everything that comes after reading."""
Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process itself
    answers = _own_output()
    _limit_memory(int(sys.argv[1]))
    sys.addaudithook(_refuse_network)
    send = partial(_send, answers)
    heartbeat.listen(lambda: send({"alive": True}))
    send({"ready": True})
    for line in sys.stdin.buffer:
        send(answer_to(json.loads(line), send))


def _send(answers: BinaryIO, value: dict[str, Any]) -> None:
    answer = json.dumps(value).encode("ascii")
    answers.write(len(answer).to_bytes(8, "big") + answer)
    answers.flush()


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
    return {**answer, "peak_mb": _peak_mb()}


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


def _own_output() -> BinaryIO:
    """The pipe to the parent; whatever a library prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _limit_memory(megabytes: int) -> None:
    """More than that beyond what this process holds now fails; needs no help where the system ignores it."""
    limit = _mapped_bytes() + megabytes * _MIB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _mapped_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except FileNotFoundError:  # not Linux
        return 1024 * _MIB
    return pages * resource.getpagesize()


def _peak_mb() -> int:
    """The most memory that this process ever took, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # `ru_maxrss` counts what the parent had taken before it started this process: with a model loaded there, each
        # file would seem to need a new process
        fields = (line.split() for line in status.read_text(encoding="ascii", errors="replace").splitlines())
        found = [int(field[1]) for field in fields if field[:1] == ["VmHWM:"]]
        if found:
            return found[0] // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // _MIB if sys.platform == "darwin" else peak // 1024


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    del arguments
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise PermissionError("reading a file opens no connection")


if __name__ == "__main__":
    main()
