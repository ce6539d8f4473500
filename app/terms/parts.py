"""What the work on the term graph is done with."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from app.terms.rights import Sights

if TYPE_CHECKING:
    from app.terms.relinking import Relinking
    from app.wiring import Workspace
    from knowledge.catalog import Catalog
    from knowledge.graph import TermGraph
    from knowledge.graph.browsing import Shelf
    from knowledge.graph.quality import QualityReport

_TOKEN_BYTES = 5


@dataclass(frozen=True, slots=True)
class Parts:
    """The workspace, who may see what of the graph's past, and what keeps the chunks' concepts up to date."""

    workspace: Workspace
    relinking: Relinking
    sights: Sights = field(init=False)
    _shelves: dict[str, Shelf] = field(init=False, default_factory=dict)
    _reports: dict[tuple[str, date], QualityReport] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sights", Sights(self.workspace.catalog.revisions))

    @property
    def catalog(self) -> Catalog:
        """Where all of it is kept."""
        return self.workspace.catalog

    @property
    def four_eyes(self) -> str:
        """Who may not approve their own proposals, see `TermsSettings`."""
        return self.workspace.settings.terms.four_eyes

    def graph(self) -> TermGraph:
        """The current revision."""
        return self.workspace.graph()

    def graph_at(self, revision: str) -> TermGraph:
        """The graph as of a revision's id; "" is the empty one."""
        from knowledge.graph import TermGraph

        current = self.graph()
        if revision == current.revision:
            return current
        return TermGraph.load(self.catalog, revision)

    def shelf(self) -> Shelf:
        """The browsing order of the current revision, made once."""
        from knowledge.graph.browsing import shelve

        graph = self.graph()
        with self._lock:
            if self._shelves.get(graph.revision) is None:
                self._shelves.clear()
                self._shelves[graph.revision] = shelve(graph)
            return self._shelves[graph.revision]

    def checked(self, check: Callable[[], QualityReport]) -> QualityReport:
        """The quality report of the current revision, made once a day."""
        key = self.graph().revision, self.today()
        with self._lock:
            found = self._reports.get(key)
        if found is None:
            found = check()
            with self._lock:
                self._reports.clear()
                self._reports[key] = found
        return found

    def token(self) -> str:
        """Letters for an id that nobody can guess."""
        return secrets.token_hex(_TOKEN_BYTES)

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def today(self) -> date:
        """The day on which facts are looked at."""
        return datetime.now(UTC).date()
