"""Proposals: made, looked at, changed, decided about. An approved one is a revision.

A proposal never holds a statement that its author may not see, and nobody who may not see all of one sees any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.terms.describing import conflict_views, diff_view, subjects_of
from app.terms.errors import Conflicted
from app.terms.reaching import must_reach, refusal
from app.terms.reading import seen_issues
from app.terms.rights import Viewer, number_of
from app.terms.views import ChangePreview, ProposalRow, ProposalView
from knowledge.catalog.proposals import OPEN, Proposal, ProposalState, Proposed, asked_again, no_such_proposal
from knowledge.catalog.revisions import Outrun, Revision
from knowledge.errors import InvalidInput, NotPermitted
from knowledge.graph.changes import (
    Change,
    ConceptForm,
    Edit,
    Kind,
    Raw,
    RelationForm,
    SetRelation,
    Several,
    change_from,
    named,
    new_forms,
    singles,
    subjects,
    with_ids,
)
from knowledge.graph.differing import Names
from knowledge.graph.merging import Choice, Merged, composed, merge
from knowledge.graph.patching import patch_of
from knowledge.graph.quads import Patch
from knowledge.graph.quality import check_change
from knowledge.graph.reading import read_lines
from knowledge.types import Role

if TYPE_CHECKING:
    from pyoxigraph import Quad

    from app.terms.parts import Parts
    from knowledge.graph import TermGraph

LONGEST_TEXT = 2000
_MOST_RACES = 8


# --- making -------------------------------------------------------------------------------------------------------


def propose(
    parts: Parts,
    viewer: Viewer,
    change: Change,
    comment: str,
    *,
    base: str | None = None,
    draft: bool = False,
    kind: Kind | None = None,
) -> Proposal:
    """Store a proposal. Raises InvalidInput, NotFound and NotPermitted as `assistant.terms.propose` says."""
    viewer.must_edit()
    asked = _asked(parts, viewer, with_ids(change, parts.token), _checked_text("comment", comment), base, kind)
    proposal = parts.catalog.proposals.add(asked, viewer.name, "draft" if draft else "proposed")
    parts.workspace.audit.append("graph.propose", viewer.name, {"kind": proposal.kind}, subject=proposal.id)
    return proposal


def revise(
    parts: Parts, viewer: Viewer, proposal_id: str, change: Change | None, comment: str | None, version: int | None
) -> Proposal:
    """Another version of one's own open proposal, on the same base."""
    proposal = _own(parts, viewer, proposal_id, version)
    text = proposal.comment if comment is None else _checked_text("comment", comment)
    if change is None:
        return parts.catalog.proposals.change(proposal, asked_again(proposal, text))
    known = {form.id for form in new_forms(change_from(proposal.change))}
    again = with_ids(change, parts.token, keep=known)
    return parts.catalog.proposals.change(proposal, _asked(parts, viewer, again, text, proposal.base, None))


def _asked(parts: Parts, viewer: Viewer, change: Change, comment: str, base: str | None, kind: Kind | None) -> Proposed:
    graph = parts.graph()
    if base is not None and base != graph.revision:
        graph = parts.graph_at(parts.catalog.revisions.resolve(base).id if base else "")
    added, removed = _lines(parts, viewer, change, graph)
    if not added and not removed:
        raise InvalidInput("the change changes nothing; the graph says so already")
    _check_access(change, viewer)
    must_reach(parts, viewer, graph, added, removed)
    about = subjects(change) or tuple(name.id for name in subjects_of((*added, *removed), Names(graph)))
    return Proposed(
        kind=kind or change.kind,
        change=_storable(change),
        subjects=about,
        named=tuple(sorted(named(change))),
        base=graph.revision,
        added="".join(f"{line}\n" for line in added),
        removed="".join(f"{line}\n" for line in removed),
        comment=comment,
    )


def _storable(change: Change) -> dict[str, object]:
    """The change as it is kept: raw statements stand beside it, without those that their author may not see."""
    if isinstance(change, Several):
        return Several(changes=tuple(Raw() if isinstance(one, Raw) else one for one in change.changes)).to_json()
    return (Raw() if isinstance(change, Raw) else change).to_json()


