"""The catalog's rows and the graph's statements as the views that people see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from app.terms.views import ConflictView, GraphDiff
from knowledge.graph.differing import Name, Names, fields_of, values_of

if TYPE_CHECKING:
    from knowledge.catalog.revisions import Revision
    from knowledge.graph import TermGraph
    from knowledge.graph.merging import Conflict
    from knowledge.graph.veil import Veil

MOST_FIELDS = 500
MOST_SUBJECTS = 20
_MOST_LINES = 5000
_SUBJECT = re.compile(r"<([^>]*)>")


def diff_view(older: str, newer: str, added: Sequence[str], removed: Sequence[str], graph: TermGraph) -> GraphDiff:
    """What comes and goes between two states, from lines that may be seen."""
    fields = fields_of(added[:_MOST_LINES], removed[:_MOST_LINES], graph)
    return GraphDiff(
        older=older,
        newer=newer,
        added=len(added),
        removed=len(removed),
        fields=fields[:MOST_FIELDS],
        complete=len(fields) <= MOST_FIELDS and len(added) <= _MOST_LINES and len(removed) <= _MOST_LINES,
    )


def subjects_of(lines: Iterable[str], names: Names) -> tuple[Name, ...]:
    """The first things that lines are about."""
    found = dict.fromkeys(match[1] for line in lines if (match := _SUBJECT.match(line)))
    return tuple(names.name(thing) for thing in islice(found, MOST_SUBJECTS))


def conflict_views(
    conflicts: Iterable[Conflict], graph: TermGraph, since: Sequence[Revision], veil: Veil
) -> tuple[ConflictView, ...]:
    """Conflicts with who made the other side's change, as far as the viewer may see the values."""
    names = Names(graph)
    views = []
    for conflict in conflicts:
        key = conflict.key
        other = _who(key.subject, since)
        base, theirs, mine = (
            values_of((quad for quad in quads if veil.seen(f"{quad} .")), graph)
            for quads in (conflict.base, conflict.theirs, conflict.mine)
        )
        views.append(
            ConflictView(
                key=str(key),
                subject=names.name(key.subject),
                field=key.predicate,
                field_name=names.name(key.predicate).en,
                language=key.language,
                base=base,
                theirs=theirs,
                mine=mine,
                theirs_by=other.author if other else "",
                theirs_revision=other.id if other else "",
                choices=conflict.choices,
            )
        )
    return tuple(views)


def _who(subject: str, since: Sequence[Revision]) -> Revision | None:
    """The last revision that said something about a thing."""
    wanted = subject if subject.startswith("_:") else f"<{subject}>"
    return next((each for each in reversed(since) if wanted in each.added or wanted in each.removed), None)
