"""The process that desensitizes: what takes the most computing of a run stands beside the embedding, not in its way.

`python -m ingest.desensitize.worker MEMORY_MB` reads one line with what makes a desensitizer (`Desensitizer.recipe`:
the key comes through the pipe, never through arguments or the environment), answers when it is ready, and then answers
one document a line. It writes no file, opens no connection, and ends when its input ends. Values that a vault is to
keep go back to the parent, which alone writes the vault.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from typing import Any

from ingest.answering import limit_memory, own_output, peak_mb, refuse_network, send
from ingest.desensitize.desensitizer import Desensitizer
from ingest.desensitize.policy import Policy
from ingest.types import LoadedDocument

_WARM_UP = "王小明 wrote to John Smith."
"""Has the word lists read before the first document comes."""


class Told:
    """Notes what a keeper is told, each value once, for the one that can write it down."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str], None] = {}

    def keep(self, entity: str, placeholder: str, value: str) -> None:
        """Note it."""
        self._values[entity, placeholder, value] = None

    def forget_others(self, standing: Collection[str]) -> int:
        """Nothing outlasts a document here."""
        del standing
        return 0

    def taken(self) -> list[tuple[str, str, str]]:
        """What was noted since it was last asked for."""
        values, self._values = list(self._values), {}
        return values


class Answers:
    """Answers requests with one desensitizer, and one more for each exception of its policy that is asked for."""

    def __init__(self, recipe: dict[str, Any], memory_mb: int) -> None:
        self._told = Told()
        self._desensitizer = Desensitizer.from_recipe(recipe, self._told if recipe["tells"] else None)
        self._desensitizer.untold().desensitize(_WARM_UP)
        self._views: dict[str, Desensitizer] = {}
        self._memory_mb = memory_mb

    def to(self, request: dict[str, Any]) -> dict[str, Any]:
        """`document` with `counts`, `examples` and what is `told`, or `unreadable`; quotes nothing in a reason."""
        policy = request["policy"]
        if policy not in self._views:
            self._views[policy] = self._desensitizer.with_policy(Policy.model_validate_json(policy))
        try:
            clean, counts, examples = self._views[policy].examined(LoadedDocument.from_json(request["document"]))
        except MemoryError:
            self._told.taken()
            return {"unreadable": f"needs more than {self._memory_mb} MiB of memory to desensitize"}
        except Exception as error:  # noqa: BLE001 - whatever it is, the document must not come in, and the run goes on
            self._told.taken()
            return {"unreadable": f"cannot be desensitized ({type(error).__name__})"}
        return {"document": clean.to_json(), "counts": counts, "examples": examples, "told": self._told.taken()}


def main() -> None:
    """Answer until the input ends."""
    answers = own_output()
    refuse_network()
    memory_mb = int(sys.argv[1])
    lines = iter(sys.stdin.buffer)
    answering = Answers(json.loads(next(lines)), memory_mb)
    limit_memory(memory_mb)
    send(answers, {"ready": True})
    for line in lines:
        send(answers, {**answering.to(json.loads(line)), "peak_mb": peak_mb()})


if __name__ == "__main__":
    main()