def _lines(parts: Parts, viewer: Viewer, change: Change, graph: TermGraph) -> tuple[list[str], list[str]]:
    """What the change adds and removes, without what the viewer may not see: that stays as it is."""
    veil = parts.sights.veil(viewer, number_of(graph.revision) + 1)
    patch = patch_of(change, graph, lambda thing: not veil.hides(thing))
    added, removed = patch.lines()
    return veil.seen(added), veil.seen(removed)


def _check_access(change: Change, viewer: Viewer) -> None:
    """Whoever restricts a concept must be among those who may see it then."""
    if viewer.user is None:
        return
    forms: list[ConceptForm | RelationForm] = [*new_forms(change)]
    forms += [one.form for one in singles(change) if isinstance(one, Edit | SetRelation)]
    for form in forms:
        if form.access and viewer.user.groups.isdisjoint(form.access):
            raise InvalidInput(
                f"access labels {', '.join(form.access)}: none of them is yours; you would not see it any more"
            )


# --- looking ------------------------------------------------------------------------------------------------------


def preview(parts: Parts, viewer: Viewer, change: Change) -> ChangePreview:
    """What a change would do to the current graph."""
    viewer.must_edit()
    graph = parts.graph()
    added, removed = _lines(parts, viewer, with_ids(change, parts.token), graph)
    _check_access(change, viewer)
    must_reach(parts, viewer, graph, added, removed)
    issues = check_change(graph, set(read_lines("\n".join(added))), set(read_lines("\n".join(removed))), parts.today())
    seen = seen_issues(issues.issues, graph, viewer)
    return ChangePreview(diff=diff_view(graph.revision, "", added, removed, graph), issues=seen)


def statements(parts: Parts, viewer: Viewer, change: Change | str) -> tuple[str, str]:
    """What a change, or a proposal by its id, adds to the current graph and removes from it, as N-Quads."""
    viewer.must_edit()
    if isinstance(change, str):
        merged, _ = _onto(parts, parts.graph(), visible(parts, viewer, change), {})
        return merged.patch.lines()
    added, removed = _lines(parts, viewer, with_ids(change, parts.token), parts.graph())
    return "\n".join(added), "\n".join(removed)


def visible(parts: Parts, viewer: Viewer, proposal_id: str) -> Proposal:
    """A proposal that the viewer may see: all of it. Raises NotFound."""
    viewer.must_edit()
    proposal = parts.catalog.proposals.get(proposal_id)
    if not _shown(parts, viewer, proposal):
        raise no_such_proposal(proposal_id)
    return proposal


def listed(
    parts: Parts, viewer: Viewer, state: ProposalState | None, concept: str | None, author: str | None
) -> list[Proposal]:
    """The proposals that the viewer may see, the one that changed last first."""
    viewer.must_edit()
    return [
        each
        for each in parts.catalog.proposals.list((state,) if state else (), author)
        if (concept is None or concept in each.subjects) and _shown(parts, viewer, each)
    ]


def _shown(parts: Parts, viewer: Viewer, proposal: Proposal) -> bool:
    if proposal.state == "draft" and proposal.author != viewer.name and viewer.user is not None:
        return False
    return parts.sights.shows(viewer, proposal)


def row(parts: Parts, viewer: Viewer, proposal: Proposal) -> ProposalRow:
    """A proposal for a list."""
    return ProposalRow(**_row_values(parts, viewer, proposal))


def view(parts: Parts, viewer: Viewer, proposal: Proposal) -> ProposalView:
    """A proposal with what it changes, what stands in its way, and what would be wrong afterwards."""
    graph = parts.graph()
    added, removed = proposal.added.splitlines(), proposal.removed.splitlines()
    change = change_from(proposal.change)
    if isinstance(change, Raw):
        change = Raw(added=proposal.added, removed=proposal.removed)
    values = {
        **_row_values(parts, viewer, proposal),
        "base": proposal.base,
        "change": change,
        "diff": diff_view(proposal.base, proposal.revision, added, removed, graph),
    }
    if proposal.state not in OPEN:
        return ProposalView(**values)
    merged, since = _onto(parts, graph, proposal, {})
    issues = check_change(graph, merged.patch.added, merged.patch.removed, parts.today()).issues
    why_not = _why_not(parts, viewer, proposal)
    return ProposalView(
        **values,
        conflicts=conflict_views(merged.conflicts, graph, since, parts.sights.now(viewer, graph)),
        issues=seen_issues(issues, graph, viewer),
        may_approve=not why_not,
        why_not=why_not,
    )


