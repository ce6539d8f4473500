"""What changed, in words that people read: statements grouped by the thing and the field that they are about."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.reading import read_lines
from knowledge.graph.store import TermGraph
from knowledge.graph.texts import clean_label
from knowledge.types import Language, Result

_SHOWN_CHARACTERS = 300
_STATEMENT_PARTS = frozenset({words.STATEMENT_SUBJECT, words.STATEMENT_PREDICATE, words.STATEMENT_OBJECT})
_NAMING = (words.SKOS + "prefLabel", words.RDFS_LABEL, words.SKOS + "altLabel")


class Name(Result):
    """A concept, relation or class with what it is called in both languages (the other one where one is missing)."""

    id: str
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """The name in a language."""
        return self.zh if language == "zh" else self.en


class Value(Result):
    """A value of a statement: its text, and the id when it is a thing of the graph."""

    text: str
    id: str = ""


class FieldChange(Result):
    """What changes in one field of one thing; `field` is a property's IRI, `language` the tag of its texts."""

    subject: Name
    field: str
    field_name: str
    language: str = ""
    added: tuple[Value, ...] = ()
    removed: tuple[Value, ...] = ()


class Names:
    """What things are called: in the graph, else by the statements at hand, else by the last part of their id."""

    def __init__(self, graph: TermGraph, quads: Iterable[Quad] = ()) -> None:
        self._graph = graph
        self._told: dict[str, dict[str, str]] = defaultdict(dict)
        for predicate in _NAMING:
            for quad in quads:
                if quad.predicate.value == predicate and isinstance(quad.object, Literal):
                    first = (quad.object.language or "").split("-", maxsplit=1)[0]
                    told = self._told[quad.subject.value if isinstance(quad.subject, NamedNode) else ""]
                    told.setdefault(first, clean_label(quad.object.value))

    def name(self, thing: str) -> Name:
        """The names of a thing."""
        if not _is_id(thing):
            return Name(id=thing, en=thing, zh=thing)
        if self._graph.labels_of(thing) or self._graph.relation(thing) or self._graph.class_names(thing):
            return Name(id=thing, en=self._graph.label(thing, "en"), zh=self._graph.label(thing, "zh"))
        told = self._told.get(thing)
        if not told:
            last = last_part(thing)
            return Name(id=thing, en=last, zh=last)
        other = next(iter(told.values()))
        return Name(id=thing, en=told.get("en", other), zh=told.get("zh", other))


def _is_id(thing: str) -> bool:
    """Whether it may be an id, and not what a text calls something."""
    return ":" in thing and " " not in thing


def last_part(thing: str) -> str:
    """What an id ends in, which is what a thing without a name is called."""
    return re.split(r"[#/:]", thing)[-1] or thing


def fields_of(added: Iterable[str], removed: Iterable[str], graph: TermGraph) -> tuple[FieldChange, ...]:
    """N-Quads lines that come and go, by field, ordered by the things' names and the fields' IRIs."""
    coming, going = _quads(added), _quads(removed)
    names = Names(graph, (*coming, *going))
    sides: dict[tuple[str, str, str], tuple[list[Value], list[Value]]] = defaultdict(lambda: ([], []))
    for quads, side in ((coming, 0), (going, 1)):
        for subject, predicate, language, value in _told(quads, names):
            sides[subject, predicate, language][side].append(value)
    changes = [
        FieldChange(
            subject=names.name(subject),
            field=predicate,
            field_name=names.name(predicate).en,
            language=language,
            added=tuple(sorted(plus, key=str)),
            removed=tuple(sorted(minus, key=str)),
        )
        for (subject, predicate, language), (plus, minus) in sides.items()
    ]
    return tuple(sorted(changes, key=lambda each: (each.subject.en, each.subject.id, each.field, each.language)))


def values_of(quads: Iterable[Quad], graph: TermGraph) -> tuple[Value, ...]:
    """The objects of statements, as they are shown."""
    names = Names(graph)
    return tuple(sorted((_value(quad.object, names) for quad in quads), key=str))


def _quads(lines: Iterable[str]) -> list[Quad]:
    return list(read_lines("\n".join(lines)))


def _told(quads: list[Quad], names: Names) -> Iterable[tuple[str, str, str, Value]]:
    """Subject, property, language and value of each statement; a statement about a statement is told as that one."""
    parts: dict[object, dict[str, object]] = defaultdict(dict)
    for quad in quads:
        if quad.predicate.value in _STATEMENT_PARTS:
            parts[quad.subject][quad.predicate.value] = quad.object
    bounds: dict[object, dict[str, str]] = defaultdict(dict)
    for quad in quads:
        if quad.subject not in parts:
            language = quad.object.language or "" if isinstance(quad.object, Literal) else ""
            yield _id(quad.subject), quad.predicate.value, language, _value(quad.object, names)
        elif isinstance(quad.object, Literal) and quad.predicate.value in (words.VALID_FROM, words.VALID_UNTIL):
            bounds[quad.subject][quad.predicate.value] = quad.object.value
    for node, told in parts.items():
        subject, predicate = told.get(words.STATEMENT_SUBJECT), told.get(words.STATEMENT_PREDICATE)
        if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode):
            value = _value(told.get(words.STATEMENT_OBJECT), names)
            yield subject.value, predicate.value, "", _bounded(value, bounds[node])


def _bounded(value: Value, bounds: Mapping[str, str]) -> Value:
    since, until = bounds.get(words.VALID_FROM, ""), bounds.get(words.VALID_UNTIL, "")
    return Value(text=f"{value.text} [{since} – {until}]", id=value.id)


def _value(term: object, names: Names) -> Value:
    if isinstance(term, NamedNode):
        return Value(text=names.name(term.value).en, id=term.value)
    if isinstance(term, Literal):
        text = clean_label(term.value)
        return Value(text=text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…")
    return Value(text=_id(term))


def _id(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term) if isinstance(term, BlankNode) else ""
