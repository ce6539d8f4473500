"""The process that reads files: a parser that loops, swells or crashes on a hostile file takes only this one with it.

`python -m ingest.loaders.worker MEMORY_MB` answers requests, one JSON object per line on standard input, with eight
bytes of length and a JSON object on standard output, and sends one such object first when it is ready. It opens no
socket, and ends when its input ends.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from ingest.types import Limits, LoadedDocument, Unreadable

_MIB = 1024 * 1024


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends this process itself
    answers = _own_output()
    _limit_memory(int(sys.argv[1]))
    sys.addaudithook(_refuse_network)
    _send(answers, {"ready": True})
    for line in sys.stdin.buffer:
        _send(answers, answer_to(json.loads(line)))


def _send(answers: BinaryIO, value: dict[str, Any]) -> None:
    answer = json.dumps(value).encode("ascii")
    answers.write(len(answer).to_bytes(8, "big") + answer)
    answers.flush()


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """`document`, `unchanged` or `unreadable`, with the memory in MiB that this process has used at most."""
    try:
        answer = _read(Path(request["path"]), request["known_hash"], Limits(**request["limits"]))
    except Unreadable as error:
        answer = {"unreadable": str(error), "passing": error.passing, "content_hash": error.content_hash}
    except MemoryError:
        answer = {"unreadable": f"needs more than {request['limits']['memory_mb']} MiB of memory to read"}
    except RecursionError:
        answer = {"unreadable": "nested too deep"}
    except Exception as error:  # noqa: BLE001 - parsers fail in countless ways on damaged files; the name is what we may say
        answer = {"unreadable": f"damaged, or in a form that cannot be read ({type(error).__name__})"}
    return {**answer, "peak_mb": _peak_mb()}


def _read(path: Path, known_hash: str, limits: Limits) -> dict[str, Any]:
    from ingest.cleaning import clean
    from ingest.loaders import load_bytes
    from ingest.sources import content_hash, read_regular_file

    data = read_regular_file(path, limits.max_file_mb)
    found = content_hash(data)
    if found == known_hash:
        return {"unchanged": found}
    try:
        document = _with_text(clean(load_bytes(data, path.name, limits)))
    except Unreadable as error:
        error.content_hash = found
        raise
    return {"document": replace(document, content_hash=found, bytes=len(data)).to_json()}


def _with_text(document: LoadedDocument) -> LoadedDocument:
    """What is left after cleaning must not be nothing."""
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // _MIB if sys.platform == "darwin" else peak // 1024


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    del arguments
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise PermissionError("reading a file opens no connection")


if __name__ == "__main__":
    main()
