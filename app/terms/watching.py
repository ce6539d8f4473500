"""Watching concepts: what others changed in them since one looked last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.terms import history
from app.terms.base import Base
from app.terms.rights import Asker, Viewer, must_see, number_of
from app.terms.views import WatchedView
from knowledge.errors import NotFound
from knowledge.graph.differing import Names

if TYPE_CHECKING:
    from app.terms.parts import Parts

_DOING = "watch concepts"


class Watching(Base):
    """The part of `Terminology` that tells people of changes in the concepts that they watch."""

    def watch(self, concept_id: str, user: Asker) -> None:
        """Be told from now on what others change in a concept. For accounts only."""
        parts, viewer = self._parts, self._with_account(user, _DOING)
        must_see(parts.graph(), concept_id, viewer)
        parts.catalog.watches.add(viewer.name, concept_id, number_of(parts.graph().revision))

    def unwatch(self, concept_id: str, user: Asker) -> None:
        """Be told no more; nothing happens for a concept that is not watched."""
        self._parts.catalog.watches.remove(self._with_account(user, _DOING).name, concept_id)

    def watches(self, concept_id: str, user: Asker) -> bool:
        """Whether the user watches a concept."""
        return concept_id in self._parts.catalog.watches.of(self._with_account(user, _DOING).name)

    def watched(self, user: Asker, *, mark_seen: bool = False) -> list[WatchedView]:
        """The watched concepts that the user may see, each with what others changed since they looked last.

        Those with the newest change come first, then those without, by id. With `mark_seen` this is a look.
        """
        viewer = self._with_account(user, _DOING)
        current = number_of(self._parts.graph().revision)
        found = watched(self._parts, viewer)
        if mark_seen:
            self._parts.catalog.watches.see(viewer.name, [each.concept.id for each in found], current)
        return found


def watched(parts: Parts, viewer: Viewer, *, since: int = 0) -> list[WatchedView]:
    """What `Watching.watched` gives, without revisions up to number `since`."""
    graph, watches = parts.graph(), parts.catalog.watches.of(viewer.name)
    names, current = Names(graph), number_of(graph.revision)
    later = parts.catalog.revisions.since(max(since, min(watches.values(), default=current)))
    others = [each for each in reversed(later) if each.number <= current and each.author != viewer.name]
    found = []
    for concept, seen in watches.items():
        try:
            new = [each for each in others if each.number > seen]
            changes = history.speaking_of(parts, viewer, concept, new)
        except NotFound:
            continue  # Restricted since: for this user it is not there, nor is that they watch it
        gone = concept not in graph and graph.relation(concept) is None
        called = {name.id: name for change in changes for name in change.subjects} if gone else {}
        name = called.get(concept) or names.name(concept)
        found.append(WatchedView(concept=name, changes=tuple(changes), gone=gone))
    return sorted(found, key=lambda each: -max((change.number for change in each.changes), default=0))
