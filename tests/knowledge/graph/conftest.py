"""A small term graph of an invented company, as text that tests may add to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.graph import TermGraph

HEAD = """
@prefix ex: <urn:ex:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix skosxl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture
def graph_of(tmp_path: Path) -> Callable[[str], TermGraph]:
    """Makes a graph of Turtle without prefixes."""

    def make(turtle: str) -> TermGraph:
        file = tmp_path / "graph.ttl"
        file.write_text(HEAD + turtle, encoding="utf-8")
        return TermGraph.from_files([file])

    return make
