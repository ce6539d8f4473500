"""What `assistant.terms` gives back: small frozen results that print as JSON. All of it is what the asker may see."""

from __future__ import annotations

from typing import Literal

from knowledge.catalog.proposals import ProposalState
from knowledge.graph.changes import Change, ConceptForm, Kind
from knowledge.graph.differing import FieldChange, Name, Value
from knowledge.graph.importing import ImportPreview
from knowledge.graph.quality import Issue
from knowledge.types import Language, Result


class ConceptHit(Result):
    """A concept found by one of its labels, 1.0 being an exact match."""

    concept: Name
    label: str
    score: float
    deprecated: bool
    definition: str


class ConceptRow(Result):
    """A concept in a list or tree. `children`: it has narrower ones; `changed_at` is 0 where no revision tells."""

    concept: Name
    deprecated: bool
    children: bool = False
    missing: tuple[Language, ...] = ()
    access: tuple[str, ...] = ()
    changed_at: float = 0.0


class ConceptPage(Result):
    """Some of the rows of a list, and how many there are in all."""

    rows: tuple[ConceptRow, ...]
    total: int


class Incoming(Result):
    """A fact of another concept that leads here."""

    subject: Name
    relation: Name


class ConceptView(Result):
    """A concept with everything around it. `names` calls every id in `form` by its name, so far as there is one.

    `inherited` are old names taken over from concepts that it replaces. `pending` are ids of proposals that wait.
    """

    concept: Name
    form: ConceptForm
    deprecated: bool
    replaced_by: tuple[Name, ...]
    names: dict[str, Name]
    narrower: tuple[Name, ...]
    incoming: tuple[Incoming, ...]
    inherited: tuple[str, ...]
    pending: tuple[str, ...]
    comments: int
    issues: tuple[Issue, ...]
    revision: str


class GraphDiff(Result):
    """What lies between two states of the graph, field by field; `added` and `removed` count statements.

    `complete`: false when there are more fields than are listed.
    """

    older: str
    newer: str
    added: int
    removed: int
    fields: tuple[FieldChange, ...]
    complete: bool = True


class Node(Result):
    """A thing in a drawing of the graph; a value (a number, a date, a text) has no id of its own in the graph."""

    concept: Name
    kind: Literal["concept", "value"] = "concept"
    deprecated: bool = False


class Edge(Result):
    """What joins two nodes, by their ids."""

    subject: str
    object: str
    relation: Name


class Neighbourhood(Result):
    """What lies around a concept. `complete`: false when there is more than was asked for."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    complete: bool = True


class ConflictView(Result):
    """A field that the proposal and a revision since its base changed differently; `key` names it in `approve`.

    `base` is what both started from. `choices` says what may be chosen.
    """

    key: str
    subject: Name
    field: str
    field_name: str
    language: str
    base: tuple[Value, ...]
    theirs: tuple[Value, ...]
    mine: tuple[Value, ...]
    theirs_by: str
    theirs_revision: str
    choices: tuple[Literal["mine", "theirs", "both"], ...]


class ProposalRow(Result):
    """A proposal in a list. `own`: by whoever asks; `behind`: the graph has changed since its base."""

    id: str
    kind: Kind
    state: ProposalState
    subjects: tuple[Name, ...]
    author: str
    comment: str
    at: float
    changed_at: float
    version: int
    decided_by: str = ""
    reason: str = ""
    revision: str = ""
    own: bool = False
    behind: bool = False
    comments: int = 0


class ProposalView(ProposalRow):
    """A proposal with what it changes. `may_approve`: whether the asker may, `why_not` says why not.

    `change` is None where the asker may not see all of it. `conflicts` must be chosen about before it is approved;
    `issues` are what quality rules would say of the concepts afterwards.
    """

    base: str
    change: Change | None = None
    diff: GraphDiff
    conflicts: tuple[ConflictView, ...] = ()
    issues: tuple[Issue, ...] = ()
    may_approve: bool = False
    why_not: str = ""


class ChangePreview(Result):
    """What a change would do, before anything is stored."""

    diff: GraphDiff
    issues: tuple[Issue, ...]


class ImportView(Result):
    """What an import did. `proposal`: by which its `added` and `removed` statements came, "" when there were none.

    `approved`: it is the newest revision already; else it waits for somebody. `revision` is the newest one.
    """

    preview: ImportPreview
    revision: str
    proposal: str = ""
    added: int = 0
    removed: int = 0
    approved: bool = False


class RevisionView(Result):
    """One approved change. `approved_by` is "" for imports from before proposals; `added` and `removed` are counts."""

    id: str
    number: int
    author: str
    approved_by: str
    comment: str
    at: float
    kind: Kind
    proposal: str
    subjects: tuple[Name, ...]
    added: int
    removed: int
    releases: tuple[str, ...] = ()


class WatchedView(Result):
    """A watched concept with the revisions, newest first, in which others changed it since its watcher looked last.

    `gone`: it has been deleted.
    """

    concept: Name
    changes: tuple[RevisionView, ...]
    gone: bool = False


class SavedQuery(Result):
    """A SPARQL query kept under a name. `own`: the asker's; `shared`: others who work on the graph see it too."""

    owner: str
    name: str
    text: str
    shared: bool
    own: bool


