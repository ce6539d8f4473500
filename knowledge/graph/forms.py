"""Concepts and relations as forms, and which statements each line of a form stands for.

A form is compared line by line with how the concept is now; a line that stays keeps its statements, whatever else is
written there (language tags, graphs, SKOS-XL labels), so that an edit touches nothing but what was edited.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.errors import NotFound
from knowledge.graph import vocabulary as words
from knowledge.graph.changes import ConceptForm, FactForm, LabelForm, RelationForm, TextForm
from knowledge.graph.quads import Node
from knowledge.graph.statements import Statements
from knowledge.types import Result

Line = tuple[str, Result | str]
"""A line of a form: the field's name and its value."""
Lines = dict[Line, set[Quad]]

TEXT_FIELDS = {
    "definitions": words.DEFINITION,
    "notes": words.NOTE,
    "examples": words.EXAMPLE,
    "sources": words.SOURCE,
}
_NODE_FIELDS = {words.TYPE: "types", words.BROADER: "broader", words.RELATED: "related", words.IN_SCHEME: "schemes"}
_NODE_PROPERTIES = {field: predicate for predicate, field in _NODE_FIELDS.items()}
_LABEL_PROPERTIES = {kind: predicate for predicate, kind in words.LABEL_KINDS.items()}
_RELATION_TEXTS = {"labels": words.RDFS_LABEL, "phrases": words.PHRASE}
_RELATION_NODES = {
    "domain": words.DOMAIN,
    "range": words.RANGE,
    "inverse": words.INVERSE_OF,
    "parents": words.SUB_PROPERTY_OF,
}
_RELATION_FLAGS = {
    "functional": words.FUNCTIONAL,
    "symmetric": words.SYMMETRIC,
    "asymmetric": words.ASYMMETRIC,
    "transitive": words.TRANSITIVE,
}


def concept_form(statements: Statements, concept: str) -> ConceptForm:
    """A concept as it is now. Raises NotFound when nothing is said about it."""
    if not statements.exists(concept):
        raise NotFound(f"{concept}: no such concept in the term graph")
    fields: dict[str, list[Result | str]] = defaultdict(list)
    for field, value in concept_lines(statements, concept):
        fields[field].append(value)
    return ConceptForm(id=concept, **{name: tuple(sorted(values, key=_order)) for name, values in fields.items()})


def _order(value: Result | str) -> tuple[int, str, str]:
    if isinstance(value, LabelForm):
        return list(words.LABEL_KINDS.values()).index(value.kind), value.language, value.text
    if isinstance(value, TextForm):
        return 0, value.language, value.text
    return 0, "", str(value)


# --- how a concept is now -----------------------------------------------------------------------------------------


def concept_lines(statements: Statements, concept: str) -> Lines:
    """The lines of a concept's form, each with the statements that it stands for."""
    node = NamedNode(concept)
    lines: Lines = defaultdict(set)
    timed = _reified_facts(statements, node, lines)
    for quad in statements.about(node):
        line = _line(statements, quad)
        if line is not None and quad.triple not in timed:
            lines[line].add(quad)
        elif quad.predicate.value in words.XL_LABEL_KINDS and isinstance(quad.object, NamedNode | BlankNode):
            _xl_lines(statements, quad, quad.object, lines)
    for quad in statements.to(node):
        if quad.predicate.value in (words.NARROWER, words.RELATED) and isinstance(quad.subject, NamedNode):
            field = "broader" if quad.predicate.value == words.NARROWER else "related"
            lines[field, quad.subject.value].add(quad)
    return dict(lines)


def _line(statements: Statements, quad: Quad) -> Line | None:
    """The line that a statement about a concept makes by itself."""
    predicate, target = quad.predicate.value, quad.object
    if isinstance(target, Literal):
        return _literal_line(statements, predicate, target)
    if not isinstance(target, NamedNode) or (predicate, target.value) == (words.TYPE, words.CONCEPT):
        return None
    if predicate in _NODE_FIELDS:
        return _NODE_FIELDS[predicate], target.value
    return ("facts", FactForm(relation=predicate, object=target.value)) if statements.is_relation(predicate) else None


