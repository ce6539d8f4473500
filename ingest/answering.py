"""Processes of our own that answer over pipes: the child's side, see `ingest.child`."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

_MIB = 1024 * 1024


def own_output() -> BinaryIO:
    """The pipe to the parent; whatever a library prints goes nowhere.

    Ctrl-C is the parent's to handle, which ends this process itself. A crash leaves no dump: it would hold texts.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def send(answers: BinaryIO, value: dict[str, Any]) -> None:
    """Write one answer: eight bytes of length, then JSON."""
    answer = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    answers.write(len(answer).to_bytes(8, "big") + answer)
    answers.flush()


def refuse_network() -> None:
    """From now on nothing in this process opens a connection."""
    sys.addaudithook(_refuse_network)


def limit_memory(megabytes: int) -> None:
    """More than that beyond what this process holds now fails; needs no help where the system ignores it."""
    limit = _mapped_bytes() + megabytes * _MIB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def peak_mb() -> int:
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


def _mapped_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except FileNotFoundError:  # not Linux
        return 1024 * _MIB
    return pages * resource.getpagesize()


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    del arguments
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        raise PermissionError("this process opens no connection")
