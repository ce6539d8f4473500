"""`TermGraph`: one revision of the term graph, read-only, as our own values. Speaks to pyoxigraph directly."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store

from knowledge.errors import NotFound
from knowledge.graph import vocabulary as words
from knowledge.graph.facts import Facts
from knowledge.graph.labels import Labels
from knowledge.graph.quads import Patch, Quads
from knowledge.graph.reading import read_file, write_lines
from knowledge.graph.relations import names_of, read_relations, touches_relations
from knowledge.graph.texts import clean_label, texts_of
from knowledge.graph.types import Concept, ConceptMatch, Fact, Label, Relation, Text
from knowledge.types import Language, User

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.graph.search import LabelSearch


class TermGraph:
    """Concepts, labels, relations and facts of one revision. Never changes; safe from many threads.

    Statements that it does not understand are kept in `quads` and nowhere else.
    """

    def __init__(self, quads: Iterable[Quad] = (), revision: str = "", *, store: Store | None = None) -> None:
        """`store` is one that holds statements already and that nobody else changes."""
        store = Store() if store is None else store
        store.bulk_extend(quads)
        self._set(revision, Quads(store))
        self._relations = read_relations(self._quads)
        self._labels = Labels(self._quads, frozenset(self._relations))
        self._facts = Facts(self._quads, self._relations)
        self._parents = self._quads.pairs(words.SUB_CLASS_OF)

    def _set(self, revision: str, quads: Quads) -> None:
        self.revision = revision
        self._quads = quads
        self._concept_cache: dict[str, Concept] = {}
        self._class_cache: dict[str, frozenset[str]] = {}
        self._neighbour_cache: dict[str, frozenset[str]] = {}
        self.changed: frozenset[str] = frozenset()
        """In a graph made by `after`: the concepts whose names may differ from those before the change."""
        self._label_search: LabelSearch | None = None
        self._searching = threading.Lock()
        self._sought = False
        # The graph whose index for searching is used on here, until that is done; none where nobody searches
        self._before: TermGraph | None = None

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
        from knowledge.graph.following import store_of

        return cls(revision=wanted, store=store_of(catalog, wanted))

    def after(self, change: Patch, revision: str = "") -> TermGraph:
        """Another graph: this one without what a change removes, and then with what it adds.

        What the change does not touch is shared, so that a small one on a large graph is quick.
        """
        change = Patch(
            frozenset(quad for quad in change.added if quad in change.removed or quad not in self._quads),
            frozenset(quad for quad in change.removed if quad in self._quads),
        )
        changed = change.added | change.removed
        after: TermGraph = object.__new__(TermGraph)
        after._set(revision, self._quads.with_change(change))
        anew = touches_relations(changed, self._relations)
        after._relations = read_relations(after._quads) if anew else self._relations
        known = frozenset(after._relations)
        after._labels = self._labels.after(after._quads, change, known)
        after._facts = self._facts.after(after._quads, change, after._relations)
        classes = any(quad.predicate.value == words.SUB_CLASS_OF for quad in changed)
        after._parents = after._quads.pairs(words.SUB_CLASS_OF) if classes else self._parents
        if "_exact" in self.__dict__ and not any(quad.predicate.value in words.EXACT for quad in changed):
            after.__dict__["_exact"] = self._exact
        typed = {
            quad.subject.value
            for quad in changed
            if isinstance(quad.subject, NamedNode) and quad.object == NamedNode(words.CONCEPT)
        }
        if "_known" in self.__dict__:
            after._learn(self, typed | after._labels.changed)
        after.changed = after._labels.changed | typed
        if self._sought:
            after._sought, after._before = True, self
        return after

    def _learn(self, before: TermGraph, touched: set[str]) -> None:
        """Take over which concepts there are; `touched` are those that may have become some, or none."""
        now = {one for one in touched if self._is_concept(one)}
        gone, come = (touched & before._known) - now, now - before._known
        self.__dict__["_known"] = (before._known - gone) | come if gone or come else before._known
        kept = [one for one in before._concept_ids if one not in gone] if gone else before._concept_ids
        self.__dict__["_concept_ids"] = tuple(sorted([*kept, *come])) if gone or come else kept

    def _is_concept(self, name: str) -> bool:
        labelled = bool(self._labels.of(name)) or self._quads.is_a(NamedNode(name), words.CONCEPT)
        return labelled and name not in self._relations

    @property
    def lying(self) -> int:
        """How many statements lie over the store that this graph shares with earlier ones."""
        return self._quads.changes

    @property
    def quads(self) -> Iterator[Quad]:
        """Every statement, understood or not."""
        return self._quads.matching()

    def holds(self, quad: Quad) -> bool:
        """Whether the graph makes this statement."""
        return quad in self._quads

    def patched(self, added: Iterable[Quad], removed: Iterable[Quad], revision: str = "") -> TermGraph:
        """Another graph: this one without what is removed, with what is added."""
        return self.after(Patch(frozenset(added), frozenset(removed)), revision)

    def statements(
        self,
        subject: NamedNode | BlankNode | None = None,
        predicate: NamedNode | None = None,
        target: NamedNode | BlankNode | Literal | None = None,
    ) -> Iterator[Quad]:
        """The statements that fit, in no order; None fits anything."""
        return self._quads.matching(subject, predicate, target)

    # --- concepts and their names ---------------------------------------------------------------------------------

    def concepts(self) -> tuple[str, ...]:
        """The ids of all concepts, sorted."""
        return self._concept_ids

    @cached_property
    def _concept_ids(self) -> tuple[str, ...]:
        typed = {
            quad.subject.value
            for quad in self._quads.about(words.TYPE, words.CONCEPT)
            if isinstance(quad.subject, NamedNode)
        }
        return tuple(sorted((typed | self._labels.by_concept.keys()) - self._relations.keys()))

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
        return self._labels.of(concept_id)

    def label(self, id_or_relation: str, language: Language) -> str:
        """What to call a concept, relation or class in a language: its preferred label there, else in the other one.

        Something without any name is called by the last part of its id.
        """
        choice: dict[bool, str] = {}
        for label in self._labels.of(id_or_relation):
            if label.kind == "preferred":
                choice.setdefault(label.language == language, label.text)
        for name in names_of(self._quads, id_or_relation):
            choice.setdefault(name.language == language, name.text)
        if choice:
            return choice.get(True) or choice[False]
        for label in self._labels.of(id_or_relation):
            if label.kind == "alternative":
                return label.text
        return re.split(r"[#/:]", id_or_relation)[-1]

    def preferred(self, concept_id: str, language: Language) -> str | None:
        """The preferred label in exactly that language, if there is exactly one."""
        return self._labels.preferred(concept_id, language)

    def named(self, text: str) -> tuple[str, ...]:
        """The ids of all concepts that have this label, sorted, whatever its kind, capitals and width of letters."""
        return self._labels.named(text)

    @property
    def languages(self) -> frozenset[Language]:
        """In which of the two languages anything has a preferred label."""
        return self._labels.languages

    def search(self, text: str, user: User | None = None, limit: int = 10) -> list[ConceptMatch]:
        """Concepts that the user may see whose labels are, begin with, contain or resemble `text`, best first."""
        return self._search().find(text, user, limit)

    def prepare_search(self) -> None:
        """Make now what the first search would wait for: seconds where there are many names."""
        self._search().prepare()

    def _search(self) -> LabelSearch:
        from knowledge.graph.search import LabelSearch

        self._sought = True
        with self._searching:
            if self._label_search is None:
                before, self._before = self._before, None
                made = LabelSearch(self) if before is None else before._search().after(self, self.changed)  # noqa: SLF001
                self._label_search = made
            return self._label_search

    # --- who may see what -----------------------------------------------------------------------------------------

    def visible(self, concept_id: str, user: User | None = None) -> bool:
        """Whether the user may know of the concept: it has no access label, or one of the user's groups.

        `user` None means no restriction: one's own graph, used as a library.
        """
        if user is None:
            return True
        access = self._labels.access.get(concept_id)
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
        return self._facts.of(subject)

    def facts_about(self, target: str) -> tuple[Fact, ...]:
        """The facts that have a concept as their object, sorted."""
        return self._facts.about(target)

    def facts_in(self, relation_id: str) -> Iterator[Fact]:
        """All facts of one relation, in no order."""
        return self._facts.within(relation_id)

    def roles(self, concept: str) -> frozenset[str]:
        """The relations of which some fact has a concept as its object, whenever it holds."""
        return self._facts.roles(concept)

    def values(self, subject: str, relation_id: str, day: date) -> tuple[Fact, ...]:
        """The facts that hold on a day for subject and relation, those entailed by inverses and sub-relations included.

        Transitive relations are not followed; see `reaches`.
        """
        return self._facts.values(subject, relation_id, day)

    def reaches(self, subject: str, relation_id: str, target: str, day: date, steps: int = 3) -> bool:
        """Whether facts that hold on a day lead from subject to target, over up to `steps` if it is transitive."""
        return self._facts.reaches(subject, relation_id, target, day, steps)

    def related_to(self, concept: str) -> tuple[str, ...]:
        """What a concept is declared to be skos:related to, sorted."""
        return self._quads.nodes(concept, words.RELATED)

    def neighbours(self, concept: str) -> frozenset[str]:
        """Everything that a fact or a broader, narrower or related link joins with a concept."""
        found = self._neighbour_cache.get(concept)
        if found is None:
            facts = {fact.object for fact in self.facts(concept) if not fact.literal}
            facts |= {fact.subject for fact in self.facts_about(concept)}
            links = {
                one
                for word in (words.BROADER, words.NARROWER, words.RELATED)
                for one in (*self._quads.nodes(concept, word), *self._quads.pointing(concept, word))
            }
            found = self._neighbour_cache[concept] = frozenset(facts | links)
        return found

    def exactness(self, concept: str, label: str) -> frozenset[str]:
        """In what a label of a concept admits no variant in text: "case", "number", "spacing"."""
        return self._exact.get((concept, label), frozenset())

    @cached_property
    def _exact(self) -> dict[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], frozenset[str]] = {}
        for predicate, rule in words.EXACT.items():
            for quad in self._quads.about(predicate):
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
            direct = set(self._quads.nodes(concept_id, words.TYPE)) - {words.CONCEPT}
            found = self._class_cache[concept_id] = self.with_superclasses(direct)
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
            for quad in self._quads.about(words.TYPE, words.CLASS)
            if isinstance(quad.subject, NamedNode)
        }
        return tuple(sorted(found))

    def class_names(self, class_id: str) -> tuple[Text, ...]:
        """What a class is called."""
        return names_of(self._quads, class_id)

    # --- reading --------------------------------------------------------------------------------------------------

    def successors(self, concept: str) -> tuple[str, ...]:
        """The concepts in use that replace a deprecated one; () for a concept in use or without a successor."""
        return self._labels.successors(concept) if concept in self._labels.deprecated else ()

    def deprecated(self, concept: str) -> bool:
        """Whether the concept is no longer in use."""
        return concept in self._labels.deprecated

    def _read_concept(self, concept_id: str) -> Concept:
        narrower = self._quads.pointing(concept_id, words.NARROWER)
        return Concept(
            id=concept_id,
            labels=self._labels.of(concept_id),
            definitions=texts_of(self._quads, concept_id, words.DEFINITION),
            access=self._labels.access.get(concept_id, frozenset()),
            deprecated=concept_id in self._labels.deprecated,
            replaced_by=self._quads.nodes(concept_id, words.REPLACED_BY),
            types=frozenset(self._quads.nodes(concept_id, words.TYPE)) - {words.CONCEPT},
            broader=tuple(sorted({*narrower, *self._quads.nodes(concept_id, words.BROADER)})),
        )

    def with_superclasses(self, classes: Collection[str]) -> frozenset[str]:
        """Classes and all that they are kinds of."""
        found, ahead = set(classes), list(classes)
        while ahead:
            for parent in self._parents.get(ahead.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    ahead.append(parent)
        return frozenset(found)
