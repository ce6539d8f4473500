"""Making very many small objects that stay, without the garbage collector going over all of them again and again."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_was_on = False


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection while the block runs, in any thread; afterwards as before. Blocks may overlap.

    Only what holds one another in circles waits longer for its end; use it for seconds at most.
    """
    global _inside, _was_on  # noqa: PLW0603 - the collector is one for the whole process, too
    with _lock:
        if _inside == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _was_on:
                gc.enable()
