"""Proposals: changes of the term graph that wait for somebody's word, and what people say about them.

Who may see and decide what is settled in `app.terms`.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from knowledge.catalog.schema import metadata
from knowledge.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

ProposalState = Literal["draft", "proposed", "approved", "rejected", "withdrawn"]
OPEN: tuple[ProposalState, ...] = ("draft", "proposed")

graph_proposals = sa.Table(
    "graph_proposals",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    # The change as it was asked for, see knowledge/graph/changes.py
    sa.Column("change", sa.JSON, nullable=False),
    # Ids of what it is about, and of all that it names
    sa.Column("subjects", sa.JSON, nullable=False),
    sa.Column("named", sa.JSON, nullable=False),
    # The revision that its author saw; N-Quads on top of that one
    sa.Column("base", sa.String, nullable=False),
    sa.Column("added", sa.Text, nullable=False),
    sa.Column("removed", sa.Text, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False),
    # Counts changes of the row: whoever changes it says which one they saw
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("decided_by", sa.String, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("revision", sa.String, nullable=False, index=True),
    # Never reused, also when the newest one is gone
    sqlite_autoincrement=True,
)

graph_comments = sa.Table(
    "graph_comments",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    # A concept's id, or a proposal's ("p12")
    sa.Column("about", sa.String, nullable=False, index=True),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that was asked for. `added` and `removed` are N-Quads on top of revision `base`."""

    number: int
    kind: str
    state: ProposalState
    change: Mapping[str, Any]
    subjects: tuple[str, ...]
    named: tuple[str, ...]
    base: str
    added: str
    removed: str
    author: str
    comment: str
    at: float
    changed_at: float
    version: int
    decided_by: str
    reason: str
    revision: str

    @property
    def id(self) -> str:
        """How people call it."""
        return f"p{self.number}"