class ReachView(Result):
    """For which languages and concept schemes an account may propose and decide; empty: not limited."""

    name: str
    languages: tuple[str, ...] = ()
    schemes: tuple[Name, ...] = ()


class ReleaseView(Result):
    """A named revision."""

    name: str
    revision: str
    author: str
    comment: str
    at: float


class CommentView(Result):
    """Something somebody said about a concept or a proposal."""

    id: int
    about: str
    author: str
    text: str
    at: float


class UsageSentence(Result):
    """A sentence of a document that mentions the concept; the mention is sentence[start:end]."""

    document_id: str
    title: str
    path: str
    page: int | None
    chunk_id: str
    sentence: str
    start: int
    end: int


class UsageAnswer(Result):
    """A sentence of an answer that mentions the concept; `own`: the asker's. Of others' answers no question is told."""

    message_id: str
    at: float
    own: bool
    question: str
    sentence: str


class Usage(Result):
    """Where a concept is mentioned; the counts are of all that the asker may read, the sentences are some of them."""

    concept: Name
    documents: int
    chunks: int
    sentences: tuple[UsageSentence, ...]
    answers: int
    answer_sentences: tuple[UsageAnswer, ...]


class AnswerImpact(Result):
    """An answer that would be checked differently: its text after checking now and then, and what is seen in it."""

    message_id: str
    at: float
    own: bool
    question: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str
    findings_before: tuple[str, ...]
    findings_after: tuple[str, ...]


class DocumentImpact(Result):
    """A sentence of a document in which other concepts would be found."""

    document_id: str
    title: str
    path: str
    chunk_id: str
    sentence: str
    gains: tuple[Name, ...]
    loses: tuple[Name, ...]


class Impact(Result):
    """What a change touches, of what the asker may read. `answers_examined` is at most 1,000.

    `documents_touched` counts documents with a changed sentence, `answers_touched` answers that mention what changes;
    `answers` and `documents` list those where something would be different, the newest or first ones.
    """

    answers_examined: int
    answers_touched: int
    answers: tuple[AnswerImpact, ...]
    documents_examined: int
    documents_touched: int
    documents: tuple[DocumentImpact, ...]


class DuplicateView(Result):
    """Two concepts that may be one, with the names by which they look so; `same`: written differently only.

    `proposal` is the id of one that waits for approval and would merge the two or tell them apart, "" where none does.
    """

    first: Name
    second: Name
    first_label: str
    second_label: str
    same: bool
    proposal: str = ""


class CandidateSentence(Result):
    """Where a candidate stands."""

    document_id: str
    title: str
    text: str


class CandidateView(Result):
    """Something that documents or the checker offer for the graph; `count` is over documents that the asker may read.

    For kind "term" `label` is the phrase; for "fact" and "conflict" `subject`, `relation` and `object` say what is
    claimed (names where there are any, else text); for "name" `label` is a name that the graph does not know.
    """

    id: int
    kind: Literal["term", "fact", "conflict", "name"]
    origin: Literal["documents", "checker"]
    label: str
    language: str
    count: int
    score: float
    state: Literal["open", "accepted", "rejected"]
    sentences: tuple[CandidateSentence, ...]
    subject: str = ""
    relation: str = ""
    object: str = ""
    literal: bool = False
    proposal: str = ""
    reason: str = ""
    decided_by: str = ""
