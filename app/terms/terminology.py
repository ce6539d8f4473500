"""`Terminology`: everything that people do with the company's terms, with the rights of each.

Employees read what their access labels allow; knowledge managers and admins propose, comment, decide, release. A role
never widens what one may see. What is hidden from somebody is not there for them: not in lists, counts, histories,
diffs, usage or errors, which are the same as for what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from app.rules import RuleView, rule_views
from app.terms import history, importing, offering, proposing, reading, trying, usage
from app.terms.news import Newsman, Telling
from app.terms.offering import Offering
from app.terms.parts import Parts
from app.terms.querying import Querying
from app.terms.reaching import Reaching
from app.terms.rights import Asker, Viewer, must_see, viewer_of
from app.terms.views import (
    ChangePreview,
    CommentView,
    ConceptHit,
    ConceptPage,
    ConceptView,
    GraphDiff,
    Impact,
    ImportView,
    Neighbourhood,
    ProposalRow,
    ProposalView,
    ReleaseView,
    RevisionView,
    Usage,
)
from app.terms.watching import Watching
from knowledge.catalog.proposals import Comment, ProposalState
from knowledge.errors import InvalidInput
from knowledge.graph.changes import Change, Raw, RelationForm
from knowledge.graph.differing import Name, Names
from knowledge.graph.importing import ImportOptions, ImportPreview
from knowledge.graph.merging import Choice
from knowledge.graph.quality import QualityReport
from knowledge.graph.querying import Queries
from knowledge.types import AlignmentReport, Language, User

if TYPE_CHECKING:
    from pathlib import Path

    from app.terms.relinking import Relinking
    from app.wiring import Workspace
    from knowledge.alignment.readings import ClaimReading


class Terminology(Watching, Telling, Querying, Offering, Reaching):
    """The term graph of one workspace. Safe from many threads and processes.

    `user` is an account's name, a `User`, an `Operator` (whoever works at the machine: sees and may all) or None: then
    only what every signed-in user may see. Ids that are unknown or hidden raise the same NotFound; what a role does not
    allow raises NotPermitted; wrong input raises InvalidInput. Revisions are named by id, number, release name or
    "current".
    """

    def __init__(
        self, workspace: Workspace, resolve: Callable[[str | User | None], User], relinking: Relinking
    ) -> None:
        self._parts = Parts(workspace, relinking)
        self._resolve = resolve
        self._queries = Queries()
        self._newsman = Newsman(self._parts, self._viewer)

    def _viewer(self, user: Asker) -> Viewer:
        return viewer_of(user, self._resolve)

    def follow(self) -> None:
        """See in the background to what an ended process left undone: chunks to link anew, news to be sent."""
        if self._parts.relinking.behind():
            self._parts.relinking.start()
        self._newsman.start()

    def close(self) -> None:
        """End the processes that answer queries, and put off news that are not sent yet."""
        self._newsman.close()
        self._queries.close()

    # --- looking --------------------------------------------------------------------------------------------------

    def current(self) -> str:
        """The id of the newest revision; "" when there is none."""
        return self._parts.catalog.revisions.current_id()

    def search(self, text: str, user: Asker = None, *, limit: int = 20) -> list[ConceptHit]:
        """Concepts whose labels are, begin with, contain or resemble `text`, best first."""
        return reading.search(self._parts, self._viewer(user), text, limit)

    def concept(self, concept_id: str, user: Asker = None, *, revision: str | None = None) -> ConceptView:
        """A concept with everything around it, now or as of a revision; its `form` is what an edit begins with."""
        return reading.concept_view(self._parts, self._viewer(user), concept_id, revision)

    def tree(self, user: Asker = None, *, parent: str | None = None, offset: int = 0, limit: int = 100) -> ConceptPage:
        """The concepts below `parent`, or (None) at the top."""
        return reading.tree(self._parts, self._viewer(user), parent, offset, limit)

    def listing(
        self,
        user: Asker = None,
        *,
        order: reading.Order = "alphabetical",
        language: Language = "en",
        begins: str = "",
        state: reading.Shown = "all",
        offset: int = 0,
        limit: int = 50,
    ) -> ConceptPage:
        """Concepts in order of their names in a language, or the last changed first (the newest 500)."""
        viewer = self._viewer(user)
        return reading.listing(
            self._parts,
            viewer,
            order=order,
            language=language,
            begins=begins,
            shown=state,
            offset=offset,
            limit=limit,
        )

    def names(self, ids: Iterable[str], user: Asker = None) -> dict[str, Name]:
        """What things are called; those that the user may not see, or that do not exist, are left out."""
        graph = self._parts.graph()
        veil, names = self._parts.sights.now(self._viewer(user), graph), Names(graph)
        known = (each for each in ids if each in graph or graph.relation(each) or graph.class_names(each))
        return {each: names.name(each) for each in known if not veil.hides(each)}

    def relations(self, user: Asker = None, *, of: Collection[str] = ()) -> list[RelationForm]:
        """All relations with their phrases, as forms to edit; `of`: those that things of these classes may have."""
        return reading.relations(self._parts, self._viewer(user), of)

    def classes(self, user: Asker = None) -> list[Name]:
        """The classes of things, by name: for a concept's class, a relation's domain and range."""
        return trying.classes(self._parts, self._viewer(user))

    def relation(self, relation_id: str, user: Asker = None) -> RelationForm:
        """One relation as a form to edit."""
        return reading.relation(self._parts, self._viewer(user), relation_id)

    def neighbourhood(self, user: Asker = None, *, around: str, steps: int = 1, limit: int = 60) -> Neighbourhood:
        """What is joined to a concept, for a drawing."""
        return reading.neighbourhood(self._parts, self._viewer(user), around, steps, limit)

    def turtle(self, concept_id: str, user: Asker = None, *, revision: str | None = None) -> str:
        """What is said about one concept, in Turtle."""
        return history.exported(self._parts, self._viewer(user), revision, "ttl", concept_id).decode()

    # --- changing -------------------------------------------------------------------------------------------------

    def preview(self, change: Change, user: Asker) -> ChangePreview:
        """What a change would do to the newest revision and what would be wrong then; nothing is stored."""
        return proposing.preview(self._parts, self._viewer(user), change)

    def read(
        self, text: str, user: Asker, *, change: Change | None = None
    ) -> tuple[AlignmentReport, list[ClaimReading]]:
        """What the checker says to a text and what it reads in it, as if `change` had been approved."""
        return trying.read(self._parts, self._viewer(user), text, change)

    def plan_import(self, file: Path, user: Asker, options: ImportOptions | None = None) -> tuple[ImportPreview, Raw]:
        """What a file would do to what the user may see of the graph, and the change to propose for it."""
        wanted = options or ImportOptions()
        preview, change, _ = importing.plan(self._parts, self._viewer(user), file, wanted, self._parts.today())
        return preview, change

    def import_file(
        self,
        file: Path,
        user: Asker,
        *,
        comment: str = "",
        options: ImportOptions | None = None,
        approve: bool = True,
        wait: bool = False,
    ) -> ImportView:
        """Propose what a file says, approved at once where the four-eyes rule lets the user do so by themselves.

        Without `approve` it waits for approval in any case. `wait` as for `approve`. Raises InvalidInput, naming file
        and line, for one that cannot be read.
        """
        done = importing.bring(
            self._parts, self._viewer(user), file, options or ImportOptions(), comment, approve=approve
        )
        if done.approved:
            self._relink(wait=wait)
        return done

    def quality(self, user: Asker) -> QualityReport:
        """All that is wrong or doubtful in the newest revision; checked once per revision."""
        return trying.quality(self._parts, self._viewer(user))

    def rules(self, user: Asker) -> list[RuleView]:
        """How often each rule of the checker edited answers lately, and which only suggest now, see `app.rules`."""
        self._viewer(user).must_edit()
        return rule_views(self._parts.catalog)

    def suggesting(self, user: Asker) -> frozenset[str]:
        """The rules that only suggest because people took their edits back; none for those who only read."""
        return self._parts.workspace.suggesting() if self._viewer(user).edits else frozenset()

    def propose(
        self, change: Change, user: Asker, *, comment: str, base: str | None = None, draft: bool = False
    ) -> ProposalView:
        """Ask for a change, on top of the revision `base` that its author saw (None: the newest)."""
        viewer = self._viewer(user)
        proposal = proposing.propose(self._parts, viewer, change, comment, base=base, draft=draft)
        return proposing.view(self._parts, viewer, proposal)

    def revise(
        self,
        proposal_id: str,
        user: Asker,
        *,
        change: Change | None = None,
        comment: str | None = None,
        version: int | None = None,
    ) -> ProposalView:
        """Another version of one's own open proposal; `version` is the one that was seen."""
        viewer = self._viewer(user)
        proposal = proposing.revise(self._parts, viewer, proposal_id, change, comment, version)
        return proposing.view(self._parts, viewer, proposal)

    def submit(self, proposal_id: str, user: Asker) -> ProposalView:
        """Offer one's own draft for approval."""
        viewer = self._viewer(user)
        return proposing.view(self._parts, viewer, proposing.submit(self._parts, viewer, proposal_id))

    def proposals(
        self,
        user: Asker,
        *,
        state: ProposalState | None = None,
        concept: str | None = None,
        author: str | None = None,
        limit: int = 100,
    ) -> list[ProposalRow]:
        """Proposals, the one that changed last first; drafts only one's own."""
        viewer = self._viewer(user)
        found = proposing.listed(self._parts, viewer, state, concept, author)
        return [proposing.row(self._parts, viewer, each) for each in found[:limit]]

    def waiting(self, user: Asker) -> int:
        """How many proposals wait for approval; 0 for those who only read."""
        viewer = self._viewer(user)
        return len(proposing.listed(self._parts, viewer, "proposed", None, None)) if viewer.edits else 0

    def proposal(self, proposal_id: str, user: Asker) -> ProposalView:
        """A proposal with what it changes, what stands in its way and what would be wrong afterwards."""
        viewer = self._viewer(user)
        return proposing.view(self._parts, viewer, proposing.visible(self._parts, viewer, proposal_id))

    def approve(
        self,
        proposal_id: str,
        user: Asker,
        *,
        choices: Mapping[str, Choice] | None = None,
        version: int | None = None,
        wait: bool = False,
    ) -> RevisionView:
        """Make a proposal the newest revision, merged with what others changed since its base.

        Raises Conflicted where both changed the same: `choices` says by conflict key what to take, and nothing is
        dropped without. Chunks are linked with the new concepts in the background, or (`wait`) before this returns.
        """
        viewer = self._viewer(user)
        revision = proposing.approve(self._parts, viewer, proposal_id, choices or {}, version)
        self._relink(wait=wait)
        return history.one(self._parts, viewer, revision)

    def _relink(self, *, wait: bool) -> None:
        if wait:
            self._parts.relinking.now()
            self._newsman.at_once()
        else:
            self._parts.relinking.start()
            self._newsman.start()

    def tell_apart(
        self, first: str, second: str, user: Asker, *, comment: str = "", wait: bool = False
    ) -> ProposalView:
        """State that two concepts are not one (`owl:differentFrom`): they are no possible duplicates any more.

        Approved at once where the four-eyes rule lets the user do so by themselves.
        """
        proposal = offering.tell_apart(self._parts, self._viewer(user), first, second, comment)
        return self._approved(proposal.id, user, wait=wait)

    def reject(self, proposal_id: str, user: Asker, *, reason: str) -> ProposalRow:
        """Decline a proposal; names of new concepts in it are not offered as candidates again."""
        viewer = self._viewer(user)
        return proposing.row(self._parts, viewer, proposing.reject(self._parts, viewer, proposal_id, reason))

    def withdraw(self, proposal_id: str, user: Asker, *, reason: str = "") -> ProposalRow:
        """Take one's own open proposal back."""
        viewer = self._viewer(user)
        return proposing.row(self._parts, viewer, proposing.withdraw(self._parts, viewer, proposal_id, reason))

    def comment(self, about: str, text: str, user: Asker) -> CommentView:
        """Say something about a concept, a relation or a proposal ("p12")."""
        viewer = self._discussing(about, user)
        clean = text.strip()
        if not clean or len(clean) > proposing.LONGEST_TEXT:
            raise InvalidInput(f"comment: {len(clean)} characters; type 1 to {proposing.LONGEST_TEXT}")
        return _comment(self._parts.catalog.proposals.say(about, viewer.name, clean))

    def discussion(self, about: str, user: Asker) -> list[CommentView]:
        """What was said about a concept, a relation or a proposal, oldest first."""
        self._discussing(about, user)
        return [_comment(each) for each in self._parts.catalog.proposals.said(about)]

    def _discussing(self, about: str, user: Asker) -> Viewer:
        viewer = self._viewer(user)
        viewer.must_edit()
        if about.startswith("p") and about[1:].isdecimal():
            proposing.visible(self._parts, viewer, about)
        else:
            must_see(self._parts.graph(), about, viewer)
        return viewer

    # --- the past -------------------------------------------------------------------------------------------------

    def history(
        self, user: Asker = None, *, concept: str | None = None, limit: int = 50, before: int | None = None
    ) -> list[RevisionView]:
        """Revisions, newest first; `concept`: those that speak of it; `before`: those with lower numbers."""
        return history.history(self._parts, self._viewer(user), concept, limit, before)

    def diff(self, older: str, newer: str, user: Asker = None, *, concept: str | None = None) -> GraphDiff:
        """What lies between two revisions or releases; "" is the empty graph before the first one."""
        return history.diff(self._parts, self._viewer(user), older, newer, concept)

    def export(self, user: Asker = None, *, revision: str | None = None, format: str = "ttl") -> bytes:  # noqa: A002
        """The state of any revision as RDF."""
        return history.exported(self._parts, self._viewer(user), revision, format)

    def rollback(self, to: str, user: Asker, *, comment: str = "", wait: bool = False) -> ProposalView:
        """Bring a state back, as a new revision; where the four-eyes rule asks for it, as a proposal that waits."""
        proposal = history.rollback(self._parts, self._viewer(user), to, comment)
        return self._approved(proposal.id, user, wait=wait)

    def undo(self, revision: str, user: Asker, *, comment: str = "", wait: bool = False) -> ProposalView:
        """Take back what one revision changed, as a new revision; what others changed since stays.

        Where the four-eyes rule asks for it, or where the same fields were changed since, it is a proposal that waits.
        """
        proposal = history.undo(self._parts, self._viewer(user), revision, comment)
        return self._approved(proposal.id, user, wait=wait)

    def _approved(self, proposal_id: str, user: Asker, *, wait: bool) -> ProposalView:
        """The user's own proposal, approved at once where they may do so and nothing is left to be chosen."""
        may = proposing.may_approve_own(self._parts, self._viewer(user))
        if may and not self.proposal(proposal_id, user).conflicts:
            self.approve(proposal_id, user, wait=wait)
        return self.proposal(proposal_id, user)

    def release(self, name: str, user: Asker, *, comment: str = "", revision: str | None = None) -> ReleaseView:
        """Name a revision, by default the newest; a name is given once."""
        return history.release(self._parts, self._viewer(user), name, comment, revision)

    def releases(self, user: Asker = None) -> list[ReleaseView]:
        """All releases, newest first."""
        self._viewer(user)
        return history.releases(self._parts)

    # --- what it touches ------------------------------------------------------------------------------------------

    def usage(self, concept_id: str, user: Asker = None, *, limit: int = 50) -> Usage:
        """Documents and answers that mention a concept, with the sentences; others' answers for analysts and admins."""
        return usage.usage(self._parts, self._viewer(user), concept_id, limit)

    def impact(self, change: Change | str, user: Asker) -> Impact:
        """What a change, or a proposal by its id, would do to the last 1,000 answers and the indexed documents."""
        viewer = self._viewer(user)
        added, removed = proposing.statements(self._parts, viewer, change)
        return usage.impact(self._parts, viewer, added, removed)


def _comment(each: Comment) -> CommentView:
    return CommentView(id=each.number, about=each.about, author=each.author, text=each.text, at=each.at)
