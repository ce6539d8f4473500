"""`TermGraph`: one revision of the term graph, read-only, as our own values. Speaks to pyoxigraph directly."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from knowledge.errors import Damaged, InvalidInput, NotFound
from knowledge.graph import vocabulary as words
from knowledge.graph.normal import fold, normalize
from knowledge.graph.reading import read_file, read_lines, write_lines
from knowledge.graph.types import Concept, ConceptMatch, Fact, Label, Relation, Text
from knowledge.language import detect_language
from knowledge.types import LabelKind, Language, User

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.graph.search import LabelSearch

MAX_LABEL_CHARACTERS = 200
_TRUE = frozenset({"true", "1"})
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class TermGraph:
    """Concepts, labels, relations and facts of one revision. Never changes; safe from many threads.

    Statements that it does not understand are kept in `quads` and nowhere else.
    """

    def __init__(self, quads: Iterable[Quad] = (), revision: str = "", *, store: Store | None = None) -> None:
        """`store` is one that holds statements already and that nobody else changes."""
        self.revision = revision
        self._store = Store() if store is None else store
        self._store.bulk_extend(quads)
        self._access = self._read_access()
        self._relations = self._read_relations()
        self._validity = self._read_validity()
        self._labels = self._read_labels()
        self._deprecated = frozenset(
            quad.subject.value
            for quad in self._about(words.DEPRECATED)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal) and quad.object.value in _TRUE
        )
        self._inherit_labels()
        self._parents = self._read_pairs(words.SUB_CLASS_OF)
        self._concept_cache: dict[str, Concept] = {}
        self._outgoing_cache: dict[str, tuple[Fact, ...]] = {}
        self._incoming_cache: dict[str, tuple[Fact, ...]] = {}
        self._class_cache: dict[str, frozenset[str]] = {}
        self._neighbour_cache: dict[str, frozenset[str]] = {}

    # --- where graphs come from -----------------------------------------------------------------------------------

    @classmethod
    def from_files(cls, files: Sequence[Path]) -> TermGraph:
        """The graph that the files make together. Raises InvalidInput naming the file and line that is wrong."""
        quads: set[Quad] = set()
        for file in files:
            quads |= read_file(Path(file))
        digest = hashlib.sha256(write_lines(quads).encode()).hexdigest()[:12]
        return cls(quads, f"file-{digest}")

    @classmethod
    def load(cls, catalog: Catalog, revision: str | None = None) -> TermGraph:
        """The graph as of a revision, by default the newest; an empty graph when there is none yet."""
        wanted = revision if revision is not None else catalog.revisions.current_id()
        if not wanted:
            return cls()
        # From revision to revision within the store: a million statements as objects would cost seconds and gigabytes
        store = Store()
        number = catalog.revisions.get(wanted).number
        for step in catalog.revisions.since(0):
            if step.number > number:
                break
            try:
                for quad in read_lines(step.removed):
                    store.remove(quad)
                store.bulk_extend(read_lines(step.added))
            except SyntaxError as error:
                raise Damaged(
                    f"revision {step.id} of the term graph does not read; bring the catalog back with "
                    "`plumbline restore`"
                ) from error
        return cls(revision=wanted, store=store)

    @property
    def quads(self) -> Iterator[Quad]:
        """Every statement, understood or not."""
        return self._store.quads_for_pattern(None, None, None, None)

    def holds(self, quad: Quad) -> bool:
        """Whether the graph makes this statement."""
        return quad in self._store

    def patched(self, added: Iterable[Quad], removed: Iterable[Quad], revision: str = "") -> TermGraph:
        """Another graph: this one without what is removed, with what is added."""
        return TermGraph((set(self.quads) - set(removed)) | set(added), revision)

    def statements(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        target: NamedNode | BlankNode | Literal | None = None,
    ) -> Iterator[Quad]:
        """The statements that fit, in no order; None fits anything."""
        return self._store.quads_for_pattern(subject, predicate, target, None)

    # --- concepts and their names ---------------------------------------------------------------------------------

    def concepts(self) -> tuple[str, ...]:
        """The ids of all concepts, sorted."""
        return self._concept_ids

    @cached_property
    def _concept_ids(self) -> tuple[str, ...]:
        typed = {
            quad.subject.value
            for quad in self._store.quads_for_pattern(None, NamedNode(words.TYPE), NamedNode(words.CONCEPT), None)
            if isinstance(quad.subject, NamedNode)
        }
        return tuple(sorted((typed | self._labels.keys()) - self._relations.keys()))

    def __contains__(self, concept_id: object) -> bool:
        return concept_id in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._concept_ids)

    def concept(self, concept_id: str) -> Concept:
        """Everything known about a concept itself. Raises NotFound."""
        found = self._concept_cache.get(concept_id)
        if found is None:
            if concept_id not in self:
                raise NotFound(f"{concept_id}: no such concept in the term graph")
            found = self._concept_cache[concept_id] = self._read_concept(concept_id)
        return found

    def labels_of(self, concept_id: str) -> tuple[Label, ...]:
        """The labels of a concept in the order preferred, alternative, hidden, deprecated, forbidden; () if unknown."""
        return self._labels.get(concept_id, ())

    def label(self, id_or_relation: str, language: Language) -> str:
        """What to call a concept, relation or class in a language: its preferred label there, else in the other one.

        Something without any name is called by the last part of its id.
        """
        choice: dict[bool, str] = {}
        for label in self._labels.get(id_or_relation, ()):
            if label.kind == "preferred":
                choice.setdefault(label.language == language, label.text)
        for name in self._names(id_or_relation):
            choice.setdefault(name.language == language, name.text)
        if choice:
            return choice.get(True) or choice[False]
        for label in self._labels.get(id_or_relation, ()):
            if label.kind == "alternative":
                return label.text
        return re.split(r"[#/:]", id_or_relation)[-1]

    def preferred(self, concept_id: str, language: Language) -> str | None:
        """The preferred label in exactly that language, if there is exactly one."""
        found: dict[Language | None, set[str]] = defaultdict(set)
        for label in self._labels.get(concept_id, ()):
            if label.kind == "preferred":
                found[label.language].add(label.text)
        # A name in a third language, or in none, only counts where there is no other
        texts = found.get(language) or found.get(None, set())
        if len(texts) > 1 and language == "zh":
            # Where a vocabulary names things in both scripts, the simplified one
            texts = {text for text in texts if fold(text) == text}
        return next(iter(texts)) if len(texts) == 1 else None

    def named(self, text: str) -> tuple[str, ...]:
        """The ids of all concepts that have this label, whatever its kind, capitals and width of letters."""
        return self._by_name.get(normalize(text), ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for concept, labels in self._labels.items():
            for label in labels:
                name = normalize(label.text)
                known = found.get(name, ())
                if concept not in known:
                    found[name] = (*known, concept)
        return found

    @cached_property
    def languages(self) -> frozenset[Language]:
        """In which of the two languages anything has a preferred label."""
        return frozenset(
            label.language
            for labels in self._labels.values()
            for label in labels
            if label.kind == "preferred" and label.language
        )

    def search(self, text: str, user: User | None = None, limit: int = 10) -> list[ConceptMatch]:
        """Concepts that the user may see whose labels are, begin with, contain or resemble `text`, best first."""
        return self._search.find(text, user, limit)

    @cached_property
    def _search(self) -> LabelSearch:
        from knowledge.graph.search import LabelSearch

        return LabelSearch(self)

    # --- who may see what -----------------------------------------------------------------------------------------

    def visible(self, concept_id: str, user: User | None = None) -> bool:
        """Whether the user may know of the concept: it has no access label, or one of the user's groups.

        `user` None means no restriction: one's own graph, used as a library.
        """
        if user is None:
            return True
        access = self._access.get(concept_id)
        return not access or not access.isdisjoint(user.groups)

    # --- relations and facts --------------------------------------------------------------------------------------

    def relations(self) -> tuple[Relation, ...]:
        """All relations, by id."""
        return tuple(self._relations.values())

    def relation(self, relation_id: str) -> Relation | None:
        """The relation of that id."""
        return self._relations.get(relation_id)

    def relations_of(self, concept: str, user: User | None = None) -> list[str]:
        """Relations of which the graph states a fact about the concept that the user may see, by id.

        Nothing for a concept that the user may not see.
        """
        if not self.visible(concept, user):
            return []
        return sorted({fact.relation for fact in self.facts(concept) if self._fact_visible(fact, user)})

    def _fact_visible(self, fact: Fact, user: User | None) -> bool:
        return fact.literal or self.visible(fact.object, user)

    def facts(self, subject: str) -> tuple[Fact, ...]:
        """What the graph states about a concept in its declared relations, sorted, past and future included."""
        found = self._outgoing_cache.get(subject)
        if found is None:
            quads = self._store.quads_for_pattern(NamedNode(subject), None, None, None)
            found = self._outgoing_cache[subject] = self._facts(quads, self._validity.get(subject, ()))
        return found

    def facts_about(self, target: str) -> tuple[Fact, ...]:
        """The facts that have a concept as their object, sorted."""
        found = self._incoming_cache.get(target)
        if found is None:
            quads = self._store.quads_for_pattern(None, None, NamedNode(target), None)
            timed = [fact for fact in self._timed_objects.get(target, ()) if not fact.literal]
            found = self._incoming_cache[target] = self._facts(quads, timed)
        return found

    def facts_in(self, relation_id: str) -> Iterator[Fact]:
        """All facts of one relation, in no order."""
        for quad in self._about(relation_id):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                fact = self._fact(quad.subject.value, relation_id, quad.object, None, None)
                if fact is not None:
                    yield fact

    def values(self, subject: str, relation_id: str, day: date) -> tuple[Fact, ...]:
        """The facts that hold on a day for subject and relation, those entailed by inverses and sub-relations included.

        Transitive relations are not followed; see `reaches`.
        """
        found: dict[tuple[str, bool], Fact] = {}
        for name in self._specialisations(relation_id):
            relation = self._relations[name]
            for fact in self.facts(subject):
                if fact.relation == name and fact.holds(day):
                    found.setdefault((fact.object, fact.literal), fact)
            backwards = set(self._inverses(name)) | ({name} if relation.symmetric else set())
            for fact in self.facts_about(subject) if backwards else ():
                if fact.relation in backwards and fact.holds(day):
                    found.setdefault((fact.subject, False), Fact(subject, name, fact.subject))
        return tuple(found[key] for key in sorted(found))

    def reaches(self, subject: str, relation_id: str, target: str, day: date, steps: int = 3) -> bool:
        """Whether facts that hold on a day lead from subject to target, over up to `steps` if it is transitive."""
        relation = self._relations.get(relation_id)
        if relation is None:
            return False
        here, seen = {subject}, {subject}
        for _ in range(steps if relation.transitive else 1):
            ahead = {fact.object for one in sorted(here) for fact in self.values(one, relation_id, day)}
            if target in ahead:
                return True
            here = ahead - seen
            seen |= ahead
        return False

    def related_to(self, concept: str) -> tuple[str, ...]:
        """What a concept is declared to be skos:related to, sorted."""
        return self._nodes(concept, words.RELATED)

    def neighbours(self, concept: str) -> frozenset[str]:
        """Everything that a fact or a broader, narrower or related link joins with a concept."""
        found = self._neighbour_cache.get(concept)
        if found is None:
            facts = {fact.object for fact in self.facts(concept) if not fact.literal}
            facts |= {fact.subject for fact in self.facts_about(concept)}
            links = {
                one
                for word in (words.BROADER, words.NARROWER, words.RELATED)
                for one in (*self._nodes(concept, word), *self._pointing(concept, word))
            }
            found = self._neighbour_cache[concept] = frozenset(facts | links)
        return found

    def _pointing(self, target: str, predicate: str) -> list[str]:
        quads = self._store.quads_for_pattern(None, NamedNode(predicate), NamedNode(target), None)
        return [quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)]

    def exactness(self, concept: str, label: str) -> frozenset[str]:
        """In what a label of a concept admits no variant in text: "case", "number", "spacing"."""
        return self._exact.get((concept, label), frozenset())

    @cached_property
    def _exact(self) -> dict[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], frozenset[str]] = {}
        for predicate, rule in words.EXACT.items():
            for quad in self._about(predicate):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                    key = quad.subject.value, clean_label(quad.object.value)
                    found[key] = found.get(key, frozenset()) | {rule}
        return found

    def related(self, first: str, second: str) -> bool:
        """Whether any fact in either direction joins two concepts."""
        return any(fact.object == second and not fact.literal for fact in self.facts(first)) or any(
            fact.object == first and not fact.literal for fact in self.facts(second)
        )

    # --- classes --------------------------------------------------------------------------------------------------

    def types_of(self, concept_id: str) -> frozenset[str]:
        """The classes of a concept with all their superclasses; empty when it has none."""
        found = self._class_cache.get(concept_id)
        if found is None:
            quads = self._store.quads_for_pattern(NamedNode(concept_id), NamedNode(words.TYPE), None, None)
            direct = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)} - {words.CONCEPT}
            found = self._class_cache[concept_id] = self._with_parents(direct)
        return found

    def fits(self, concept_id: str, classes: Sequence[str]) -> bool:
        """Whether a concept may stand where one of these classes is asked for; one without a class fits anywhere."""
        if not classes:
            return True
        types = self.types_of(concept_id)
        return not types or not types.isdisjoint(classes)

    def classes(self) -> tuple[str, ...]:
        """The ids of all classes that something is declared to be, or that are declared themselves."""
        found = {
            quad.subject.value
            for quad in self._store.quads_for_pattern(None, NamedNode(words.TYPE), NamedNode(words.CLASS), None)
            if isinstance(quad.subject, NamedNode)
        }
        return tuple(sorted(found))

    def class_names(self, class_id: str) -> tuple[Text, ...]:
        """What a class is called."""
        return self._names(class_id)

    # --- reading --------------------------------------------------------------------------------------------------

    def _about(self, predicate: str) -> Iterator[Quad]:
        return self._store.quads_for_pattern(None, NamedNode(predicate), None, None)

    def _read_access(self) -> dict[str, frozenset[str]]:
        access: dict[str, set[str]] = defaultdict(set)
        for quad in self._about(words.ACCESS):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                access[quad.subject.value].add(quad.object.value)
        return {concept: frozenset(labels) for concept, labels in access.items()}

    def _read_relations(self) -> dict[str, Relation]:
        kinds: dict[str, set[str]] = defaultdict(set)
        for quad in self._about(words.TYPE):
            subject, kind = quad.subject, quad.object
            if isinstance(subject, NamedNode) and isinstance(kind, NamedNode) and kind.value in words.PROPERTY_TYPES:
                kinds[subject.value].add(kind.value)
        for quad in self._about(words.PHRASE):
            if isinstance(quad.subject, NamedNode):
                kinds[quad.subject.value].update(())
        inverse = self._read_pairs(words.INVERSE_OF)
        backwards: dict[str, set[str]] = defaultdict(set)
        for one, others in inverse.items():
            for other in others:
                backwards[one].add(other)
                backwards[other].add(one)
        parents = self._read_pairs(words.SUB_PROPERTY_OF)
        return {
            name: self._read_relation(name, kinds[name], backwards.get(name, set()), parents.get(name, ()))
            for name in sorted(kinds)
        }

    def _read_relation(self, name: str, kinds: set[str], inverse: set[str], parents: tuple[str, ...]) -> Relation:
        complete = self._texts(name, words.COMPLETE)
        units = self._texts(name, words.UNIT)
        return Relation(
            id=name,
            labels=self._names(name),
            phrases=tuple(text for text in self._texts(name, words.PHRASE) if _well_formed(text.text)),
            literal=words.DATATYPE_PROPERTY in kinds,
            functional=words.FUNCTIONAL in kinds,
            complete=any(text.text in _TRUE for text in complete),
            symmetric=words.SYMMETRIC in kinds,
            asymmetric=words.ASYMMETRIC in kinds,
            transitive=words.TRANSITIVE in kinds,
            domain=self._nodes(name, words.DOMAIN),
            range=tuple(node for node in self._nodes(name, words.RANGE)),
            inverse=tuple(sorted(inverse)),
            parents=parents,
            unit=units[0].text if units else "",
        )

    def _read_pairs(self, predicate: str) -> dict[str, tuple[str, ...]]:
        pairs: dict[str, set[str]] = defaultdict(set)
        for quad in self._about(predicate):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                pairs[quad.subject.value].add(quad.object.value)
        return {name: tuple(sorted(others)) for name, others in pairs.items()}

    def _read_labels(self) -> dict[str, tuple[Label, ...]]:
        found: dict[str, dict[Label, None]] = defaultdict(dict)
        for predicate, kind in words.LABEL_KINDS.items():
            for quad in self._about(predicate):
                if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                    self._add_label(found[quad.subject.value], quad.object, kind)
        for predicate, kind in words.XL_LABEL_KINDS.items():
            for quad in self._about(predicate):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | BlankNode):
                    forms = self._store.quads_for_pattern(quad.object, NamedNode(words.LITERAL_FORM), None, None)
                    for form in forms:
                        if isinstance(form.object, Literal):
                            self._add_label(found[quad.subject.value], form.object, kind)
        order = {kind: place for place, kind in enumerate(words.LABEL_KINDS.values())}
        return {
            concept: tuple(sorted(labels, key=lambda label: (order[label.kind], label.language or "", label.text)))
            for concept, labels in found.items()
            if labels and concept not in self._relations
        }

    def _add_label(self, labels: dict[Label, None], literal: Literal, kind: LabelKind) -> None:
        text = clean_label(literal.value)
        if text and len(text) <= MAX_LABEL_CHARACTERS:
            labels[Label(text, kind, language_of(literal.language, text))] = None

    def _inherit_labels(self) -> None:
        """A deprecated concept's names are old names of the concept that replaces it."""
        for concept in sorted(self._deprecated):
            heirs = self._successors(concept)
            if len(heirs) != 1 or not self._reveals_nothing(concept, heirs[0]):
                continue
            heir = heirs[0]
            own = self._labels.get(heir, ())
            texts = {label.text.casefold() for label in own}
            inherited = tuple(
                Label(label.text, _when_replaced(label.kind), label.language)
                for label in self._labels.get(concept, ())
                if label.text.casefold() not in texts
            )
            self._labels[heir] = own + inherited

    def _reveals_nothing(self, concept: str, heir: str) -> bool:
        """Whether everybody who may see the heir may see the old concept, whose names it takes over."""
        old, new = self._access.get(concept, frozenset()), self._access.get(heir, frozenset())
        return not old or (bool(new) and new <= old)

    def _successors(self, concept: str) -> tuple[str, ...]:
        """The concepts in use that replace a deprecated one, chains followed; () when they loop or end nowhere."""
        ahead, seen = [concept], {concept}
        ends: set[str] = set()
        while ahead:
            for heir in self._nodes(ahead.pop(), words.REPLACED_BY):
                if heir in seen:
                    continue
                seen.add(heir)
                if heir in self._deprecated:
                    ahead.append(heir)
                elif heir in self._labels:
                    ends.add(heir)
        return tuple(sorted(ends))

    def successors(self, concept: str) -> tuple[str, ...]:
        """The concepts in use that replace a deprecated one; () for a concept in use or without a successor."""
        return self._successors(concept) if concept in self._deprecated else ()

    def deprecated(self, concept: str) -> bool:
        """Whether the concept is no longer in use."""
        return concept in self._deprecated

    def _read_concept(self, concept_id: str) -> Concept:
        own = self._store.quads_for_pattern(NamedNode(concept_id), NamedNode(words.TYPE), None, None)
        types = {quad.object.value for quad in own if isinstance(quad.object, NamedNode)} - {words.CONCEPT}
        narrower = self._store.quads_for_pattern(None, NamedNode(words.NARROWER), NamedNode(concept_id), None)
        broader = {quad.subject.value for quad in narrower if isinstance(quad.subject, NamedNode)} | set(
            self._nodes(concept_id, words.BROADER)
        )
        return Concept(
            id=concept_id,
            labels=self._labels.get(concept_id, ()),
            definitions=self._texts(concept_id, words.DEFINITION),
            access=self._access.get(concept_id, frozenset()),
            deprecated=concept_id in self._deprecated,
            replaced_by=self._nodes(concept_id, words.REPLACED_BY),
            types=frozenset(types),
            broader=tuple(sorted(broader)),
        )

    def _read_validity(self) -> dict[str, tuple[Fact, ...]]:
        """Reified statements that bound a fact in time, by subject."""
        found: dict[str, list[Fact]] = defaultdict(list)
        statements = self._store.quads_for_pattern(None, NamedNode(words.TYPE), NamedNode(words.STATEMENT), None)
        for node in {quad.subject for quad in statements}:
            parts: dict[str, NamedNode | BlankNode | Literal] = {}
            for quad in self._store.quads_for_pattern(node, None, None, None):
                if isinstance(quad.object, NamedNode | BlankNode | Literal):
                    parts[quad.predicate.value] = quad.object
            subject, predicate = parts.get(words.STATEMENT_SUBJECT), parts.get(words.STATEMENT_PREDICATE)
            target = parts.get(words.STATEMENT_OBJECT)
            if not (isinstance(subject, NamedNode) and isinstance(predicate, NamedNode)) or target is None:
                continue
            since, until = _day(parts.get(words.VALID_FROM), late=False), _day(parts.get(words.VALID_UNTIL), late=True)
            fact = self._fact(subject.value, predicate.value, target, since, until)
            if fact is not None:
                found[subject.value].append(fact)
        return {subject: tuple(facts) for subject, facts in found.items()}

    @cached_property
    def _timed_objects(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = defaultdict(list)
        for facts in self._validity.values():
            for fact in facts:
                found[fact.object].append(fact)
        return found

    def _facts(self, quads: Iterable[Quad], timed: Iterable[Fact]) -> tuple[Fact, ...]:
        found: dict[tuple[str, str, str], Fact] = {}
        for quad in quads:
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                fact = self._fact(quad.subject.value, quad.predicate.value, quad.object, None, None)
                if fact is not None:
                    found[fact.subject, fact.relation, fact.object] = fact
        for fact in timed:
            # What is said about the time of a plain statement bounds it
            found[fact.subject, fact.relation, fact.object] = fact
        return tuple(found[key] for key in sorted(found))

    def _fact(
        self,
        subject: str,
        predicate: str,
        target: NamedNode | BlankNode | Literal,
        since: date | None,
        until: date | None,
    ) -> Fact | None:
        if predicate not in self._relations or isinstance(target, BlankNode):
            return None
        if isinstance(target, Literal):
            language = language_of(target.language, target.value) if target.language else None
            return Fact(subject, predicate, target.value, True, target.datatype.value, language, since, until)
        return Fact(subject, predicate, target.value, since=since, until=until)

    def _names(self, name: str) -> tuple[Text, ...]:
        return self._texts(name, words.RDFS_LABEL) or self._texts(name, words.SKOS + "prefLabel")

    def _texts(self, subject: str, predicate: str) -> tuple[Text, ...]:
        quads = self._store.quads_for_pattern(NamedNode(subject), NamedNode(predicate), None, None)
        texts = {
            Text(clean_label(quad.object.value), language_of(quad.object.language, quad.object.value))
            for quad in quads
            if isinstance(quad.object, Literal)
        }
        return tuple(sorted(texts, key=lambda text: (text.language or "", text.text)))

    def _nodes(self, subject: str, predicate: str) -> tuple[str, ...]:
        quads = self._store.quads_for_pattern(NamedNode(subject), NamedNode(predicate), None, None)
        return tuple(sorted({quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}))

    def _with_parents(self, classes: set[str]) -> frozenset[str]:
        found, ahead = set(classes), list(classes)
        while ahead:
            for parent in self._parents.get(ahead.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    ahead.append(parent)
        return frozenset(found)

    def _specialisations(self, relation_id: str) -> list[str]:
        return self._special.get(relation_id, [])

    @cached_property
    def _special(self) -> dict[str, list[str]]:
        """For each relation itself and all that imply it."""
        found: dict[str, list[str]] = {name: [name] for name in self._relations}
        for name in self._relations:
            ahead, seen = list(self._relations[name].parents), {name}
            while ahead:
                parent = ahead.pop()
                if parent in seen or parent not in self._relations:
                    continue
                seen.add(parent)
                found[parent].append(name)
                ahead.extend(self._relations[parent].parents)
        return found

    def _inverses(self, relation_id: str) -> tuple[str, ...]:
        return tuple(name for name in self._relations[relation_id].inverse if name in self._relations)


def clean_label(text: str) -> str:
    """A label or phrase as it may be shown: one line, without control and invisible characters. Labels are data."""
    if text.isprintable():  # as nearly all are: no control or format character, no blank but the plain one
        return " ".join(text.split())
    visible = "".join(
        " " if unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cc") else char
        for char in text
        if unicodedata.category(char) != "Cf"
    )
    return " ".join(visible.split())


def language_of(tag: str | None, text: str) -> Language | None:
    """The language that a tag such as "zh-Hans" names, or that an untagged text is in; None for any other language."""
    if tag:
        first = tag.split("-")[0].lower()
        return "zh" if first == "zh" else "en" if first == "en" else None
    return detect_language(text) if re.search(r"[^\W\d_]", text) else None


def _when_replaced(kind: LabelKind) -> LabelKind:
    return "deprecated" if kind in ("preferred", "alternative") else kind


def _well_formed(phrase: str) -> bool:
    return phrase.count("{subject}") == 1 and phrase.count("{object}") == 1


def _day(value: NamedNode | BlankNode | Literal | None, *, late: bool) -> date | None:
    """The first (or, `late`, the last) day that a year, month, date or time names."""
    match = _DATE.match(value.value) if isinstance(value, Literal) else None
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or (12 if late else 1)), match[3]
    try:
        if day:
            return date(year, month, int(day))
        if not late:
            return date(year, month, 1)
        return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    except ValueError as error:
        raise InvalidInput(f"term graph: {match[0]!r} is no date (plb:validFrom, plb:validUntil)") from error
