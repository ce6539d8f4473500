"""Who may do what with the term graph, and what of it and of its past each may see."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.errors import NotFound, NotPermitted
from knowledge.graph.veil import AccessHistory, Veil
from knowledge.types import ANYONE, Role, User

if TYPE_CHECKING:
    from knowledge.catalog.proposals import Proposal
    from knowledge.catalog.revisions import Revisions
    from knowledge.graph import TermGraph

EDITORS = frozenset({Role.KNOWLEDGE_MANAGER, Role.ADMIN})
READS_ANSWERS = frozenset({Role.ANALYST, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever works at the machine itself, as the audit log names them: sees all and may all."""

    name: str


Asker = str | User | Operator | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `user` None: an operator, from whom nothing is hidden."""

    name: str
    role: Role
    user: User | None

    @property
    def edits(self) -> bool:
        """Whether they may propose and decide."""
        return self.role in EDITORS

    @property
    def reads_answers(self) -> bool:
        """Whether they may read answers that others were given."""
        return self.role in READS_ANSWERS

    def must_edit(self) -> None:
        """Raises NotPermitted for those who only read."""
        if not self.edits:
            raise NotPermitted(
                "term graph: only knowledge managers and admins may change it; propose it to one of them"
            )


def viewer_of(asker: Asker, resolve: Callable[[str | User | None], User]) -> Viewer:
    """The viewer behind a name, user or operator. Raises NotPermitted for an unknown or disabled account."""
    if isinstance(asker, Operator):
        return Viewer(asker.name, Role.ADMIN, None)
    user = ANYONE if asker is None else resolve(asker)
    return Viewer(user.name, user.role, user)


class Sights:
    """What each group of people may see of the graph's history, worked out once per revision. Thread-safe."""

    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions
        self._lock = threading.Lock()
        self._at = ""
        self._history = AccessHistory(())
        self._veils: dict[frozenset[str], Veil] = {}

    def veil(self, viewer: Viewer, since: int, more: Iterable[str] = ()) -> Veil:
        """What is hidden from a viewer in statements of revision `since` and later; `more` is hidden in any case."""
        with self._lock:
            self._follow()
            hidden = self._history.hidden(viewer.user, since) | frozenset(more)
            veil = self._veils.get(hidden)
            if veil is None:
                veil = self._veils[hidden] = Veil(hidden)
                for text in self._texts_about(hidden):
                    veil.learn(text)
            return veil

    def now(self, viewer: Viewer, graph: TermGraph) -> Veil:
        """What is hidden from a viewer in the current graph."""
        return self.veil(viewer, number_of(graph.revision) + 1)

    def _follow(self) -> None:
        current = self._revisions.current_id()
        if current != self._at:
            self._history, self._veils, self._at = AccessHistory.of(self._revisions), {}, current

    def _texts_about(self, hidden: frozenset[str]) -> list[str]:
        revisions = {each.id: each for thing in sorted(hidden) for each in self._revisions.mentioning(f"<{thing}>")}
        return [f"{each.added}{each.removed}" for each in revisions.values()]

    def shows(self, viewer: Viewer, proposal: Proposal) -> bool:
        """Whether a viewer may see a proposal: all that it names and every statement of it."""
        if viewer.user is None:
            return True
        own = AccessHistory.of_lines(proposal.added, proposal.removed).hidden(viewer.user, 0)
        veil = self.veil(viewer, number_of(proposal.base) + 1, own)
        if not veil:
            return True
        if any(veil.hides(thing) for thing in proposal.named):
            return False
        return all(len(veil.seen(text)) == len(text.splitlines()) for text in (proposal.added, proposal.removed))


def number_of(revision_id: str) -> int:
    """The number in a revision's id ("r12-…"); 0 where there is none."""
    head = revision_id.split("-", maxsplit=1)[0].removeprefix("r")
    return int(head) if head.isdecimal() else 0


def must_see(graph: TermGraph, thing: str, viewer: Viewer) -> None:
    """Raises NotFound for something that does not exist or that the viewer may not see, in the same words."""
    known = thing in graph or graph.relation(thing) is not None
    if not known or not graph.visible(thing, viewer.user):
        raise NotFound(f"{thing}: no such concept in the term graph")