def _row_values(parts: Parts, viewer: Viewer, proposal: Proposal) -> dict[str, object]:
    graph = parts.graph()
    told = _naming_quads(proposal)
    names = Names(graph, told)
    return {
        "id": proposal.id,
        "kind": proposal.kind,
        "state": proposal.state,
        "subjects": tuple(names.name(thing) for thing in proposal.subjects),
        "author": proposal.author,
        "comment": proposal.comment,
        "at": proposal.at,
        "changed_at": proposal.changed_at,
        "version": proposal.version,
        "decided_by": proposal.decided_by,
        "reason": proposal.reason,
        "revision": proposal.revision,
        "own": proposal.author == viewer.name,
        "behind": proposal.state in OPEN and proposal.base != graph.revision,
        "comments": parts.catalog.proposals.said_about([proposal.id]).get(proposal.id, 0),
    }


def _naming_quads(proposal: Proposal) -> list[Quad]:
    """What a proposal says about the names of what it is about."""
    wanted = tuple(f"<{thing}> " for thing in proposal.subjects)
    lines = (line for text in (proposal.added, proposal.removed) for line in text.splitlines())
    return list(read_lines("\n".join(line for line in lines if line.startswith(wanted) and "abel>" in line)))


# --- deciding -----------------------------------------------------------------------------------------------------


def approve(
    parts: Parts, viewer: Viewer, proposal_id: str, choices: Mapping[str, Choice], version: int | None = None
) -> Revision:
    """Make a proposal the newest revision. Raises NotPermitted, Conflicted, InvalidInput."""
    for _ in range(_MOST_RACES):
        proposal = visible(parts, viewer, proposal_id)
        barred = _barred(parts, viewer, proposal)
        if barred:
            raise NotPermitted(f"{proposal.id}: {barred}")
        _must_be(proposal, ("proposed",), version)
        try:
            revision = _append(parts, viewer, proposal, choices)
        except Outrun:
            continue  # somebody else's was approved just now: merge with that one too
        detail = {"revision": revision.id, "own": proposal.author == viewer.name, "kind": proposal.kind}
        parts.workspace.audit.append("graph.approve", viewer.name, detail, subject=proposal.id)
        return revision
    raise InvalidInput(f"{proposal_id}: the graph changes faster than this can be merged; try again")


def _append(parts: Parts, viewer: Viewer, proposal: Proposal, choices: Mapping[str, Choice]) -> Revision:
    graph = parts.graph()
    merged, since = _onto(parts, graph, proposal, choices)
    if merged.conflicts:
        views = conflict_views(merged.conflicts, graph, since, parts.sights.now(viewer, graph))
        raise Conflicted(proposal.id, views)
    refused = refusal(parts, viewer, graph, merged.patch, proposal.id)
    if refused:
        raise refused
    if not merged.patch:
        raise InvalidInput(f"{proposal.id}: the graph says so already; withdraw or reject it")
    return parts.catalog.revisions.append(
        merged.patch.added,
        merged.patch.removed,
        author=proposal.author,
        comment=proposal.comment,
        parent=graph.revision,
        along=lambda connection, revision: parts.catalog.proposals.approved(
            connection, proposal, viewer.name, revision.id
        ),
    )


def _onto(
    parts: Parts, graph: TermGraph, proposal: Proposal, choices: Mapping[str, Choice]
) -> tuple[Merged, list[Revision]]:
    """The proposal brought onto the current graph, and the revisions since its base."""
    mine = _patch(proposal)
    base, current = number_of(proposal.base), number_of(graph.revision)
    since = [each for each in parts.catalog.revisions.since(base) if each.number <= current]
    if not since:
        return Merged(Patch(mine.added, mine.removed), ()), since
    theirs = composed(Patch(frozenset(read_lines(r.added)), frozenset(read_lines(r.removed))) for r in since)
    return merge(graph, theirs, mine, choices), since