def _literal_line(statements: Statements, predicate: str, target: Literal) -> Line | None:
    language = target.language or ""
    if predicate in words.LABEL_KINDS:
        return "labels", LabelForm(text=target.value, kind=words.LABEL_KINDS[predicate], language=language)
    for field, property_ in TEXT_FIELDS.items():
        if predicate == property_:
            return field, TextForm(text=target.value, language=language)
    if predicate == words.ACCESS:
        return "access", target.value
    if statements.is_relation(predicate):
        return "facts", _literal_fact(predicate, target)
    return None


def _literal_fact(predicate: str, target: Literal, since: str = "", until: str = "") -> FactForm:
    plain = target.language is not None or target.datatype.value == words.XSD + "string"
    return FactForm(
        relation=predicate,
        object=target.value,
        literal=True,
        datatype="" if plain else target.datatype.value,
        language=target.language or "",
        since=since,
        until=until,
    )


def _xl_lines(statements: Statements, link: Quad, node: Node, lines: Lines) -> None:
    """A SKOS-XL label: going, it takes the link along, and its node when nothing else leads there."""
    for quad in statements.of(node, words.LITERAL_FORM):
        if isinstance(quad.object, Literal):
            kind = words.XL_LABEL_KINDS[link.predicate.value]
            form = LabelForm(text=quad.object.value, kind=kind, language=quad.object.language or "")
            lines["labels", form].add(link)
            if statements.to(node) == {link}:
                lines["labels", form].update(statements.about(node))


def _reified_facts(statements: Statements, node: NamedNode, lines: Lines) -> set[object]:
    """Facts with bounds in time; gives the plain triples that they bound, which make no line of their own."""
    bounded: set[object] = set()
    for _, about in statements.reified(node):
        parts = {quad.predicate.value: quad.object for quad in about}
        predicate, target = parts.get(words.STATEMENT_PREDICATE), parts.get(words.STATEMENT_OBJECT)
        if not isinstance(predicate, NamedNode) or not isinstance(target, NamedNode | Literal):
            continue
        if not statements.is_relation(predicate.value):
            continue
        since, until = (_text(parts.get(name)) for name in (words.VALID_FROM, words.VALID_UNTIL))
        if isinstance(target, Literal):
            fact = _literal_fact(predicate.value, target, since, until)
        else:
            fact = FactForm(relation=predicate.value, object=target.value, since=since, until=until)
        plain = {quad for quad in statements.of(node, predicate.value) if quad.object == target}
        lines["facts", fact] = set(about) | plain
        bounded.update(quad.triple for quad in plain)
    return bounded


def _text(term: object) -> str:
    return term.value if isinstance(term, Literal) else ""


# --- how it shall be ----------------------------------------------------------------------------------------------


def lines_of(form: ConceptForm) -> Iterator[Line]:
    """The lines of a form, as it was filled in."""
    for field in ("labels", *TEXT_FIELDS, "types", "broader", "related", "schemes", "facts", "access"):
        for value in getattr(form, field):
            yield field, value


def written(concept: str, line: Line) -> set[Quad]:
    """The statements that write a new line down."""
    node = NamedNode(concept)
    field, value = line
    if isinstance(value, LabelForm):
        return {Quad(node, NamedNode(_LABEL_PROPERTIES[value.kind]), _literal(value.text, value.language))}
    if isinstance(value, TextForm):
        return {Quad(node, NamedNode(TEXT_FIELDS[field]), _literal(value.text, value.language))}
    if isinstance(value, FactForm):
        return _written_fact(node, value)
    if field == "access":
        return {Quad(node, NamedNode(words.ACCESS), Literal(str(value)))}
    return {Quad(node, NamedNode(_NODE_PROPERTIES[field]), NamedNode(str(value)))}


