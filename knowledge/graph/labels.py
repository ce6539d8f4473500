"""`Labels`: what concepts of one revision are called, which are out of use, and who may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode

from knowledge.graph import vocabulary as words
from knowledge.graph.normal import fold, normalize
from knowledge.graph.quads import subjects_in
from knowledge.graph.texts import MAX_LABEL_CHARACTERS, clean_label, language_of
from knowledge.graph.types import Label
from knowledge.types import LabelKind, Language

if TYPE_CHECKING:
    from knowledge.graph.quads import Patch, Quads

TRUE = frozenset({"true", "1"})
_ORDER = {kind: place for place, kind in enumerate(words.LABEL_KINDS.values())}
_KINDS = frozenset(words.LABEL_KINDS) | frozenset(words.XL_LABEL_KINDS)
_LIVES = frozenset({words.DEPRECATED, words.REPLACED_BY, words.ACCESS})


class Labels:
    """The names of all concepts, those that they take over from concepts out of use included. Never changes.

    `without` are ids that are no concepts: those of relations.
    """

    def __init__(self, quads: Quads, without: Collection[str]) -> None:
        self._quads = quads
        self._without = without
        self.access = _read_access(quads)
        self.deprecated = frozenset(
            quad.subject.value
            for quad in quads.about(words.DEPRECATED)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.object.value in TRUE
        )
        self._own = _read_labels(quads, without)
        self._heirs = {concept: heir for concept in self.deprecated if (heir := self._heir(concept))}
        self.by_concept = dict(self._own)
        self._take_over(set(self._heirs.values()))
        self.changed: frozenset[str] = frozenset()
        """The concepts whose labels, or how these are read in text, may differ from the labels these were made from."""

    def after(self, quads: Quads, change: Patch, without: Collection[str]) -> Labels:
        """The labels of a later revision: `quads` is what holds after `change`."""
        after: Labels = object.__new__(Labels)
        after._quads, after._without = quads, without
        moved = set(self._without) ^ set(without) if self._without != without else set()
        named = self._named_anew(quads, change) | moved
        living = subjects_in(change.added | change.removed, _LIVES)
        after.access = self.access | {one: _access_of(quads, one) for one in living}
        after.access = {one: groups for one, groups in after.access.items() if groups}
        after.deprecated = (self.deprecated - living) | {one for one in living if _is_deprecated(quads, one)}
        after._own = {**self._own, **{one: _labels_of(quads, one, without) for one in named}}
        for one in named:
            if not after._own[one]:
                del after._own[one]
        # Whoever leads to something that changed may have another heir now, or one that takes over other names
        upstream = _leading_to(self._quads, named | living) | _leading_to(quads, named | living)
        after._heirs = dict(self._heirs)
        touched = named | living
        for one in upstream & (self.deprecated | after.deprecated):
            touched.update(heir for heir in (after._heirs.pop(one, ""),) if heir)
            if one in after.deprecated and (new := after._heir(one)):
                after._heirs[one] = new
                touched.add(new)
        after.by_concept = dict(self.by_concept)
        for one in touched:
            after.by_concept.pop(one, None)
            if one in after._own:
                after.by_concept[one] = after._own[one]
        after._take_over(touched)
        after.changed = frozenset(touched | subjects_in(change.added | change.removed, words.EXACT))
        if "_by_name" in self.__dict__:
            after.__dict__["_by_name"] = self._renamed(after)
        return after

    def _named_anew(self, quads: Quads, change: Patch) -> set[str]:
        """The concepts whose own labels a change touches."""
        changed = change.added | change.removed
        found = subjects_in(changed, _KINDS)
        forms = {quad.subject for quad in changed if quad.predicate.value == words.LITERAL_FORM}
        for node in forms:
            if isinstance(node, NamedNode | BlankNode):
                for kind in words.XL_LABEL_KINDS:
                    found |= subjects_in(quads.matching(None, NamedNode(kind), node), _KINDS)
        return found

    # --- asking ---------------------------------------------------------------------------------------------------

    def of(self, concept: str) -> tuple[Label, ...]:
        """The labels of a concept in the order preferred, alternative, hidden, deprecated, forbidden; () if unknown."""
        return self.by_concept.get(concept, ())

    def preferred(self, concept: str, language: Language) -> str | None:
        """The preferred label in exactly that language, if there is exactly one."""
        found: dict[Language | None, set[str]] = defaultdict(set)
        for label in self.of(concept):
            if label.kind == "preferred":
                found[label.language].add(label.text)
        # A name in a third language, or in none, only counts where there is no other
        texts = found.get(language) or found.get(None, set())
        if len(texts) > 1 and language == "zh":
            # Where a vocabulary names things in both scripts, the simplified one
            texts = {text for text in texts if fold(text) == text}
        return next(iter(texts)) if len(texts) == 1 else None

    def named(self, text: str) -> tuple[str, ...]:
        """The ids of all concepts that have this label, sorted, whatever its kind, capitals and width of letters."""
        return self._by_name.get(normalize(text), ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for concept in sorted(self.by_concept):
            for name in {normalize(label.text) for label in self.by_concept[concept]}:
                found[name] = (*found.get(name, ()), concept)
        return found

    def _renamed(self, after: Labels) -> dict[str, tuple[str, ...]]:
        """Who is called how afterwards."""
        found = dict(self._by_name)
        for concept in after.changed:
            for name in {normalize(label.text) for label in self.of(concept)}:
                found[name] = tuple(one for one in found[name] if one != concept)
        for concept in after.changed:
            for name in {normalize(label.text) for label in after.of(concept)}:
                found[name] = tuple(sorted((*found.get(name, ()), concept)))
        for concept in after.changed:
            for name in {normalize(label.text) for label in self.of(concept)}:
                if not found.get(name, True):
                    del found[name]
        return found

    @cached_property
    def languages(self) -> frozenset[Language]:
        """In which of the two languages anything has a preferred label."""
        return frozenset(
            label.language
            for labels in self.by_concept.values()
            for label in labels
            if label.kind == "preferred" and label.language
        )

    def successors(self, concept: str) -> tuple[str, ...]:
        """The concepts in use that replace a deprecated one, chains followed; () when they loop or end nowhere."""
        ahead, seen = [concept], {concept}
        ends: set[str] = set()
        while ahead:
            for heir in self._quads.nodes(ahead.pop(), words.REPLACED_BY):
                if heir in seen:
                    continue
                seen.add(heir)
                if heir in self.deprecated:
                    ahead.append(heir)
                elif heir in self._own:
                    ends.add(heir)
        return tuple(sorted(ends))

    # --- names that are taken over --------------------------------------------------------------------------------

    def _heir(self, concept: str) -> str:
        """The one concept that takes over the names of one out of use; "" when there is none that may."""
        heirs = self.successors(concept)
        return heirs[0] if len(heirs) == 1 and self._reveals_nothing(concept, heirs[0]) else ""

    def _reveals_nothing(self, concept: str, heir: str) -> bool:
        """Whether everybody who may see the heir may see the old concept, whose names it takes over."""
        old, new = self.access.get(concept, frozenset()), self.access.get(heir, frozenset())
        return not old or (bool(new) and new <= old)

    def _take_over(self, heirs: Collection[str]) -> None:
        """A deprecated concept's names are old names of the concept that replaces it."""
        for concept in sorted(one for one, heir in self._heirs.items() if heir in heirs):
            heir = self._heirs[concept]
            own = self.by_concept.get(heir, ())
            texts = {label.text.casefold() for label in own}
            inherited = tuple(
                Label(label.text, _when_replaced(label.kind), label.language)
                for label in self._own.get(concept, ())
                if label.text.casefold() not in texts
            )
            self.by_concept[heir] = own + inherited


