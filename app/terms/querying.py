"""SPARQL queries of those who work on the graph, over what each of them may see, and those that they keep."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from app.terms.base import Base
from app.terms.rights import Asker, Viewer
from app.terms.views import SavedQuery
from knowledge.catalog.queries import QueryRecord
from knowledge.errors import InvalidInput, NotFound
from knowledge.graph.querying import MOST_ROWS, Queries, QueryAnswer, check_query
from knowledge.graph.reading import write_lines
from knowledge.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    from app.terms.parts import Parts

MOST_SECONDS = 60.0
_MOST_KEPT = 200
_LONGEST_NAME = 80
_DOING = "keep queries"
_PREFIX = re.compile(r"(?i)\bprefix\s+([\w.-]*):\s*<([^<>\s]*)>")
_BASE = re.compile(r"(?i)\bbase\s+<([^<>\s]*)>")


class Querying(Base):
    """The part of `Terminology` that answers queries and keeps them."""

    _queries: Queries

    def query(self, text: str, user: Asker, *, seconds: float = 10.0, rows: int = 1000) -> QueryAnswer:
        """What a SPARQL query (SELECT, ASK, CONSTRUCT) finds in what the user may see; for those who work on the graph.

        Raises InvalidInput for a query that is wrong, would change or fetch something, or takes longer.
        """
        return _query(self._parts, self._queries, self._viewer(user), text, seconds, rows)

    def saved_queries(self, user: Asker) -> list[SavedQuery]:
        """The user's own kept queries by name, then those of others that name nothing hidden."""
        viewer = self._viewer(user)
        viewer.must_edit()
        found = self._parts.catalog.queries.seen_by(viewer.name)
        own = [each.owner == viewer.name for each in found]
        return [
            SavedQuery(owner=each.owner, name=each.name, text=each.text, shared=each.shared, own=mine)
            for each, mine in zip(found, own, strict=True)
            if mine or not _names_hidden(self._parts, viewer, each.text)
        ]

    def saved_query(self, name: str, user: Asker) -> SavedQuery:
        """The query kept under a name: one's own, else a shared one; "OWNER/NAME" is that of somebody else.

        Raises NotFound, and InvalidInput where several people share one of that name.
        """
        found = self.saved_queries(user)
        own = [each for each in found if each.own and each.name == name]
        several = own or [each for each in found if name in (each.name, f"{each.owner}/{each.name}")]
        if not several:
            raise NotFound(f"query {name!r}: none of that name is kept; `plumbline graph queries` lists them")
        if len(several) > 1:
            owners = " or ".join(f"{each.owner}/{each.name}" for each in several)
            raise InvalidInput(f"query {name!r}: several people share one of that name; write {owners}")
        return several[0]

    def save_query(self, name: str, text: str, user: Asker, *, shared: bool = False) -> SavedQuery:
        """Keep a query under a name, in place of one's own of that name; `shared`: for all who work on the graph.

        For accounts only. Raises InvalidInput for a query that would never be asked, or a name that is none.
        """
        viewer = self._with_account(user, _DOING)
        viewer.must_edit()
        clean = " ".join(name.split())
        if not 0 < len(clean) <= _LONGEST_NAME or "/" in clean:
            raise InvalidInput(f"query name {clean[:90]!r}: write 1 to {_LONGEST_NAME} characters without a slash")
        check_query(text)
        kept = self._parts.catalog.queries
        mine = [each.name for each in kept.seen_by(viewer.name) if each.owner == viewer.name]
        if clean not in mine and len(mine) >= _MOST_KEPT:
            raise InvalidInput(f"query {clean!r}: you keep {_MOST_KEPT} already; delete one first")
        kept.save(QueryRecord(viewer.name, clean, text, shared, self._parts.now()))
        return SavedQuery(owner=viewer.name, name=clean, text=text, shared=shared, own=True)

    def remove_query(self, name: str, user: Asker) -> None:
        """Forget one's own query of that name. Raises NotFound."""
        viewer = self._with_account(user, _DOING)
        if not self._parts.catalog.queries.remove(viewer.name, name):
            raise NotFound(f"query {name!r}: you keep none of that name; `plumbline graph queries` lists them")


def _query(parts: Parts, queries: Queries, viewer: Viewer, text: str, seconds: float, rows: int) -> QueryAnswer:
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


def _names_hidden(parts: Parts, viewer: Viewer, text: str) -> bool:
    """Whether a query of somebody else names a thing that the viewer may not see: by its id or by one of its labels."""
    graph = parts.graph()
    hidden = [one[1:-1] for one in parts.sights.now(viewer, graph).hidden if one.startswith("<")]
    if not hidden:
        return False
    plain = text.replace("\\", "")
    prefixes = [*PREFIXES.items(), *_PREFIX.findall(plain)]
    written = plain.casefold()
    for thing in hidden:
        ways = [thing]
        ways += [f"{name}:{thing.removeprefix(start)}" for name, start in prefixes if start and thing.startswith(start)]
        ways += [f"<{thing.removeprefix(base)}>" for base in _BASE.findall(plain) if base and thing.startswith(base)]
        ways += [label.text for label in graph.labels_of(thing)]
        if any(way.casefold() in written for way in ways):
            return True
    return False
