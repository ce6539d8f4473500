"""Terms from a file: what it would do to what somebody sees of the graph, and the proposal that does it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.terms import proposing
from app.terms.rights import Viewer
from app.terms.views import ImportView
from knowledge.graph import TermGraph
from knowledge.graph.changes import Raw
from knowledge.graph.importing import ImportOptions, ImportPreview, plan_import
from knowledge.graph.reading import read_lines, write_lines

if TYPE_CHECKING:
    from app.terms.parts import Parts


def plan(
    parts: Parts, viewer: Viewer, file: Path, options: ImportOptions, day: date | None
) -> tuple[ImportPreview, Raw, str]:
    """What a file would do to the part of the graph that the viewer may see, the change that does it, and on what.

    `day`: what the quality check would say of the concepts touched stands in the report.
    """
    viewer.must_edit()
    graph = parts.graph()
    veil = parts.sights.now(viewer, graph)
    if veil:
        graph = TermGraph(read_lines("\n".join(veil.seen(write_lines(graph.quads)))), graph.revision)
    planned = plan_import(graph, file, options, day=day)
    change = Raw(added=write_lines(planned.added), removed=write_lines(planned.removed))
    return planned.preview, change, graph.revision


def bring(
    parts: Parts, viewer: Viewer, file: Path, options: ImportOptions, comment: str, *, approve: bool
) -> ImportView:
    """Propose what a file says, and `approve` it where the four-eyes rule lets the viewer do so by themselves.

    A file that says nothing new makes no proposal.
    """
    preview, change, base = plan(parts, viewer, file, options, None)
    if not change.added and not change.removed:
        return ImportView(preview=preview, revision=base)
    proposal = proposing.propose(parts, viewer, change, comment or f"import of {file.name}", base=base)
    added, removed = proposal.added.count("\n"), proposal.removed.count("\n")
    counts = {"added": added, "removed": removed, "concepts": preview.concepts}
    parts.workspace.audit.append("graph.import", viewer.name, {"file": file.name, **counts}, subject=proposal.id)
    said = ImportView(preview=preview, revision=base, proposal=proposal.id, added=added, removed=removed)
    if not (approve and proposing.may_approve_own(parts, viewer)):
        return said
    revision = proposing.approve(parts, viewer, proposal.id, {})
    return said.model_copy(update={"revision": revision.id, "approved": True})
