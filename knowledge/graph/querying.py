"""SPARQL over what somebody may see of the graph: reading only, within bounds of time and rows, without a network.

Whatever a query says, it is asked of a store that holds nothing else: what is hidden from somebody cannot be in the
answer, nor in a count or an ordering.
"""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from knowledge.errors import InvalidInput, Unavailable
from knowledge.graph.vocabulary import PREFIXES
from knowledge.types import Result

LONGEST_QUERY = 20_000
MOST_ROWS = 10_000
_LOADING_SECONDS = 300.0
_MOST_CHILDREN = 2
_CHILD = Path(__file__).with_name("query_child.py")

# What is data in a query, not words of the language: escapes in names, texts, IRIs, comments
_DATA = re.compile(
    r"""\\. | \'{3}(?:[^\\]|\\.)*?\'{3} | "{3}(?:[^\\]|\\.)*?"{3} | '(?:[^'\\\n\r]|\\.)*' | "(?:[^"\\\n\r]|\\.)*"
    | <[^<>"{}|^`\\\s]*> | \#[^\n\r]*""",
    re.DOTALL | re.VERBOSE,
)
# A prefix is left to be looked at: a parser may read SERVICE:x as a word and a name
_NAMES = re.compile(r"[?$]\w+|(?<=:)[\w:%][\w.:%-]*")
_CHANGES = re.compile(r"(?<![\w-])(INSERT|DELETE|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD)(?![\w:-])", re.IGNORECASE)
_FETCHES = re.compile(r"SERVICE", re.IGNORECASE)
_ESCAPED = re.compile(r"\\[uU]")


class QueryTerm(Result):
    """One value: `type` is iri, literal, node (nameless) or triple."""

    type: Literal["iri", "literal", "node", "triple"]
    value: str
    language: str = ""
    datatype: str = ""


class QueryAnswer(Result):
    """What a query found. `more`: there was more than was asked for.

    select: `columns` and `rows`, None where nothing is bound; ask: `holds`; construct: `turtle`, with `triples`.
    """

    kind: Literal["select", "ask", "construct"]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[QueryTerm | None, ...], ...] = ()
    holds: bool | None = None
    turtle: str = ""
    triples: int = 0
    more: bool = False
    seconds: float = 0.0
    revision: str = ""


def check_query(query: str) -> None:
    """Raises InvalidInput for what is no query, would change something or would fetch something from elsewhere."""
    if not query.strip() or len(query) > LONGEST_QUERY:
        raise InvalidInput(f"query: {len(query)} characters; write a SPARQL query of up to {LONGEST_QUERY}")
    if _ESCAPED.search(query):  # they may spell any word of the language, and count before it is read
        raise InvalidInput("query: \\u escapes are not read; write the character itself")
    words = _NAMES.sub(" ", _DATA.sub(" ", query))
    if _FETCHES.search(words):
        raise InvalidInput("query: SERVICE asks other servers; only this graph may be asked, take it out")
    changing = _CHANGES.search(words)
    if changing:
        raise InvalidInput(
            f"query: {changing[0].upper()} changes the graph; propose a change instead, here only SELECT, ASK and "
            "CONSTRUCT are answered"
        )


class Queries:
    """Answers queries, each over one of several sets of statements. Safe from many threads.

    The processes that hold the statements last asked for are kept, so that only the first query waits for the loading.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: dict[str, _Child] = {}

    def ask(self, key: str, statements: Callable[[], str], query: str, *, seconds: float, rows: int) -> QueryAnswer:
        """The answer over N-Quads that `key` names. Raises InvalidInput for a wrong query, or one that takes longer."""
        check_query(query)
        child = self._child(key)
        with child.lock:
            if child.retired:  # it had to make room while this query waited for its turn
                return self.ask(key, statements, query, seconds=seconds, rows=rows)
            child.begin(statements)
            began = time.monotonic()
            found = child.ask({"query": query, "rows": min(rows, MOST_ROWS), "prefixes": PREFIXES}, seconds)
        if found is None:
            raise InvalidInput(
                f"query: it took longer than {seconds:g} s; ask for less, with LIMIT or narrower patterns"
            )
        if "wrong" in found:
            # The parser goes on with all that could stand there, hundreds of characters of it
            where, expected, _ = " ".join(found["wrong"].split()).partition(": expected")
            raise InvalidInput(f"query: {where}{': what stands there is not SPARQL' if expected else ''}")
        if "failed" in found:
            raise InvalidInput(f"query: it could not be answered ({found['failed']}); ask for less")
        return QueryAnswer.model_validate({**found, "seconds": round(time.monotonic() - began, 3)})

    def _child(self, key: str) -> _Child:
        with self._lock:
            child = self._children.pop(key, None) or _Child()
            self._children[key] = child  # the one asked last stands last
            spare = list(self._children)[:-_MOST_CHILDREN]
            gone = [self._children.pop(each) for each in spare]
        for each in gone:
            # A query that it still answers is waited for, but not by this one
            threading.Thread(target=each.retire, daemon=True).start()
        return child

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            gone, self._children = list(self._children.values()), {}
        for each in gone:
            each.end()


class _Child:
    """A process with its statements; started when needed, and again after a query that took too long."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.retired = False
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def begin(self, statements: Callable[[], str]) -> None:
        """See to it that the process runs and has read its statements. Raises Unavailable."""
        if self._process is not None and self._process.poll() is None:
            return
        data = statements().encode()
        # -I: nothing from the environment or the folder that one stands in gets into the process
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
        if self._write(b"%d\n%b" % (len(data), data)) and self._next(_LOADING_SECONDS) == {"ready": True}:
            return
        self.end()
        raise Unavailable("query: the process that answers queries did not start; see the log")

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The answer; None when there was none in time, or the process gave up: then it is ended."""
        found = self._next(seconds) if self._write(json.dumps(question).encode() + b"\n") else {}
        if not found:
            self.end()
        return {"failed": "too much memory"} if found == {} else found

    def _write(self, data: bytes) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(data)
            process.stdin.flush()
        except OSError:  # it has ended
            return False
        return True

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """The next line; None when it does not come in time, empty when there is none any more."""
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        answer: dict[str, Any] = json.loads(line) if line else {}
        return answer

    def retire(self) -> None:
        """End the process for good, once it has answered what it is answering."""
        with self.lock:
            self.retired = True
            self.end()

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was not written yet is not needed any more
                    pipe.close()


def _listen(process: subprocess.Popen[bytes], answers: queue.SimpleQueue[bytes]) -> None:
    """Hand on what a process says, and nothing more when it has ended, however it did."""
    try:
        for line in process.stdout or ():
            answers.put(line)
    finally:
        answers.put(b"")
