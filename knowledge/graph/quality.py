"""What is wrong or doubtful in a term graph: each rule is one function, and the list of them is the check."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Literal

from knowledge.graph import vocabulary as words
from knowledge.graph.normal import normalize
from knowledge.graph.store import TermGraph
from knowledge.types import Result

Severity = Literal["error", "warning"]


class Issue(Result):
    """One thing that somebody should look at; `concept` is the id of the concept or relation."""

    rule: str
    severity: Severity
    concept: str
    message: str


class QualityReport(Result):
    """All issues of a graph, errors first, with how many there are by rule."""

    concepts: int
    issues: tuple[Issue, ...]
    counts: dict[str, int]


Found = Iterator[tuple[str, str]]
"""Pairs of a concept or relation and a message."""


def check_graph(graph: TermGraph, day: date) -> QualityReport:
    """Every rule applied to the graph as it holds on a day."""
    issues = [
        Issue(rule=name, severity=severity, concept=concept, message=message)
        for name, (severity, rule) in RULES.items()
        for concept, message in rule(graph, day)
    ]
    issues.sort(key=lambda issue: (issue.severity, issue.rule, issue.concept, issue.message))
    return QualityReport(
        concepts=len(graph.concepts()),
        issues=tuple(issues),
        counts=dict(sorted(Counter(issue.rule for issue in issues).items())),
    )


# --- names --------------------------------------------------------------------------------------------------------


def _no_preferred_label(graph: TermGraph, _day: date) -> Found:
    for concept in graph.concepts():
        if not any(label.kind == "preferred" for label in graph.labels_of(concept)):
            yield concept, "has no preferred label"


def _several_preferred_labels(graph: TermGraph, _day: date) -> Found:
    for concept in graph.concepts():
        by_language = defaultdict(set)
        for label in graph.labels_of(concept):
            if label.kind == "preferred" and label.language:  # other languages are not told apart
                by_language[label.language].add(label.text)
        for language, texts in by_language.items():
            if len(texts) > 1:
                yield concept, f"has several preferred labels in {language}: {_listed(texts)}"


def _shared_label(graph: TermGraph, _day: date) -> Found:
    """One name for two things in use: a mention of it cannot be told apart."""
    for text, concepts in _concepts_by_label(graph, ("preferred", "alternative")).items():
        for concept in concepts if len(concepts) > 1 else ():
            yield concept, f"shares the label {text!r} with {_listed(set(concepts) - {concept})}"


def _missing_language(graph: TermGraph, _day: date) -> Found:
    """In a graph that names most things in both languages, what has only one is found in half of the questions."""
    named = {
        concept: {label.language for label in graph.labels_of(concept) if label.kind == "preferred"}
        for concept in graph.concepts()
        if not graph.deprecated(concept)
    }
    if 2 * sum({"zh", "en"} <= languages for languages in named.values()) <= len(named):
        return
    for concept, languages in named.items():
        for language in sorted({"zh", "en"} - languages) if languages & {"zh", "en"} else ():
            yield concept, f"has no preferred label in {language}"


def _outdated_label_in_use(graph: TermGraph, _day: date) -> Found:
    """A name that is replaced wherever it stands, though another concept is called so."""
    in_use = _concepts_by_label(graph, ("preferred",))
    for text, concepts in _concepts_by_label(graph, ("deprecated", "forbidden")).items():
        for concept in concepts:
            others = set(in_use.get(text, ())) - {concept}
            if others:
                yield concept, f"gives up the label {text!r}, which is the preferred one of {_listed(others)}"


def _concepts_by_label(graph: TermGraph, kinds: tuple[str, ...]) -> dict[str, list[str]]:
    """Concepts in use by their labels of these kinds, made comparable."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for concept in graph.concepts():
        if not graph.deprecated(concept):
            for label in graph.labels_of(concept):
                if label.kind in kinds:
                    found[normalize(label.text)][concept] = None
    return {text: list(concepts) for text, concepts in found.items()}


# --- order --------------------------------------------------------------------------------------------------------


def _broader_cycle(graph: TermGraph, _day: date) -> Found:
    broader = {concept: graph.concept(concept).broader for concept in graph.concepts()}
    for concept, direct in broader.items():
        seen: set[str] = set()
        ahead = list(direct)
        while ahead:
            one = ahead.pop()
            if one == concept:
                yield concept, "is broader than itself, over others or directly"
                break
            if one not in seen:
                seen.add(one)
                ahead.extend(broader.get(one, ()))