def _written_fact(node: NamedNode, fact: FactForm) -> set[Quad]:
    target: NamedNode | Literal
    if not fact.literal:
        target = NamedNode(fact.object)
    elif fact.datatype:
        target = Literal(fact.object, datatype=NamedNode(fact.datatype))
    else:
        target = _literal(fact.object, fact.language)
    predicate = NamedNode(fact.relation)
    quads = {Quad(node, predicate, target)}
    if fact.since or fact.until:
        # Named after what it says, so that writing the same twice is the same
        bounds = f"{node} {predicate} {target} {fact.since} {fact.until}"
        about = BlankNode(f"f{hashlib.sha256(bounds.encode()).hexdigest()[:16]}")
        quads |= {
            Quad(about, NamedNode(words.TYPE), NamedNode(words.STATEMENT)),
            Quad(about, NamedNode(words.STATEMENT_SUBJECT), node),
            Quad(about, NamedNode(words.STATEMENT_PREDICATE), predicate),
            Quad(about, NamedNode(words.STATEMENT_OBJECT), target),
        }
        for property_, day in ((words.VALID_FROM, fact.since), (words.VALID_UNTIL, fact.until)):
            if day:
                quads.add(Quad(about, NamedNode(property_), Literal(day)))
    return quads


def _literal(text: str, language: str) -> Literal:
    return Literal(text, language=language) if language else Literal(text)


# --- relations ----------------------------------------------------------------------------------------------------


def relation_form(statements: Statements, relation: str) -> RelationForm:
    """A relation as it is now. Raises NotFound when there is none of that id."""
    if not relation or not statements.is_relation(relation):
        raise NotFound(f"{relation}: no such relation in the term graph")
    node = NamedNode(relation)
    about = statements.about(node)
    kinds = set(_node_ids(about, words.TYPE))
    texts = {
        field: tuple(
            sorted(
                (TextForm(text=each.value, language=each.language or "") for each in _literals(about, property_)),
                key=_order,
            )
        )
        for field, property_ in _RELATION_TEXTS.items()
    }
    nodes = {field: _node_ids(about, property_) for field, property_ in _RELATION_NODES.items()}
    return RelationForm(
        id=relation,
        literal=words.DATATYPE_PROPERTY in kinds,
        complete=any(each.value in ("true", "1") for each in _literals(about, words.COMPLETE)),
        unit=next((each.value for each in _literals(about, words.UNIT)), ""),
        access=tuple(sorted(each.value for each in _literals(about, words.ACCESS))),
        **texts,
        **nodes,
        **{field: kind in kinds for field, kind in _RELATION_FLAGS.items()},
    )


def relation_quads(form: RelationForm) -> set[Quad]:
    """The statements that write a relation down."""
    node = NamedNode(form.id)
    kind = words.DATATYPE_PROPERTY if form.literal else words.OBJECT_PROPERTY
    types = [kind, *(iri for field, iri in _RELATION_FLAGS.items() if getattr(form, field))]
    quads = {Quad(node, NamedNode(words.TYPE), NamedNode(each)) for each in types}
    for field, property_ in _RELATION_TEXTS.items():
        quads |= {Quad(node, NamedNode(property_), _literal(each.text, each.language)) for each in getattr(form, field)}
    for field, property_ in _RELATION_NODES.items():
        quads |= {Quad(node, NamedNode(property_), NamedNode(each)) for each in getattr(form, field)}
    quads |= {Quad(node, NamedNode(words.ACCESS), Literal(each)) for each in form.access}
    if form.complete:
        quads.add(Quad(node, NamedNode(words.COMPLETE), Literal("true", datatype=NamedNode(words.XSD + "boolean"))))
    if form.unit:
        quads.add(Quad(node, NamedNode(words.UNIT), Literal(form.unit)))
    return quads


def shown_in_relation(quad: Quad) -> bool:
    """Whether a statement about a relation is one that its form shows."""
    predicate = quad.predicate.value
    if predicate == words.TYPE:
        return isinstance(quad.object, NamedNode) and quad.object.value in words.PROPERTY_TYPES
    shown = {*_RELATION_TEXTS.values(), *_RELATION_NODES.values(), words.COMPLETE, words.UNIT, words.ACCESS}
    return predicate in shown and not isinstance(quad.object, BlankNode)


def _literals(about: Iterable[Quad], predicate: str) -> list[Literal]:
    return [quad.object for quad in about if quad.predicate.value == predicate and isinstance(quad.object, Literal)]


def _node_ids(about: Iterable[Quad], predicate: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            quad.object.value
            for quad in about
            if quad.predicate.value == predicate and isinstance(quad.object, NamedNode)
        )
    )
