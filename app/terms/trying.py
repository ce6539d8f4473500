"""Trying things out before they are proposed: what a phrase would make of a sentence, what a file would bring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.terms.proposing import statements
from app.terms.rights import Viewer
from knowledge.graph import TermGraph
from knowledge.graph.changes import Change, Raw
from knowledge.graph.differing import Name, Names
from knowledge.graph.importing import ImportOptions, ImportPreview, plan_import
from knowledge.graph.quality import QualityReport, check_graph
from knowledge.graph.reading import read_lines, write_lines
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


def import_plan(parts: Parts, viewer: Viewer, file: Path, options: ImportOptions) -> tuple[ImportPreview, Raw]:
    """What a file would do to the part of the graph that the viewer may see, and the change that does it."""
    viewer.must_edit()
    graph = parts.graph()
    veil = parts.sights.now(viewer, graph)
    if veil:
        graph = TermGraph(read_lines("\n".join(veil.seen(write_lines(graph.quads)))), graph.revision)
    plan = plan_import(graph, file, options, day=parts.today())
    return plan.preview, Raw(added=write_lines(plan.added), removed=write_lines(plan.removed))


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
