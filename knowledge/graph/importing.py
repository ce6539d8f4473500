"""What an import would do to the graph, before anything is done: the dry run, and the change that carries it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.graph import vocabulary as words
from knowledge.graph.mapping import TableMapping, guess_mapping
from knowledge.graph.normal import normalize
from knowledge.graph.quality import check_change
from knowledge.graph.reading import FORMATS, read_file
from knowledge.graph.store import TermGraph
from knowledge.graph.tables import TABLE_ENDINGS, read_table
from knowledge.graph.tbx import TBX_ENDINGS, read_tbx
from knowledge.graph.term_table import NAMESPACE, told_by_table
from knowledge.graph.texts import clean_label
from knowledge.graph.told import Problem, Told
from knowledge.types import Result

SHOWN = 200
"""So many concepts and problems of each kind stand in a preview; the counts are of all."""

_MERGING = (words.SKOS + "prefLabel", words.SKOS + "altLabel")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read and compared.

    `replace`: the graph becomes the file. `merge`: a concept of the file that has the name of exactly one of the graph
    is that one; None: only where the file brings no ids. `namespace` begins the ids of new concepts of a table.
    """

    replace: bool = False
    merge: bool | None = None
    mapping: TableMapping | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    namespace: str = NAMESPACE


class Said(Result):
    """One statement about a concept, for showing: the predicate's IRI, the value, its language tag."""

    predicate: str
    value: str
    language: str = ""


class ConceptChange(Result):
    """What an import does to one concept. `line`: where the file describes it, where that is known."""

    concept: str
    name: str
    line: int | None = None
    added: tuple[Said, ...] = ()
    removed: tuple[Said, ...] = ()


