"""Candidates: what documents and the checker offer for the term graph, and labels that are not to be offered again."""

from __future__ import annotations

import builtins
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from knowledge.catalog.schema import metadata
from knowledge.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

CandidateKind = Literal["term", "fact", "conflict", "name"]
CandidateState = Literal["open", "accepted", "rejected"]
Origin = Literal["documents", "checker"]

graph_candidates = sa.Table(
    "graph_candidates",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    # Equal for what means the same: offered again, it is counted again
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    # {"subject", "relation", "object", "literal"} of a fact or conflict
    sa.Column("claim", sa.JSON, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("proposal", sa.String, nullable=False),
    sa.Column("decided_by", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
)

graph_candidate_documents = sa.Table(
    "graph_candidate_documents",
    metadata,
    sa.Column("candidate", sa.ForeignKey("graph_candidates.number", ondelete="CASCADE"), primary_key=True),
    # Goes with the document: nothing of an erased one stays here
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
)

graph_blocked = sa.Table(
    "graph_blocked",
    metadata,
    # The label in lower case with single blanks
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A document in which a candidate stands: how often, and some of the sentences, desensitized as documents are."""

    document_id: str
    count: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a sentence says: ids where the graph has them, else text."""

    subject: str
    relation: str
    object: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class NewCandidate:
    """Something to offer. `places` are the documents where it stands; `label` is the phrase, or the claim in words.

    Kinds: "term" a phrase that may be a concept, "fact" one that documents state and the graph does not, "conflict" one
    that the graph contradicts, "name" a name that the graph does not know.
    """

    kind: CandidateKind
    origin: Origin
    label: str
    language: str
    places: tuple[Place, ...]
    score: float = 0.0
    claim: Claim | None = None

    @property
    def key(self) -> str:
        """What makes two candidates the same."""
        claim = self.claim
        about = f"{claim.subject}\n{claim.relation}\n{claim.object}" if claim else label_key(self.label)
        return f"{self.kind}\n{about}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offered candidate; times are seconds since the epoch."""

    number: int
    kind: CandidateKind
    origin: Origin
    label: str
    language: str
    claim: Claim | None
    places: tuple[Place, ...]
    score: float
    state: CandidateState
    proposal: str
    decided_by: str
    reason: str
    at: float
    changed_at: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """A label that is not to be offered."""

    label: str
    by: str
    reason: str
    at: float


class Candidates:
    """The candidates of a catalog. Offering one twice is counted, not doubled; a decided one is left alone."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def offer(self, candidates: Iterable[NewCandidate]) -> int:
        """Store candidates; gives how many were not known before. Blocked terms and names are left out."""
        offered = {candidate.key: candidate for candidate in candidates}
        blocked = self.blocked_keys()
        new = 0
        with self._catalog.begin() as connection:
            _drop_forgotten(connection)
            for key, candidate in offered.items():
                if candidate.claim is None and label_key(candidate.label) in blocked:
                    continue
                new += self._offer(connection, key, candidate)
        return new

    def _offer(self, connection: sa.Connection, key: str, candidate: NewCandidate) -> bool:
        known = connection.execute(sa.select(graph_candidates).where(graph_candidates.c.key == key)).first()
        if known is not None and known.state != "open":
            return False
        changing = {"score": candidate.score, "changed_at": self._clock()}
        if known is not None:
            number = known.number
            same = graph_candidates.c.number == number
            connection.execute(sa.update(graph_candidates).where(same).values(changing))
        else:
            values = {
                **changing,
                "key": key,
                "kind": candidate.kind,
                "origin": candidate.origin,
                "label": candidate.label,
                "language": candidate.language,
                "claim": asdict(candidate.claim) if candidate.claim else {},
                "state": "open",
                "proposal": "",
                "decided_by": "",
                "reason": "",
                "at": self._clock(),
            }
            query = sa.insert(graph_candidates).values(values).returning(graph_candidates.c.number)
            number = connection.execute(query).scalar_one()
        _put_places(connection, number, candidate.places)
        return known is None

    def get(self, number: int) -> Candidate:
        """The candidate of that number. Raises NotFound."""
        found = self._read(graph_candidates.c.number == number)
        if not found:
            raise no_such_candidate(number)
        return found[0]

    def list(
        self, state: CandidateState | None = "open", kind: CandidateKind | None = None, origin: Origin | None = None
    ) -> list[Candidate]:
        """Candidates, the best first."""
        wanted: sa.ColumnElement[bool] = sa.true()
        for column, value in (("state", state), ("kind", kind), ("origin", origin)):
            if value is not None:
                wanted = wanted & (graph_candidates.c[column] == value)
        return self._read(wanted)

    def _read(self, wanted: sa.ColumnElement[bool]) -> builtins.list[Candidate]:
        of = graph_candidate_documents
        query = sa.select(graph_candidates).where(wanted)
        query = query.order_by(graph_candidates.c.score.desc(), graph_candidates.c.number)
        where = sa.select(of.c.candidate, of.c.document_id, of.c["count"], of.c.sentences)
        where = where.where(of.c.candidate.in_(sa.select(graph_candidates.c.number).where(wanted)))
        where = where.order_by(of.c["count"].desc(), of.c.document_id)
        places: dict[int, builtins.list[Place]] = defaultdict(list)
        with self._catalog.connect() as connection:
            for candidate, document, count, sentences in connection.execute(where):
                places[candidate].append(Place(document, count, tuple(sentences)))
            return [_candidate(row, tuple(places[row.number])) for row in connection.execute(query)]

    def decide(self, number: int, state: CandidateState, by: str, *, proposal: str = "", reason: str = "") -> None:
        """Settle an open candidate. Raises InvalidInput when somebody did already."""
        still = (graph_candidates.c.number == number) & (graph_candidates.c.state == "open")
        values = {"state": state, "decided_by": by, "proposal": proposal, "reason": reason, "changed_at": self._clock()}
        with self._catalog.begin() as connection:
            if connection.execute(sa.update(graph_candidates).where(still).values(values)).rowcount == 0:
                raise InvalidInput(f"candidate {number}: it has been decided about already")

    # --- labels that are not to be offered ------------------------------------------------------------------------

    def block(self, labels: Iterable[str], by: str, reason: str) -> None:
        """Never offer these labels again."""
        values = {label_key(label): label for label in labels}
        with self._catalog.begin() as connection:
            known = set(connection.execute(sa.select(graph_blocked.c.key)).scalars())
            for key, label in values.items():
                if key not in known:
                    row = {"key": key, "label": label, "by": by, "reason": reason, "at": self._clock()}
                    connection.execute(sa.insert(graph_blocked).values(row))

    def unblock(self, label: str) -> None:
        """Allow a label again. Raises NotFound when it is not blocked."""
        with self._catalog.begin() as connection:
            same = graph_blocked.c.key == label_key(label)
            if connection.execute(sa.delete(graph_blocked).where(same)).rowcount == 0:
                raise NotFound(f"{label!r}: not on the list of labels that are not to be offered")

    def blocked(self) -> builtins.list[Blocked]:
        """All labels that are not to be offered, in order."""
        with self._catalog.connect() as connection:
            rows = connection.execute(sa.select(graph_blocked).order_by(graph_blocked.c.key))
            return [Blocked(row.label, row.by, row.reason, row.at) for row in rows]

    def blocked_keys(self) -> frozenset[str]:
        """The labels that are not to be offered, as `label_key` makes them."""
        with self._catalog.connect() as connection:
            return frozenset(connection.execute(sa.select(graph_blocked.c.key)).scalars())


def label_key(label: str) -> str:
    """What two spellings of a label share."""
    return " ".join(label.casefold().split())


def no_such_candidate(number: int) -> NotFound:
    """Also for one that may not be seen."""
    return NotFound(f"candidate {number}: no such candidate")


def _drop_forgotten(connection: sa.Connection) -> None:
    """Open candidates whose documents are all gone."""
    left = sa.select(graph_candidate_documents.c.candidate)
    forgotten = (graph_candidates.c.state == "open") & graph_candidates.c.number.not_in(left)
    connection.execute(sa.delete(graph_candidates).where(forgotten))


def _put_places(connection: sa.Connection, number: int, places: Iterable[Place]) -> None:
    of = graph_candidate_documents
    for place in places:
        connection.execute(sa.delete(of).where(of.c.candidate == number, of.c.document_id == place.document_id))
        connection.execute(sa.insert(of).values({"candidate": number, **asdict(place)}))


def _candidate(row: sa.Row[Any], places: tuple[Place, ...]) -> Candidate:
    return Candidate(
        number=row.number,
        kind=row.kind,
        origin=row.origin,
        label=row.label,
        language=row.language,
        claim=Claim(**row.claim) if row.claim else None,
        places=places,
        score=row.score,
        state=row.state,
        proposal=row.proposal,
        decided_by=row.decided_by,
        reason=row.reason,
        at=row.at,
        changed_at=row.changed_at,
    )
