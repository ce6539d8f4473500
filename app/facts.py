"""Facts of the term graph that answer a question, as passages beside those of the documents.

Only facts that everybody may know: an answer is kept, and who may see a concept can change. A question asks for a fact
when it names a concept and half of what else it says stands in the name or the phrases of one of its relations; a
number in it, such as the year of an older version, must stand in the fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.evidence import Evidence
from app.texts import TERM_GRAPH, UNITS
from knowledge.graph import Linker, TermGraph
from knowledge.graph.types import Fact, Relation
from knowledge.retriever import RankedChunk
from knowledge.types import ANYONE, GRAPH, Chunk, Document, Language, Passage, User
from knowledge.words import content_words

_MOST = 3
_ASKED_FOR = 0.5
"""Share of the question's other words that a relation's name and phrases must hold."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A fact with the sentence that says it."""

    fact: Fact
    text: str


def with_facts(evidence: Evidence, facts: Sequence[ToldFact], revision: str, language: Language) -> Evidence:
    """The evidence with the facts as one more passage, cited as the term graph with its revision."""
    if not facts:
        return evidence
    text = "\n".join(each.text for each in facts)
    title = TERM_GRAPH[language]
    document = Document(id=f"{GRAPH}{revision}", path=revision, title=title, language=language)
    chunk = Chunk(id=facts[0].fact.subject, document_id=document.id, ordinal=0, text=text, language=language)
    passage = Passage(id=f"{GRAPH}{revision}", text=text, marker=len(evidence.passages) + 1, title=title)
    score = min((item.score for item in evidence.chunks), default=1.0)
    item = RankedChunk(chunk, document, score, concept_coverage=1.0)
    return replace(
        evidence,
        passages=(*evidence.passages, passage),
        chunks=(*evidence.chunks, item),
        quotes=(*evidence.quotes, facts[0].text),
    )


def facts_for(
    question: str, graph: TermGraph, linker: Linker, language: Language, user: User, day: date
) -> list[ToldFact]:
    """At most three facts that the question asks for and that hold on a day, in words of `language`."""
    mentions = [mention for mention in linker.link(question, user) if not mention.candidates]
    # The words of a concept's own name say nothing about what is asked of it
    left = question
    for mention in sorted(mentions, key=lambda each: -each.start):
        left = f"{left[: mention.start]} {left[mention.end :]}"
    asked, numbers = set(content_words(left)), set(_NUMBER.findall(left))
    best: dict[Fact, tuple[float, ToldFact]] = {}
    for mention in mentions:
        for fact, relation in _facts_of(mention.concept, graph, day):
            share = len(asked & _words_of(relation)) / len(asked) if asked else 0.0
            text = fact_sentence(fact, relation, graph, language)
            if share >= _ASKED_FOR and numbers <= set(_NUMBER.findall(text)):
                best.setdefault(fact, (share, ToldFact(fact, text)))
    top = max((share for share, _ in best.values()), default=0.0)
    return [told for share, told in best.values() if share == top][:_MOST]


def _facts_of(concept: str, graph: TermGraph, day: date) -> Iterator[tuple[Fact, Relation]]:
    """What everybody may know about a concept, as the one that is spoken of and then as the one that is led to."""
    for fact in (*graph.facts(concept), *graph.facts_about(concept)):
        relation = graph.relation(fact.relation)
        ends = (fact.subject, fact.relation, *(() if fact.literal else (fact.object,)))
        if relation is not None and fact.holds(day) and all(graph.visible(end, ANYONE) for end in ends):
            yield fact, relation


def _words_of(relation: Relation) -> set[str]:
    texts = [text.text for text in (*relation.labels, *relation.phrases)]
    return {word for text in texts for word in content_words(text.replace("{subject}", " ").replace("{object}", " "))}


def fact_sentence(fact: Fact, relation: Relation, graph: TermGraph, language: Language) -> str:
    """The fact by the relation's first phrase in the language, else by its name."""
    subject = graph.label(fact.subject, language)
    target = fact.object if fact.literal else graph.label(fact.object, language)
    if fact.literal and relation.unit:
        target = f"{target} {UNITS[language].get(relation.unit, relation.unit)}"
    phrase = next((text.text for text in relation.phrases if text.language == language), None)
    if phrase is None:
        return f"{subject}: {graph.label(relation.id, language)}: {target}"
    end = "。" if language == "zh" else "."
    text = phrase.replace("{subject}", subject).replace("{object}", target) + end
    return f"{text[0].upper()}{text[1:]}"
