"""Changes become statements: `patch_of` gives what a change adds to a graph and removes from it.

What a change leads to must exist and be visible to whoever asks for it; unknown and hidden look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import assert_never

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.errors import InvalidInput, NotFound
from knowledge.graph import vocabulary as words
from knowledge.graph.changes import (
    Change,
    ConceptForm,
    Create,
    Delete,
    Deprecate,
    Edit,
    FactForm,
    Merge,
    Raw,
    Reinstate,
    RelationForm,
    SetRelation,
    Single,
    Split,
    singles,
)
from knowledge.graph.filled import check_iri, check_line, check_relation
from knowledge.graph.forms import Line, concept_lines, lines_of, relation_quads, shown_in_relation, written
from knowledge.graph.quads import Patch
from knowledge.graph.reading import read_lines
from knowledge.graph.statements import Statements
from knowledge.graph.store import TermGraph

Known = Callable[[str], bool]
"""Whether whoever asks for a change may know of a thing."""

_MOVED_AS = {words.SKOS + "prefLabel": words.SKOS + "altLabel", words.SKOSXL + "prefLabel": words.SKOSXL + "altLabel"}
"""A merged concept's preferred labels become alternative ones; all others stay what they are."""
_OF_ITSELF = frozenset({words.DEPRECATED, words.REPLACED_BY, words.ACCESS})
"""What a merged concept keeps to itself."""
_REIFYING = frozenset({words.STATEMENT_SUBJECT, words.STATEMENT_OBJECT})


def patch_of(change: Change, graph: TermGraph, known: Known = lambda _: True) -> Patch:
    """What `change` adds and removes. Raises InvalidInput for one that makes no sense, NotFound for unknown ids."""
    statements = Statements(graph)
    for single in singles(change):
        _Applying(statements, known).apply(single)
    return statements.patch()