def _related_to_broader(graph: TermGraph, _day: date) -> Found:
    """What is merely related stands beside, not above: SKOS keeps the two apart."""
    for concept in graph.concepts():
        related = set(graph.related_to(concept))
        if related & (_ancestors(graph, concept) | {concept}):
            yield concept, "is related to itself or to a broader concept of its own"


def _ancestors(graph: TermGraph, concept: str) -> set[str]:
    seen: set[str] = set()
    ahead = [concept]
    while ahead:
        one = ahead.pop()
        for broader in graph.concept(one).broader if one in graph else ():
            if broader not in seen:
                seen.add(broader)
                ahead.append(broader)
    return seen


def _unknown_broader(graph: TermGraph, _day: date) -> Found:
    for concept in graph.concepts():
        for broader in graph.concept(concept).broader:
            if broader not in graph:
                yield concept, f"has the broader concept {broader}, which does not exist"


def _replacement_loop(graph: TermGraph, _day: date) -> Found:
    for concept in graph.concepts():
        seen: set[str] = set()
        ahead = list(graph.concept(concept).replaced_by)
        while ahead:
            one = ahead.pop()
            if one == concept:
                yield concept, "is replaced by itself, over others or directly"
                break
            if one not in seen and one in graph:
                seen.add(one)
                ahead.extend(graph.concept(one).replaced_by)


def _no_replacement(graph: TermGraph, _day: date) -> Found:
    for concept in graph.concepts():
        if graph.deprecated(concept) and not graph.successors(concept):
            yield concept, "is deprecated, and nothing in use replaces it"


# --- facts --------------------------------------------------------------------------------------------------------


def _several_values(graph: TermGraph, day: date) -> Found:
    for relation in graph.relations():
        if relation.functional:
            for subject in sorted({fact.subject for fact in graph.facts_in(relation.id)}):
                values = {fact.object for fact in graph.values(subject, relation.id, day)}
                if len(values) > 1:
                    yield subject, f"has several values of {relation.id}, which allows one: {_listed(values)}"


def _unknown_object(graph: TermGraph, _day: date) -> Found:
    for relation in graph.relations():
        for fact in () if relation.literal else graph.facts_in(relation.id):
            if fact.literal or fact.object not in graph:
                yield fact.subject, f"{relation.id} leads to {fact.object!r}, which is no concept"


def _wrong_class(graph: TermGraph, _day: date) -> Found:
    for relation in graph.relations():
        for fact in graph.facts_in(relation.id):
            if not graph.fits(fact.subject, relation.domain):
                yield fact.subject, f"has {relation.id}, which is for {_listed(relation.domain)}"
            if not fact.literal and not graph.fits(fact.object, relation.range):
                yield fact.subject, f"{relation.id} leads to {fact.object}, which is none of {_listed(relation.range)}"


def _unusable_phrase(graph: TermGraph, _day: date) -> Found:
    for quad in graph.quads:
        if quad.predicate.value == words.PHRASE:
            text = str(getattr(quad.object, "value", quad.object))
            if text.count("{subject}") != 1 or text.count("{object}") != 1:
                yield (
                    str(getattr(quad.subject, "value", quad.subject)),
                    (f"the phrase {text!r} needs {{subject}} and {{object}} once each"),
                )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


RULES: dict[str, tuple[Severity, Callable[[TermGraph, date], Found]]] = {
    "no_preferred_label": ("error", _no_preferred_label),
    "several_preferred_labels": ("error", _several_preferred_labels),
    "shared_label": ("warning", _shared_label),
    "outdated_label_in_use": ("error", _outdated_label_in_use),
    "missing_language": ("warning", _missing_language),
    "related_to_broader": ("warning", _related_to_broader),
    "replacement_loop": ("error", _replacement_loop),
    "broader_cycle": ("error", _broader_cycle),
    "unknown_broader": ("error", _unknown_broader),
    "no_replacement": ("warning", _no_replacement),
    "several_values": ("error", _several_values),
    "unknown_object": ("warning", _unknown_object),
    "wrong_class": ("warning", _wrong_class),
    "unusable_phrase": ("error", _unusable_phrase),
}
