"""Two simpler checkers that a company might take instead, with the checker's interface, to be measured beside it.

`LookUp`: whatever is not in the graph is false (closed world). Two names in a sentence that no fact joins, or a value
that is none of the subject's, is put right by the subject's fact that fits best.
`Cosine`: a sentence whose nearest passage, or fact put into words, has a cosine below 0.82 has its names replaced by
the nearest other name of the graph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.alignment.quantities import find_quantities
from knowledge.alignment.quantity_comparing import comparable, same
from knowledge.alignment.values import fact_quantity
from knowledge.graph import Linker, TermGraph
from knowledge.graph.linker import Link
from knowledge.graph.types import Fact
from knowledge.protocols import Embedder
from knowledge.sentences import split_sentences
from knowledge.types import AlignmentReport, Edit, Finding, Passage

THRESHOLD = 0.82
CANDIDATES = 300
"""Names that the cosine rule compares: those of the passages' and facts' concepts first, then others of the graph."""


class AnyChecker(Protocol):
    """What is measured."""

    def check(self, text: str, passages: Sequence[Passage] = (), question: str | None = None) -> AlignmentReport:
        """The text held against what is known."""


class LookUp:
    """The closed-world look-up."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._linker = Linker(graph)

    def check(self, text: str, passages: Sequence[Passage] = (), question: str | None = None) -> AlignmentReport:  # noqa: ARG002 - the checker's interface
        """Everything that no fact states is contradicted."""
        edits: list[Edit] = []
        for sentence in split_sentences(text):
            links = [link for link in self._linker.find(sentence.text) if not link.weak and not link.ambiguous]
            if links:
                edits += self._names(links, sentence.start) + self._values(links[0], sentence.text, sentence.start)
        return _report(text, edits)

    def _names(self, links: Sequence[Link], offset: int) -> list[Edit]:
        first, edits = links[0], []
        for link in links[1:]:
            if link.concept == first.concept or self._graph.related(first.concept, link.concept):
                continue
            wanted = self._graph.types_of(link.concept)
            facts = [fact for fact in self._graph.facts(first.concept) if not fact.literal]
            fitting = [fact for fact in facts if self._graph.types_of(fact.object) & wanted] or facts
            name = self._graph.label(fitting[0].object, "en") if fitting else link.text
            edits.append(_edit(offset + link.start, offset + link.end, link.text, name))
        return edits

    def _values(self, subject: Link, text: str, offset: int) -> list[Edit]:
        facts: list[Fact] = [fact for fact in self._graph.facts(subject.concept) if fact.literal]
        known = [(fact, value) for fact in facts if (value := fact_quantity(self._graph, fact)) is not None]
        edits = []
        for said in find_quantities(text):
            alike = [fact for fact, value in known if comparable(said, value)]
            if said.start < subject.end or any(same(said, value) for _, value in known):
                continue
            value = alike[0].object if alike else said.text
            edits.append(_edit(offset + said.start, offset + said.end, said.text, value))
        return edits


class Cosine:
    """The similarity rule."""

    def __init__(self, graph: TermGraph, embedder: Embedder, threshold: float = THRESHOLD) -> None:
        self._graph = graph
        self._linker = Linker(graph)
        self._embedder = embedder
        self._threshold = threshold
        names = [graph.label(concept, "en") for concept in graph.concepts()][:CANDIDATES]
        self._names = list(dict.fromkeys(names))
        self._vectors = embedder.embed_passages(self._names)

    def check(self, text: str, passages: Sequence[Passage] = (), question: str | None = None) -> AlignmentReport:  # noqa: ARG002 - the checker's interface
        """Sentences that are like nothing known are changed."""
        sentences = split_sentences(text)
        known = self._known(text, passages)
        if not sentences or not known:
            return _report(text, [])
        vectors = self._embedder.embed_passages([sentence.text for sentence in sentences])
        nearest = (vectors @ self._embedder.embed_passages(known).T).max(axis=1)
        edits = []
        for sentence, vector, likeness in zip(sentences, vectors, nearest, strict=True):
            if likeness < self._threshold:
                for link in self._linker.find(sentence.text):
                    name = self._nearest(vector, link)
                    edits.append(_edit(sentence.start + link.start, sentence.start + link.end, link.text, name))
        return _report(text, edits)

    def _known(self, text: str, passages: Sequence[Passage]) -> list[str]:
        concepts = dict.fromkeys(link.concept for link in self._linker.find(text))
        facts = [
            f"{self._graph.label(fact.subject, 'en')} {self._graph.label(fact.relation, 'en')} "
            + (fact.object if fact.literal else self._graph.label(fact.object, "en"))
            for concept in concepts
            for fact in self._graph.facts(concept)
        ]
        pieces = [piece for passage in passages for piece in re.split(r"[.;；。\n]", passage.text) if piece.strip()]
        return [*pieces, *facts]

    def _nearest(self, vector: NDArray[np.float32], link: Link) -> str:
        order = np.argsort(-(self._vectors @ vector))
        return next((self._names[place] for place in order if self._names[place] != link.text), link.text)


def _edit(start: int, end: int, before: str, after: str) -> Edit:
    return Edit(kind="baseline", start=start, end=end, before=before, after=after)


def _report(text: str, edits: Sequence[Edit]) -> AlignmentReport:
    answer = text
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        answer = answer[: edit.start] + edit.after + answer[edit.end :]
    findings = tuple(Finding(kind="contradicted", start=edit.start, end=edit.end, text=edit.before) for edit in edits)
    verdict = "contradicted" if edits else "nothing_to_check"
    return AlignmentReport(verdict=verdict, answer=answer, draft=text, findings=findings, edits=tuple(edits))
