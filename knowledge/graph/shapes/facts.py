"""Rules about facts and about the relations they stand in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.shapes.found import Found, Mending, Rule, listed
from knowledge.graph.shapes.view import Card, View
from knowledge.graph.types import Relation

_NUMBERS = frozenset(words.XSD + name for name in ("integer", "decimal", "int", "long", "double", "float"))
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


def _several_values(view: View, card: Card, day: date) -> Iterator[Found]:
    told: dict[str, list[Quad]] = {}
    for quad, relation in card.facts:
        told.setdefault(relation.id, []).append(quad)
    backwards: dict[str, set[str]] = {}
    for quad in view.to(NamedNode(card.id)):
        known = view.relations.get(quad.predicate.value)
        for inverse in known.inverse if known else ():
            backwards.setdefault(inverse, set()).add(_value(quad.subject))
        if known and known.symmetric:
            backwards.setdefault(known.id, set()).add(_value(quad.subject))
    for relation in view.relations.values():
        if relation.functional:
            found = _values(view, card, day, [(one.id, told, backwards) for one in view.specialisations[relation.id]])
            if len(found) > 1:
                quads = sorted(told.get(relation.id, ()), key=str)
                mending = Mending("keep_first_value", removed=frozenset(quads[1:])) if len(quads) > 1 else None
                others = frozenset(one for one in found if view.is_concept(one))
                yield Found({"relation": relation.id, "values": listed(found)}, others, mending)


def _values(
    view: View, card: Card, day: date, sources: list[tuple[str, dict[str, list[Quad]], dict[str, set[str]]]]
) -> set[str]:
    """The values that hold on a day."""
    found = {
        (name, _value(quad.object)) for name, told, _ in sources for quad in told.get(name, ())
    } | {(name, one) for name, _, backwards in sources for one in backwards.get(name, ())}  # fmt: skip
    if len({value for _, value in found}) < 2:  # noqa: PLR2004 - time only matters where there are two
        return {value for _, value in found}
    timed = view.timed(card.id)
    return {value for name, value in found if (fact := timed.get((name, value))) is None or fact.holds(day)}


def _unknown_object(view: View, card: Card, _day: date) -> Iterator[Found]:
    for quad, relation in card.facts:
        if relation.literal:
            continue
        value = quad.object
        if isinstance(value, Literal) or (isinstance(value, NamedNode) and not view.is_concept(value.value)):
            yield Found(
                {"relation": relation.id, "value": _value(value)},
                mending=Mending("drop_fact", removed=frozenset({quad})),
            )


def _wrong_class(view: View, card: Card, _day: date) -> Iterator[Found]:
    for quad, relation in card.facts:
        if relation.domain and card.types and card.types.isdisjoint(relation.domain):
            yield Found(
                {"relation": relation.id, "end": "subject", "value": card.id, "classes": listed(relation.domain)},
                mending=Mending("drop_fact", removed=frozenset({quad})),
            )
        if relation.range and isinstance(quad.object, NamedNode) and not relation.literal:
            types = view.card(quad.object.value).types
            if types and types.isdisjoint(relation.range):
                values = {"relation": relation.id, "end": "object", "value": quad.object.value}
                yield Found(
                    {**values, "classes": listed(relation.range)},
                    frozenset({quad.object.value}),
                    Mending("drop_fact", removed=frozenset({quad})),
                )


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip()[:10])
    except ValueError:
        return False
    return True


_LOOKS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(_NUMBERS, _is_number),
    words.XSD + "integer": lambda text: bool(_WHOLE.fullmatch(text.strip())),
    words.XSD + "date": _is_date,
    words.XSD + "gYear": lambda text: bool(re.fullmatch(r"-?\d{4,}", text.strip())),
    words.XSD + "boolean": lambda text: text.strip() in {"true", "false", "0", "1"},
}


def _wrong_datatype(_view: View, card: Card, _day: date) -> Iterator[Found]:
    for quad, relation in card.facts:
        if not relation.literal:
            continue
        if not isinstance(quad.object, Literal):
            yield Found(
                {"relation": relation.id, "value": _value(quad.object), "classes": listed(relation.range) or "text"}
            )
            continue
        asked = [_LOOKS[name] for name in relation.range if name in _LOOKS]
        if asked and not any(looks(quad.object.value) for looks in asked):
            yield Found({"relation": relation.id, "value": quad.object.value[:80], "classes": listed(relation.range)})


def _unusable_phrase(view: View, relation: Relation) -> Iterator[Found]:
    for quad in view.about(NamedNode(relation.id)):
        if quad.predicate.value == words.PHRASE and isinstance(quad.object, Literal):
            text = quad.object.value
            if text.count("{subject}") != 1 or text.count("{object}") != 1:
                yield Found({"phrase": text[:120]}, mending=Mending("drop_phrase", removed=frozenset({quad})))


def _value(term: object) -> str:
    return term.value if isinstance(term, NamedNode | BlankNode | Literal) else str(term)


RULES = {
    "several_values": Rule(
        "error",
        "has several values of {relation}, which allows one: {values}",
        "The checker cannot tell which of them is right, so it can correct nothing.",
        _several_values,
    ),
    "unknown_object": Rule(
        "warning",
        "{relation} leads to {value!r}, which is no concept",
        "A fact about something without a name is found in no sentence.",
        _unknown_object,
    ),
    "wrong_class": Rule(
        "warning",
        "{relation} allows {classes} as its {end}, which {value} is not",
        "Either the fact or the class of one of its ends is wrong.",
        _wrong_class,
    ),
    "wrong_datatype": Rule(
        "warning",
        "{relation} has the value {value!r}, which is not a value of {classes}",
        "Such a value cannot be compared with what a sentence says.",
        _wrong_datatype,
    ),
    "unusable_phrase": Rule(
        "error",
        "the phrase {phrase!r} needs {{subject}} and {{object}} once each",
        "The checker reads sentences by these two places.",
        of_relation=_unusable_phrase,
    ),
}  # fmt: skip