class ImportPreview(Result):
    """The dry run's report. Lists are cut at `SHOWN`; `counts` has the full numbers by the lists' names."""

    format: str
    encoding: str
    concepts: int
    statements_added: int
    statements_removed: int
    counts: dict[str, int]
    added: tuple[ConceptChange, ...]
    changed: tuple[ConceptChange, ...]
    merged: tuple[ConceptChange, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The statements that an import adds and removes, and what that means."""

    added: frozenset[Quad]
    removed: frozenset[Quad]
    preview: ImportPreview


def plan_import(
    graph: TermGraph, path: Path, options: ImportOptions | None = None, *, day: date | None = None
) -> ImportPlan:
    """What bringing a file into the graph would change; nothing is changed.

    What the file describes is afterwards as it says, within what its format can say; the rest stays. A concept that it
    names by label only gains what it says and loses nothing. `day`: also tell what the quality check would find wrong
    with the concepts touched. Raises InvalidInput, naming file and line, for a file that cannot be read.
    """
    options = options or ImportOptions()
    told = read_told(Path(path), graph, options)
    if not told.quads:
        first = f": {_place(told.problems[0])}{told.problems[0].message}" if told.problems else ""
        raise InvalidInput(f"{path}: no statements in it{first}")
    if told.scope is not None:
        told.quads = {_as_written(graph, quad) for quad in told.quads}
    merge = bool(told.guessed) if options.merge is None else options.merge
    merged = _merged(graph, told, set(_concepts(told.quads)) if options.merge else told.guessed) if merge else {}
    added = {quad for quad in told.quads if not graph.holds(quad)}
    if options.replace:
        removed = {quad for quad in graph.quads if quad not in told.quads}
    else:
        removed = _outdated(graph, told, set(merged.values()))
    problems = [*told.problems, *_faults(graph, told, added, removed, day)]
    return ImportPlan(frozenset(added), frozenset(removed), _preview(graph, told, added, removed, merged, problems))


def read_told(path: Path, graph: TermGraph, options: ImportOptions) -> Told:
    """What a file says, by its ending. Raises InvalidInput for one that cannot be read."""
    ending = path.suffix.lower()
    if ending in TABLE_ENDINGS:
        table = read_table(path, sheet=options.sheet, encoding=options.encoding, delimiter=options.delimiter)
        try:
            return told_by_table(table, options.mapping or guess_mapping(table, graph), graph, options.namespace)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error}") from error
    if ending in TBX_ENDINGS:
        return read_tbx(path, options.namespace)
    if ending.lstrip(".") not in FORMATS:
        known = ", ".join(sorted({f".{name}" for name in FORMATS} | TABLE_ENDINGS | TBX_ENDINGS))
        raise InvalidInput(f"{path}: no term graph format ends in {ending or 'nothing'!r}; known: {known}")
    return Told(read_file(path), format=FORMATS[ending.lstrip(".")].name)


def _as_written(graph: TermGraph, quad: Quad) -> Quad:
    """The statement as the graph makes it already, where only blanks, the tag's capitals or the datatype differ.

    Tables and term bases do not keep those.
    """
    told = quad.object
    if not isinstance(told, Literal) or not isinstance(quad.subject, NamedNode) or graph.holds(quad):
        return quad
    wanted = clean_label(told.value), (told.language or "").lower()
    for known in graph.statements(quad.subject, quad.predicate, None):
        value = known.object
        if isinstance(value, Literal) and (clean_label(value.value), (value.language or "").lower()) == wanted:
            return known
    return quad


# --- who is who -----------------------------------------------------------------------------------------------------


def _merged(graph: TermGraph, told: Told, candidates: set[str]) -> dict[str, str]:
    """Subjects of the file that are concepts of the graph under another id; `told` speaks of these afterwards."""
    names: dict[str, list[Literal]] = defaultdict(list)
    for quad in told.quads:
        if (
            quad.predicate.value in _MERGING
            and isinstance(quad.object, Literal)
            and isinstance(quad.subject, NamedNode)
        ):
            names[quad.subject.value].append(quad.object)
    meant: dict[str, str] = {}
    for subject in sorted(candidates & names.keys()):
        if subject in graph:
            continue
        known = {name for label in names[subject] for name in _called(graph, label)}
        if len(known) == 1:
            meant[subject] = known.pop()
        elif known:
            told.wrong(
                "several_of_that_name",
                f"{names[subject][0].value!r} may be any of {', '.join(sorted(known)[:5])}; "
                "added as a concept of its own",
                severity="warning",
                line=told.lines.get(subject),
                values={"label": names[subject][0].value, "others": ", ".join(sorted(known)[:5])},
            )
    if meant:
        told.quads = {quad for quad in _renamed(told.quads, meant) if _welcome(graph, told, quad, meant)}
        for subject, name in meant.items():
            if subject in told.lines:
                told.lines.setdefault(name, told.lines[subject])
    return meant


def _called(graph: TermGraph, label: Literal) -> Iterator[str]:
    """Concepts in use that have a label as their preferred or alternative one, in the same language."""
    wanted, language = normalize(label.value), (label.language or "").split("-")[0].lower()
    for name in graph.named(label.value):
        same = any(
            one.kind in ("preferred", "alternative")
            and normalize(one.text) == wanted
            and (not language or one.language in (language, None))
            for one in graph.labels_of(name)
        )
        if same and not graph.deprecated(name):
            yield name


def _renamed(quads: Iterable[Quad], meant: dict[str, str]) -> Iterator[Quad]:
    for quad in quads:
        subject, target = quad.subject, quad.object
        if isinstance(subject, NamedNode) and subject.value in meant:
            subject = NamedNode(meant[subject.value])
        if isinstance(target, NamedNode) and target.value in meant:
            target = NamedNode(meant[target.value])
        yield Quad(subject, quad.predicate, target, quad.graph_name)


def _welcome(graph: TermGraph, told: Told, quad: Quad, meant: dict[str, str]) -> bool:
    """Whether a statement about a concept known by name adds to what the graph says of it.

    Its names stay what they are: a second preferred name in a language is not taken, nor a label it has already.
    """
    if not isinstance(quad.subject, NamedNode) or quad.subject.value not in meant.values():
        return True
    kind = words.LABEL_KINDS.get(quad.predicate.value)
    if kind is None or not isinstance(quad.object, Literal) or graph.holds(quad):
        return True
    label = quad.object
    own = graph.labels_of(quad.subject.value)
    if any(normalize(one.text) == normalize(label.value) and one.language in (_primary(label), None) for one in own):
        return False
    other = next((one for one in own if one.kind == kind == "preferred" and one.language == _primary(label)), None)
    if other is None:
        return True
    told.wrong(
        "other_preferred",
        f"{other.text!r} is the preferred label in {label.language} already; {label.value!r} is not taken over",
        severity="warning",
        line=told.lines.get(next(subject for subject, name in meant.items() if name == quad.subject.value)),
        values={"label": label.value, "other": other.text, "language": label.language or ""},
    )
    return False


def _primary(label: Literal) -> str:
    return (label.language or "").split("-")[0].lower()


# --- what goes ------------------------------------------------------------------------------------------------------


def _outdated(graph: TermGraph, told: Told, gaining: set[str]) -> set[Quad]:
    """Statements of the graph about subjects that the file describes and that it no longer makes.

    Nothing about those that only gain. Blank nodes are gone with the last statement that leads to them.
    """
    gone = {
        quad
        for subject in {quad.subject for quad in told.quads}
        if isinstance(subject, NamedNode | BlankNode)
        and not (isinstance(subject, NamedNode) and subject.value in gaining)
        for quad in graph.statements(subject, None, None)
        if quad not in told.quads and (told.scope is None or quad.predicate.value in told.scope)
    }
    kept_by_file = {quad.object for quad in told.quads}
    ahead = [quad.object for quad in gone if isinstance(quad.object, BlankNode)]
    while ahead:
        blank = ahead.pop()
        if blank in kept_by_file or any(quad not in gone for quad in graph.statements(None, None, blank)):
            continue
        for quad in graph.statements(blank, None, None):
            if quad not in gone and quad not in told.quads:
                gone.add(quad)
                if isinstance(quad.object, BlankNode):
                    ahead.append(quad.object)
    return gone


# --- the report -----------------------------------------------------------------------------------------------------


def _faults(graph: TermGraph, told: Told, added: set[Quad], removed: set[Quad], day: date | None) -> Iterator[Problem]:
    if day is None:
        return
    for issue in check_change(graph, added, removed, day).issues:
        if issue.severity != "info":
            yield Problem(
                severity="warning",
                rule=issue.rule,
                message=f"{issue.concept} {issue.message}",
                line=told.lines.get(issue.concept),
                concept=issue.concept,
                values=issue.values,
            )


def _preview(
    graph: TermGraph, told: Told, added: set[Quad], removed: set[Quad], merged: dict[str, str], problems: list[Problem]
) -> ImportPreview:
    plus, minus = _by_subject(added), _by_subject(removed)
    concepts = set(_concepts(told.quads))
    groups: dict[str, list[str]] = {"added": [], "changed": [], "merged": []}
    by_name = set(merged.values())
    for name in sorted(plus.keys() | minus.keys()):
        if name in by_name:
            groups["merged"].append(name)
        elif name in graph or graph.relation(name) is not None or name in minus:
            groups["changed"].append(name)
        elif name in concepts:
            groups["added"].append(name)
    order = {"error": 0, "warning": 1, "info": 2}
    problems = sorted(problems, key=lambda one: (order[one.severity], one.line or 0, one.rule, one.message))

    def shown(group: str) -> tuple[ConceptChange, ...]:
        return tuple(
            ConceptChange(
                concept=name,
                name=_name(graph, name, plus.get(name, [])),
                line=told.lines.get(name),
                added=_said(plus.get(name, [])),
                removed=_said(minus.get(name, [])),
            )
            for name in groups[group][:SHOWN]
        )

    return ImportPreview(
        format=told.format,
        encoding=told.encoding,
        concepts=len(concepts),
        statements_added=len(added),
        statements_removed=len(removed),
        counts={**{group: len(names) for group, names in groups.items()}, "problems": len(problems)},
        added=shown("added"),
        changed=shown("changed"),
        merged=shown("merged"),
        problems=tuple(problems[:SHOWN]),
    )


def _by_subject(quads: Iterable[Quad]) -> dict[str, list[Quad]]:
    found: dict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            found[quad.subject.value].append(quad)
    return found


def _said(quads: list[Quad]) -> tuple[Said, ...]:
    said = [
        Said(
            predicate=quad.predicate.value,
            value=str(getattr(quad.object, "value", quad.object))[:300],
            language=(quad.object.language or "") if isinstance(quad.object, Literal) else "",
        )
        for quad in quads
    ]
    return tuple(sorted(said, key=lambda one: (one.predicate, one.language, one.value)))[:SHOWN]


def _name(graph: TermGraph, name: str, told: list[Quad]) -> str:
    if name in graph:
        return graph.label(name, "zh")
    labels = [quad for quad in told if quad.predicate.value in words.LABEL_KINDS and isinstance(quad.object, Literal)]
    best = min(labels, key=lambda quad: list(words.LABEL_KINDS).index(quad.predicate.value), default=None)
    return str(best.object.value) if best is not None and isinstance(best.object, Literal) else name


def _concepts(quads: Iterable[Quad]) -> Iterator[str]:
    """Subjects that are called concepts or have a label of one."""
    concept = NamedNode(words.CONCEPT)
    for quad in quads:
        if not isinstance(quad.subject, NamedNode):
            continue
        predicate = quad.predicate.value
        if (predicate == words.TYPE and quad.object == concept) or predicate in words.LABEL_KINDS:
            yield quad.subject.value


def _place(problem: Problem) -> str:
    return f"line {problem.line}: " if problem.line else ""
