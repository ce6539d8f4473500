"""The process in which queries run, so that one that takes too long can be ended, and none reaches the network.

Started by `querying.py` as a file of its own, without the rest of Plumbline. Reads from standard input a line with the
length of the statements, these as N-Quads, then one query per line as JSON; writes one line of JSON for each.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    Literal,
    QueryBoolean,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

_LONGEST_VALUE = 10_000
_MORE_MEMORY = 2 << 30


def main() -> None:
    """Answer queries until standard input ends."""
    store = Store()
    # Read whole: what follows the statements must stay where it is
    store.bulk_extend(parse(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())), RdfFormat.N_QUADS))
    _close_doors()
    _say({"ready": True})
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            _say(_answer(store, asked["query"], asked["rows"], asked["prefixes"]))
        except SyntaxError as error:
            _say({"wrong": str(error)})
        except (OSError, ValueError, RuntimeError, MemoryError) as error:
            _say({"failed": f"{type(error).__name__}: {error}"})


def _close_doors() -> None:
    """No further file or socket can be opened, and memory is bounded, where the system can do so."""
    try:
        import resource
    except ImportError:  # Windows: queries that would fetch something have been refused before they come here
        return
    taken = _taken()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = taken + _MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))


def _taken() -> int:
    """The bytes of memory that count towards the bound already, reserved ones too; 0 where it is not bounded."""
    if sys.platform != "linux":
        return 0
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData:"))


def _answer(store: Store, query: str, rows: int, prefixes: dict[str, str]) -> dict[str, Any]:
    found = store.query(query, prefixes=prefixes, use_default_graph_as_union=True)
    if isinstance(found, QueryBoolean):
        return {"kind": "ask", "holds": bool(found)}
    if isinstance(found, QuerySolutions):
        names = [variable.value for variable in found.variables]
        first = [[_term(solution[name]) for name in names] for solution in islice(found, rows)]
        return {"kind": "select", "columns": names, "rows": first, "more": _has_more(found)}
    triples = list(islice(found, rows))
    text = serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes)
    return {"kind": "construct", "turtle": (text or b"").decode(), "triples": len(triples), "more": _has_more(found)}


def _has_more(found: Iterator[Any]) -> bool:
    return next(iter(found), None) is not None


def _term(term: Any) -> dict[str, str] | None:
    if term is None:
        return None
    if isinstance(term, Literal):
        value = {"type": "literal", "value": term.value[:_LONGEST_VALUE]}
        if term.language:
            return {**value, "language": term.language}
        return {**value, "datatype": term.datatype.value}
    if isinstance(term, Triple):
        return {"type": "triple", "value": str(term)[:_LONGEST_VALUE]}
    return {"type": "node" if isinstance(term, BlankNode) else "iri", "value": term.value}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
