"""What the term graph states, as questions with sentences: facts by their relation's phrase, new names, definitions.

As pairs: the true sentence and the same with a wrong thing in it, or with a name that is not to be used.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from app.datasets.types import Candidate, Source
from app.facts import fact_sentence
from app.texts import CALLED_NOW, FACT_DONE, FACT_ENDING, FACT_OF, IS_CALLED, WHAT_IS

if TYPE_CHECKING:
    from knowledge.graph import TermGraph
    from knowledge.graph.types import Concept, Fact, Relation
    from knowledge.types import Language, User

_NO_NOUN = re.compile(r"(?P<done>\w*[a-rt-z]s )?(?:.+ )?(?:of|at|by|to|in|on|with|from|for|into)")
"""Names of relations that are no nouns: 'part of', and with a verb that is done by the subject 'reports to'."""
_MOST_VALUES = 5
"""A relation with more values of one subject is a list, and no sentence."""


@dataclass(slots=True)
class GraphExamples:
    """Makes candidates from what the reader may know of a graph on a day."""

    graph: TermGraph
    reader: User
    day: date
    languages: tuple[Language, ...] = ("zh", "en")
    _in_relation: dict[str, list[Fact]] = field(default_factory=dict)

    def examples(self) -> Iterator[Candidate]:
        """Of each concept its facts, what its old names became, and its definition, in each language."""
        for concept in self._concepts():
            for language in self.languages:
                for facts, relation in self._facts_of(concept.id, language):
                    yield self._told(concept, facts, relation, language)
                yield from self._renamed(concept, language)
                yield from self._defined(concept, language)

    def pairs(self) -> Iterator[Candidate]:
        """True and wrong sentences about the same fact, and good and bad names in the same sentence."""
        for concept in self._concepts():
            for language in self.languages:
                for facts, relation in self._facts_of(concept.id, language):
                    told = self._told(concept, facts, relation, language)
                    wrong = self._wrong(facts, relation, language)
                    if wrong:
                        yield replace(told, rejected=wrong)
                    yield from self._badly_named(concept, told, language)

    # --- inside -------------------------------------------------------------------------------------------------

    def _concepts(self) -> Iterator[Concept]:
        for name in self.graph.concepts():
            concept = self.graph.concept(name)
            if self.graph.visible(name, self.reader) and not concept.deprecated:
                yield concept

    def _facts_of(self, concept: str, language: Language) -> Iterator[tuple[list[Fact], Relation]]:
        """The facts that can be said in a language, those of one relation together."""
        by_relation: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.graph.facts(concept):
            by_relation[fact.relation].append(fact)
        for name, facts in by_relation.items():
            relation = self.graph.relation(name)
            if relation is None or not any(phrase.language == language for phrase in relation.phrases):
                continue
            holding = [fact for fact in facts if fact.holds(self.day)]
            # A part of what is true is not the answer
            whole = all(self._sayable(fact, language) for fact in holding)
            if self.graph.visible(name, self.reader) and whole and 0 < len(holding) <= _MOST_VALUES:
                yield holding, relation

    def _sayable(self, fact: Fact, language: Language) -> bool:
        if not self.graph.preferred(fact.subject, language):
            return False
        if fact.literal:
            return fact.language in {None, language}
        return self.graph.visible(fact.object, self.reader) and self.graph.preferred(fact.object, language) is not None

    def _told(self, concept: Concept, facts: list[Fact], relation: Relation, language: Language) -> Candidate:
        name = self.graph.label(relation.id, language)
        asked = _question_form(name, language).format(concept=self.graph.label(concept.id, language), relation=name)
        between = "" if language == "zh" else " "
        answer = between.join(fact_sentence(fact, relation, self.graph, language) for fact in facts)
        wordings = tuple(self._wordings(fact, language) for fact in facts)
        return self._candidate(concept, "graph.fact", asked, answer, language, wordings)

    def _wordings(self, fact: Fact, language: Language) -> tuple[str, ...]:
        if fact.literal:
            return (fact.object,)
        concept = self.graph.concept(fact.object)
        names = [self.graph.label(fact.object, language), *concept.texts("preferred"), *concept.texts("alternative")]
        return tuple(dict.fromkeys(names))

    def _renamed(self, concept: Concept, language: Language) -> Iterator[Candidate]:
        new = self.graph.preferred(concept.id, language)
        # A name that something else has today is asked about in vain
        olds = [old for old in concept.texts("deprecated", language) if self.graph.named(old) == (concept.id,)]
        for old in olds if new else ():
            asked, answer = CALLED_NOW[language].format(old=old), IS_CALLED[language].format(new=new)
            yield self._candidate(concept, "graph.renamed", asked, answer, language, ((str(new),),))

    def _defined(self, concept: Concept, language: Language) -> Iterator[Candidate]:
        text = next((each.text for each in concept.definitions if each.language == language), "")
        name = self.graph.preferred(concept.id, language)
        if text and name:
            yield self._candidate(
                concept, "graph.definition", WHAT_IS[language].format(concept=name), text, language, ()
            )

    def _wrong(self, facts: list[Fact], relation: Relation, language: Language) -> str:
        """The sentence with the thing that another subject has, where that is false; "" where there is none."""
        if len(facts) != 1 or not relation.closed:
            return ""
        fact = facts[0]
        if relation.id not in self._in_relation:
            found = sorted(self.graph.facts_in(relation.id), key=lambda each: (each.subject, each.object))
            self._in_relation[relation.id] = found
        true = {each.object for each in self.graph.values(fact.subject, relation.id, self.day)}
        others = [
            each.object
            for each in self._in_relation[relation.id]
            if each.object not in {*true, fact.subject}
            and each.literal == fact.literal
            and self._sayable(each, language)
        ]
        if not others:
            return ""
        # Not the same one for all, and the same one every time
        place = int(hashlib.sha256(fact.subject.encode()).hexdigest(), 16) % len(others)
        return fact_sentence(replace(fact, object=others[place]), relation, self.graph, language)

    def _badly_named(self, concept: Concept, told: Candidate, language: Language) -> Iterator[Candidate]:
        good = self.graph.label(concept.id, language)
        bad = (*concept.texts("forbidden", language), *concept.texts("deprecated", language))
        if bad and good in told.answer and bad[0] not in told.answer:
            yield replace(told, kind="graph.term", rejected=told.answer.replace(good, bad[0]))

    def _candidate(
        self,
        concept: Concept,
        kind: str,
        question: str,
        answer: str,
        language: Language,
        key_facts: tuple[tuple[str, ...], ...],
    ) -> Candidate:
        hashed = hashlib.sha256(f"{question}\n{answer}".encode()).hexdigest()
        source = Source("graph", concept.id, self.graph.label(concept.id, language), hashed)
        return Candidate(kind, question, answer, source, language, key_facts=key_facts, documents=(concept.id,))


def _question_form(relation: str, language: Language) -> str:
    """The question that goes with the name of a relation."""
    found = _NO_NOUN.fullmatch(relation) if language == "en" else None
    if found is None:
        return FACT_OF[language]
    return FACT_DONE if found["done"] else FACT_ENDING