def _read_access(quads: Quads) -> dict[str, frozenset[str]]:
    access: dict[str, set[str]] = defaultdict(set)
    for quad in quads.about(words.ACCESS):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            access[quad.subject.value].add(quad.object.value)
    return {concept: frozenset(labels) for concept, labels in access.items()}


def _access_of(quads: Quads, concept: str) -> frozenset[str]:
    return frozenset(literal.value for literal in quads.literals(concept, words.ACCESS))


def _is_deprecated(quads: Quads, concept: str) -> bool:
    return any(literal.value in TRUE for literal in quads.literals(concept, words.DEPRECATED))


def _leading_to(quads: Quads, things: Iterable[str]) -> set[str]:
    """These things, and all that are replaced by one of them, chains followed."""
    found, ahead = set(things), list(things)
    while ahead:
        for one in quads.pointing(ahead.pop(), words.REPLACED_BY):
            if one not in found:
                found.add(one)
                ahead.append(one)
    return found


def _read_labels(quads: Quads, without: Collection[str]) -> dict[str, tuple[Label, ...]]:
    found: dict[str, dict[Label, None]] = defaultdict(dict)
    for predicate, kind in words.LABEL_KINDS.items():
        for quad in quads.about(predicate):
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                _add(found[quad.subject.value], quad.object, kind)
    for predicate, kind in words.XL_LABEL_KINDS.items():
        for quad in quads.about(predicate):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | BlankNode):
                for form in _forms(quads, quad.object):
                    _add(found[quad.subject.value], form, kind)
    return {one: _ordered(labels) for one, labels in found.items() if labels and one not in without}


def _labels_of(quads: Quads, concept: str, without: Collection[str]) -> tuple[Label, ...]:
    """The labels of one concept, as `_read_labels` has them."""
    if concept in without:
        return ()
    found: dict[Label, None] = {}
    for predicate, kind in words.LABEL_KINDS.items():
        for literal in quads.literals(concept, predicate):
            _add(found, literal, kind)
    for predicate, kind in words.XL_LABEL_KINDS.items():
        for quad in quads.matching(NamedNode(concept), NamedNode(predicate)):
            if isinstance(quad.object, NamedNode | BlankNode):
                for form in _forms(quads, quad.object):
                    _add(found, form, kind)
    return _ordered(found)


def _forms(quads: Quads, label: NamedNode | BlankNode) -> list[Literal]:
    found = quads.matching(label, NamedNode(words.LITERAL_FORM))
    return [quad.object for quad in found if isinstance(quad.object, Literal)]


def _add(labels: dict[Label, None], literal: Literal, kind: LabelKind) -> None:
    text = clean_label(literal.value)
    if text and len(text) <= MAX_LABEL_CHARACTERS:
        labels[Label(text, kind, language_of(literal.language, text))] = None


def _ordered(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: (_ORDER[label.kind], label.language or "", label.text)))


def _when_replaced(kind: LabelKind) -> LabelKind:
    return "deprecated" if kind in ("preferred", "alternative") else kind
