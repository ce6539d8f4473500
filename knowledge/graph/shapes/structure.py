"""Rules about how concepts stand to each other: broader, related, replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from pyoxigraph import Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.shapes.found import Found, Mending, Rule, listed
from knowledge.graph.shapes.view import Card, View

_TRUE = Literal("true", datatype=NamedNode(words.XSD + "boolean"))


def _ahead(start: frozenset[str], following: Callable[[str], frozenset[str]]) -> set[str]:
    """Everything that can be reached, `start` included."""
    seen, ahead = set(start), list(start)
    while ahead:
        for one in following(ahead.pop()):
            if one not in seen:
                seen.add(one)
                ahead.append(one)
    return seen


def _broader_cycle(view: View, card: Card, _day: date) -> Iterator[Found]:
    if not card.broader or not view.in_cycle(card.id):
        return
    guilty = {one for one in card.broader if one == card.id or card.id in view.above(one)}
    yield Found(
        {"others": listed(guilty)},
        frozenset(guilty),
        Mending("drop_broader", removed=_links(view, card.id, words.BROADER, guilty, words.NARROWER)),
    )


def _related_to_broader(view: View, card: Card, _day: date) -> Iterator[Found]:
    """What is merely related stands beside, not above: SKOS keeps the two apart."""
    if not card.related:
        return
    wrong = {one for one in card.related if one == card.id or one in view.above(card.id)}
    if wrong:
        removed = _links(view, card.id, words.RELATED, wrong, words.RELATED)
        yield Found({"others": listed(wrong)}, frozenset(wrong), Mending("drop_related", removed=removed))


def _unknown_broader(view: View, card: Card, _day: date) -> Iterator[Found]:
    unknown = {one for one in card.broader if not view.is_concept(one)}
    for one in sorted(unknown):
        removed = _links(view, card.id, words.BROADER, {one}, words.NARROWER)
        yield Found({"others": one}, mending=Mending("drop_broader", removed=removed))


def _unknown_related(view: View, card: Card, _day: date) -> Iterator[Found]:
    for one in sorted(one for one in card.related if not view.is_concept(one)):
        removed = _links(view, card.id, words.RELATED, {one}, words.RELATED)
        yield Found({"others": one}, mending=Mending("drop_related", removed=removed))


def _orphan(_view: View, card: Card, _day: date) -> Iterator[Found]:
    if not card.placed and not card.deprecated:
        yield Found()


def _no_definition(_view: View, card: Card, _day: date) -> Iterator[Found]:
    if not card.defined and not card.deprecated:
        yield Found()


# --- replacement ---------------------------------------------------------------------------------------------------


def _heirs(view: View, card: Card) -> set[str]:
    return _ahead(card.replaced_by, lambda one: view.card(one).replaced_by)


def _no_replacement(_view: View, card: Card, _day: date) -> Iterator[Found]:
    if card.deprecated and not card.replaced_by:
        yield Found()


def _replacement_loop(view: View, card: Card, _day: date) -> Iterator[Found]:
    heirs = _heirs(view, card)
    if any(one in _heirs(view, view.card(one)) for one in heirs):
        removed = _links(view, card.id, words.REPLACED_BY, set(card.replaced_by))
        yield Found(
            {"others": listed(card.replaced_by)}, card.replaced_by, Mending("drop_replacement", removed=removed)
        )


def _replacement_deprecated(view: View, card: Card, _day: date) -> Iterator[Found]:
    """A chain of replacements that ends in a concept that is itself out of use."""
    if not card.replaced_by:
        return
    heirs = _heirs(view, card)
    if any(not view.card(one).deprecated or one in _heirs(view, view.card(one)) for one in heirs):
        return
    yield Found({"others": listed(heirs)}, frozenset(heirs))


def _unknown_replacement(view: View, card: Card, _day: date) -> Iterator[Found]:
    for one in sorted(one for one in card.replaced_by if not view.is_concept(one)):
        removed = _links(view, card.id, words.REPLACED_BY, {one})
        yield Found({"others": one}, mending=Mending("drop_replacement", removed=removed))


def _replaced_in_use(view: View, card: Card, _day: date) -> Iterator[Found]:
    if card.replaced_by and not card.deprecated and card.id not in _heirs(view, card):
        deprecated = Quad(NamedNode(card.id), NamedNode(words.DEPRECATED), _TRUE)
        yield Found(
            {"others": listed(card.replaced_by)},
            card.replaced_by,
            Mending("set_deprecated", added=frozenset({deprecated})),
        )


def _links(view: View, concept: str, predicate: str, targets: set[str], backwards: str = "") -> frozenset[Quad]:
    """The statements that join a concept to others, written from either end."""
    own = {
        quad
        for quad in view.about(NamedNode(concept))
        if quad.predicate.value == predicate and isinstance(quad.object, NamedNode) and quad.object.value in targets
    }
    theirs = {
        quad
        for quad in (view.to(NamedNode(concept)) if backwards else ())
        if quad.predicate.value == backwards and isinstance(quad.subject, NamedNode) and quad.subject.value in targets
    }
    return frozenset(own | theirs)


RULES = {
    "broader_cycle": Rule(
        "error",
        "is broader than itself, directly or over {others}",
        "A tree that bites its own tail cannot be shown, and a search for narrower terms never ends.",
        _broader_cycle,
    ),
    "related_to_broader": Rule(
        "warning",
        "is related to itself or to a broader concept of its own: {others}",
        "What stands above a concept does not stand beside it as well (SKOS S27).",
        _related_to_broader,
    ),
    "unknown_broader": Rule(
        "error",
        "has the broader concept {others}, which does not exist",
        "The concept hangs on something that is not there.",
        _unknown_broader,
    ),
    "unknown_related": Rule(
        "warning",
        "is related to {others}, which does not exist",
        "The link leads nowhere.",
        _unknown_related,
    ),
    "orphan": Rule(
        "info",
        "has no broader, narrower or related concept and no fact",
        "Nobody comes across it while browsing, and it helps to tell no name from another.",
        _orphan,
    ),
    "no_definition": Rule(
        "info", "has no definition", "Readers and colleagues cannot tell what is meant.", _no_definition
    ),
    "no_replacement": Rule(
        "warning",
        "is deprecated, and nothing replaces it",
        "Its names are found in answers, but nothing can be put in their place.",
        _no_replacement,
    ),
    "replacement_loop": Rule(
        "error",
        "is replaced by itself, over others or directly: {others}",
        "None of the names in the circle can be replaced by one in use.",
        _replacement_loop,
    ),
    "replacement_deprecated": Rule(
        "error",
        "is replaced by {others}, which is itself deprecated",
        "The chain of replacements ends in a name out of use.",
        _replacement_deprecated,
    ),
    "unknown_replacement": Rule(
        "error",
        "is replaced by {others}, which does not exist",
        "Nothing can be put in the place of its names.",
        _unknown_replacement,
    ),
    "replaced_in_use": Rule(
        "warning",
        "is replaced by {others}, but not marked as deprecated",
        "Only the names of a concept marked deprecated are replaced in answers.",
        _replaced_in_use,
    ),
}  # fmt: skip
