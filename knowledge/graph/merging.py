"""Three-way merge: a change that was made on an older state of the graph, brought onto what others made of it since.

Statements are compared field by field: a subject's values of one property (in one language, where texts stand once
per language). Fields that only one side touched merge by themselves, and so do lists to which both only added. What
both changed differently is a conflict with the value before, theirs and mine, for a person to choose; nothing of
either side is dropped silently. (The rule is that of diff3 over sets, cf. Khanna, Kunal, Pierce: A Formal
Investigation of Diff3, FSTTCS 2007: a stable field is one that at most one side changed, or both alike.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.quads import Patch
from knowledge.graph.store import TermGraph

Choice = OneOf["mine", "theirs", "both"]

_ONE_PER_LANGUAGE = frozenset({words.SKOS + "prefLabel", words.RDFS_LABEL, words.DEFINITION})
_ONE = frozenset({words.DEPRECATED, words.REPLACED_BY, words.UNIT, words.COMPLETE})
EXISTENCE = words.CONCEPT
"""The field of a conflict about whether the concept is there at all."""


@dataclass(frozen=True, slots=True, order=True)
class FieldKey:
    """A field of one subject; `language` is a tag where the field's texts are told apart by it."""

    subject: str
    predicate: str
    language: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.subject, self.predicate, self.language) if part)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed differently: its statements before, on their side and on mine.

    `both` says whether the values may stand side by side.
    """

    key: FieldKey
    base: frozenset[Quad]
    theirs: frozenset[Quad]
    mine: frozenset[Quad]
    both: bool

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What may be chosen."""
        return ("mine", "theirs", "both") if self.both else ("mine", "theirs")


@dataclass(frozen=True, slots=True)
class Merged:
    """The change as it applies to the present graph, and what has to be chosen first."""

    patch: Patch
    conflicts: tuple[Conflict, ...]


def merge(graph: TermGraph, theirs: Patch, mine: Patch, choices: Mapping[str, Choice] | None = None) -> Merged:
    """`mine` brought onto `graph`, which is the common base with `theirs` applied.

    `choices` settles conflicts by `str(key)`; the patch of a merge with open conflicts leaves these fields as they
    are. Raises InvalidInput for a choice that a conflict does not offer.
    """
    choices = choices or {}
    single = {name for name in _predicates(mine) if _one_value(graph, name)}
    gone = _gone_subjects(graph, theirs, mine)
    their_fields, my_fields = (_by_field(_without(patch, gone), single) for patch in (theirs, mine))
    added: set[Quad] = set()
    removed: set[Quad] = set()
    conflicts: list[Conflict] = []
    for key, field in sorted(my_fields.items()):
        other = their_fields.get(key, _Side())
        if not _conflicting(key, field, other, single):
            added |= field.added
            removed |= field.removed
            continue
        conflict = _conflict(graph, key, field, other, single)
        choice = _chosen(conflict, choices)
        if choice is None:
            conflicts.append(conflict)
        elif choice == "mine":
            added |= conflict.mine
            removed |= conflict.theirs - conflict.mine
        elif choice == "both":
            added |= conflict.mine
    for subject in sorted(gone):
        conflict = _about_existence(graph, subject, theirs, mine)
        choice = _chosen(conflict, choices)
        if choice is None:
            conflicts.append(conflict)
        elif choice == "mine":
            added |= conflict.mine
            removed |= conflict.theirs - conflict.mine
    present = {quad for quad in added if graph.holds(quad)}
    patch = Patch(frozenset(added - present), frozenset(quad for quad in removed - added if graph.holds(quad)))
    return Merged(patch, tuple(conflicts))


def composed(patches: Iterable[Patch]) -> Patch:
    """Several changes, one after the other, as one."""
    added: set[Quad] = set()
    removed: set[Quad] = set()
    for patch in patches:
        removed |= patch.removed - added
        added -= patch.removed
        added |= patch.added - removed
        removed -= patch.added
    return Patch(frozenset(added), frozenset(removed))


def _without(patch: Patch, subjects: set[str]) -> Patch:
    """The statements that neither are about these subjects nor lead there."""

    def others(quads: Iterable[Quad]) -> frozenset[Quad]:
        return frozenset(q for q in quads if subjects.isdisjoint((name_of(q.subject), name_of(q.object))))

    return Patch(others(patch.added), others(patch.removed)) if subjects else patch


@dataclass(frozen=True, slots=True)
class _Side:
    added: frozenset[Quad] = frozenset()
    removed: frozenset[Quad] = frozenset()


def _predicates(patch: Patch) -> set[str]:
    return {quad.predicate.value for quad in patch.added | patch.removed}


def _one_value(graph: TermGraph, predicate: str) -> bool:
    relation = graph.relation(predicate)
    return predicate in _ONE or predicate in _ONE_PER_LANGUAGE or (relation is not None and relation.functional)