@dataclass(frozen=True, slots=True)
class Comment:
    """Something somebody said; `at` is seconds since the epoch."""

    number: int
    about: str
    author: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a new proposal, or a new version of one, asks for."""

    kind: str
    change: Mapping[str, Any]
    subjects: tuple[str, ...]
    named: tuple[str, ...]
    base: str
    added: str
    removed: str
    comment: str


def asked_again(proposal: Proposal, comment: str) -> Proposed:
    """What a proposal asks for, with another comment."""
    asked = {field.name: getattr(proposal, field.name) for field in fields(Proposed)}
    return Proposed(**{**asked, "comment": comment})


class Proposals:
    """The proposals of a catalog and the discussions around the term graph."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = time.time) -> None:
        self._catalog = catalog
        self._clock = clock

    def add(self, asked: Proposed, author: str, state: ProposalState) -> Proposal:
        """Store a new proposal."""
        now = self._clock()
        values = {**_values(asked), "state": state, "author": author, "at": now, "changed_at": now, "version": 1}
        with self._catalog.begin() as connection:
            stored = {**values, "decided_by": "", "reason": "", "revision": ""}
            made = connection.execute(sa.insert(graph_proposals).values(stored).returning(graph_proposals.c.number))
            row = connection.execute(_one(made.scalar_one())).one()
        return _proposal(row)

    def get(self, proposal_id: str) -> Proposal:
        """The proposal of that id ("p12"). Raises NotFound."""
        number = proposal_id.removeprefix("p")
        if proposal_id.startswith("p") and number.isdecimal() and len(number) < 10:  # noqa: PLR2004 - fits an integer
            with self._catalog.connect() as connection:
                row = connection.execute(_one(int(number))).first()
            if row is not None:
                return _proposal(row)
        raise no_such_proposal(proposal_id)

    def list(self, states: tuple[ProposalState, ...] = (), author: str | None = None) -> list[Proposal]:
        """Proposals in these states (none: all), the one that changed last first."""
        query = sa.select(graph_proposals).order_by(
            graph_proposals.c.changed_at.desc(), graph_proposals.c.number.desc()
        )
        if states:
            query = query.where(graph_proposals.c.state.in_(states))
        if author is not None:
            query = query.where(graph_proposals.c.author == author)
        with self._catalog.connect() as connection:
            return [_proposal(row) for row in connection.execute(query)]

    def by_revision(self, revisions: builtins.list[str]) -> dict[str, Proposal]:
        """The proposals that became these revisions."""
        query = sa.select(graph_proposals).where(graph_proposals.c.revision.in_(revisions))
        with self._catalog.connect() as connection:
            return {row.revision: _proposal(row) for row in connection.execute(query)}

    def change(self, proposal: Proposal, asked: Proposed) -> Proposal:
        """Another version of a proposal. Raises InvalidInput when it has changed since it was read."""
        with self._catalog.begin() as connection:
            self._update(connection, proposal, **_values(asked))
        return self.get(proposal.id)

    def move(self, proposal: Proposal, state: ProposalState, by: str = "", reason: str = "") -> Proposal:
        """Put a proposal into another state. Raises InvalidInput when it has changed since it was read."""
        with self._catalog.begin() as connection:
            self._update(connection, proposal, state=state, decided_by=by, reason=reason)
        return self.get(proposal.id)

    def approved(self, connection: sa.Connection, proposal: Proposal, by: str, revision: str) -> None:
        """Note within a transaction that a proposal has become a revision. Raises InvalidInput as `move` does."""
        self._update(connection, proposal, state="approved", decided_by=by, revision=revision)

    def _update(self, connection: sa.Connection, proposal: Proposal, **values: Any) -> None:
        same = (graph_proposals.c.number == proposal.number) & (graph_proposals.c.version == proposal.version)
        moving = {**values, "version": proposal.version + 1, "changed_at": self._clock()}
        if connection.execute(sa.update(graph_proposals).where(same).values(moving)).rowcount == 0:
            raise InvalidInput(f"{proposal.id}: somebody changed it meanwhile; look at it again")

    # --- discussions ----------------------------------------------------------------------------------------------

    def say(self, about: str, author: str, text: str) -> Comment:
        """Add a comment about a concept or a proposal."""
        at = self._clock()
        values = {"about": about, "author": author, "text": text, "at": at}
        query = sa.insert(graph_comments).values(values).returning(graph_comments.c.number)
        with self._catalog.begin() as connection:
            number = connection.execute(query).scalar_one()
        return Comment(number, about, author, text, at)

    def said(self, about: str) -> builtins.list[Comment]:
        """What was said about a concept or a proposal, oldest first."""
        query = sa.select(graph_comments).where(graph_comments.c.about == about).order_by(graph_comments.c.number)
        with self._catalog.connect() as connection:
            return [Comment(*row) for row in connection.execute(query)]

    def said_about(self, abouts: builtins.list[str]) -> dict[str, int]:
        """How many comments there are about each of these."""
        query = sa.select(graph_comments.c.about, sa.func.count()).group_by(graph_comments.c.about)
        with self._catalog.connect() as connection:
            rows = connection.execute(query.where(graph_comments.c.about.in_(abouts)))
            return {row[0]: row[1] for row in rows}


def no_such_proposal(proposal_id: str) -> NotFound:
    """Also for one that may not be seen."""
    return NotFound(f"{proposal_id}: no such proposal; see `plumbline graph review`")


def _one(number: int) -> sa.Select[Any]:
    return sa.select(graph_proposals).where(graph_proposals.c.number == number)


def _values(asked: Proposed) -> dict[str, Any]:
    return {
        "kind": asked.kind,
        "change": dict(asked.change),
        "subjects": list(asked.subjects),
        "named": list(asked.named),
        "base": asked.base,
        "added": asked.added,
        "removed": asked.removed,
        "comment": asked.comment,
    }


def _proposal(row: sa.Row[Any]) -> Proposal:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Proposal(**{**values, "subjects": tuple(row.subjects), "named": tuple(row.named)})
