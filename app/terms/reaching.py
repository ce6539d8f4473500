"""For which languages and concept schemes each knowledge manager may propose and decide."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.terms.base import Base
from app.terms.errors import BeyondReach
from app.terms.rights import Asker, Viewer
from app.terms.views import ReachView
from knowledge.errors import InvalidInput, NotFound, NotPermitted
from knowledge.graph.differing import Name, Names
from knowledge.graph.quads import Patch
from knowledge.graph.reach import Beyond, Reach, beyond, schemes
from knowledge.graph.reading import read_lines
from knowledge.types import Role

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from knowledge.graph import TermGraph

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")


def reach_of(parts: Parts, viewer: Viewer) -> Reach:
    """What somebody may change. Admins, and whoever works at the machine, are not limited."""
    if viewer.user is None or viewer.role == Role.ADMIN:
        return Reach()
    record = parts.catalog.reaches.of(viewer.name)
    return Reach(frozenset(record.languages), frozenset(record.schemes))


def refusal(parts: Parts, viewer: Viewer, graph: TermGraph, patch: Patch, what: str) -> BeyondReach | None:
    """Why a change of a graph is not somebody's to make or to decide about; None where it is."""
    reach = reach_of(parts, viewer)
    found = beyond(reach, graph, patch)
    if found is None:
        return None
    names = Names(graph, sorted(patch.added, key=str))
    veil = parts.sights.now(viewer, graph)
    seen = Reach(reach.languages, frozenset(one for one in reach.schemes if not veil.hides(one)))
    name = names.name(found.thing)
    return BeyondReach(f"{what}: {_said(found, name)}; {_limits(seen, names)}", name, found.language)


def _said(found: Beyond, name: Name) -> str:
    if found.language is None:
        return f"it changes {name.en!r}, which is in none of your concept schemes"
    return f"it changes a text in {found.language or 'no language'!r} of {name.en!r}"


def _limits(reach: Reach, names: Names) -> str:
    parts = []
    if reach.languages:
        parts.append(f"texts in {', '.join(sorted(reach.languages))}")
    if reach.schemes:
        parts.append(f"concepts in {', '.join(names.name(one).en for one in sorted(reach.schemes))}")
    return f"you may change {' and '.join(parts)} only: leave that out or ask another knowledge manager"


def must_reach(parts: Parts, viewer: Viewer, graph: TermGraph, added: Iterable[str], removed: Iterable[str]) -> None:
    """Raises BeyondReach for a change, as N-Quads lines, of what is not somebody's to change."""
    if not reach_of(parts, viewer):
        return
    patch = Patch(frozenset(read_lines("\n".join(added))), frozenset(read_lines("\n".join(removed))))
    refused = refusal(parts, viewer, graph, patch, "term graph")
    if refused:
        raise refused


def must_reach_all(parts: Parts, viewer: Viewer, what: str) -> None:
    """Raises NotPermitted for those whose reach is limited: the thing concerns the whole graph."""
    if reach_of(parts, viewer):
        raise NotPermitted(
            f"{what}: it concerns the whole term graph, and you may change a part of it only; ask an admin"
        )


class Reaching(Base):
    """The part of `Terminology` that says and sets what each knowledge manager may change."""

    def reach(self, user: Asker) -> ReachView:
        """For which languages and concept schemes the user may propose and decide; empty: for all."""
        viewer = self._viewer(user)
        viewer.must_edit()
        return self._reach_view(viewer.name, reach_of(self._parts, viewer), viewer)

    def reaches(self, user: Asker) -> list[ReachView]:
        """The same of all accounts of knowledge managers, by name; for admins."""
        viewer = self._admin(user)
        found = []
        for account in self._parts.catalog.accounts.all():
            if account.role == Role.KNOWLEDGE_MANAGER and not account.disabled:
                record = self._parts.catalog.reaches.of(account.name)
                reach = Reach(frozenset(record.languages), frozenset(record.schemes))
                found.append(self._reach_view(account.name, reach, viewer))
        return found

    def set_reach(
        self, name: str, user: Asker, *, languages: Iterable[str] = (), schemes: Iterable[str] = ()
    ) -> ReachView:
        """Limit a knowledge manager to languages and concept schemes; without any: limit them no more. For admins.

        Raises NotFound for an unknown account or scheme, InvalidInput for what is no language tag.
        """
        viewer = self._admin(user)
        parts = self._parts
        account = parts.catalog.accounts.get(name)
        if account is None:
            raise NotFound(f"user {name!r}: no such account; see `plumbline users list`")
        tags = frozenset(tag.strip().lower() for tag in languages)
        wrong = sorted(tag for tag in tags if not _LANGUAGE.fullmatch(tag))
        if wrong:
            raise InvalidInput(f"languages: {wrong[0]!r} is no language tag; write them as zh,en,zh-Hant")
        wanted, known = frozenset(schemes), self._seen_schemes(viewer)
        unknown = sorted(wanted - known.keys())
        if unknown:
            some = ", ".join(list(known)[:5]) or "none: no concept is in a skos:inScheme"
            raise NotFound(f"{unknown[0]}: no such concept scheme in the term graph; there are {some}")
        parts.catalog.reaches.set(account.name, tags, wanted)
        detail = {"languages": sorted(tags), "schemes": sorted(wanted)}
        parts.workspace.audit.append("graph.rights", viewer.name, detail, subject=account.name)
        return self._reach_view(account.name, Reach(tags, wanted), viewer)

    def schemes(self, user: Asker = None) -> dict[str, str]:
        """The concept schemes that the user may see: what each is called, by id."""
        return self._seen_schemes(self._viewer(user))

    def _seen_schemes(self, viewer: Viewer) -> dict[str, str]:
        graph = self._parts.graph()
        veil, names = self._parts.sights.now(viewer, graph), Names(graph)
        language = viewer.user.language if viewer.user else "en"
        return {one: names.name(one).text(language) for one in schemes(graph) if not veil.hides(one)}

    def _admin(self, user: Asker) -> Viewer:
        viewer = self._viewer(user)
        if viewer.role != Role.ADMIN:
            raise NotPermitted("term graph: only admins say who may change what; ask one of them")
        return viewer

    def _reach_view(self, name: str, reach: Reach, viewer: Viewer) -> ReachView:
        graph = self._parts.graph()
        veil, names = self._parts.sights.now(viewer, graph), Names(graph)
        return ReachView(
            name=name,
            languages=tuple(sorted(reach.languages)),
            schemes=tuple(names.name(one) for one in sorted(reach.schemes) if not veil.hides(one)),
        )