def _by_field(patch: Patch, single: set[str]) -> dict[FieldKey, _Side]:
    added: dict[FieldKey, set[Quad]] = defaultdict(set)
    removed: dict[FieldKey, set[Quad]] = defaultdict(set)
    for quads, fields in ((patch.added, added), (patch.removed, removed)):
        for quad in quads:
            fields[field_of(quad, by_language=quad.predicate.value in single)].add(quad)
    return {key: _Side(frozenset(added[key]), frozenset(removed[key])) for key in {*added, *removed}}


def field_of(quad: Quad, *, by_language: bool = True) -> FieldKey:
    """The field that a statement is a value of."""
    language = quad.object.language if by_language and isinstance(quad.object, Literal) else None
    return FieldKey(name_of(quad.subject), quad.predicate.value, language or "")


def name_of(term: object) -> str:
    """A subject's id; that of a blank node begins with `_:`."""
    return term.value if isinstance(term, NamedNode) else str(term)


def _conflicting(key: FieldKey, mine: _Side, theirs: _Side, single: set[str]) -> bool:
    if mine.added <= theirs.added and mine.removed <= theirs.removed:
        return False  # they made the same change, or more of it
    if key.predicate in single:
        return bool(theirs.added or theirs.removed)
    # In a list both may add and remove; only one and the same value replaced by different ones is a conflict
    return bool(mine.removed & theirs.removed) and bool(mine.added - theirs.added) and bool(theirs.added - mine.added)


def _conflict(graph: TermGraph, key: FieldKey, mine: _Side, theirs: _Side, single: set[str]) -> Conflict:
    by_language = key.predicate in single
    present = frozenset(
        quad
        for quad in graph.statements(_node(key.subject), predicate=NamedNode(key.predicate))
        if field_of(quad, by_language=by_language) == key
    )
    base = (present - theirs.added) | theirs.removed
    if by_language:
        return Conflict(key, base, present, (base - mine.removed) | mine.added, both=False)
    # Of a list only the values in question are shown
    return Conflict(key, mine.removed & theirs.removed, theirs.added, mine.added, both=True)


def _node(name: str) -> NamedNode | BlankNode:
    return BlankNode(name.removeprefix("_:")) if name.startswith("_:") else NamedNode(name)


def _chosen(conflict: Conflict, choices: Mapping[str, Choice]) -> Choice | None:
    choice = choices.get(str(conflict.key))
    if choice is not None and choice not in conflict.choices:
        raise InvalidInput(f"choice {choice!r}: choose one of {', '.join(conflict.choices)}")
    return choice


# --- concepts that one side removed and the other changed -----------------------------------------------------------


def _gone_subjects(graph: TermGraph, theirs: Patch, mine: Patch) -> set[str]:
    """Concepts that one side removed while the other said something new about them or led there."""
    removed_by_them, removed_by_me = _removed_concepts(theirs), _removed_concepts(mine)
    theirs_touched, mine_touched = _touched(theirs), _touched(mine)
    gone_here = {name for name in removed_by_them if not any(True for _ in graph.statements(NamedNode(name)))}
    return (gone_here - removed_by_me) & mine_touched | (removed_by_me - removed_by_them) & theirs_touched


def _removed_concepts(patch: Patch) -> set[str]:
    def typed(quads: Iterable[Quad]) -> set[str]:
        return {
            quad.subject.value
            for quad in quads
            if isinstance(quad.subject, NamedNode)
            and quad.predicate.value == words.TYPE
            and isinstance(quad.object, NamedNode)
            and (quad.object.value == words.CONCEPT or quad.object.value in words.PROPERTY_TYPES)
        }

    return typed(patch.removed) - {name_of(quad.subject) for quad in patch.added}


def _touched(patch: Patch) -> set[str]:
    touched = {name_of(quad.subject) for quad in patch.added | patch.removed}
    return touched | {quad.object.value for quad in patch.added if isinstance(quad.object, NamedNode)}


def _about_existence(graph: TermGraph, subject: str, theirs: Patch, mine: Patch) -> Conflict:
    """The whole concept as the field in question: before, theirs and mine are everything said about it or of it."""

    def concerning(quads: Iterable[Quad]) -> frozenset[Quad]:
        node = _node(subject)
        return frozenset(quad for quad in quads if node in (quad.subject, quad.object))

    node = _node(subject)
    present = frozenset(graph.statements(node)) | frozenset(graph.statements(target=node))
    base = (present - concerning(theirs.added)) | concerning(theirs.removed)
    kept = (base - concerning(mine.removed)) | concerning(mine.added)
    return Conflict(FieldKey(subject, EXISTENCE), base, present, kept, both=False)
