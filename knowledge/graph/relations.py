"""The relations that a graph declares, with their names, phrases and properties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from pyoxigraph import NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.labels import TRUE
from knowledge.graph.quads import Quads
from knowledge.graph.texts import texts_of
from knowledge.graph.types import Relation, Text

_JOINING = frozenset({words.PHRASE, words.INVERSE_OF, words.SUB_PROPERTY_OF})


def read_relations(quads: Quads) -> dict[str, Relation]:
    """All relations by id, sorted."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for kind in words.PROPERTY_TYPES:
        for quad in quads.about(words.TYPE, kind):
            if isinstance(quad.subject, NamedNode):
                kinds[quad.subject.value].add(kind)
    for quad in quads.about(words.PHRASE):
        if isinstance(quad.subject, NamedNode):
            kinds[quad.subject.value].update(())
    inverse = quads.pairs(words.INVERSE_OF)
    backwards: dict[str, set[str]] = defaultdict(set)
    for one, others in inverse.items():
        for other in others:
            backwards[one].add(other)
            backwards[other].add(one)
    parents = quads.pairs(words.SUB_PROPERTY_OF)
    return {
        name: _read(quads, name, kinds[name], backwards.get(name, set()), parents.get(name, ()))
        for name in sorted(kinds)
    }


def touches_relations(changed: Iterable[Quad], known: Collection[str]) -> bool:
    """Whether changed statements declare relations, or say something about known ones."""
    return any(
        quad.predicate.value in _JOINING
        or (isinstance(quad.subject, NamedNode) and quad.subject.value in known)
        or (isinstance(quad.object, NamedNode) and quad.object.value in words.PROPERTY_TYPES)
        for quad in changed
    )


def names_of(quads: Quads, name: str) -> tuple[Text, ...]:
    """What a relation or class is called; nothing for a text that is no IRI, which can be neither."""
    try:
        NamedNode(name)
    except ValueError:
        return ()
    ways = (words.RDFS_LABEL, words.SKOS + "prefLabel", words.TITLE)
    return next((found for way in ways if (found := texts_of(quads, name, way))), ())


def specialisations(relations: dict[str, Relation]) -> dict[str, list[str]]:
    """For each relation itself and all that imply it."""
    found: dict[str, list[str]] = {name: [name] for name in relations}
    for name, relation in relations.items():
        ahead, seen = list(relation.parents), {name}
        while ahead:
            parent = ahead.pop()
            if parent in seen or parent not in relations:
                continue
            seen.add(parent)
            found[parent].append(name)
            ahead.extend(relations[parent].parents)
    return found


def _read(quads: Quads, name: str, kinds: set[str], inverse: set[str], parents: tuple[str, ...]) -> Relation:
    complete = texts_of(quads, name, words.COMPLETE)
    units = texts_of(quads, name, words.UNIT)
    return Relation(
        id=name,
        labels=names_of(quads, name),
        phrases=tuple(text for text in texts_of(quads, name, words.PHRASE) if _well_formed(text.text)),
        literal=words.DATATYPE_PROPERTY in kinds,
        functional=words.FUNCTIONAL in kinds,
        complete=any(text.text in TRUE for text in complete),
        symmetric=words.SYMMETRIC in kinds,
        asymmetric=words.ASYMMETRIC in kinds,
        transitive=words.TRANSITIVE in kinds,
        domain=quads.nodes(name, words.DOMAIN),
        range=quads.nodes(name, words.RANGE),
        inverse=tuple(sorted(inverse)),
        parents=parents,
        unit=units[0].text if units else "",
    )


def _well_formed(phrase: str) -> bool:
    return phrase.count("{subject}") == 1 and phrase.count("{object}") == 1
