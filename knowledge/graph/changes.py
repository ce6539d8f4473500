"""Changes of the term graph as values: what a form, a command or a file asks for, before it becomes statements.

They are frozen, print as JSON and read back from it, so that a proposal keeps what was meant beside what it changes.
`knowledge/graph/patching.py` turns them into added and removed statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from knowledge.errors import InvalidInput
from knowledge.types import LabelKind, Result

CONCEPT_PREFIX = "urn:plumbline:concept:"
RELATION_PREFIX = "urn:plumbline:relation:"
_LONGEST_SLUG = 40


class LabelForm(Result):
    """A name of a concept; `language` is the tag as it is written ("zh", "zh-Hant", "de"; "": none)."""

    text: str
    kind: LabelKind = "preferred"
    language: str = ""


class TextForm(Result):
    """A text in a language: a definition, a note, the name or a phrase of a relation."""

    text: str
    language: str = ""


class FactForm(Result):
    """One fact of the concept in a declared relation.

    `object` is a concept's id, or the value as written when `literal`; then `datatype` is its IRI ("": plain text).
    `since` and `until` bound it, as YYYY, YYYY-MM or YYYY-MM-DD; "": not bounded.
    """

    relation: str
    object: str
    literal: bool = False
    datatype: str = ""
    language: str = ""
    since: str = ""
    until: str = ""


class ConceptForm(Result):
    """A concept as it is edited; what a form does not show (unknown statements) stays as it is.

    `id` is "" for a concept that does not exist yet. `types`, `broader`, `related` and `schemes` hold ids; `access`
    holds access labels, none: everyone may see it.
    """

    id: str = ""
    labels: tuple[LabelForm, ...] = ()
    definitions: tuple[TextForm, ...] = ()
    notes: tuple[TextForm, ...] = ()
    examples: tuple[TextForm, ...] = ()
    sources: tuple[TextForm, ...] = ()
    types: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    facts: tuple[FactForm, ...] = ()
    access: tuple[str, ...] = ()


class RelationForm(Result):
    """A kind of fact as it is edited; `id` is "" for a new one. `phrases` hold {subject} and {object} once each."""

    id: str = ""
    labels: tuple[TextForm, ...] = ()
    phrases: tuple[TextForm, ...] = ()
    literal: bool = False
    functional: bool = False
    complete: bool = False
    symmetric: bool = False
    asymmetric: bool = False
    transitive: bool = False
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    unit: str = ""
    access: tuple[str, ...] = ()


class Create(Result):
    """A new concept."""

    kind: Literal["create"] = "create"
    form: ConceptForm


class Edit(Result):
    """A concept as it shall be; what differs from how it is now is the change."""

    kind: Literal["edit"] = "edit"
    form: ConceptForm


class Merge(Result):
    """Several concepts become `into`: it takes over their names, facts and places; they point to it from now on."""

    kind: Literal["merge"] = "merge"
    into: str
    sources: tuple[str, ...]


class Split(Result):
    """A concept becomes several: `parts` are new; `rest` is what remains of it, None: it goes out of use."""

    kind: Literal["split"] = "split"
    source: str
    parts: tuple[ConceptForm, ...]
    rest: ConceptForm | None = None


class Deprecate(Result):
    """A concept goes out of use; its names lead to `replacement` when there is one."""

    kind: Literal["deprecate"] = "deprecate"
    concept: str
    replacement: str = ""


class Reinstate(Result):
    """A concept comes into use again."""

    kind: Literal["reinstate"] = "reinstate"
    concept: str


class Delete(Result):
    """A concept or relation goes with everything that is said about it and of it."""

    kind: Literal["delete"] = "delete"
    concept: str


class SetRelation(Result):
    """A relation as it shall be, new or not."""

    kind: Literal["relation"] = "relation"
    form: RelationForm


class Raw(Result):
    """Statements as N-Quads, one a line: from an import, or typed by somebody who knows RDF."""

    kind: Literal["raw"] = "raw"
    added: str = ""
    removed: str = ""


Single = Create | Edit | Merge | Split | Deprecate | Reinstate | Delete | SetRelation | Raw


class Several(Result):
    """Changes that belong together, applied in order: a bulk edit."""

    kind: Literal["several"] = "several"
    changes: tuple[Annotated[Single, Field(discriminator="kind")], ...]


Change = Single | Several
Kind = Literal[
    "create", "edit", "merge", "split", "deprecate", "reinstate", "delete", "relation", "raw", "several", "rollback"
]

_CHANGE: TypeAdapter[Change] = TypeAdapter(Annotated[Change, Field(discriminator="kind")])


def change_from(value: Mapping[str, Any] | str) -> Change:
    """The change that a JSON value or text describes. Raises InvalidInput saying where it is wrong."""
    try:
        return _CHANGE.validate_json(value) if isinstance(value, str) else _CHANGE.validate_python(dict(value))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the change"
        raise InvalidInput(f"change: {place}: {first['msg']}; docs/terms.md shows how changes are written") from error


def singles(change: Change) -> tuple[Single, ...]:
    """The change itself, or the ones that it is made of."""
    return change.changes if isinstance(change, Several) else (change,)


def named(change: Change) -> frozenset[str]:
    """Ids of all concepts and relations that a change names, new ones and those that facts lead to included."""
    found: set[str] = set()
    for one in singles(change):
        found.update(_named(one))
    found.discard("")
    return frozenset(found)


def _named(change: Single) -> Iterator[str]:
    if isinstance(change, Create | Edit):
        yield from _in_form(change.form)
    elif isinstance(change, Merge):
        yield from (change.into, *change.sources)
    elif isinstance(change, Split):
        yield change.source
        for form in (*change.parts, *((change.rest,) if change.rest else ())):
            yield from _in_form(form)
    elif isinstance(change, Deprecate):
        yield from (change.concept, change.replacement)
    elif isinstance(change, Reinstate | Delete):
        yield change.concept
    elif isinstance(change, SetRelation):
        form = change.form
        yield from (form.id, *form.domain, *form.range, *form.inverse, *form.parents)


def _in_form(form: ConceptForm) -> tuple[str, ...]:
    targets = (fact.object for fact in form.facts if not fact.literal)
    relations = (fact.relation for fact in form.facts)
    return (form.id, *form.types, *form.broader, *form.related, *form.schemes, *targets, *relations)


def subjects(change: Change) -> tuple[str, ...]:
    """Ids of what a change is about, in order: not what it only leads to. Raw statements name theirs themselves."""
    found: dict[str, None] = {}
    for one in singles(change):
        found.update(dict.fromkeys(_subjects(one)))
    found.pop("", None)
    return tuple(found)


def _subjects(change: Single) -> tuple[str, ...]:
    if isinstance(change, Create | Edit | SetRelation):
        return (change.form.id,)
    if isinstance(change, Merge):
        return (change.into, *change.sources)
    if isinstance(change, Split):
        return (change.source, *(part.id for part in change.parts))
    if isinstance(change, Deprecate | Reinstate | Delete):
        return (change.concept,)
    return ()


def with_ids(change: Change, token: Callable[[], str], keep: Collection[str] = ()) -> Change:
    """The change with an id for each new concept and relation; `token` gives letters that nobody can guess.

    They make the id say nothing about which ids are taken. Raises InvalidInput when a new concept brings its own,
    unless it is one to `keep`: those of an earlier version of the same change.
    """
    if isinstance(change, Several):
        return Several(changes=tuple(_with_id(one, token, keep) for one in change.changes))
    return _with_id(change, token, keep)


def _with_id(change: Single, token: Callable[[], str], keep: Collection[str]) -> Single:
    if isinstance(change, Create):
        return Create(form=_new(change.form, token, keep))
    if isinstance(change, Split):
        return change.model_copy(update={"parts": tuple(_new(part, token, keep) for part in change.parts)})
    if isinstance(change, SetRelation) and not change.form.id:
        name = change.form.labels[0].text if change.form.labels else "relation"
        return SetRelation(form=change.form.model_copy(update={"id": _id(RELATION_PREFIX, name, token)}))
    return change


def new_forms(change: Change) -> tuple[ConceptForm, ...]:
    """The forms of the concepts that a change creates."""
    found: list[ConceptForm] = []
    for one in singles(change):
        found += [one.form] if isinstance(one, Create) else one.parts if isinstance(one, Split) else ()
    return tuple(found)


def _new(form: ConceptForm, token: Callable[[], str], keep: Collection[str]) -> ConceptForm:
    if form.id in keep:
        return form
    if form.id:
        raise InvalidInput(f"{form.id}: a new concept gets its id by itself; leave it empty")
    name = form.labels[0].text if form.labels else "concept"
    return form.model_copy(update={"id": _id(CONCEPT_PREFIX, name, token)})


def _id(prefix: str, name: str, token: Callable[[], str]) -> str:
    slug = re.sub(r"[\W_]+", "-", name.lower())[:_LONGEST_SLUG].strip("-")
    return f"{prefix}{slug}-{token()}" if slug else f"{prefix}{token()}"