def reject(parts: Parts, viewer: Viewer, proposal_id: str, reason: str) -> Proposal:
    """Decline a proposal. Names that it would have brought are not offered as candidates again."""
    proposal = visible(parts, viewer, proposal_id)
    _must_be(proposal, ("proposed",), None)
    reason = _checked_text("reason", reason)
    refused = refusal(parts, viewer, parts.graph(), _patch(proposal), proposal.id)
    if refused and proposal.author != viewer.name:
        raise refused
    moved = parts.catalog.proposals.move(proposal, "rejected", viewer.name, reason)
    forms = new_forms(change_from(proposal.change))
    labels = [label.text for form in forms for label in form.labels if label.kind in ("preferred", "alternative")]
    parts.catalog.candidates.block(labels, viewer.name, reason)
    parts.workspace.audit.append("graph.reject", viewer.name, subject=proposal.id)
    return moved


def withdraw(parts: Parts, viewer: Viewer, proposal_id: str, reason: str) -> Proposal:
    """Take one's own proposal back."""
    proposal = _own(parts, viewer, proposal_id, None)
    moved = parts.catalog.proposals.move(proposal, "withdrawn", viewer.name, reason.strip()[:LONGEST_TEXT])
    parts.workspace.audit.append("graph.withdraw", viewer.name, subject=proposal.id)
    return moved


def submit(parts: Parts, viewer: Viewer, proposal_id: str) -> Proposal:
    """Offer one's own draft for approval."""
    proposal = _own(parts, viewer, proposal_id, None)
    _must_be(proposal, ("draft",), None)
    return parts.catalog.proposals.move(proposal, "proposed")


def may_approve_own(parts: Parts, viewer: Viewer) -> bool:
    """Whether the four-eyes rule lets a viewer approve what they proposed themselves."""
    return parts.four_eyes == "off" or (parts.four_eyes == "managers" and viewer.role == Role.ADMIN)


def _barred(parts: Parts, viewer: Viewer, proposal: Proposal) -> str:
    """Why a viewer may not approve a proposal, whatever it says; "" when they may."""
    if not viewer.edits:
        return "only knowledge managers and admins approve"
    if proposal.author == viewer.name and not may_approve_own(parts, viewer):
        return "somebody else has to approve what you proposed (four eyes)"
    return ""


def _why_not(parts: Parts, viewer: Viewer, proposal: Proposal) -> str:
    """Why a viewer may not approve a proposal; "" when they may."""
    barred = _barred(parts, viewer, proposal)
    if barred:
        return barred
    refused = refusal(parts, viewer, parts.graph(), _patch(proposal), proposal.id)
    return str(refused) if refused else ""


def _patch(proposal: Proposal) -> Patch:
    return Patch(frozenset(read_lines(proposal.added)), frozenset(read_lines(proposal.removed)))


def _own(parts: Parts, viewer: Viewer, proposal_id: str, version: int | None) -> Proposal:
    proposal = visible(parts, viewer, proposal_id)
    if proposal.author != viewer.name and viewer.user is not None:
        raise NotPermitted(f"{proposal.id}: only {proposal.author}, who proposed it, may change or withdraw it")
    _must_be(proposal, OPEN, version)
    return proposal


def _must_be(proposal: Proposal, states: tuple[ProposalState, ...], version: int | None) -> None:
    if proposal.state not in states:
        raise InvalidInput(f"{proposal.id}: it is {proposal.state}, not {' or '.join(states)}")
    if version is not None and version != proposal.version:
        raise InvalidInput(f"{proposal.id}: somebody changed it meanwhile; look at it again")


def _checked_text(what: str, text: str) -> str:
    clean = text.strip()
    if not clean:
        raise InvalidInput(f"{what}: it is empty; say why, in a few words")
    if len(clean) > LONGEST_TEXT:
        raise InvalidInput(f"{what}: {len(clean)} characters; the most is {LONGEST_TEXT}, shorten it")
    return clean
