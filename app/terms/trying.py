"""Trying things out before they are proposed: what a phrase would make of a sentence; and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.terms.proposing import statements
from app.terms.rights import Viewer
from knowledge.graph.changes import Change
from knowledge.graph.differing import Name, Names
from knowledge.graph.quality import QualityReport, check_graph
from knowledge.types import AlignmentReport

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from knowledge.alignment.readings import ClaimReading


def read(parts: Parts, viewer: Viewer, text: str, change: Change | None) -> tuple[AlignmentReport, list[ClaimReading]]:
    """What the checker says to a text and what it reads in it, as if a change had been approved."""
    viewer.must_edit()
    workspace = parts.workspace
    terms = workspace.terms() if change is None else workspace.terms_after(*statements(parts, viewer, change))
    report = terms.checker.check(text, user=viewer.user)
    return report, terms.checker.read(text, user=viewer.user)


def quality(parts: Parts, viewer: Viewer) -> QualityReport:
    """All issues that name nothing which the viewer may not see."""
    viewer.must_edit()
    graph = parts.graph()
    return parts.checked(lambda: check_graph(graph, parts.today())).visible(graph, viewer.user)


def classes(parts: Parts, viewer: Viewer) -> list[Name]:
    """The classes of things, by name."""
    graph = parts.graph()
    veil, names = parts.sights.now(viewer, graph), Names(graph)
    found = (names.name(each) for each in graph.classes() if not veil.hides(each))
    return sorted(found, key=lambda name: (name.en.casefold(), name.id))
