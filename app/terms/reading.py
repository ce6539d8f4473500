"""Looking at the term graph: searching, browsing, one concept with everything around it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from app.terms.rights import Viewer, must_see, number_of
from app.terms.views import (
    ConceptHit,
    ConceptPage,
    ConceptRow,
    ConceptView,
    Edge,
    Incoming,
    Neighbourhood,
    Node,
)
from knowledge.catalog.proposals import OPEN
from knowledge.errors import InvalidInput, NotFound
from knowledge.graph import vocabulary as words
from knowledge.graph.browsing import LANGUAGES, Shelf, below, in_use_first
from knowledge.graph.changes import ConceptForm, FactForm, RelationForm
from knowledge.graph.differing import Name, Names
from knowledge.graph.forms import concept_form, relation_form
from knowledge.graph.quality import Issue, check_concepts
from knowledge.graph.statements import Statements
from knowledge.types import Language

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from knowledge.graph import TermGraph
    from knowledge.graph.veil import Veil

Order = Literal["alphabetical", "changed"]
Shown = Literal["all", "in_use", "deprecated"]
_MOST_CHANGED = 500
_AT_ONCE = 50
_MOST_STEPS = 3


# --- lists --------------------------------------------------------------------------------------------------------


def search(parts: Parts, viewer: Viewer, text: str, limit: int) -> list[ConceptHit]:
    """Concepts whose labels are, begin with, contain or resemble a text, best first."""
    if not text.strip():
        raise InvalidInput("graph search: the text is empty; type a name or a part of one")
    graph = parts.graph()
    names = Names(graph)
    return [
        ConceptHit(
            concept=names.name(match.concept.id),
            label=match.label,
            score=match.score,
            deprecated=match.concept.deprecated,
            definition=match.concept.definition,
        )
        for match in graph.search(text, viewer.user, limit)
    ]


def tree(parts: Parts, viewer: Viewer, parent: str | None, offset: int, limit: int) -> ConceptPage:
    """The concepts below one, or at the top: there stand those, too, whose broader concepts are all hidden.

    They are in the order of their names in the viewer's language, those out of use last.
    """
    graph, shelf = parts.graph(), parts.shelf()
    language = viewer.user.language if viewer.user else "en"
    if parent is None:
        veil = parts.sights.now(viewer, graph)
        concepts: Sequence[str] = shelf.tops[language]
        if veil:
            visible = _visible(graph, viewer, in_use_first(graph, shelf.ordered[language]))
            concepts = [each for each in visible if not _visible(graph, viewer, graph.concept(each).broader)]
    else:
        must_see(graph, parent, viewer)
        concepts = shelf.narrower[language].get(parent, ())
    return _page(parts, viewer, _visible(graph, viewer, concepts), offset, limit)


def listing(
    parts: Parts,
    viewer: Viewer,
    *,
    order: Order,
    language: Language,
    begins: str,
    shown: Shown,
    offset: int,
    limit: int,
) -> ConceptPage:
    """Concepts in alphabetical order or the last changed first."""
    graph = parts.graph()
    changed: dict[str, float] = {}
    if order == "changed":
        changed = _last_changes(parts, viewer, graph)
        concepts: Iterable[str] = changed
    else:
        concepts = parts.shelf().ordered[language]
    wanted = [
        concept
        for concept in _visible(graph, viewer, concepts)
        if (shown == "all" or graph.deprecated(concept) == (shown == "deprecated"))
        and (not begins or graph.label(concept, language).casefold().startswith(begins.casefold()))
    ]
    return _page(parts, viewer, wanted, offset, limit, changed)


def _last_changes(parts: Parts, viewer: Viewer, graph: TermGraph) -> dict[str, float]:
    """When each concept changed last, of at most `_MOST_CHANGED`, newest first."""
    found: dict[str, float] = {}
    before: int | None = None
    while len(found) < _MOST_CHANGED:
        revisions = parts.catalog.revisions.mentioning("", _AT_ONCE, before)
        if not revisions:
            break
        for revision in revisions:
            veil = parts.sights.veil(viewer, revision.number)
            for line in (*veil.seen(revision.added), *veil.seen(revision.removed)):
                concept = line[1 : line.find(">")]
                if concept not in found and concept in graph:
                    found[concept] = revision.at
            if len(found) >= _MOST_CHANGED:
                break
        before = revisions[-1].number
    return found


def _visible(graph: TermGraph, viewer: Viewer, concepts: Iterable[str]) -> list[str]:
    return [concept for concept in concepts if concept in graph and graph.visible(concept, viewer.user)]


def _page(
    parts: Parts,
    viewer: Viewer,
    concepts: Sequence[str],
    offset: int,
    limit: int,
    changed: dict[str, float] | None = None,
) -> ConceptPage:
    graph, names, shelf = parts.graph(), Names(parts.graph()), parts.shelf()
    rows = []
    for concept in concepts[offset : offset + limit]:
        preferred = {label.language for label in graph.labels_of(concept) if label.kind == "preferred"}
        rows.append(
            ConceptRow(
                concept=names.name(concept),
                deprecated=graph.deprecated(concept),
                children=bool(_visible(graph, viewer, shelf.narrower["en"].get(concept, ()))),
                missing=tuple(language for language in LANGUAGES if language not in preferred),
                access=tuple(sorted(graph.concept(concept).access)),
                changed_at=(changed or {}).get(concept, 0.0),
            )
        )
    return ConceptPage(rows=tuple(rows), total=len(concepts))


# --- one concept --------------------------------------------------------------------------------------------------


def concept_view(parts: Parts, viewer: Viewer, concept: str, revision: str | None) -> ConceptView:
    """A concept with everything around it, now or as of a revision."""
    state = parts.graph().revision if revision is None else parts.catalog.revisions.resolve(revision).id
    graph = parts.graph_at(state)
    veil = parts.sights.veil(viewer, number_of(state) + 1)
    if concept not in graph or veil.hides(concept):
        raise NotFound(f"{concept}: no such concept in the term graph")
    statements = Statements(graph)
    form = _seen(concept_form(statements, concept), veil)
    known = graph.concept(concept)
    names = Names(graph)
    own = {label.text for label in form.labels}
    ids = {*form.types, *form.broader, *form.related, *form.schemes, *(fact.relation for fact in form.facts)}
    ids |= {fact.object for fact in form.facts if not fact.literal}
    return ConceptView(
        concept=names.name(concept),
        form=form,
        deprecated=known.deprecated,
        replaced_by=tuple(names.name(each) for each in known.replaced_by if not veil.hides(each)),
        names={each: names.name(each) for each in sorted(ids)},
        narrower=tuple(names.name(each) for each in below(graph, concept) if not veil.hides(each)),
        incoming=tuple(
            Incoming(subject=names.name(fact.subject), relation=names.name(fact.relation))
            for fact in graph.facts_about(concept)
            if not veil.hides(fact.subject) and not veil.hides(fact.relation)
        ),
        inherited=tuple(dict.fromkeys(label.text for label in known.labels if label.text not in own)),
        pending=_pending(parts, viewer, concept),
        comments=parts.catalog.proposals.said_about([concept]).get(concept, 0) if viewer.edits else 0,
        issues=_issues(parts, viewer, graph, concept) if revision is None and viewer.edits else (),
        revision=state,
    )


def _seen(form: ConceptForm, veil: Veil) -> ConceptForm:
    """The form without what leads to hidden things."""

    def shown(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(each for each in ids if not veil.hides(each))

    def fact_shown(fact: FactForm) -> bool:
        return not veil.hides(fact.relation) and (fact.literal or not veil.hides(fact.object))

    facts = tuple(fact for fact in form.facts if fact_shown(fact))
    return form.model_copy(
        update={
            "types": shown(form.types),
            "broader": shown(form.broader),
            "related": shown(form.related),
            "schemes": shown(form.schemes),
            "facts": facts,
        }
    )


def _pending(parts: Parts, viewer: Viewer, concept: str) -> tuple[str, ...]:
    if not viewer.edits:
        return ()
    waiting = parts.catalog.proposals.list(OPEN)
    return tuple(
        each.id
        for each in waiting
        if concept in each.subjects
        and (each.state == "proposed" or each.author == viewer.name)
        and parts.sights.shows(viewer, each)
    )


def _issues(parts: Parts, viewer: Viewer, graph: TermGraph, concept: str) -> tuple[Issue, ...]:
    return seen_issues(check_concepts(graph, [concept], parts.today()).issues, graph, viewer)


def seen_issues(issues: Iterable[Issue], graph: TermGraph, viewer: Viewer) -> tuple[Issue, ...]:
    """The issues that name nothing that the viewer may not see."""
    return tuple(
        each for each in issues if all(graph.visible(name, viewer.user) for name in (each.concept, *each.others))
    )


def relations(parts: Parts, viewer: Viewer, of: Collection[str]) -> list[RelationForm]:
    """All relations that the viewer may see, as forms; `of`: whose domain these classes, if any, are not outside of."""
    graph, veil = parts.graph(), parts.sights.now(viewer, parts.graph())
    statements, classes = Statements(graph), graph.with_superclasses(of)
    forms = (relation_form(statements, each.id) for each in graph.relations() if not veil.hides(each.id))
    return [form for form in forms if not classes or not form.domain or not classes.isdisjoint(form.domain)]


def relation(parts: Parts, viewer: Viewer, relation_id: str) -> RelationForm:
    """One relation as a form."""
    graph = parts.graph()
    if parts.sights.now(viewer, graph).hides(relation_id):
        raise NotFound(f"{relation_id}: no such relation in the term graph")
    return relation_form(Statements(graph), relation_id)


# --- around a concept ---------------------------------------------------------------------------------------------


def neighbourhood(parts: Parts, viewer: Viewer, around: str, steps: int, limit: int) -> Neighbourhood:
    """What facts and places join to a concept, up to `steps` away and `limit` nodes."""
    graph = parts.graph()
    must_see(graph, around, viewer)
    if not 1 <= steps <= _MOST_STEPS:
        raise InvalidInput(f"steps: {steps}; it is 1 to {_MOST_STEPS}")
    names, shelf, veil = Names(graph), parts.shelf(), parts.sights.now(viewer, graph)
    nodes: dict[str, Node] = {around: Node(concept=names.name(around), deprecated=graph.deprecated(around))}
    edges: dict[tuple[str, str, str], Edge] = {}
    complete, ahead = True, [around]
    for _ in range(steps):
        reached: list[str] = []
        for subject, relation_id, target, literal in _links(graph, shelf, ahead):
            if any(veil.hides(each) for each in (subject, relation_id, *(() if literal else (target,)))):
                continue
            key = f"{subject} {relation_id} {target}" if literal else target
            for each in (subject, key):
                if each in nodes:
                    continue
                if len(nodes) >= limit:
                    complete = False
                    break
                name = Name(id=key, en=target, zh=target) if literal and each == key else names.name(each)
                kind: Literal["concept", "value"] = "value" if literal and each == key else "concept"
                nodes[each] = Node(concept=name, kind=kind, deprecated=graph.deprecated(each))
                reached += [each] if kind == "concept" else []
            if subject in nodes and key in nodes:
                edge = Edge(subject=subject, object=key, relation=names.name(relation_id))
                edges.setdefault((subject, relation_id, key), edge)
        ahead = reached
    return Neighbourhood(nodes=tuple(nodes.values()), edges=tuple(edges.values()), complete=complete)


def _links(graph: TermGraph, shelf: Shelf, concepts: Collection[str]) -> Iterable[tuple[str, str, str, bool]]:
    """Subject, relation, object and whether it is a value, of everything that joins to these concepts."""
    for concept in concepts:
        for fact in graph.facts(concept):
            yield concept, fact.relation, fact.object, fact.literal
        for fact in graph.facts_about(concept):
            yield fact.subject, fact.relation, concept, False
        for broader in graph.concept(concept).broader if concept in graph else ():
            yield concept, words.BROADER, broader, False
        for narrower in shelf.narrower["en"].get(concept, ()):
            yield narrower, words.BROADER, concept, False
        for other in graph.related_to(concept):
            yield concept, words.RELATED, other, False
