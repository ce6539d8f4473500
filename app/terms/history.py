"""The past of the term graph: who changed what and why, what lies between two states, and the way back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.terms.describing import diff_view, subjects_of
from app.terms.proposing import LONGEST_TEXT, propose
from app.terms.reaching import must_reach_all
from app.terms.rights import Viewer, must_see, number_of
from app.terms.views import GraphDiff, ReleaseView, RevisionView
from knowledge.catalog.releases import Release
from knowledge.catalog.revisions import CURRENT, Revision
from knowledge.errors import InvalidInput
from knowledge.graph.changes import Raw
from knowledge.graph.differing import Names
from knowledge.graph.exchange import export_quads
from knowledge.graph.merging import composed
from knowledge.graph.quads import Patch
from knowledge.graph.reading import read_lines, write_lines

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from knowledge.catalog.proposals import Proposal

_RELEASE_NAME = re.compile(r"[\w][\w.\- ]{0,79}")
_READ_AT_ONCE = 50


# --- revisions ----------------------------------------------------------------------------------------------------


def history(parts: Parts, viewer: Viewer, concept: str | None, limit: int, before: int | None) -> list[RevisionView]:
    """Revisions of which the viewer may see something, newest first; `concept`: only those that speak of it."""
    if concept is not None:
        must_know(parts, viewer, concept)
    views: list[RevisionView] = []
    while len(views) < limit:
        text = f"<{concept}>" if concept else ""
        found = parts.catalog.revisions.mentioning(text, min(limit, _READ_AT_ONCE), before)
        if not found:
            break
        views += _views(parts, viewer, found, concept)
        before = found[-1].number
    return views[:limit]


def speaking_of(parts: Parts, viewer: Viewer, concept: str, revisions: Iterable[Revision]) -> list[RevisionView]:
    """Those of some revisions that speak of a concept, in their order, as far as the viewer may see them."""
    must_know(parts, viewer, concept)
    text = f"<{concept}>"
    return _views(parts, viewer, [each for each in revisions if text in each.added or text in each.removed], concept)


def one(parts: Parts, viewer: Viewer, revision: Revision) -> RevisionView:
    """One revision, of which the viewer may see something."""
    return _views(parts, viewer, [revision], None)[0]


def must_know(parts: Parts, viewer: Viewer, concept: str) -> None:
    """Raises NotFound for a concept that never was or that is hidden.

    A deleted one has a history too; whether one may see it, its past access labels tell.
    """
    graph = parts.graph()
    if concept not in graph and graph.relation(concept) is None:
        hidden = parts.sights.veil(viewer, 0).hides(concept)
        if not hidden and parts.catalog.revisions.mentioning(f"<{concept}>", 1):
            return
    must_see(graph, concept, viewer)


def _views(parts: Parts, viewer: Viewer, revisions: list[Revision], concept: str | None) -> list[RevisionView]:
    proposals = parts.catalog.proposals.by_revision([each.id for each in revisions])
    releases = parts.catalog.releases.all()
    views = []
    for revision in revisions:
        veil = parts.sights.veil(viewer, revision.number)
        added, removed = veil.seen(revision.added), veil.seen(revision.removed)
        if concept is not None:
            added, removed = ([line for line in lines if f"<{concept}>" in line] for lines in (added, removed))
        if not added and not removed:
            continue
        whole = len(veil.seen(revision.added)) == revision.added.count("\n")
        whole = whole and len(veil.seen(revision.removed)) == revision.removed.count("\n")
        proposal = proposals.get(revision.id)
        names = Names(parts.graph(), list(read_lines("\n".join(line for line in removed if "abel>" in line))))
        views.append(
            RevisionView(
                id=revision.id,
                number=revision.number,
                author=revision.author,
                approved_by=proposal.decided_by if proposal else "",
                # The reason for a change that one sees in part may name what one does not see
                comment=revision.comment if whole else "",
                at=revision.at,
                kind=_kind(proposal),
                proposal=proposal.id if proposal and whole else "",
                subjects=subjects_of((*added, *removed), names),
                added=len(added),
                removed=len(removed),
                releases=tuple(each.name for each in releases if each.revision == revision.id),
            )
        )
    return views


def _kind(proposal: Proposal | None) -> str:
    return proposal.kind if proposal else "raw"


# --- states -------------------------------------------------------------------------------------------------------


def diff(parts: Parts, viewer: Viewer, older: str, newer: str, concept: str | None) -> GraphDiff:
    """What lies between two states, of what the viewer may see; `older` may also be the later one."""
    first, last = _state(parts, older), _state(parts, newer)
    low, high = sorted((number_of(first), number_of(last)))
    if concept is not None:
        must_know(parts, viewer, concept)
    patch = _between(parts, low, high)
    added, removed = patch.lines()
    if number_of(first) > number_of(last):
        added, removed = removed, added
    veil = parts.sights.veil(viewer, low + 1)
    seen = [veil.seen(text) for text in (added, removed)]
    if concept is not None:
        seen = [[line for line in lines if f"<{concept}>" in line] for lines in seen]
    return diff_view(first, last, seen[0], seen[1], parts.graph())


def _between(parts: Parts, low: int, high: int) -> Patch:
    revisions = [each for each in parts.catalog.revisions.since(low) if each.number <= high]
    return composed(Patch(frozenset(read_lines(r.added)), frozenset(read_lines(r.removed))) for r in revisions)


def _state(parts: Parts, name: str) -> str:
    """The id of the revision that somebody means; "" for the empty graph before the first one."""
    if name == CURRENT and not parts.catalog.revisions.current_id():
        return ""
    return parts.catalog.revisions.resolve(name).id if name else ""


def exported(parts: Parts, viewer: Viewer, revision: str | None, format_name: str, concept: str | None = None) -> bytes:
    """The state of a revision as RDF, of what the viewer may see; `concept`: only what is said about it."""
    state = _state(parts, CURRENT if revision is None else revision)
    quads = parts.catalog.revisions.quads(state) if state else set()
    veil = parts.sights.veil(viewer, number_of(state) + 1)
    lines = veil.seen(write_lines(quads))
    if concept is not None:
        must_know(parts, viewer, concept)
        lines = _about(lines, f"<{concept}>")
    stream = io.BytesIO()
    export_quads(read_lines("\n".join(lines)), stream, format_name)
    return stream.getvalue()


def _about(lines: list[str], node: str) -> list[str]:
    """The lines about a node and the nameless ones that hang on it."""
    wanted, left = {node}, lines
    found: list[str] = []
    while True:
        new = [line for line in left if line.split(" ", 1)[0] in wanted or (line.startswith("_:") and node in line)]
        if not new:
            return sorted(set(found))
        found += new
        left = [line for line in left if line not in set(new)]
        wanted = {part for line in new for part in line.split(" ") if part.startswith("_:")}


def rollback(parts: Parts, viewer: Viewer, to: str, comment: str) -> Proposal:
    """A proposal that brings a state back, of what the viewer may see; the rest stays as it is."""
    viewer.must_edit()
    state, current = _state(parts, to), parts.catalog.revisions.current_id()
    if state == current:
        raise InvalidInput(f"{to}: this is the newest revision already")
    back = _between(parts, number_of(state), number_of(current))
    added, removed = back.lines()
    return propose(
        parts, viewer, Raw(added=removed, removed=added), comment or f"back to {to}", base=current, kind="rollback"
    )


def undo(parts: Parts, viewer: Viewer, name: str, comment: str) -> Proposal:
    """A proposal that takes back what one revision changed, of what the viewer may see; what others changed stays.

    It stands on that revision, so that what was changed since is merged with it field by field, as by anybody.
    """
    viewer.must_edit()
    revision = parts.catalog.revisions.resolve(name)
    return propose(
        parts,
        viewer,
        Raw(added=revision.removed, removed=revision.added),
        comment or f"undo #{revision.number}",
        base=revision.id,
        kind="rollback",
    )


# --- releases -----------------------------------------------------------------------------------------------------


def release(parts: Parts, viewer: Viewer, name: str, comment: str, revision: str | None) -> ReleaseView:
    """Name a revision, by default the newest."""
    viewer.must_edit()
    must_reach_all(parts, viewer, "release")
    clean = " ".join(name.split())
    if not _RELEASE_NAME.fullmatch(clean) or clean.isdecimal() or clean == CURRENT or re.match(r"r\d+-", clean):
        raise InvalidInput(
            f"release {clean[:80]!r}: use letters, digits, blanks, dots and hyphens, not a number alone and at most 80"
        )
    if len(comment) > LONGEST_TEXT:
        raise InvalidInput(f"comment: {len(comment)} characters; the most is {LONGEST_TEXT}, shorten it")
    state = _state(parts, CURRENT if revision is None else revision)
    if not state:
        raise InvalidInput("release: the term graph has no revision yet; import or propose something first")
    made = Release(clean, state, viewer.name, comment.strip(), parts.now())
    parts.catalog.releases.add(made)
    parts.workspace.audit.append("graph.release", viewer.name, {"revision": state}, subject=clean)
    return _release(made)


def releases(parts: Parts) -> list[ReleaseView]:
    """All releases, newest first."""
    return [_release(each) for each in parts.catalog.releases.all()]


def _release(made: Release) -> ReleaseView:
    return ReleaseView(name=made.name, revision=made.revision, author=made.author, comment=made.comment, at=made.at)
