"""What is wrong or doubtful in a term graph, with a way to mend it where there is one.

The shapes stand in `knowledge/graph/shapes`, one family per module; `RULES` lists them all. Shapes of one's own, in
SHACL, are checked by `check_shapes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from pydantic import Field
from pyoxigraph import NamedNode, Quad

from knowledge.graph.reading import read_lines, write_lines
from knowledge.graph.shapes import facts, labels, structure
from knowledge.graph.shapes.found import Found, Rule, Severity
from knowledge.graph.shapes.view import View
from knowledge.graph.store import TermGraph
from knowledge.types import Result, User

RULES: dict[str, Rule] = {**labels.RULES, **structure.RULES, **facts.RULES}
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


class Fix(Result):
    """A change that makes an issue go away, as N-Quads lines; `name` says which way (a key of pages' texts)."""

    name: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def quads(self) -> tuple[frozenset[Quad], frozenset[Quad]]:
        """The statements to add and those to remove."""
        return frozenset(read_lines("\n".join(self.added))), frozenset(read_lines("\n".join(self.removed)))


class Issue(Result):
    """One thing that somebody should look at; `concept` is the id of the concept or relation.

    `message` is English; `values` are what it was made of, for a page that says it in another language. `others` are
    further concepts that it names.
    """

    rule: str
    severity: Severity
    concept: str
    message: str
    values: dict[str, str] = Field(default_factory=dict)
    others: tuple[str, ...] = ()
    fix: Fix | None = None


class QualityReport(Result):
    """All issues of a graph, errors first, with how many there are by rule."""

    concepts: int
    issues: tuple[Issue, ...]
    counts: dict[str, int]

    def visible(self, graph: TermGraph, user: User | None) -> QualityReport:
        """The issues that name nothing that the user may not see, counted anew."""
        seen = [
            issue for issue in self.issues if all(graph.visible(name, user) for name in (issue.concept, *issue.others))
        ]
        concepts = sum(graph.visible(name, user) for name in graph.concepts()) if user is not None else self.concepts
        return _report(concepts, seen)


def check_graph(graph: TermGraph, day: date) -> QualityReport:
    """Every rule applied to the graph as it holds on a day."""
    view = View(graph, whole=True)
    return _report(len(view.concepts), _issues(view, {*view.concepts, *view.relations}, day))


def check_concepts(graph: TermGraph, ids: Iterable[str], day: date) -> QualityReport:
    """Every rule applied to these concepts and relations; an id that is neither has no issue."""
    wanted = set(ids)
    view = View(graph)
    return _report(sum(view.is_concept(name) for name in wanted), _issues(view, wanted, day))


def check_change(graph: TermGraph, added: Collection[Quad], removed: Collection[Quad], day: date) -> QualityReport:
    """What would be wrong, after a change, with the concepts and relations that it touches.

    The graph itself stays as it is, and nothing of it is built anew: this is for forms, while somebody types.
    """
    view = View(graph, added, removed)
    touched = {quad.subject.value for quad in {*added, *removed} if isinstance(quad.subject, NamedNode)}
    return _report(sum(view.is_concept(name) for name in touched), _issues(view, touched, day))


def check_shapes(graph: TermGraph, shapes: Path) -> QualityReport:
    """The graph held against SHACL shapes of one's own. Raises Unavailable when pySHACL is not installed."""
    from knowledge.graph.shapes.shacl import broken_shapes

    issues = [
        Issue(rule=one.shape, severity=one.severity, concept=one.node, message=one.message)
        for one in broken_shapes(graph, shapes)
    ]
    return _report(len(graph.concepts()), issues)


def together(one: QualityReport, other: QualityReport) -> QualityReport:
    """Two reports on the same graph as one."""
    return _report(one.concepts, [*one.issues, *other.issues])


def _issues(view: View, names: Collection[str], day: date) -> Iterator[Issue]:
    for name in sorted(names):
        concept = view.card(name) if view.is_concept(name) else None
        relation = view.relations.get(name)
        for rule_name, rule in RULES.items():
            if concept is not None and rule.of_concept is not None:
                yield from (_issue(rule_name, rule, name, found) for found in rule.of_concept(view, concept, day))
            if relation is not None and rule.of_relation is not None:
                yield from (_issue(rule_name, rule, name, found) for found in rule.of_relation(view, relation))


def _issue(rule_name: str, rule: Rule, name: str, found: Found) -> Issue:
    mending = found.mending
    fix = None
    if mending is not None and (mending.added or mending.removed):
        fix = Fix(name=mending.name, added=_lines(mending.added), removed=_lines(mending.removed))
    return Issue(
        rule=rule_name,
        severity=rule.severity,
        concept=name,
        message=rule.message.format_map(found.values),
        values=dict(found.values),
        others=tuple(sorted(found.others)),
        fix=fix,
    )


def _lines(quads: Iterable[Quad]) -> tuple[str, ...]:
    return tuple(write_lines(quads).splitlines())


def _report(concepts: int, issues: Iterable[Issue]) -> QualityReport:
    ordered = sorted(issues, key=lambda issue: (_ORDER[issue.severity], issue.rule, issue.concept, issue.message))
    return QualityReport(
        concepts=concepts,
        issues=tuple(ordered),
        counts=dict(sorted(Counter(issue.rule for issue in ordered).items())),
    )