class _Applying:
    """Lays changes over statements, on behalf of somebody who knows of some things only."""

    def __init__(self, statements: Statements, known: Known) -> None:
        self._statements = statements
        self._known = known

    def apply(self, change: Single) -> None:
        match change:
            case Create(form=form):
                self._create(form)
            case Edit(form=form):
                self._edit(form)
            case Merge(into=into, sources=sources):
                self._merge(into, tuple(dict.fromkeys(sources)))
            case Split():
                self._split(change)
            case Deprecate(concept=concept, replacement=replacement):
                self._deprecate(concept, replacement)
            case Reinstate(concept=concept):
                node = self._concept(concept)
                gone = self._statements.of(node, words.DEPRECATED) | self._statements.of(node, words.REPLACED_BY)
                self._statements.change((), gone)
            case Delete(concept=concept):
                self._delete(concept)
            case SetRelation(form=form):
                self._relation(form)
            case Raw():
                self._raw(change)
            case _:
                assert_never(change)

    # --- one concept ----------------------------------------------------------------------------------------------

    def _create(self, form: ConceptForm, coming: Collection[str] = ()) -> None:
        check_iri(form.id)
        if self._statements.exists(form.id):
            raise InvalidInput(f"{form.id}: this id cannot be used; leave it empty and one is made")
        quads = {Quad(NamedNode(form.id), NamedNode(words.TYPE), NamedNode(words.CONCEPT))}
        for line in self._checked(form, (), {form.id, *coming}):
            quads |= written(form.id, line)
        self._statements.change(quads, ())

    def _edit(self, form: ConceptForm, coming: Collection[str] = ()) -> None:
        self._existing(form.id)
        # What whoever edits may not know of stands in no form, and stays
        now = {line: quads for line, quads in concept_lines(self._statements, form.id).items() if self._may_know(line)}
        wanted = self._checked(form, now, coming)
        kept = {quad for line in wanted if line in now for quad in now[line]}
        removed = {quad for line, quads in now.items() if line not in wanted for quad in quads} - kept
        added = {quad for line in wanted if line not in now for quad in written(form.id, line)}
        self._statements.change(added, removed | self._statements.hanging(removed))

    def _checked(self, form: ConceptForm, now: Collection[Line], coming: Collection[str]) -> set[Line]:
        """The lines of a form, of which the new ones make sense and lead to something known."""
        if not form.labels:
            raise InvalidInput("concept: give it at least one label")
        lines = set(lines_of(form))
        for line in sorted(lines - set(now), key=str):
            check_line(form.id, line)
            for name in _targets(line):
                if line[0] == "schemes":
                    self._scheme(name)
                elif name not in coming:
                    self._existing(name)
            if isinstance(line[1], FactForm) and not self._statements.is_relation(line[1].relation):
                raise NotFound(f"{line[1].relation}: no such relation in the term graph")
        return lines

    def _deprecate(self, concept: str, replacement: str) -> None:
        node = self._concept(concept)
        added = {_true(node, words.DEPRECATED)}
        if replacement:
            if replacement == concept:
                raise InvalidInput("deprecate: a concept cannot replace itself")
            if self._statements.of(self._concept(replacement), words.DEPRECATED):
                raise InvalidInput(f"deprecate: {replacement} is out of use itself; name what replaces that one")
            added.add(Quad(node, NamedNode(words.REPLACED_BY), NamedNode(replacement)))
        self._statements.change(added, self._statements.of(node, words.REPLACED_BY) - added)

    def _delete(self, concept: str) -> None:
        node = self._existing(concept)
        leading = self._statements.to(node)
        gone = self._statements.about(node) | leading
        for quad in leading:
            if quad.predicate.value in _REIFYING and isinstance(quad.subject, NamedNode | BlankNode):
                gone |= self._statements.about(quad.subject)
        if self._statements.is_relation(concept):
            gone |= self._statements.using(node)
        self._statements.change((), gone | self._statements.hanging(gone))

    # --- several concepts -----------------------------------------------------------------------------------------

    def _merge(self, into: str, sources: tuple[str, ...]) -> None:
        if not sources or into in sources:
            raise InvalidInput("merge: name the concept that stays and at least one other that goes into it")
        nodes = [self._concept(name) for name in (into, *sources)]
        access = [{quad.object for quad in self._statements.of(node, words.ACCESS)} for node in nodes]
        if any(each != access[0] for each in access):
            raise InvalidInput("merge: the concepts have different access labels; make these alike first")
        if self._statements.of(nodes[0], words.DEPRECATED):
            raise InvalidInput(f"merge: {into} is out of use itself; merge into one that is in use")
        for node in nodes[1:]:
            self._merge_one(node, nodes[0])

    def _merge_one(self, source: NamedNode, into: NamedNode) -> None:
        """Everything about the source goes over, but for what is said of it alone: its name, that it is a concept."""
        own, leading = self._statements.about(source), self._statements.to(source)
        names = {
            (quad.object.value.casefold(), quad.object.language)
            for quad in self._statements.about(into)
            if quad.predicate.value in words.LABEL_KINDS and isinstance(quad.object, Literal)
        }
        defined = {_language(quad) for quad in self._statements.of(into, words.DEFINITION)}
        added: set[Quad] = set()
        kept: set[Quad] = set()
        for quad in own:
            predicate = quad.predicate.value
            if predicate in _OF_ITSELF or (predicate == words.TYPE and quad.object == NamedNode(words.CONCEPT)):
                kept.add(quad)
                continue
            if predicate == words.DEFINITION and _language(quad) in defined:
                kept.add(quad)
                continue
            if predicate in _MOVED_AS:
                kept.add(quad)  # so that whoever meets the old concept can read what it was
            if (
                predicate in words.LABEL_KINDS
                and isinstance(quad.object, Literal)
                and (quad.object.value.casefold(), quad.object.language) in names
            ):
                continue
            if quad.object != into:
                moved = NamedNode(_MOVED_AS.get(predicate, predicate))
                added.add(Quad(into, moved, quad.object, quad.graph_name))
        added |= {Quad(quad.subject, quad.predicate, into, quad.graph_name) for quad in leading if quad.subject != into}
        added |= {_true(source, words.DEPRECATED), Quad(source, NamedNode(words.REPLACED_BY), into)}
        replaced = self._statements.of(source, words.REPLACED_BY)
        self._statements.change(added, ((own - kept) | leading | replaced) - added)

    def _split(self, change: Split) -> None:
        if not change.parts:
            raise InvalidInput("split: name at least one new concept")
        node = self._concept(change.source)
        coming = {part.id for part in change.parts}
        for part in change.parts:
            self._create(part, coming)
        if change.rest is not None:
            if change.rest.id != change.source:
                raise InvalidInput("split: what remains must keep the id of the concept that is split")
            self._edit(change.rest, coming)
            return
        heirs = {Quad(node, NamedNode(words.REPLACED_BY), NamedNode(part.id)) for part in change.parts}
        self._statements.change({_true(node, words.DEPRECATED), *heirs}, self._statements.of(node, words.REPLACED_BY))

    # --- others ---------------------------------------------------------------------------------------------------

    def _relation(self, form: RelationForm) -> None:
        check_relation(form)
        if self._statements.exists(form.id):
            self._existing(form.id)
            if not self._statements.is_relation(form.id):
                raise InvalidInput(f"{form.id}: this is a concept, not a relation")
        for other in (*form.inverse, *form.parents):
            self._existing(other)
        wanted = relation_quads(form)
        now = {quad for quad in self._statements.about(NamedNode(form.id)) if shown_in_relation(quad)}
        keeping = {quad.triple for quad in wanted}
        self._statements.change(
            {quad for quad in wanted if quad.triple not in {each.triple for each in now}},
            {quad for quad in now if quad.triple not in keeping and self._may_know(("", _object(quad)))},
        )

    def _raw(self, change: Raw) -> None:
        added, removed = _parsed(change.added), _parsed(change.removed)
        # What whoever asks may not see stays as it is
        self._statements.change(
            (quad for quad in added if self._may_say(quad)), (quad for quad in removed if self._may_say(quad))
        )

    # --- who may know what ----------------------------------------------------------------------------------------

    def _existing(self, name: str) -> NamedNode:
        check_iri(name)
        if not self._statements.exists(name) or not self._known(name):
            raise NotFound(f"{name}: no such concept in the term graph")
        return NamedNode(name)

    def _scheme(self, name: str) -> None:
        """Schemes need not be declared: one that some concept is in exists."""
        used = any(quad.predicate.value == words.IN_SCHEME for quad in self._statements.to(NamedNode(name)))
        if not (used or self._statements.exists(name)) or not self._known(name):
            raise NotFound(f"{name}: no such concept scheme in the term graph")

    def _concept(self, name: str) -> NamedNode:
        node = self._existing(name)
        if self._statements.is_relation(name):
            raise InvalidInput(f"{name}: this is a relation, not a concept")
        return node

    def _may_know(self, line: Line | tuple[str, str]) -> bool:
        return all(self._known(name) for name in _targets(line))

    def _may_say(self, quad: Quad) -> bool:
        terms = (quad.subject, quad.predicate, quad.object)
        return all(self._known(term.value) for term in terms if isinstance(term, NamedNode))


def _targets(line: Line | tuple[str, str]) -> tuple[str, ...]:
    """The things of the graph that a line leads to; classes and texts are none."""
    field, value = line
    if isinstance(value, FactForm):
        return (value.relation,) if value.literal else (value.relation, value.object)
    return (str(value),) if field in ("broader", "related", "schemes") else ()


def _object(quad: Quad) -> str:
    return quad.object.value if isinstance(quad.object, NamedNode) else ""


def _language(quad: Quad) -> str | None:
    return quad.object.language if isinstance(quad.object, Literal) else None


def _true(node: NamedNode, predicate: str) -> Quad:
    return Quad(node, NamedNode(predicate), Literal("true", datatype=NamedNode(words.XSD + "boolean")))


def _parsed(lines: str) -> Iterable[Quad]:
    try:
        return list(read_lines(lines))
    except SyntaxError as error:
        place = f"line {error.lineno}: " if error.lineno else ""
        raise InvalidInput(f"statements: {place}{' '.join(str(error.msg).split())[:200]}") from error
