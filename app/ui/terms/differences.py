"""What a change of the graph is made of and what it would do elsewhere, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.terms.marks import (
    badge,
    changed_text,
    concept_link,
    concept_links,
    empty,
    heading,
    language_name,
    to_concept,
    when,
)
from app.ui.texts import Words
from knowledge.graph import vocabulary as words
from knowledge.graph.differing import FieldChange

if TYPE_CHECKING:
    from app.terms.views import AnswerImpact, ConflictView, DocumentImpact, GraphDiff, Impact
    from knowledge.graph.differing import Name, Value

_FIELDS = {
    **{iri: f"kind_{kind}" for iri, kind in words.LABEL_KINDS.items()},
    words.DEFINITION: "field_definitions",
    words.NOTE: "field_notes",
    words.EXAMPLE: "field_examples",
    words.SOURCE: "field_sources",
    words.TYPE: "field_type",
    words.BROADER: "field_broader",
    words.NARROWER: "field_narrower",
    words.RELATED: "field_related",
    words.IN_SCHEME: "field_scheme",
    words.ACCESS: "field_access",
    words.DEPRECATED: "field_deprecated",
    words.REPLACED_BY: "field_replaced_by",
    words.DIFFERENT_FROM: "field_different",
    words.PHRASE: "field_phrase",
    words.RDFS_LABEL: "field_name",
    words.DOMAIN: "field_domain",
    words.RANGE: "field_range",
    words.INVERSE_OF: "field_inverse",
    words.SUB_PROPERTY_OF: "field_parent",
    words.COMPLETE: "field_complete",
    words.UNIT: "field_unit",
}
_PLACES = {field: place for place, field in enumerate(_FIELDS)}
_YES_NO = (words.DEPRECATED, words.COMPLETE)
_MARKED = 12
"""Texts of at least so many characters are compared word by word."""


def field_title(field: str, name: str, language: str, say: Words) -> str:
    """What a field is called: a property's own words where the page has some, else the name that the graph gives."""
    key = _FIELDS.get(field)
    title = say(f"terms.{key}") if key else name
    return f"{title} ({language_name(language, say)})" if language else title


def ids_in(fields: Iterable[FieldChange | ConflictView]) -> set[str]:
    """The ids of all relations and things in these fields: a page asks what they are called in its language."""
    found: set[str] = set()
    for one in fields:
        sides = (one.added, one.removed) if isinstance(one, FieldChange) else (one.base, one.theirs, one.mine)
        found |= {one.field, *(value.id for side in sides for value in side if value.id)}
    return found


def difference(diff: GraphDiff, say: Words, names: Mapping[str, Name] = MappingProxyType({})) -> Html:
    """Field by field what comes and what goes, under the thing that it is about."""
    if not diff.fields:
        return empty(say("terms.diff_none"))
    things = []
    for _, changes in groupby(diff.fields, key=lambda change: change.subject.id):
        # As a concept is shown: its names first, those in the page's language before the others
        fields = sorted(changes, key=lambda change: (_place(change.field), change.language != say.language))
        rows = (_row(change, say, names) for change in fields)
        things.append(
            element(
                "section",
                element("p", concept_link(fields[0].subject, say), class_="plb-diff-subject"),
                element("table", element("tbody", *rows), class_="plb-fields plb-diff"),
            )
        )
    more = [] if diff.complete else [empty(say("terms.diff_more", added=diff.added, removed=diff.removed))]
    return join([*things, *more])


def _row(change: FieldChange, say: Words, names: Mapping[str, Name]) -> Html:
    title = field_title(change.field, called(change.field, change.field_name, say, names), change.language, say)
    return element("tr", element("th", title), element("td", _values(change, say, names)))


def _place(field: str) -> int:
    return _PLACES.get(field, len(_PLACES))


def called(thing: str, otherwise: str, say: Words, names: Mapping[str, Name]) -> str:
    """What a thing is called in the page's language."""
    return names[thing].text(say.language) if thing in names else otherwise


def _values(change: FieldChange, say: Words, names: Mapping[str, Name]) -> Html:
    if len(change.added) == 1 and len(change.removed) == 1:
        before, after = change.removed[0], change.added[0]
        if not before.id and not after.id and min(len(before.text), len(after.text)) >= _MARKED:
            return element("p", changed_text(before.text, after.text))
    gone, new = (
        [_value(change.field, value, say, names) for value in values] for values in (change.removed, change.added)
    )
    lines = [element("p", element("del", value), class_="plb-out") for value in gone]
    return join([*lines, *(element("p", element("ins", value), class_="plb-in") for value in new)])


def _value(field: str, value: Value, say: Words, names: Mapping[str, Name]) -> Html:
    if not value.id:
        is_word = field in _YES_NO and value.text in ("true", "false")
        return element("span", say(f"terms.value_{value.text}") if is_word else value.text)
    if value.id == words.CONCEPT:
        return element("span", say("terms.value_concept"))
    return to_concept(value.id, called(value.id, value.text, say, names))


def values_line(field: str, values: Sequence[Value], say: Words, names: Mapping[str, Name]) -> Html:
    """The values of a field on one side of a conflict."""
    if not values:
        return element("span", say("terms.conflict_nothing"), class_="plb-quiet")
    return join([element("p", _value(field, value, say, names)) for value in values])


# --- what a change would do elsewhere -------------------------------------------------------------------------------


def impact(found: Impact, say: Words) -> Html:
    """Which answers and documents a change touches, and what would be different in them."""
    answers = [_answer(one, say) for one in found.answers]
    documents = [_document(one, say) for one in found.documents]
    return join(
        [
            heading(say("terms.impact_answers", touched=found.answers_touched, examined=found.answers_examined), 3),
            *(answers or [empty(say("terms.impact_answers_none"))]),
            heading(
                say("terms.impact_documents", touched=found.documents_touched, examined=found.documents_examined), 3
            ),
            *(documents or [empty(say("terms.impact_documents_none"))]),
        ]
    )


def _answer(one: AnswerImpact, say: Words) -> Html:
    question = one.question if one.own and one.question else say("terms.impact_someone")
    verdicts = [say(f"terms.verdict_{verdict}") for verdict in (one.verdict_before, one.verdict_after)]
    verdict = " → ".join(dict.fromkeys(verdicts))
    changed = changed_text(one.before, one.after) if one.before != one.after else element("span", one.after)
    gone, new = (
        [text for text in here if text not in there]
        for here, there in ((one.findings_before, one.findings_after), (one.findings_after, one.findings_before))
    )
    seen = [element("li", element("del", text)) for text in gone] + [
        element("li", element("ins", text)) for text in new
    ]
    return element(
        "div",
        element("p", element("b", question), " ", element("span", f"{when(one.at)} · {verdict}", class_="plb-quiet")),
        element("p", changed, class_="plb-sentence"),
        element("ul", *seen, class_="plb-seen") if seen else "",
        class_="plb-touched",
    )


def _document(one: DocumentImpact, say: Words) -> Html:
    marks = [
        *([badge(say("terms.impact_gains"), "good"), " ", concept_links(one.gains, say)] if one.gains else []),
        " ",
        *([badge(say("terms.impact_loses"), "warn"), " ", concept_links(one.loses, say)] if one.loses else []),
    ]
    return element(
        "div",
        element("p", element("b", one.title), " ", element("span", one.path, class_="plb-quiet")),
        element("p", one.sentence, class_="plb-sentence"),
        element("p", *marks),
        class_="plb-touched",
    )
