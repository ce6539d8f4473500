"""What may be filled into forms: each line is looked at before it becomes a statement."""

from __future__ import annotations

import re

from knowledge.errors import InvalidInput
from knowledge.graph.changes import FactForm, LabelForm, RelationForm, TextForm
from knowledge.graph.forms import Line
from knowledge.graph.texts import MAX_LABEL_CHARACTERS, clean_label

LONGEST_TEXT = 20_000
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_DAY = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")


def check_line(concept: str, line: Line) -> None:
    """Raises InvalidInput for a line of a concept's form that cannot be written."""
    field, value = line
    if isinstance(value, LabelForm):
        check_text("label", value.text, value.language, MAX_LABEL_CHARACTERS)
    elif isinstance(value, TextForm):
        check_text(field, value.text, value.language, LONGEST_TEXT)
    elif isinstance(value, FactForm):
        _check_fact(value)
    elif field == "access":
        if not str(value).strip():
            raise InvalidInput("access label: it is empty; type the name of a group or remove the line")
    else:
        check_iri(str(value))
        if value == concept and field in ("broader", "related"):
            raise InvalidInput(f"{field}: a concept cannot lead to itself")


def check_relation(form: RelationForm) -> None:
    """Raises InvalidInput for a relation's form that cannot be written."""
    check_iri(form.id)
    if not form.labels:
        raise InvalidInput("relation: give it a name in at least one language")
    for text in form.labels:
        check_text("name", text.text, text.language, MAX_LABEL_CHARACTERS)
    for phrase in form.phrases:
        check_text("phrase", phrase.text, phrase.language, MAX_LABEL_CHARACTERS)
        if phrase.text.count("{subject}") != 1 or phrase.text.count("{object}") != 1:
            raise InvalidInput(f"phrase {phrase.text!r}: write {{subject}} and {{object}} once each")
    for iri in (*form.domain, *form.range, *form.inverse, *form.parents):
        check_iri(iri)
    if form.symmetric and form.asymmetric:
        raise InvalidInput("relation: it cannot be symmetric and asymmetric at once")
    if form.literal and (form.symmetric or form.transitive or form.inverse):
        raise InvalidInput("relation: values such as numbers and texts have no inverse, and lead nowhere further")


def check_text(what: str, text: str, language: str, longest: int) -> None:
    """Raises InvalidInput for a text that is empty or too long, or a language tag that is none."""
    if not clean_label(text):
        raise InvalidInput(f"{what}: it is empty; type something or remove the line")
    if len(text) > longest:
        raise InvalidInput(f"{what}: {len(text)} characters; the most is {longest}, shorten it")
    if language and not _TAG.fullmatch(language):
        raise InvalidInput(f"{what} {text[:40]!r}: {language!r} is no language tag; write zh, en, zh-Hant, …")


def check_iri(name: str) -> None:
    """Raises InvalidInput for something that cannot be an id."""
    if not _IRI.fullmatch(name):
        raise InvalidInput(f"{name[:80]!r}: not an id; ids are IRIs such as urn:example:thing")


def _check_fact(fact: FactForm) -> None:
    check_iri(fact.relation)
    if fact.literal:
        check_text("value", fact.object, fact.language, LONGEST_TEXT)
        if fact.datatype:
            check_iri(fact.datatype)
            if fact.language:
                raise InvalidInput(f"value {fact.object[:40]!r}: it has a data type, so it cannot have a language")
    else:
        check_iri(fact.object)
    for day in (fact.since, fact.until):
        if day and not _DAY.fullmatch(day):
            raise InvalidInput(f"{day!r}: not a date; write YYYY, YYYY-MM or YYYY-MM-DD")
    if fact.since and fact.until and fact.since > fact.until + "~":
        raise InvalidInput(f"fact: it would end ({fact.until}) before it begins ({fact.since})")
