"""The numbers and dates that the graph states, and whether a text states the same."""

from __future__ import annotations

from knowledge.alignment.quantities import Quantity, bare_year, from_literal
from knowledge.alignment.quantity_comparing import comparable, same
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Fact, Relation


def true_quantities(graph: TermGraph, relation: Relation, subject: str) -> list[Quantity]:
    """What the graph states as numbers or dates of a subject, whenever it held."""
    facts = [fact for fact in graph.facts(subject) if fact.relation == relation.id and fact.literal]
    return [value for fact in facts if (value := quantity_of(fact, relation)) is not None]


def fact_quantity(graph: TermGraph, fact: Fact) -> Quantity | None:
    """The number or date that a fact states; None when it states none."""
    relation = graph.relation(fact.relation)
    return quantity_of(fact, relation) if relation else None


def quantity_of(fact: Fact, relation: Relation) -> Quantity | None:
    """The number or date that a fact of that relation states; None when it states none."""
    return from_literal(fact.object, relation.unit, fact.datatype)


def states(said: Quantity, true: Quantity) -> bool:
    """Whether the text's quantity states the graph's.

    A year without more may stand for a whole date, and a bare number for a year or for a number with a unit.
    """
    if true.is_date != said.is_date:
        year = bare_year(said) or (said if said.is_date else None)
        other = bare_year(true) or (true if true.is_date else None)
        return year is not None and other is not None and same(year, other)
    if comparable(said, true):
        return same(said, true)
    # The graph has a number without a unit: the figure alone is compared
    return true.unit is None and not true.is_date and said.value == true.value
