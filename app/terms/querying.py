"""SPARQL queries of those who work on the graph, over what each of them may see."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from app.terms.rights import Viewer
from knowledge.errors import InvalidInput
from knowledge.graph.querying import MOST_ROWS, Queries, QueryAnswer
from knowledge.graph.reading import write_lines

if TYPE_CHECKING:
    from app.terms.parts import Parts

MOST_SECONDS = 60.0


def query(parts: Parts, queries: Queries, viewer: Viewer, text: str, seconds: float, rows: int) -> QueryAnswer:
    """What a query finds in the part of the newest revision that the viewer may see."""
    viewer.must_edit()
    if not (0 < seconds <= MOST_SECONDS and 0 < rows <= MOST_ROWS):
        raise InvalidInput(f"query: up to {MOST_SECONDS:g} seconds and {MOST_ROWS} rows may be asked for")
    graph = parts.graph()
    veil = parts.sights.now(viewer, graph)
    # Who sees the same of the same revision asks the same process
    key = hashlib.sha256("\n".join([graph.revision, *veil.hidden]).encode()).hexdigest()

    def statements() -> str:
        return "\n".join(veil.seen(write_lines(graph.quads))) + "\n"

    found = queries.ask(key, statements, text, seconds=seconds, rows=rows)
    parts.workspace.audit.append("graph.query", viewer.name, {"kind": found.kind, "rows": len(found.rows)})
    return found.model_copy(update={"revision": graph.revision})
