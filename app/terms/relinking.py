"""The concepts of the indexed chunks follow the term graph: in the background, once for many revisions.

Which revision they were linked with stands in the catalog, so that what a stopped process left undone is done by the
next one. Until then searches find chunks by the concepts that they had; answers are checked against the new revision.
"""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING

import structlog

from app.terms.rights import number_of
from knowledge.catalog.counters import set_to, value_of
from knowledge.errors import PlumblineError

if TYPE_CHECKING:
    from app.wiring import Workspace

LINKED = "linked_revision"
_WAIT_SECONDS = 15.0
_MOST_TRIES = 40
_CLOSING_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class Relinking:
    """Links the chunks of a workspace anew when the term graph has changed. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def behind(self) -> bool:
        """Whether the graph has a newer revision than the one that the chunks were linked with."""
        return self._linked() < number_of(self._workspace.catalog.revisions.current_id())

    def now(self) -> int:
        """Link until nothing is behind; gives how many chunks changed. Raises Unavailable while others write."""
        changed = 0
        while self.behind():
            number = number_of(self._workspace.catalog.revisions.current_id())
            if any(self._workspace.catalog.documents.list(limit=1)):
                changed += self._workspace.pipeline().relink()
            with self._workspace.catalog.begin() as connection:
                set_to(connection, LINKED, number)
        return changed

    def start(self) -> None:
        """See to it in the background, unless somebody does already."""
        with self._lock:
            if self._thread is None:
                # A program that ends without closing would end inside of the writing: C++ aborts it then
                atexit.register(self.close)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="relinking", daemon=True)
                self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the background work is done."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def close(self) -> None:
        """Put off what is not done yet, and wait a moment for the step that is being done."""
        self._closing.set()
        self.wait(_CLOSING_SECONDS)
        atexit.unregister(self.close)

    def _run(self) -> None:
        for _ in range(_MOST_TRIES):
            try:
                self.now()
            except PlumblineError as error:  # somebody ingests just now, or a model is missing
                _log.warning("relinking_put_off", reason=str(error))
                if self._closing.wait(_WAIT_SECONDS):
                    return
            except RuntimeError:
                if self._closing.is_set():  # an interpreter that ends starts no threads any more: the next one goes on
                    return
                raise
            else:
                return

    def _linked(self) -> int:
        with self._workspace.catalog.connect() as connection:
            return value_of(connection, LINKED)
