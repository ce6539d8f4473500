"""SHACL shapes of one's own, checked by pySHACL (an optional package): the only place that knows of rdflib."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import RdfFormat, serialize

from knowledge.errors import InvalidInput, Unavailable
from knowledge.graph.reading import read_file
from knowledge.graph.shapes.found import Severity
from knowledge.graph.store import TermGraph

if TYPE_CHECKING:
    from rdflib import Graph

_SH = "http://www.w3.org/ns/shacl#"
_SEVERITIES: dict[str, Severity] = {_SH + "Violation": "error", _SH + "Warning": "warning", _SH + "Info": "info"}


@dataclass(frozen=True, slots=True)
class Broken:
    """One result of a validation; `shape` is the constraint's name, as `MinCountConstraintComponent`."""

    shape: str
    severity: Severity
    node: str
    message: str


def broken_shapes(graph: TermGraph, shapes: Path) -> Iterator[Broken]:
    """What the graph breaks of the shapes in a file, in no order.

    Raises Unavailable without pySHACL, InvalidInput for a file that holds no usable shapes. The file's imports are not
    followed, and its rules and scripts are not run.
    """
    try:
        from pyshacl import validate
        from pyshacl.errors import ReportableRuntimeError
    except ImportError as error:
        raise Unavailable(
            "graph check --shapes needs pySHACL: install the extra `shacl` (pip install 'plumbline-assistant[shacl]')"
        ) from error
    wanted = read_file(shapes)
    if not any(_SH in str(quad.predicate) or _SH in str(quad.object) for quad in wanted):
        raise InvalidInput(f"{shapes}: no SHACL shapes in it")
    try:
        _, results, _ = validate(
            _as_rdflib(graph.quads),
            shacl_graph=_as_rdflib(wanted),
            advanced=False,
            js=False,
            do_owl_imports=False,
            meta_shacl=False,
        )
    except ReportableRuntimeError as error:
        raise InvalidInput(f"{shapes}: {' '.join(str(error).split())[:300]}") from error
    yield from _results(results)


def _as_rdflib(quads: Any) -> Graph:
    from rdflib import Graph

    text = serialize(dict.fromkeys(quad.triple for quad in quads), format=RdfFormat.N_TRIPLES)
    return Graph().parse(data=text, format="nt")


def _results(results: Any) -> Iterator[Broken]:
    from rdflib import RDF, URIRef

    def told(result: Any, name: str) -> str:
        return str(results.value(result, URIRef(_SH + name)) or "")

    for result in results.subjects(RDF.type, URIRef(_SH + "ValidationResult")):
        path = told(result, "resultPath")
        yield Broken(
            shape=told(result, "sourceConstraintComponent").removeprefix(_SH),
            severity=_SEVERITIES.get(told(result, "resultSeverity"), "error"),
            node=told(result, "focusNode"),
            message=" ".join(f"{told(result, 'resultMessage')} {f'({path})' if path else ''}".split())[:400],
        )
